//! The sources of local secrets, files, variables and directories, and their order.

use nix::sys::stat::Mode;
use serde_json::json;

use crate::support::cloud1::{self, cloud};
use crate::support::needs::{home_in_passwd, root};
use crate::support::{Home, chown_all, set_mode};

#[test]
fn variables_take_precedence_over_files_and_files_over_directories() {
    let home = Home::with_secrets("A = \"config\"\nB = \"config\"\nC = \"config\"\n");
    home.write(".prefect/backend.toml", "[context.secrets]\nB = \"backend\"\n");
    for (name, value) in [("A", "x"), ("D", "credential"), ("E", "x")] {
        home.write(format!("credentials/{name}"), value);
    }
    for name in ["A", "D", "E", "F"] {
        home.write(format!("one/{name}"), "one");
        home.write(format!("two/{name}"), "two");
    }
    home.write("two/G", "two");
    let dirs = ["--secrets-dir", "one", "--secrets-dir", "two"];
    let all = ["-s", "A", "-s", "B", "-s", "C", "-s", "D", "-s", "F", "-s", "G"];
    home.run(&[&dirs[..], &all].concat(), &["sh", "-c", "echo $A $B $C $D $F $G"])
        .env("PREFECT__CONTEXT__SECRETS__C", "variable")
        .env("CREDENTIALS_DIRECTORY", home.join("credentials"))
        .gives("config backend variable credential one two\n");
}

#[test]
fn a_file_in_a_directory_is_a_secret_without_one_trailing_newline() {
    let home = Home::new();
    for (name, bytes) in
        [("a", "x\n"), ("b", "x\n\n"), ("c", ""), ("d", "\"j\""), ("tls.crt", "~$HOME")]
    {
        home.write(format!("dir/{name}"), bytes);
    }
    set_mode(&home.join("dir/a"), 0o444);
    home.run(
        &["--secrets-dir", "dir"],
        &["sh", "-c", "printf '%s|' \"$a\" \"$b\" \"$c\" \"$d\" \"$TLS_CRT\""],
    )
    .gives("x|x\n|||\"j\"|~$HOME|".replace("|||", "||").as_str());
}

#[test]
fn a_kubernetes_mount_is_read_through_its_links() {
    let home = Home::new();
    home.write("dir/..2026_11_24/token", "t");
    std::os::unix::fs::symlink("..2026_11_24", home.join("dir/..data")).unwrap();
    std::os::unix::fs::symlink("..data/token", home.join("dir/token")).unwrap();
    home.run(&["--secrets-dir", "dir"], &["printenv", "token"]).gives("t\n");
    home.pfx(["secret", "list", "--secrets-dir", "dir"]).gives("token\n");
}

#[test]
fn a_name_never_leads_out_of_a_directory() {
    let home = Home::new();
    home.write("outside", "CANARY");
    home.write("dir/in", "x");
    for name in ["../outside", "..", ".", "/etc/passwd", "dir/../../outside", ""] {
        let binding = format!("X={name}");
        let outcome =
            home.run(&["--local", "--secrets-dir", "dir", "-s", &binding], &["env"]).outcome();
        // An empty name is a usage error.
        let refused = if name.is_empty() { 2 } else { 125 };
        assert_eq!(outcome.code(), Some(refused), "{name}: {}", outcome.said());
        assert!(!outcome.said().contains("CANARY"));
    }
}

#[test]
fn a_named_directory_that_does_not_exist_is_empty_and_causes_a_warning() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.write("file", "");
    home.write("pfx.toml", "secrets-dir = \"none\"\n");
    let warning = |named: &str| format!("pfx: warning: {named}\n");
    let print = |options: &[&str]| home.run(options, &["printenv", "A"]);
    let absent = warning("--secrets-dir names none, which does not exist");
    print(&["--no-project", "--secrets-dir", "none", "-s", "A"])
        .outcome()
        .assert(0, "v\n", &absent);
    print(&["--no-project", "--secrets-dir", "none"]).outcome().assert(0, "v\n", &absent);
    print(&["--no-project"]).env("PFX_SECRETS_DIR", "none").outcome().assert(0, "v\n", &absent);
    for file in ["file", "file/below", "/dev/null"] {
        let named = format!("--secrets-dir names {file}, which is not a directory");
        let options = ["--no-project", "--secrets-dir", file];
        print(&options).outcome().assert(0, "v\n", &warning(&named));
    }
    let variable = print(&["--no-project"]).env("CREDENTIALS_DIRECTORY", "/none").outcome();
    variable.assert(0, "v\n", &warning("$CREDENTIALS_DIRECTORY names /none, which does not exist"));
    let project = "`secrets-dir` in pfx.toml names none, which does not exist";
    print(&["-f", "pfx.toml"]).outcome().assert(0, "v\n", &warning(project));
    let check = home.pfx(["check", "--local", "--no-project", "--secrets-dir", "none"]).outcome();
    assert_eq!((check.code(), check.stderr()), (Some(0), absent));
}

