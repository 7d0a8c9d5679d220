//! `pfx run` in general: its output, `--prefect` and `--verbose`.

use crate::support::needs::namespaces;
use crate::support::{Home, set_mode};

#[test]
fn it_prints_nothing_itself() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.run(&[], &["sh", "-c", "echo out $A; echo err >&2"])
        .outcome()
        .assert(0, "out v\n", "err\n");
}

#[test]
fn verbose_shows_where_each_value_comes_from() {
    let home = Home::with_secrets("A = \"CANARY\"\n");
    home.run(&["--local", "-v", "-s", "A", "-s", "X=none?", "-e", "H=HOME"], &["true"])
        .outcome()
        .assert(
            0,
            "",
            "pfx: A: secret `A` from {home}/.prefect/config.toml\n\
         pfx: X: secret `none` not found (optional)\n\
         pfx: H: environment variable `HOME` from the environment\n",
        );
}

#[test]
fn without_any_configuration_it_starts_the_command() {
    let home = Home::new();
    std::fs::remove_dir(home.join(".prefect")).unwrap();
    home.run(&["-e", "H=HOME"], &["printenv", "H"]).gives(&format!("{}\n", home.path().display()));
    assert_eq!(home.contents(), [], "nothing is made");
}

const DENIED: &str = "pfx: error: cannot read {home}/.prefect/config.toml: Permission denied\n\
                      pfx: hint: allow this user to read it, or set PREFECT__USER_CONFIG_PATH to another file \
                      (/dev/null for none)\n";

#[test]
fn a_prefect_directory_that_cannot_be_entered_is_an_error_and_not_missing() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.give_to_nobody();
    set_mode(&home.join(".prefect"), 0o000);
    home.run(&["-s", "A"], &["true"]).by_nobody().refuses(125, DENIED);
    set_mode(&home.join(".prefect"), 0o700);
}

#[test]
fn with_prefect_each_secret_is_passed_in_a_lossless_form() {
    let home = Home::with_secrets(
        "A = \"P@$$w0rd~\"\nJ = '{\"a\": [1, true]}'\nAWS_CREDENTIALS = '{\"ACCESS_KEY\": \"k\"}'\n",
    );
    let bindings = ["--prefect", "-s", "X=A", "-s", "J", "-s", "K=J#/a", "-s", "AWS_CREDENTIALS"];
    let outcome = home.run(&bindings, &["/bin/cat", "/proc/self/environ"]).outcome();
    let stdout = outcome.stdout();
    let mut entries: Vec<&str> = stdout
        .split('\0')
        .filter(|entry| !entry.starts_with("HOME=") && !entry.starts_with("PATH="))
        .collect();
    entries.sort_unstable();
    assert_eq!(
        entries,
        [
            "",
            "AWS_CREDENTIALS={\"ACCESS_KEY\": \"k\"}",
            "J={\"a\": [1, true]}",
            "K=[1,true]",
            "PREFECT__CONTEXT__SECRETS__A=\n \"P@\\u0024\\u0024w0rd~\"",
            "PREFECT__CONTEXT__SECRETS__AWS_CREDENTIALS={\"ACCESS_KEY\":\"k\"}",
            "PREFECT__CONTEXT__SECRETS__J=\n {\"a\":[1,true]}",
            "X=P@$$w0rd~",
        ]
    );
}

#[test]
fn with_prefect_an_existing_variable_is_replaced() {
    let home = Home::new();
    let outcome = home
        .run(&["--prefect", "-s", "A"], &["printenv", "PREFECT__CONTEXT__SECRETS__A"])
        .env("PREFECT__CONTEXT__SECRETS__A", "plain$HOME")
        .outcome();
    assert_eq!(outcome.stdout(), format!("\n \"plain{}\"\n", home.path().display()));
}

#[test]
fn with_prefect_a_name_that_cannot_be_passed_is_refused_if_it_is_bound_by_name() {
    let home = Home::with_secrets("A__B = \"v\"\nkeys = \"v\"\nC = \"v\"\n");
    for name in ["A__B", "keys"] {
        let stderr = format!(
            "pfx: error: cannot use --prefect: Prefect 1.x cannot read the secret `{name}` from an environment \
             variable\n\
             pfx: hint: leave out `--prefect`, or bind other names\n"
        );
        home.run(&["--prefect", "-s", name], &["true"]).refuses(2, &stderr);
    }
    let all = home.run(&["--prefect"], &["env"]).outcome().stdout();
    assert!(
        all.contains("A__B=v\n") && !all.contains("SECRETS__A__B") && all.contains("SECRETS__C="),
        "{all}"
    );
}

#[test]
fn a_hundred_concurrent_runs_all_start() {
    let home = Home::with_secrets("A = \"v\"\n");
    let all: Vec<_> =
        (0..100).map(|_| home.run(&["-s", "A"], &["printenv", "A"]).start()).collect();
    for one in all {
        one.finish().assert(0, "v\n", "");
    }
}

#[test]
fn a_file_that_is_replaced_repeatedly_is_always_read_completely() {
    let home = Home::with_secrets("A = \"0\"\n");
    let script = "i=0; echo ready; while [ ! -e stop ]; do i=$((i+1)); \
                  printf '[context.secrets]\\nA = \"%s\"\\n' $i >new; chmod 600 new; mv new .prefect/config.toml; done";
    let mut writer = home.bare(&["sh", "-c", script]).start();
    writer.wait_until_ready();
    for _ in 0..50 {
        let outcome = home.run(&["-s", "A"], &["printenv", "A"]).outcome();
        assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()));
        assert!(outcome.stdout().trim().parse::<u32>().is_ok());
    }
    home.write("stop", "");
    writer.finish();
}

#[test]
fn if_pfx_is_process_1_the_command_is_process_1() {
    need!(namespaces());
    let home = Home::with_secrets("A = \"v\"\n");
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let words = ["unshare", "-pf", pfx, "run", "-s", "A", "--", "sh", "-c", "echo $$ $A; exit 7"];
    home.bare(&words).outcome().assert(7, "1 v\n", "");
}

#[test]
fn it_needs_neither_proc_nor_tmp_nor_a_writable_disk() {
    need!(namespaces());
    let home = Home::with_secrets("A = \"v\"\n");
    let script = "mount --bind . /mnt && mount -t tmpfs -o ro tmpfs /tmp && umount -l /proc && \
                  cd /mnt && mount -o remount,bind,ro /mnt && exec ./pfx run -s A -- printenv A";
    // pfx may have been built below /tmp.
    std::fs::copy(env!("CARGO_BIN_EXE_pfx"), home.join("pfx")).expect("a copy");
    home.bare(&["unshare", "-m", "sh", "-c", script]).env("HOME", "/mnt").gives("v\n");
}

#[test]
fn variables_and_descriptors_of_a_service_manager_reach_the_command() {
    let home = Home::with_secrets("A = \"v\"\n");
    let given = [
        ("NOTIFY_SOCKET", "@abstract"),
        ("LISTEN_FDS", "1"),
        ("LISTEN_FDNAMES", "web"),
        ("WATCHDOG_USEC", "5000000"),
        ("INVOCATION_ID", "0123456789abcdef"),
        ("JOURNAL_STREAM", "8:12345"),
    ];
    let mut start = home.run(&["-s", "A"], &["env"]);
    for (name, value) in given {
        start = start.env(name, value);
    }
    let printed = start.outcome().stdout();
    for (name, value) in given {
        assert!(printed.lines().any(|line| line == format!("{name}={value}")), "{printed}");
    }
}
