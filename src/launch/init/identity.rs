//! Variables in which a service manager puts the ID of the process that they are meant for.

use std::ffi::{CStr, CString};

use nix::unistd::Pid;

/// `sd_listen_fds(3)`, `sd_watchdog_enabled(3)`, systemd.exec(5).
const VARIABLES: [&[u8]; 3] = [b"LISTEN_PID", b"WATCHDOG_PID", b"SYSTEMD_EXEC_PID"];
/// The same by the ID of the process's pidfd, which is optional (systemd 258).
const BY_PIDFD: &[u8] = b"LISTEN_PIDFDID=";

/// Changes the variables that contain the process ID `before` to `now`, without changing their order. A variable with
/// another process ID is left unchanged.
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
                // It becomes part of the environment, which is used as long as the process runs.
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
    fn only_variables_with_this_process_id_are_renumbered() {
        let mut block =
            vec![c"A=7", c"LISTEN_PID=7", c"LISTEN_PIDFDID=9", c"LISTEN_FDS=7", c"WATCHDOG_PID=70"];
        renumber(&mut block, Pid::from_raw(7), Pid::from_raw(8));
        assert_eq!(block, [c"A=7", c"LISTEN_PID=8", c"LISTEN_FDS=7", c"WATCHDOG_PID=70"]);
    }

    #[test]
    fn variables_with_another_process_id_are_unchanged() {
        let before = vec![c"LISTEN_PID=71", c"LISTEN_PIDFDID=9", c"XLISTEN_PID=7"];
        let mut block = before.clone();
        renumber(&mut block, Pid::from_raw(7), Pid::from_raw(8));
        assert_eq!(block, before);
    }
}
