//! `--env-file`.

mod differential;
mod expansion;
mod readers;
mod variables;

use crate::support::Home;

fn home() -> Home {
    Home::with_secrets("DB = '{\"password\": \"p $HOME ${X} $(id)\"}'\n\"a/b c\" = \"odd\"\n")
}

const SHOW: [&str; 5] = ["--clean", "--", "sh", "-c", "env | grep ^V_ | sort"];

fn show<'a>(before: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--no-expand"], before, &SHOW].concat()
}

#[test]
fn texts_and_references_reach_the_command_and_looked_up_values_are_not_expanded() {
    let home = home();
    home.write(
        "my.env",
        "# comment\nexport V_A = 'single $HOME'\nV_B=\"$V_A and ${HOME}\"\nV_C=pfx://secret/DB#/password\n\
         V_D='pfx://secret/a%2Fb%20c'\nV_E=pfx://secret/absent?\nV_F=pfx://env/HOME\nV_G=${NOPE:-default}\r\n",
    );
    let expected = format!(
        "V_A=single $HOME\nV_B=single $HOME and {home}\nV_C=p $HOME ${{X}} $(id)\nV_D=odd\nV_F={home}\n\
         V_G=default\n",
        home = home.path().display()
    );
    home.pfx(show(&["--env-file", "my.env"])).gives(&expected);
    home.pfx(show(&[])).env("PFX_ENV_FILE", "my.env").gives(&expected);
}

#[test]
fn a_later_file_and_a_later_line_take_precedence() {
    let home = home();
    home.write("1.env", "V_A=1\nV_B=1\nV_B=2\n");
    home.write("2.env", "V_A=3\n");
    home.pfx(show(&["--env-file", "1.env", "--env-file", "2.env"])).gives("V_A=3\nV_B=2\n");
    home.pfx(show(&[])).env("PFX_ENV_FILE", "2.env 1.env").gives("V_A=1\nV_B=2\n");
}

#[test]
fn stdin_and_a_pipe_of_the_shell_are_read() {
    let home = home();
    home.pfx(show(&["--env-file", "-"])).stdin("V_A=in\n").gives("V_A=in\n");
    let script = format!(
        "{} run --clean --env-file <(echo V_A=pipe) -- sh -c 'echo $V_A'",
        env!("CARGO_BIN_EXE_pfx")
    );
    home.bare(&["bash", "-c", &script]).gives("pipe\n");
}

#[test]
fn with_an_env_file_local_secrets_are_not_all_bound() {
    let home = home();
    home.write("empty.env", "");
    home.pfx(["run", "--env-file", "empty.env", "--", "sh", "-c", "echo \"<$DB>\""]).gives("<>\n");
}

#[test]
fn errors_give_file_line_and_column_and_never_the_text() {
    let home = home();
    for (text, place, problem) in [
        ("V_A=1\nV_B='CANARY", ":2:5: key `V_B`", "this quote is not closed"),
        ("V_A=a\tCANARY", ":1:6: key `V_A`", "put a value that contains white space"),
        ("CANARY", ":1:7", "expected `NAME=value`"),
        ("V_A=pfx://secrets/CANARY", ":1:5: key `V_A`", "expected `pfx://secret/`"),
        (
            "V_A=x$CANARY",
            ":1:6: key `V_A`",
            "the variable that this `$` refers to is not set; put a literal",
        ),
        ("V_A=\"\u{1}\\t", ":1:7: key `V_A`", "programs read this `\\` differently"),
        (
            "V_A=x:pfx://secret/CANARY",
            ":1:5: key `V_A`",
            "`pfx://` is a reference only as the whole value",
        ),
    ] {
        home.write("my.env", text);
        let outcome = home.pfx(show(&["--env-file", "my.env"])).outcome();
        let stderr = outcome.stderr();
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{stderr}");
        let expected = format!("pfx: error: cannot read my.env{place}: {problem}");
        assert!(stderr.starts_with(&expected), "{text:?}: {stderr}");
        assert!(!stderr.contains("CANARY"), "{stderr}");
    }
    home.write("my.env", b"V_A=\xff\n");
    home.pfx(show(&["--env-file", "my.env"]))
        .refuses(125, "pfx: error: cannot read my.env:1:5: not valid UTF-8\n");
    home.pfx(show(&["--env-file", "nope.env"]))
        .refuses(125, "pfx: error: cannot read nope.env: No such file or directory\n");
}

#[test]
fn a_file_of_more_than_four_megabytes_is_refused() {
    let home = home();
    home.write("my.env", format!("V_A='{}'", "x".repeat(5 << 20)));
    let outcome = home.pfx(show(&["--env-file", "my.env"])).outcome();
    assert_eq!(
        outcome.stderr(),
        "pfx: error: cannot trust my.env: it is longer than 4194304 bytes\n"
    );
}
