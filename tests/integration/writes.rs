//! How `secret set` and `delete` write: at every moment, whatever happens, the complete old or new file is in place.

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use nix::sys::stat::{Mode, umask};

mod faults;
mod others;

use crate::support::needs::namespaces;
use crate::support::{Home, Pfx, chown_all, is_root, set_mode};

const OLD: &str = "# mine\n[context.secrets]\nA = \"old\" # about A\nB = \"b\"\n";

const NEW: &str = "# mine\n[context.secrets]\nA = \"new\" # about A\nB = \"b\"\n";

fn set(home: &Home, name: &str, value: &str) -> Pfx {
    home.pfx(["secret", "set", name]).stdin(value)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_new_file_and_directory_are_private_whatever_the_umask() {
    for mask in [0, 0o077, 0o777] {
        let home = Home::new();
        std::fs::remove_dir(home.join(".prefect")).unwrap();
        let start = set(&home, "A", "v").before(move || {
            umask(Mode::from_bits_truncate(mask));
            Ok(())
        });
        start.gives("");
        assert_eq!(
            (mode(&home.join(".prefect")), mode(&home.config())),
            (0o700, 0o600),
            "{mask:o}"
        );
        assert_eq!(home.config_text(), "[context.secrets]\nA = \"v\"\n");
    }
}

#[test]
fn mode_and_owner_are_preserved() {
    for bits in [0o600, 0o640, 0o644, 0o400] {
        let home = Home::with_config(OLD);
        set_mode(&home.config(), bits);
        if is_root() {
            chown_all(&home.config(), 1234);
        }
        let before = std::fs::metadata(home.config()).unwrap();
        let outcome = set(&home, "A", "new").outcome();
        assert_eq!(outcome.code(), Some(0), "{}", outcome.said());
        let after = std::fs::metadata(home.config()).unwrap();
        assert_eq!(
            (after.mode(), after.uid(), after.gid()),
            (before.mode(), before.uid(), before.gid())
        );
        assert_eq!(home.config_text(), NEW);
    }
}

#[test]
fn a_file_that_others_can_read_causes_the_same_warning_as_in_run() {
    let home = Home::with_config(OLD);
    set_mode(&home.config(), 0o644);
    let warning = home.run(&["--local", "-s", "B"], &["true"]).outcome().stderr();
    assert!(warning.contains("other users can read it (mode 0644)"), "{warning}");
    set(&home, "A", "new").outcome().assert(0, "", &warning);
    home.pfx(["secret", "delete", "A"]).outcome().assert(0, "", &warning);
    let other = Home::new();
    let elsewhere = home.config();
    set(&other, "A", "new")
        .env("PREFECT__USER_CONFIG_PATH", &elsewhere)
        .outcome()
        .assert(0, "", &warning);
    set_mode(&home.config(), 0o600);
    set(&home, "A", "other").gives("");
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error() {
    let home = Home::with_config(OLD);
    home.give_to_nobody();
    set_mode(&home.join(".prefect"), 0o500);
    set(&home, "A", "CANARY")
        .by_nobody()
        .refuses(
            125,
            "pfx: error: cannot write {home}/.prefect/config.toml: Permission denied\npfx: hint: set HOME to this \
             user's own home directory, or PREFECT__USER_CONFIG_PATH to the path of another file\n",
        );
    assert_eq!(home.config_text(), OLD);
    set_mode(&home.join(".prefect"), 0o700);
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    let home = Home::with_config(OLD);
    set_mode(&home.join(".prefect"), 0o777);
    set(&home, "A", "new").refuses(
        125,
        "pfx: error: cannot trust {home}/.prefect: other users can write it (mode 0777)\n\
         pfx: hint: `chmod go-w {home}/.prefect`\n",
    );
    // /tmp has the sticky bit: a user cannot remove another user's file.
    set_mode(&home.join(".prefect"), 0o1777);
    set(&home, "A", "new").gives("");
}

#[test]
fn links_are_preserved_and_their_targets_are_written() {
    let home = Home::new();
    home.write("dotfiles/config.toml", OLD);
    symlink("../dotfiles/link.toml", home.config()).unwrap();
    symlink("config.toml", home.join("dotfiles/link.toml")).unwrap();
    set(&home, "A", "new").gives("");
    assert!(home.config().is_symlink() && home.join("dotfiles/link.toml").is_symlink());
    assert_eq!(home.config_text(), NEW);
    let names: BTreeSet<_> = std::fs::read_dir(home.join("dotfiles"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn the_missing_target_of_a_link_is_created_and_a_cycle_of_links_is_an_error() {
    let home = Home::new();
    std::fs::create_dir(home.join("dotfiles")).unwrap();
    symlink("../dotfiles/config.toml", home.config()).unwrap();
    set(&home, "A", "v").gives("");
    assert_eq!(
        std::fs::read_to_string(home.join("dotfiles/config.toml")).unwrap(),
        "[context.secrets]\nA = \"v\"\n"
    );
    assert!(home.config().is_symlink());

    let home = Home::new();
    symlink("config.toml", home.config()).unwrap();
    set(&home, "A", "v").refuses(
        125,
        "pfx: error: cannot write {home}/.prefect/config.toml: Too many symbolic links encountered\n",
    );
}

#[test]
fn a_hard_link_to_the_file_still_has_the_old_content() {
    let home = Home::with_config(OLD);
    std::fs::hard_link(home.config(), home.join("other")).unwrap();
    set(&home, "A", "new").gives("");
    assert_eq!(std::fs::read_to_string(home.join("other")).unwrap(), OLD);
    assert_eq!(home.config_text(), NEW);
}

#[test]
fn a_planted_temporary_file_is_removed_and_never_followed() {
    let home = Home::with_config(OLD);
    home.write("victim", "precious");
    symlink("../victim", home.join(".prefect/.config.toml.pfx-1-0000000000000000")).unwrap();
    home.write(".prefect/.config.toml.pfx-2-0", "half");
    home.write(".prefect/other.pfx-2", "not ours");
    set(&home, "A", "new").gives("");
    assert_eq!(home.prefect_files(), ["config.toml", "other.pfx-2"]);
    assert_eq!(std::fs::read_to_string(home.join("victim")).unwrap(), "precious");
}

#[test]
fn a_value_that_is_already_stored_is_not_written_again() {
    let home = Home::with_config(OLD);
    let before = std::fs::metadata(home.config()).unwrap();
    set(&home, "A", "old").gives("");
    let after = std::fs::metadata(home.config()).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    // Deleting a secret that does not exist does not write either.
    assert_eq!(home.pfx(["secret", "delete", "none"]).outcome().code(), Some(1));
    assert_eq!(std::fs::metadata(home.config()).unwrap().ino(), before.ino());
}

#[test]
fn only_the_value_changes_in_every_style_of_config_file() {
    for (old, new) in [
        (
            "context = { secrets = { A = 'a', B = 1 } } # c\n",
            "context = { secrets = { A = \"new\", B = 1 } } # c\n",
        ),
        ("context.secrets.A = 'a'\r\n\r\n# c\r\n", "context.secrets.A = \"new\"\r\n\r\n# c\r\n"),
        // A line end in a string is not a control character.
        (
            "[context.secrets]\r\nA = 'a'\r\nB = \"\"\"\r\nb\r\n\"\"\"\r\n",
            "[context.secrets]\r\nA = \"new\"\r\nB = \"\"\"\r\nb\r\n\"\"\"\r\n",
        ),
        ("[context]\n  secrets.A = 'a'", "[context]\n  secrets.A = \"new\"\n"),
        (
            "[ context . secrets ]\n\t\"A\"  =  '''\na\n'''  # c\n",
            "[ context . secrets ]\n\t\"A\"  =  \"new\"  # c\n",
        ),
        ("# only a comment", "# only a comment\n\n[context.secrets]\nA = \"new\"\n"),
        ("[context.secrets]\n[z]\na = 1\n", "[context.secrets]\nA = \"new\"\n[z]\na = 1\n"),
    ] {
        let home = Home::with_config(old);
        set(&home, "A", "new").gives("");
        let text = home.config_text();
        if old.starts_with("# only") {
            // The place of the comment in an empty file does not matter, but it is preserved.
            assert!(
                text.contains("# only a comment") && text.contains("A = \"new\"\n"),
                "{text:?}"
            );
        } else {
            assert_eq!(text, new);
        }
        home.pfx(["secret", "get", "A"]).gives("new");
    }
}

#[test]
fn the_file_that_a_variable_names_is_written() {
    let home = Home::new();
    set(&home, "A", "v").env("PREFECT__USER_CONFIG_PATH", "~/deep/er/secrets.toml").gives("");
    assert_eq!(mode(&home.join("deep/er/secrets.toml")), 0o600);
    assert_eq!(mode(&home.join("deep/er")), 0o700);
    assert!(!home.config().exists());
}

#[test]
fn a_file_that_is_mounted_by_itself_is_refused_and_unchanged() {
    need!(namespaces());
    let mount = "mount --bind mounted .prefect/config.toml";
    // From another file system, into a directory where no file can be created.
    let read_only = "mkdir f; mount -t tmpfs none f; cp mounted f; mount --bind f/mounted .prefect/config.toml; \
                     mount --rbind .prefect d; mount -o remount,bind,ro d";
    for (prepare, path) in [(mount, ".prefect/config.toml"), (read_only, "d/config.toml")] {
        for command in
            ["secret set A", "secret delete A", "export --local -s A --format json -o $C"]
        {
            let home = Home::with_config(OLD);
            std::fs::create_dir(home.join("d")).unwrap();
            home.write("mounted", OLD);
            let script = format!(
                "{prepare}; C={path}; export PREFECT__USER_CONFIG_PATH=$PWD/$C; exec $PFX {command}"
            );
            let start = home.bare(&["unshare", "-m", "sh", "-c", &script]).stdin("new");
            let outcome = start.env("PFX", env!("CARGO_BIN_EXE_pfx")).outcome();
            let (stderr, path) = (outcome.stderr(), home.join(path));
            assert_eq!(outcome.code(), Some(125), "{prepare}: {command}: {stderr}");
            assert!(stderr.contains("the file is a mount point"), "{prepare}: {command}: {stderr}");
            let directory = path.parent().unwrap().display();
            let hint = format!("hint: mount its directory {directory} instead");
            assert!(stderr.contains(&hint) || command.contains("-o"), "{command}: {stderr}");
            assert_eq!(std::fs::read_to_string(home.join("mounted")).unwrap(), OLD);
            assert_eq!(home.prefect_files(), ["config.toml"]);
        }
    }
}
