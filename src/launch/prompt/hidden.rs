//! Makes a terminal stop echoing and return every byte immediately.

use std::io;
use std::os::fd::BorrowedFd;

use nix::sys::termios::{
    InputFlags, LocalFlags, SetArg, SpecialCharacterIndices as Index, Termios, tcgetattr, tcsetattr,
};
use nix::unistd::write;

use super::line::Keys;

/// Makes a terminal mark what is pasted, and stop doing so (xterm's private mode 2004).
const MARK_PASTES: &[u8] = b"\x1b[?2004h";
const MARK_NO_PASTES: &[u8] = b"\x1b[?2004l";

/// A terminal in this mode, until this is dropped. Input from before, and input that is left then, is discarded.
pub struct HiddenInput<'t> {
    terminal: BorrowedFd<'t>,
    before: Termios,
    marks_pastes: bool,
}

impl<'t> HiddenInput<'t> {
    /// Turns off the kernel's line mode, which cuts a line at 4095 bytes (termios(3)). Pastes are marked if the
    /// terminal accepts escape sequences.
    pub fn new(terminal: BorrowedFd<'t>, supports_sequences: bool) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_flags.remove(
            LocalFlags::ECHO
                | LocalFlags::ECHONL
                | LocalFlags::ICANON
                | LocalFlags::IEXTEN
                | LocalFlags::ISIG,
        );
        silent.input_flags.remove(
            InputFlags::ICRNL
                | InputFlags::IGNCR
                | InputFlags::INLCR
                | InputFlags::ISTRIP
                | InputFlags::IXON,
        );
        silent.control_chars[Index::VMIN as usize] = 1;
        silent.control_chars[Index::VTIME as usize] = 0;
        tcsetattr(terminal, SetArg::TCSAFLUSH, &silent)?;
        let hidden = Self { terminal, before, marks_pastes: supports_sequences };
        if supports_sequences {
            write(terminal, MARK_PASTES)?;
        }
        Ok(hidden)
    }

    /// The keys in the settings of the terminal.
    pub fn keys(&self) -> Keys {
        Keys::of(&self.before)
    }
}

impl Drop for HiddenInput<'_> {
    fn drop(&mut self) {
        // A failure here cannot be reported.
        if self.marks_pastes {
            let _ = write(self.terminal, MARK_NO_PASTES);
        }
        let _ = tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}
