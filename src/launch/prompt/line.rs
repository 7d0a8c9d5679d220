//! The line that is typed or pasted, byte by byte, and the keys that edit it. Independent of the terminal.

use nix::sys::signal::Signal;
use nix::sys::termios::{SpecialCharacterIndices as Index, Termios};
use zeroize::Zeroizing;

/// What a terminal sends after a paste (xterm, "bracketed paste"). Before a paste it sends the same with 200.
const END_OF_PASTE: &[u8] = b"\x1b[201~";
/// More bytes than the escape sequence of any key has.
const LONGEST_SEQUENCE: usize = 32;

/// What a byte means, if it is not just part of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Enter.
    Enter,
    /// The end-of-file key: it ends the value, or, without any text, the input.
    End,
    /// A key for a signal.
    Key(Signal),
    /// The end of a paste.
    Pasted,
}

/// The keys in the settings of the terminal (stty(1)), and common ones.
#[derive(Debug)]
pub struct Keys {
    end: u8,
    erase: [u8; 3],
    erase_line: [u8; 2],
    erase_word: [u8; 2],
    literal: u8,
    signals: [(u8, Signal); 3],
}

impl Keys {
    pub fn of(settings: &Termios) -> Self {
        let key = |index: Index| settings.control_chars[index as usize];
        Self {
            end: key(Index::VEOF),
            erase: [key(Index::VERASE), 0x08, 0x7f],
            erase_line: [key(Index::VKILL), 0x15],
            erase_word: [key(Index::VWERASE), 0x17],
            literal: key(Index::VLNEXT),
            signals: [
                (key(Index::VINTR), Signal::SIGINT),
                (key(Index::VQUIT), Signal::SIGQUIT),
                (key(Index::VSUSP), Signal::SIGTSTP),
            ],
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Plain,
    /// After the key that makes the next one literal.
    Literal,
    /// After ESC.
    Escape,
    /// In an escape sequence, after its `[`.
    Sequence(Vec<u8>),
    /// In a paste, after this many bytes of what may be its end.
    Paste(usize),
}

/// The line so far.
pub struct Line {
    bytes: Zeroizing<Vec<u8>>,
    /// The most bytes that it may have.
    pub limit: usize,
    state: State,
    /// Whether the last byte of a paste was a carriage return, so that a line feed after it is part of the same line
    /// break.
    after_return: bool,
    /// How many bytes exceeded `limit`.
    beyond: usize,
    /// Whether the terminal has marked a paste, so that Enter outside a paste is a key.
    pub marks_pastes: bool,
    /// Whether a key was pressed that is not text, such as an arrow, whose meaning is unknown here.
    pub has_other_keys: bool,
}

impl Line {
    pub fn new(limit: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(4096)),
            limit,
            state: State::Plain,
            after_return: false,
            marks_pastes: false,
            beyond: 0,
            has_other_keys: false,
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there was more input than `limit`.
    pub const fn is_too_long(&self) -> bool {
        self.beyond > 0
    }

    /// The value. The line break after a single pasted line is removed.
    pub fn into_value(mut self) -> Zeroizing<Vec<u8>> {
        if self.bytes.iter().position(|&byte| byte == b'\n') == self.bytes.len().checked_sub(1) {
            self.bytes.pop();
        }
        self.bytes
    }

    /// Processes one byte from the terminal.
    pub fn take(&mut self, byte: u8, keys: &Keys) -> Option<Event> {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Plain => self.take_plain(byte, keys),
            State::Literal => {
                self.push(byte);
                None
            }
            State::Escape => match byte {
                b'[' => {
                    self.state = State::Sequence(Vec::new());
                    None
                }
                _ => {
                    self.has_other_keys = true;
                    // `ESC O P` is F1, and `ESC x` is Alt-x. A control key after ESC is itself a key.
                    if byte.is_ascii_control() { self.take_plain(byte, keys) } else { None }
                }
            },
            State::Sequence(mut sequence) => {
                match byte {
                    b'~' if sequence == b"200" => {
                        self.marks_pastes = true;
                        self.after_return = false;
                        self.state = State::Paste(0);
                    }
                    b'~' if sequence == b"201" => {}
                    b' '..=b'?' if sequence.len() < LONGEST_SEQUENCE => {
                        sequence.push(byte);
                        self.state = State::Sequence(sequence);
                    }
                    _ => {
                        self.has_other_keys = true;
                        if byte.is_ascii_control() {
                            return self.take_plain(byte, keys);
                        }
                    }
                }
                None
            }
            State::Paste(matched) => self.take_pasted(byte, matched, keys),
        }
    }

    fn take_plain(&mut self, byte: u8, keys: &Keys) -> Option<Event> {
        // 0 means that no key does this (termios(3)).
        let is = |key: &u8| *key == byte && byte != 0;
        if let Some((_, signal)) = keys.signals.iter().find(|(key, _)| is(key)) {
            return Some(Event::Key(*signal));
        }
        match byte {
            b'\r' | b'\n' => return Some(Event::Enter),
            0x1b => self.state = State::Escape,
            _ if is(&keys.end) => return Some(Event::End),
            _ if is(&keys.literal) => self.state = State::Literal,
            _ if keys.erase.iter().any(is) => self.erase(),
            _ if keys.erase_word.iter().any(is) => self.erase_word(),
            _ if keys.erase_line.iter().any(is) => self.clear(),
            _ => self.push(byte),
        }
        None
    }

    /// In a paste every byte is text, except the keys that end pfx, in case the end of the paste is missing.
    fn take_pasted(&mut self, byte: u8, matched: usize, keys: &Keys) -> Option<Event> {
        let ends =
            |(key, signal): &&(u8, Signal)| *key == byte && byte != 0 && *signal != Signal::SIGTSTP;
        if let Some((_, signal)) = keys.signals.iter().find(ends) {
            return Some(Event::Key(*signal));
        }
        if byte == END_OF_PASTE[matched] {
            if matched + 1 == END_OF_PASTE.len() {
                return Some(Event::Pasted);
            }
            self.state = State::Paste(matched + 1);
            return None;
        }
        for &part in &END_OF_PASTE[..matched] {
            self.push_pasted(part);
        }
        if byte == END_OF_PASTE[0] {
            self.state = State::Paste(1);
        } else {
            self.push_pasted(byte);
            self.state = State::Paste(0);
        }
        None
    }

    /// In a paste, terminals send line breaks as carriage returns, like Enter.
    fn push_pasted(&mut self, byte: u8) {
        let is_rest = byte == b'\n' && self.after_return;
        self.after_return = byte == b'\r';
        if !is_rest {
            self.push(if byte == b'\r' { b'\n' } else { byte });
        }
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() >= self.limit {
            self.beyond += 1;
            return;
        }
        if self.bytes.len() == self.bytes.capacity() {
            // Vec would not wipe the old memory when it grows.
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * self.bytes.capacity()));
            larger.extend_from_slice(&self.bytes);
            self.bytes = larger;
        }
        self.bytes.push(byte);
    }

    /// Removes the last character, with all its bytes of UTF-8.
    fn erase(&mut self) {
        while self.bytes.pop().is_some_and(|byte| (0x80..0xc0).contains(&byte)) {}
    }

    /// Removes the last word, and the spaces after it.
    fn erase_word(&mut self) {
        let is_blank = u8::is_ascii_whitespace;
        let end = self.bytes.iter().rposition(|byte| !is_blank(byte)).map_or(0, |at| at + 1);
        let start = self.bytes[..end].iter().rposition(is_blank).map_or(0, |at| at + 1);
        self.bytes.truncate(start);
    }

    fn clear(&mut self) {
        self.bytes.clear();
        (self.beyond, self.has_other_keys) = (0, false);
    }
}

