//! The part of the inherited environment that the command gets.

use crate::support::Home;

fn names(stdout: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        stdout.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

const GIVEN: [&str; 16] = [
    "PATH=/usr/bin:/bin", "HOME=/h", "USER=u", "LOGNAME=u", "SHELL=/bin/sh", "PWD=/", "TERM=dumb",
    "LANG=C", "LANGUAGE=en", "LC_ALL=C", "TZ=UTC", "TMPDIR=/tmp", "OTHER=1", "APP_ONE=1",
    "APP_TWO=2", "LD_LIBRARY_PATH=/x",
];

fn kept(arguments: &[&str]) -> Vec<String> {
    let home = Home::new();
    let mut pfx = home.pfx([&["run"], arguments, &["--", "/usr/bin/env"]].concat());
    for entry in GIVEN {
        let (name, value) = entry.split_once('=').unwrap();
        pfx = pfx.env(name, value);
    }
    let outcome = pfx.outcome();
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    names(&outcome.stdout()).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_clean_environment_contains_the_list_and_bound_variables_only() {
    let list = [
        "A", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LOGNAME", "PATH", "PWD", "SHELL", "TERM",
        "TMPDIR", "TZ", "USER",
    ];
    assert_eq!(kept(&["--clean", "--set", "A=1"]), list);
    let with_more = kept(&["--clean", "--set", "A=1", "--keep", "APP_*", "--keep", "OTHE?"]);
    assert_eq!(with_more.len(), list.len() + 3);
    let bare = kept(&["--clean", "--set", "A=1", "--unset", "PATH", "--unset", "HOME"]);
    assert_eq!(bare.len(), list.len() - 2);
    assert_eq!(kept(&["--set", "A=1"]).len(), GIVEN.len() + 1);
}

#[test]
fn a_clean_environment_contains_only_valid_entries() {
    let home = Home::new();
    let block: [&[u8]; 5] = [b"PATH=/bin", b"NOEQ", b"=odd", b"PATH=/second", b"HOME=/nope"];
    let pfx = home.pfx(["run", "--clean", "--set", "A=1", "--", "/bin/cat", "/proc/self/environ"]);
    assert_eq!(
        pfx.environ(&block).outcome().stdout(),
        "PATH=/bin\0PATH=/second\0HOME=/nope\0A=1\0"
    );
}

#[test]
fn every_option_has_its_variable() {
    let home = Home::new();
    let show = ["run", "--set", "PATH=/usr/bin", "--", "env"];
    home.pfx(show).env("PFX_CLEAN", "1").without("HOME").gives("PATH=/usr/bin\n");
    let outcome = home
        .pfx(show)
        .env("PFX_CLEAN", "1")
        .env("PFX_KEEP", "A* B")
        .envs([("A1", "1"), ("B", "2"), ("C", "3")])
        .without("HOME")
        .outcome();
    assert_eq!(names(&outcome.stdout()), ["A1", "B", "PATH"]);
    let outcome = home
        .pfx(["run", "--set", "A=new", "--", "sh", "-c", "echo $A $PREFECT_API_KEY"])
        .env("PFX_PRESERVE", "1")
        .env("PFX_STRIP_CREDENTIALS", "1")
        .envs([("A", "old"), ("PREFECT_API_KEY", "k")])
        .outcome();
    assert_eq!(outcome.stdout(), "old\n");
}

#[test]
fn keep_without_clean_is_an_error() {
    Home::new().pfx(["run", "--keep", "A", "--", "true"]).refuses(
        2,
        "pfx: error: cannot use --keep without --clean: all variables are passed anyway\n\
         pfx: hint: add `--clean`, or remove `--keep`\n",
    );
}

#[test]
fn credentials_are_passed_unless_they_are_stripped_and_not_bound() {
    let credentials = [
        ("PREFECT_API_KEY", "1"),
        ("prefect_api_key", "1"),
        ("PREFECT_API_KEY_FILE", "/x"),
        ("PREFECT_API_AUTH_STRING", "1"),
        ("PREFECT_CLIENT_CUSTOM_HEADERS", "{}"),
        ("PREFECT__CLOUD__API_KEY", "1"),
        ("PREFECT__CLOUD__AUTH_TOKEN", "1"),
        ("PREFECT__CLOUD__AGENT__AUTH_TOKEN", "1"),
    ];
    let home = Home::new();
    let run = |arguments: &[&str]| {
        let pfx = home.pfx([&["run", "--set", "A=1"], arguments, &["--", "env"]].concat());
        let outcome = pfx.envs(credentials).env("PREFECT_API_URL", "u").outcome();
        assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
        names(&outcome.stdout())
            .iter()
            .filter(|name| name.to_lowercase().starts_with("prefect"))
            .count()
    };
    assert_eq!(run(&[]), credentials.len() + 1);
    assert_eq!(run(&["--strip-credentials"]), 1);
    assert_eq!(run(&["--strip-credentials", "--clean", "--keep", "*"]), 1);
    assert_eq!(run(&["--strip-credentials", "-e", "PREFECT_API_KEY"]), 2);
}

#[test]
fn with_preserve_a_set_variable_takes_precedence_and_is_not_looked_up() {
    let home = Home::with_secrets("A = \"store\"\nB = \"store\"\n");
    let show = ["sh", "-c", "echo $A $B $C"];
    let set = [("A", "mine"), ("C", "mine")];
    home.run(&["-s", "A", "-s", "B"], &show).envs(set).gives("store store mine\n");
    home.run(&["--preserve", "-s", "A", "-s", "B", "-s", "C=absent"], &show)
        .envs(set)
        .gives("mine store mine\n");
    home.run(&["--preserve"], &show).envs(set).gives("mine store mine\n");
    home.run(&["--preserve", "--unset", "C", "--set", "A=x"], &show).envs(set).gives("mine\n");
    // A variable that --clean removes does not count as set.
    home.run(&["--preserve", "--clean", "-s", "A", "-s", "B"], &show)
        .envs(set)
        .gives("store store\n");
    home.run(&["--preserve", "-s", "A"], &show).env("A", "").gives("\n");
}

#[test]
fn two_nested_runs_each_set_their_own_variables() {
    let home = Home::with_secrets("A = \"1\"\nB = \"2\"\n");
    let pfx = env!("CARGO_BIN_EXE_pfx");
    home.run(&["-s", "A"], &[pfx, "run", "-s", "B", "--", "sh", "-c", "echo $A $B"]).gives("1 2\n");
}
