//! Variables by which a service manager tells a process that it is meant: they name its number.

use std::ffi::{CStr, CString};

use nix::unistd::Pid;

/// `sd_listen_fds(3)`, `sd_watchdog_enabled(3)`, systemd.exec(5).
const VARIABLES: [&[u8]; 3] = [b"LISTEN_PID", b"WATCHDOG_PID", b"SYSTEMD_EXEC_PID"];
/// Tells the same of the process's pidfd, and may be absent (systemd 258).
const BY_PIDFD: &[u8] = b"LISTEN_PIDFDID=";

/// Makes the variables that name the process `before` name `now` instead, each where it stood. One that names
/// a third process is left alone.
pub fn renumber(block: &mut Vec<&'static CStr>, before: Pid, now: Pid) {
    let mut renumbered = false;
    for entry in block.iter_mut() {
        let variable = VARIABLES.into_iter().find(|name| {
            let value = entry.to_bytes().strip_prefix(*name);
            value.is_some_and(|value| value == format!("={before}").as_bytes())
        });
        if let Some(name) = variable {
            let text = [name, format!("={now}").as_bytes()].concat();
            if let Ok(text) = CString::new(text) {
                // It is part of the environment, which lasts as long as the process.
                *entry = Box::leak(text.into_boxed_c_str());
                renumbered = true;
            }
        }
    }
    if renumbered {
        block.retain(|entry| !entry.to_bytes().starts_with(BY_PIDFD));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_that_name_this_process_are_renumbered() {
        let mut block =
            vec![c"A=7", c"LISTEN_PID=7", c"LISTEN_PIDFDID=9", c"LISTEN_FDS=7", c"WATCHDOG_PID=70"];
        renumber(&mut block, Pid::from_raw(7), Pid::from_raw(8));
        assert_eq!(block, [c"A=7", c"LISTEN_PID=8", c"LISTEN_FDS=7", c"WATCHDOG_PID=70"]);
    }

    #[test]
    fn a_block_that_names_another_process_is_left_alone() {
        let before = vec![c"LISTEN_PID=71", c"LISTEN_PIDFDID=9", c"XLISTEN_PID=7"];
        let mut block = before.clone();
        renumber(&mut block, Pid::from_raw(7), Pid::from_raw(8));
        assert_eq!(block, before);
    }
}