#[test]
fn a_variable_gets_a_mounted_file_without_one_newline_unless_keep_newline_is_given() {
    let home = Home::new();
    for (file, value) in [
        ("v", "v"),
        ("v\n", "v"),
        ("v\n\n", "v\n"),
        ("v ", "v "),
        ("", ""),
        ("\n", ""),
        ("a\r\nb", "a\r\nb"),
    ] {
        home.write("dir/K", file);
        let command = ["sh", "-c", "printf %s. \"$K\""];
        let run = |options: &[&str]| {
            home.run(&[options, &["--local", "--secrets-dir", "dir", "-s", "K"]].concat(), &command)
        };
        run(&[]).gives(&format!("{value}."));
        run(&["--keep-newline"]).gives(&format!("{file}."));
        run(&[]).env("PFX_KEEP_NEWLINE", "1").gives(&format!("{file}."));
        home.pfx(["secret", "get", "--secrets-dir", "dir", "K"]).gives(value);
        home.pfx(["secret", "get", "--keep-newline", "--secrets-dir", "dir", "K"]).gives(file);
        let export = [
            "export", "--local", "--secrets-dir", "dir", "-s", "K", "--format", "json",
            "--keep-newline",
        ];
        let exported: serde_json::Value =
            serde_json::from_slice(&home.pfx(export).outcome().stdout).unwrap();
        assert_eq!(exported["K"], file);
    }
}

#[test]
fn a_carriage_return_at_the_end_of_a_mounted_file_causes_a_warning() {
    let home = Home::with_secrets("OWN = \"v\\r\"\n");
    home.write("dir/K", "v\r\n");
    let warning = "pfx: warning: the value in dir/K ends with a carriage return (\\r): was the file saved with Windows \
                   line endings?\n";
    let options = ["--local", "--secrets-dir", "dir", "-s", "K", "-s", "OWN"];
    home.run(&options, &["true"]).outcome().assert(0, "", warning);
    home.pfx(["secret", "get", "--secrets-dir", "dir", "K"]).outcome().assert(0, "v\r", warning);
    assert_eq!(home.pfx([&["check"], &options[..]].concat()).outcome().stderr(), warning);
    // A file gets the value unchanged.
    home.run(&["--local", "--secrets-dir", "dir", "--file", "K"], &["true"]).gives("");
}

#[test]
fn without_home_the_user_database_is_used() {
    let own = need!(home_in_passwd());
    let home = Home::new();
    let outcome = home.pfx(["check", "--local", "-s", "A"]).without("HOME").outcome();
    let place = format!("{own}/.prefect/config.toml");
    assert!(outcome.stdout().contains(&place), "{}", outcome.said());
}

#[test]
fn with_an_empty_home_no_file_is_used() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.run(&["--local", "-s", "A"], &["true"]).env("HOME", "").refuses(
        125,
        "pfx: error: cannot find the secret `A`: looked in the variables PREFECT__CONTEXT__SECRETS__…; \
         no remote store is used: `--local` was given\n\
         pfx: hint: `pfx secret set A` stores it on this machine\n",
    );
    home.pfx(["secret", "set", "A"]).env("HOME", "").stdin("v").refuses(
        2,
        "pfx: error: there is no file to write to: neither HOME nor PREFECT__USER_CONFIG_PATH is set\n\
         pfx: hint: set HOME, or PREFECT__USER_CONFIG_PATH to the path of the file\n",
    );
}