/// The size of `bytes`, for a person who cannot see them.
pub fn amount(bytes: &[u8]) -> String {
    let characters = String::from_utf8_lossy(bytes).chars().count();
    let breaks = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let lines = breaks + usize::from(bytes.last().is_some_and(|&byte| byte != b'\n'));
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    format!("{characters} character{} in {lines} line{}", plural(characters), plural(lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Keys = Keys {
        end: 4,
        erase: [0x7f, 0x08, 0x7f],
        erase_line: [0x15, 0x15],
        erase_word: [0, 0x17],
        literal: 0x16,
        signals: [(3, Signal::SIGINT), (0x1c, Signal::SIGQUIT), (0x1a, Signal::SIGTSTP)],
    };

    /// The line after these bytes, and the events.
    fn typed(keys: &[u8]) -> (Line, Vec<Event>) {
        let mut line = Line::new(20);
        let events = keys.iter().filter_map(|&byte| line.take(byte, &KEYS)).collect();
        (line, events)
    }

    #[test]
    fn keys_edit_what_was_typed() {
        for (keys, left) in [
            (&b"abc"[..], &b"abc"[..]),
            (b"ab\x7fc\x08d", b"ad"),
            ("aé\u{7f}b".as_bytes(), b"ab"),
            ("a🔑\u{8}".as_bytes(), b"a"),
            (b"\x7f\x7fa", b"a"),
            (b"one two  \x17x", b"one x"),
            (b"one\x17", b""),
            (b"one two\x15x", b"x"),
            (b"a\x16\x03\x16\x15b", b"a\x03\x15b"),
            (b"a\tb\x01", b"a\tb\x01"),
            (b"a\0b", b"a\0b"),
        ] {
            let (line, events) = typed(keys);
            assert_eq!((line.bytes(), events.as_slice()), (left, &[][..]), "{keys:?}");
            assert!(!line.has_other_keys);
        }
    }

    #[test]
    fn keys_end_the_line_or_mean_a_signal() {
        use Event::{End, Enter, Key};
        assert_eq!(typed(b"a\r").1, [Enter]);
        assert_eq!(typed(b"a\n").1, [Enter]);
        assert_eq!(typed(b"a\x04").1, [End]);
        let signals = [Key(Signal::SIGINT), Key(Signal::SIGQUIT), Key(Signal::SIGTSTP)];
        assert_eq!(typed(b"a\x03\x1c\x1a").1, signals);
    }

    #[test]
    fn a_paste_is_text_until_its_end() {
        for (keys, value) in [
            (&b"\x1b[200~a\rb\x1b[201~"[..], &b"a\nb"[..]),
            (b"\x1b[200~a\r\nb\n\nc\r\rd\x1b[201~", b"a\nb\n\nc\n\nd"),
            (b"\x1b[200~a\rb\r\x1b[201~", b"a\nb\n"),
            (b"\x1b[200~a\r\x1b[201~", b"a"),
            (b"\x1b[200~\x04\x15\x7f\x16\x1a\x1b[201~", b"\x04\x15\x7f\x16\x1a"),
            (b"\x1b[200~\x1b[20\x1b\x1b[201~", b"\x1b[20\x1b"),
            (b"x\x1b[200~a\x1b[201~y\x1b[200~b\x1b[201~\x7f", b"xay"),
        ] {
            let (line, events) = typed(keys);
            assert!(line.marks_pastes && !line.has_other_keys);
            assert!(!events.is_empty() && events.iter().all(|event| *event == Event::Pasted));
            assert_eq!(*line.into_value(), value, "{keys:?}");
        }
        assert_eq!(typed(b"\x1b[200~a\x03").1, [Event::Key(Signal::SIGINT)]);
    }

    #[test]
    fn other_keys_are_noticed_and_are_not_text() {
        for keys in [&b"a\x1b[Db"[..], b"a\x1b[1;5Db", b"a\x1bxb", b"a\x1b\x1b[Ab"] {
            let (line, _) = typed(keys);
            assert!(line.has_other_keys, "{keys:?}");
            assert_eq!(line.bytes(), b"ab");
        }
        assert_eq!(typed(b"a\x1b\r").1, [Event::Enter]);
        assert_eq!(typed(b"a\x1b[\x03").1, [Event::Key(Signal::SIGINT)]);
        assert!(!typed(b"\x1b[D\x15ab").0.has_other_keys);
    }

    #[test]
    fn input_beyond_the_limit_is_noticed() {
        let (line, _) = typed(&[b'x'; 20]);
        assert!(!line.is_too_long());
        let (line, events) = typed(&[&b"\x1b[200~"[..], &[b'x'; 21], b"\x1b[201~"].concat());
        assert!(line.is_too_long());
        assert_eq!(events, [Event::Pasted], "the end is found all the same");
    }

    #[test]
    fn an_amount_is_in_characters_and_lines() {
        for (bytes, expected) in [
            ("", "0 characters in 0 lines"),
            ("é", "1 character in 1 line"),
            ("a\nb\n", "4 characters in 2 lines"),
            ("a\n\nb", "4 characters in 3 lines"),
        ] {
            assert_eq!(amount(bytes.as_bytes()), expected);
        }
    }
}
