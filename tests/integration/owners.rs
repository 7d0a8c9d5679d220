//! Allowed owners and writers of files that pfx reads: in containers, on read-only mounts, with a umask of 002.

use crate::support::needs::{namespaces, tools};
use crate::support::{Home, Outcome};

/// The first lines of each script: a new mount namespace, pfx where all users can run it, a home that belongs to nobody,
/// and `as UID WORDS` to run pfx as another user.
const PRELUDE: &str = "set -e; umask 022; chmod 755 .; cp $PFX pfx; H=$PWD/home; mkdir -m 755 home
as() { uid=$1; shift; setpriv --reuid $uid --regid $uid --clear-groups env -i PATH=/usr/bin:/bin HOME=$H $PWD/pfx \"$@\"; }
read_only() { mount --bind $1 $1; mount -o remount,bind,ro $1; }
";

/// Runs a script as root.
fn script(text: &str) -> Outcome {
    let home = Home::new();
    let words = format!("{PRELUDE}{text}");
    let start = home.bare(&["unshare", "-m", "sh", "-c", &words]);
    start.env("PFX", env!("CARGO_BIN_EXE_pfx")).outcome()
}

/// Asserts that the script succeeds and prints this; there may be a warning.
#[track_caller]
fn gives(text: &str, stdout: &str) -> String {
    let outcome = script(text);
    assert_eq!(
        (outcome.code(), outcome.stdout().as_str()),
        (Some(0), stdout),
        "{text}\n{}",
        outcome.stderr()
    );
    outcome.stderr()
}

/// Asserts that pfx exits with 125, with this reason and hint.
#[track_caller]
fn refuses(text: &str, reason: &str, hint: &str) {
    let outcome = script(text);
    let stderr = outcome.stderr();
    assert_eq!((outcome.code(), outcome.stdout()), (Some(125), String::new()), "{text}\n{stderr}");
    assert!(stderr.contains(reason) && stderr.contains(hint), "{text}\n{stderr}");
}

const MAKE: &str =
    "mkdir d; echo v > d/K; echo E=v > e.env; printf '[env]\\nP = \"v\"\\n' > p.toml;
    printf '[context.secrets]\\nC = \"v\"\\n' > c.toml; chmod 600 c.toml;";

/// Each way to name a file, as arguments for `as`.
const NAMED: [&str; 5] = [
    "run --local --no-project --secrets-dir $PWD/d -s K -- printenv K",
    "run --local --no-project --secrets-dir $PWD/d -- printenv K",
    "run --local --no-project --env-file $PWD/e.env -- printenv E",
    "run --local -f $PWD/p.toml -- printenv P",
    "secret get --secrets-dir $PWD/d K",
];

#[test]
fn a_named_file_may_belong_to_anyone_unless_strict_is_given() {
    need!(namespaces());
    // Files of `secrets: file:` in Compose belong to the user of the host. In a user namespace, unmapped files belong to
    // 65534.
    for owner in ["1000", "65534"] {
        for words in NAMED {
            let end = if words.starts_with("secret") { "v" } else { "v\n" };
            let own = format!("{MAKE} chown -R {owner} d e.env p.toml;");
            let warning = gives(&format!("{own} as 999 {words}"), end);
            assert!(warning.contains("it belongs to a"), "{words}: {warning}");
            assert!(warning.lines().count() <= 1, "{words}: {warning}");
            let strict =
                words.replacen("run", "run --strict", 1).replacen("get", "get --strict", 1);
            refuses(&format!("{own} as 999 {strict}"), "it belongs to a", "leave out `--strict`");
        }
        let variable = "CREDENTIALS_DIRECTORY=$PWD/d; export CREDENTIALS_DIRECTORY; HOME=$H setpriv --reuid 999 --clear-groups \
                        ./pfx run --local -s K -- printenv K";
        gives(&format!("{MAKE} chown -R {owner} d; {variable}"), "v\n");
    }
}

#[test]
fn on_a_read_only_mount_any_owner_and_mode_are_accepted_without_a_warning() {
    need!(namespaces());
    let own = format!(
        "{MAKE} mkdir m; mv d e.env p.toml m; chown -R 1000 m; chmod -R a+rwX m; read_only m;"
    );
    for words in NAMED {
        let words = words.replace("$PWD/", "$PWD/m/").replacen("run", "run --strict", 1);
        let end = if words.starts_with("secret") { "v" } else { "v\n" };
        assert_eq!(gives(&format!("{own} as 999 {words}"), end), "", "{words}");
    }
    // Also for files that pfx looks for by itself.
    let config = "mkdir home/.prefect; mv c.toml home/.prefect/config.toml; chown 1000 home/.prefect/config.toml;
        chmod 644 home/.prefect/config.toml; read_only home/.prefect; as 999 run --local -s C -- printenv C";
    let warning = gives(&format!("{MAKE} {config}"), "v\n");
    // No `chmod` of this path could work, not even by the owner.
    let expected = "other users can read it (mode 0644); fix: run `chmod go-rwx` where it is mounted from: the \
                mount is read-only\n";
    assert!(warning.ends_with(expected), "{warning}");
}

#[test]
fn on_a_writable_mount_files_that_others_can_write_are_refused() {
    need!(namespaces());
    for mode in ["666", "777", "664"] {
        for (words, file) in NAMED.into_iter().zip(["d/K", "d/K", "e.env", "p.toml", "d/K"]) {
            let open = format!("{MAKE} chown 1000:999 {file}; chmod {mode} {file}; as 999 {words}");
            refuses(&open, "other users can write it", "hint: mount it read-only (`:ro`");
        }
    }
}

#[test]
fn a_file_that_others_could_plant_in_a_named_directory_is_refused() {
    need!(namespaces());
    let words = NAMED[0];
    for mode in ["777", "1777", "775"] {
        let planted =
            format!("{MAKE} chown 0:50 d; chmod {mode} d; chown 1001 d/K; as 999 {words}");
        refuses(&planted, "d: other users can write it", "hint: mount it read-only");
    }
    // Files of the owner of the directory are accepted, and files on a shared mount, as the agent of Vault shares an emptyDir.
    gives(&format!("{MAKE} chown 1001 d d/K; chmod 777 d; as 999 {words}"), "v\n");
    let shared =
        "mount -t tmpfs -o mode=777 none d; echo v > d/K; chown 100:1000 d/K; chmod 644 d/K;";
    gives(&format!("{MAKE} {shared} as 999 {words}"), "v\n");
    // But not with a sticky bit, as in /tmp.
    let sticky = shared.replace("777", "1777");
    refuses(
        &format!("{MAKE} {sticky} as 999 {words}"),
        "d: other users can write it",
        "hint: mount it read-only",
    );
}

/// A machine on which ann (1000) has a private group, ben (1001) shares his group with cat, and dan (1003) is in the user
/// database of another service.
const ACCOUNTS: &str = "printf '%s\\n' root:x:0:0::/root:/bin/sh ann:x:1000:1000::/:/bin/sh ben:x:1001:1001::/:/bin/sh \
    cat:x:1002:1001::/:/bin/sh > passwd; printf '%s\\n' root:x:0: ann:x:1000: ben:x:1001: > group; \
    mount --bind passwd /etc/passwd; mount --bind group /etc/group;";

#[test]
fn the_private_group_of_the_user_may_write_but_not_a_shared_or_unknown_group() {
    need!(namespaces());
    // umask 002: files of mode 0664 and directories of mode 0775.
    let checkout = "mkdir -m 775 w; cd w; printf '[env]\\nP = \"v\"\\n' > pfx.toml; echo E=v > e.env;
        mkdir -m 775 d; echo v > d/K; mkdir -m 775 $H/.prefect; printf '[context.secrets]\\nC = \"v\"\\n' > $H/.prefect/config.toml;
        chmod 664 pfx.toml e.env d/K; chmod 660 $H/.prefect/config.toml; cp ../pfx .;";
    let all = "as $U trust; as $U run --local -- printenv P; as $U run --local --no-project --env-file e.env -- printenv E;
        as $U run --local --no-project --secrets-dir d -s K -- printenv K; as $U run --local -f pfx.toml -- printenv P;
        as $U run --no-project -s C -- printenv C; echo new | as $U secret set D; as $U secret get D;
        as $U export --local --no-project --set A=1 --format json -o out";
    let by = |uid: u32, text: &str| {
        format!("{ACCOUNTS} U={uid}; {checkout} chown -R {uid}:{uid} . $H; {text}")
    };
    let warning = gives(&by(1000, all), "v\nv\nv\nv\nv\nnew");
    assert_eq!(warning, "");
    for uid in [1001, 1003] {
        for (text, path) in [
            ("as $U run -- true", "pfx.toml"),
            ("as $U trust", "pfx.toml"),
            ("as $U run --no-project --env-file e.env -- true", "e.env"),
            ("as $U run --no-project -s C -- true", "config.toml"),
            ("echo v | as $U secret set D", ".prefect"),
            ("as $U export --no-project --set A=1 --format json -o out", "."),
        ] {
            refuses(&by(uid, text), "other users can write it (mode 0", "`chmod go-w");
            let outcome = script(&by(uid, text));
            assert!(
                outcome.stderr().contains(&format!("{path}: other users")),
                "{text}: {}",
                outcome.stderr()
            );
        }
    }
    // Root in a checkout of ann: her group has no other member.
    let root = format!(
        "{ACCOUNTS} {checkout} chown -R 1000:1000 .; ./pfx run --local --no-project --env-file e.env -- printenv E"
    );
    let warning = gives(&root, "v\n");
    assert!(warning.contains("it belongs to another user (uid 1000), who can change it"));
}

#[test]
fn a_file_that_pfx_finds_by_itself_must_belong_to_the_user_and_the_hint_changes_no_file() {
    need!(namespaces());
    let config = "mkdir home/.prefect; mv c.toml home/.prefect/config.toml; chown 1000 home/.prefect/config.toml; \
                  chmod 644 home/.prefect/config.toml;";
    let hint = "hint: to read it anyway, set PREFECT__USER_CONFIG_PATH to its path";
    refuses(
        &format!("{MAKE} {config} as 999 run --local -s C -- true"),
        "it belongs to another user (uid 1000)",
        hint,
    );
    // As the hint suggests.
    let named = "HOME=$H PREFECT__USER_CONFIG_PATH=$H/.prefect/config.toml setpriv --reuid 999 --clear-groups ./pfx run --local \
                 -s C -- printenv C";
    gives(&format!("{MAKE} {config} {named}"), "v\n");
    let found =
        "chmod 644 p.toml; mkdir w; mv p.toml w/pfx.toml; chown 1000 w/pfx.toml; cp pfx w; cd w;";
    refuses(
        &format!("{MAKE} {found} as 999 run --local -- true"),
        "it belongs to another user (uid 1000)",
        "hint: to use it anyway, name it with `-f FILE`",
    );
}

#[test]
fn the_members_of_a_group_are_read_only_if_the_group_may_write() {
    need!(namespaces());
    need!(tools(&["strace"]));
    let words = "run --local --no-project --secrets-dir $PWD/d -s K -- true";
    let asked = |mode: &str| {
        let text = format!(
            "{MAKE} chmod {mode} d/K; strace -qq -o trace -e trace=openat,statfs,fstatfs ./pfx {words}; \
             grep -cE 'group|passwd|statfs' trace || true"
        );
        gives(&text, if mode == "0664" { "2\n" } else { "0\n" });
    };
    asked("0644");
    asked("0664");
}