#[test]
fn the_path_variables_are_expanded_and_replace_the_default() {
    let home = Home::with_secrets("A = \"default\"\n");
    home.write("other.toml", "[context.secrets]\nA = \"other\"\n");
    let run = || home.run(&["-s", "A"], &["printenv", "A"]);
    run().env("PREFECT__USER_CONFIG_PATH", "~/other.toml").gives("other\n");
    run().env("PREFECT__USER_CONFIG_PATH", "$D/other.toml").env("D", home.path()).gives("other\n");
    run().env("PREFECT__BACKEND_CONFIG_PATH", "other.toml").gives("other\n");
}

#[test]
fn a_path_variable_that_names_a_missing_file_causes_a_warning_and_nothing_else_is_read() {
    let home = Home::with_secrets("A = \"default\"\n");
    let outcome = home
        .run(&["--local", "-s", "A"], &["true"])
        .env("PREFECT__USER_CONFIG_PATH", "/none.toml")
        .outcome();
    assert_eq!(outcome.code(), Some(125));
    assert!(outcome.stderr().contains("/none.toml"), "{}", outcome.stderr());
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let home = Home::with_secrets("A = \"v\"\n");
    set_mode(&home.config(), 0o622);
    home.run(&["-s", "A"], &["true"]).refuses(
        125,
        "pfx: error: cannot trust {home}/.prefect/config.toml: other users can write it (mode 0622)\n\
         pfx: hint: `chmod go-w {home}/.prefect/config.toml`\n",
    );
}

#[test]
fn a_file_that_others_can_read_causes_a_warning_or_with_strict_an_error() {
    let home = Home::with_secrets("A = \"v\"\n");
    set_mode(&home.config(), 0o644);
    home.run(&["-s", "A"], &["printenv", "A"]).outcome().assert(
        0,
        "v\n",
        "pfx: warning: {home}/.prefect/config.toml: other users can read it (mode 0644); fix: \
         `chmod go-rwx {home}/.prefect/config.toml`\n",
    );
    home.run(&["--strict", "-s", "A"], &["true"]).refuses(
        125,
        "pfx: error: cannot trust {home}/.prefect/config.toml: other users can read it (mode 0644)\n\
         pfx: hint: `chmod go-rwx {home}/.prefect/config.toml`\n",
    );
}

#[test]
fn a_key_that_others_can_read_causes_a_warning_even_if_only_the_remote_store_is_used() {
    let server = cloud(&[("A", json!("far"))], &[]);
    let home = cloud1::home(&server.url());
    set_mode(&home.config(), 0o644);
    home.pfx(["secret", "get", "A", "--remote"]).outcome().assert(
        0,
        "far",
        "pfx: warning: {home}/.prefect/config.toml: other users can read it (mode 0644); fix: \
         `chmod go-rwx {home}/.prefect/config.toml`\n",
    );
}

#[test]
fn a_file_of_another_user_is_refused_and_root_gets_a_warning() {
    need!(root());
    let home = Home::with_secrets("A = \"v\"\n");
    set_mode(home.path(), 0o755);
    home.give_to_nobody();
    chown_all(&home.config(), 1234);
    set_mode(&home.config(), 0o644);
    home.run(&["-s", "A"], &["true"]).by_nobody().refuses(
        125,
        "pfx: error: cannot trust {home}/.prefect/config.toml: it belongs to another user (uid 1234)\n\
         pfx: hint: to read it anyway, set PREFECT__USER_CONFIG_PATH to its path\n",
    );
    let outcome = home.run(&["-s", "A"], &["printenv", "A"]).outcome();
    assert_eq!((outcome.code(), outcome.stdout()), (Some(0), "v\n".to_owned()));
    assert!(outcome.stderr().contains("it belongs to another user (uid 1234)"));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_not_missing() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.write("dir/A", "other");
    set_mode(&home.config(), 0o000);
    home.give_to_nobody();
    home.run(&["--secrets-dir", "dir", "-s", "A"], &["true"])
        .by_nobody()
        .refuses(
            125,
            "pfx: error: cannot read {home}/.prefect/config.toml: Permission denied\n\
             pfx: hint: allow this user to read it, or set PREFECT__USER_CONFIG_PATH to another file (/dev/null \
             for none)\n",
        );
}

