//! Exports for shells, read back by shells.

use super::values::any_bytes;
use super::{assert_read, exported, holding, variables};
use crate::support::needs::tools;

#[test]
fn dash_bash_and_zsh_read_any_bytes() {
    need!(tools(&["dash", "bash", "zsh"]));
    let values = any_bytes();
    let home = holding(&values);
    exported(&home, "sh");
    for shell in ["dash", "bash", "zsh"] {
        let sourced = home.bare(&[shell, "-c", ". ./exported; exec env -0"]).outcome();
        assert_read(&variables(&sourced.stdout), &values);
        let evaluated = home
            .bare(&[shell, "-c", "eval \"$(cat exported)\"; exec env -0"])
            .env("LC_ALL", "C.UTF-8")
            .outcome();
        assert_read(&variables(&evaluated.stdout), &values);
    }
}

#[test]
fn fish_reads_any_bytes() {
    need!(tools(&["fish"]));
    let values = any_bytes();
    let home = holding(&values);
    exported(&home, "fish");
    let read = home
        .bare(&["fish", "--no-config", "-c", "source exported; exec env -0"])
        .env("LC_ALL", "C.UTF-8")
        .outcome();
    assert_read(&variables(&read.stdout), &values);
}