#[test]
fn a_path_that_is_not_a_file_is_refused_at_once() {
    let home = Home::new();
    nix::unistd::mkfifo(&home.config(), Mode::S_IRWXU).unwrap();
    let refused =
        "pfx: error: cannot trust {home}/.prefect/config.toml: it is not a regular file\n";
    home.run(&["-s", "A"], &["true"]).refuses(125, refused);
    home.pfx(["secret", "set", "A"]).stdin("v").refuses(125, refused);
    std::fs::remove_file(home.config()).unwrap();
    std::os::unix::fs::symlink("/dev/zero", home.config()).unwrap();
    home.run(&["-s", "A"], &["true"]).refuses(125, refused);
    std::fs::remove_file(home.config()).unwrap();
    // A directory counts as missing, as in Prefect.
    std::fs::create_dir(home.config()).unwrap();
    home.run(&["--local", "-s", "A?"], &["true"]).gives("");
}

#[test]
fn a_file_that_is_too_long_is_refused_without_reading_it() {
    let home = Home::with_secrets("");
    let file = std::fs::OpenOptions::new().write(true).open(home.config()).unwrap();
    file.set_len(1 << 30).unwrap();
    home.run(&["-s", "A"], &["true"]).refuses(
        125,
        "pfx: error: cannot trust {home}/.prefect/config.toml: it is longer than 4194304 bytes\n",
    );
}

#[test]
fn names_of_all_kinds_are_found_exactly() {
    let long = "n".repeat(10_000);
    let names = [
        "a.b", "a-b", "a b", "a\"b", "é", "日本", "A__B", "a=b", "a\\b", "a\nb", &long, "-x", "--",
    ];
    let home = Home::new();
    for name in names {
        home.pfx(["secret", "set", "--", name]).stdin(format!("value of {name}")).gives("");
    }
    for name in names {
        home.pfx(["secret", "get", "--", name]).gives(&format!("value of {name}"));
        let binding = format!("X={name}");
        home.run(&["-s", &binding], &["printenv", "X"]).gives(&format!("value of {name}\n"));
        let outcome = home.pfx(["secret", "get", "--", &name.to_uppercase()]).outcome();
        assert_eq!(
            outcome.code() == Some(1),
            name.to_uppercase() != name && name != "a__b",
            "{name}"
        );
    }
    for name in names {
        home.pfx(["secret", "delete", "--", name]).gives("");
    }
    home.pfx(["secret", "list"]).gives("");
}

#[test]
fn the_locale_does_not_matter() {
    let home = Home::with_secrets("i = \"small\"\nI = \"large\"\n");
    for locale in ["C", "POSIX", "tr_TR.UTF-8", "nonsense"] {
        home.run(&["-s", "i", "-s", "I"], &["sh", "-c", "echo $i $I"])
            .env("LC_ALL", locale)
            .env("LANG", locale)
            .gives("small large\n");
    }
}

#[test]
fn ten_thousand_secrets_are_read_quickly() {
    let lines: String = (0..10_000).map(|n| format!("SECRET_{n} = \"value {n}\"\n")).collect();
    let home = Home::with_secrets(&lines);
    home.run(&["-s", "SECRET_9999"], &["printenv", "SECRET_9999"]).gives("value 9999\n");
    let listed = home.pfx(["secret", "list"]).outcome().stdout();
    assert_eq!(listed.lines().count(), 10_000);
}

#[test]
fn files_in_the_working_directory_are_never_read() {
    let home = Home::with_secrets("A = \"mine\"\n");
    home.write("hostile/.prefect/config.toml", "[context.secrets]\nA = \"theirs\"\n");
    home.write("hostile/config.toml", "[context.secrets]\nA = \"theirs\"\n");
    home.run(&["-s", "A"], &["printenv", "A"]).current_dir(home.join("hostile")).gives("mine\n");
    // A relative HOME is used as it is, as in Prefect.
    let outcome = home.run(&["-s", "A"], &["printenv", "A"]).env("HOME", "hostile").outcome();
    assert_eq!(outcome.stdout(), "theirs\n");
}
