//! How pfx looks on a terminal: colours, layout and characters, each decided by the stream that is written to.

use crate::support::{Home, Setup, Terminal};

const PFX: &str = env!("CARGO_BIN_EXE_pfx");
const UTF_8: [(&str, &str); 2] = [("TERM", "xterm"), ("LANG", "C.UTF-8")];

/// What a start shows on a terminal of 80 columns unless `setup` says otherwise, with line feeds alone.
fn shown(home: &Home, words: &[&str], setup: Setup<'_>) -> String {
    let words: Vec<&str> = [PFX].iter().chain(words).copied().collect();
    let setup = Setup { columns: setup.columns.or(Some(80)), ..setup };
    let (_, terminal) = Terminal::start_with(home, &words, &setup).finish();
    terminal.shown.replace("\r\n", "\n")
}

fn on(variables: &'static [(&'static str, &'static str)]) -> Setup<'static> {
    Setup { variables, ..Setup::default() }
}

/// Without the codes of colours.
fn plain(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('m').expect("only codes of colours").1)
}

const MISSING: [&str; 7] = ["run", "--local", "-s", "A", "-s", "B", "true"];

#[test]
fn an_error_is_wrapped_and_its_places_are_a_list_on_a_terminal_only() {
    let home = Home::new();
    assert_eq!(
        plain(&shown(&home, &MISSING, on(&UTF_8))),
        format!(
            "pfx: error: cannot find the secrets `A`, `B`; looked in:\n    \
                 - the variables PREFECT__CONTEXT__SECRETS__…\n    \
                 - {} [context.secrets]\n    \
                 no remote store was asked: `--local` was given\n\
             pfx: hint: `pfx secret set A` stores it on this machine\n",
            home.config().display()
        )
    );
    // Another stream than the one that is written to decides nothing.
    let setup = Setup { redirected: Some((2, "said")), ..on(&UTF_8) };
    assert_eq!(shown(&home, &MISSING, setup), "");
    let said = std::fs::read_to_string(home.join("said")).expect("what was said");
    home.pfx(MISSING).refuses(125, &said);
    let setup = Setup { redirected: Some((1, "out")), ..on(&UTF_8) };
    assert!(shown(&home, &MISSING, setup).starts_with("pfx: \x1b[1;31merror:\x1b[0m "));
}

#[test]
fn no_line_of_an_error_is_wider_than_the_terminal_or_a_hundred_columns() {
    let home = Home::new();
    let names: Vec<String> = (0..40).map(|number| format!("SECRET_{number}")).collect();
    let words = ["run", "--local", "--secrets-dir", "none"].map(str::to_owned);
    let options = names.iter().flat_map(|name| ["-s".to_owned(), name.clone()]);
    let words: Vec<String> = words.into_iter().chain(options).chain(["true".to_owned()]).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for (columns, widest) in [(40, 40), (80, 80), (200, 100)] {
        let setup = Setup { columns: Some(columns), ..on(&UTF_8) };
        let shown = plain(&shown(&home, &words, setup));
        assert!(shown.lines().count() > 8, "{shown}");
        for line in shown.lines() {
            let is_word = !line.trim_start().trim_start_matches("- ").contains(' ');
            assert!(line.chars().count() <= widest || is_word, "{columns}: {shown}");
        }
        assert!(shown.lines().any(|line| line.chars().count() > widest * 3 / 4), "{shown}");
        for name in &names {
            assert!(shown.contains(&format!("`{name}`")), "{name} is whole in {shown}");
        }
        assert!(shown.contains("`pfx secret set SECRET_0`"), "the command is whole in {shown}");
    }
}

#[test]
fn option_variables_terminal_and_stream_decide_on_colours() {
    const XTERM: (&str, &str) = ("TERM", "xterm");
    let home = Home::new();
    let is_colored = |options: &[&str], variables: &[(&str, &str)], redirected| {
        let words: Vec<&str> = options.iter().chain(&MISSING).copied().collect();
        let setup = Setup { variables, redirected, ..Setup::default() };
        let shown = shown(&home, &words, setup);
        match redirected {
            Some((2, file)) => {
                std::fs::read_to_string(home.join(file)).expect("a file").contains('\x1b')
            }
            _ => shown.contains('\x1b'),
        }
    };
    let file = Some((2, "said"));
    for (options, variables, redirected, expected) in [
        (&[][..], &[XTERM][..], None, true),
        (&[], &[XTERM], Some((1, "out")), true),
        (&[], &[XTERM], file, false),
        (&[], &[], None, false),
        (&[], &[("TERM", "dumb")], None, false),
        (&[], &[XTERM, ("NO_COLOR", "1")], None, false),
        (&[], &[XTERM, ("NO_COLOR", "")], None, true),
        (&[], &[("CLICOLOR_FORCE", "1")], file, true),
        (&[], &[("CLICOLOR_FORCE", "0")], file, false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], file, false),
        (&["--color", "always"], &[("NO_COLOR", "1")], file, true),
        (&["--color=never"], &[XTERM, ("CLICOLOR_FORCE", "1")], None, false),
        (&["--color", "auto"], &[XTERM, ("PFX_COLOR", "never")], None, true),
        (&[], &[XTERM, ("PFX_COLOR", "never")], None, false),
        (&[], &[("PFX_COLOR", "always"), ("NO_COLOR", "1")], file, true),
        (&[], &[XTERM, ("PFX_COLOR", "")], None, true),
    ] {
        let is = is_colored(options, variables, redirected);
        assert_eq!(is, expected, "{options:?} {variables:?} {redirected:?}");
    }
    // It can also be given after the command's name.
    let words = ["run", "--color", "always", "--local", "-s", "A", "true"];
    assert!(home.pfx(words).outcome().stderr().contains("\x1b[1;31merror:\x1b[0m"));
    let wrong = home.pfx(["run", "true"]).env("PFX_COLOR", "purple").outcome();
    assert_eq!(wrong.code(), Some(2));
    assert!(wrong.stderr().contains("PFX_COLOR: expected `auto` or `always` or `never`"));
}

#[test]
fn help_and_errors_of_usage_are_coloured_by_the_same_decision() {
    let home = Home::new();
    for words in [&["--help"][..], &["run", "-h"], &["run", "--help"], &["run", "--bad"], &["bad"]]
    {
        let colored = shown(&home, words, on(&UTF_8));
        assert!(colored.contains("\x1b[1m"), "{words:?}: {colored:?}");
        for variables in [&[("TERM", "dumb")][..], &[("TERM", "xterm"), ("NO_COLOR", "1")]] {
            let setup = Setup { variables, ..Setup::default() };
            assert_eq!(shown(&home, words, setup), plain(&colored), "{words:?} {variables:?}");
        }
        let said = |option: &str| home.pfx(words).arg(option).outcome().said();
        // What follows a subcommand that does not exist is not read, but this is seen.
        assert!(said("--color=always").contains("\x1b[1m"), "{words:?}");
        assert!(!said("--color=never").contains('\x1b'), "{words:?}");
        assert!(!said("--color=auto").contains('\x1b'), "{words:?}");
        let shown = shown(&home, &[&["--color", "never"], words].concat(), on(&UTF_8));
        assert_eq!(shown, plain(&colored), "{words:?}");
    }
    // The option of a command is not pfx's.
    let own = home.pfx(["run", "--bad", "--", "ls", "--color=always"]).outcome();
    assert!(!own.said().contains('\x1b'), "{}", own.said());
}

#[test]
fn a_warning_has_its_fix_on_a_line_of_its_own() {
    let home = Home::with_secrets("A = \"v\"\n");
    crate::support::set_mode(&home.config(), 0o644);
    let setup = Setup { columns: Some(100), ..on(&UTF_8) };
    let shown = shown(&home, &["run", "-s", "A", "true"], setup);
    let path = home.config().display().to_string();
    let expected = format!(
        "pfx: \x1b[1;33mwarning:\x1b[0m {path}: other users can read it (mode 0644)\n    \
             \x1b[1;36mfix:\x1b[0m `chmod go-rwx {path}`\n"
    );
    assert_eq!(shown, expected);
}

#[test]
fn no_control_character_of_a_name_reaches_the_terminal() {
    let home = Home::new();
    let name = "a\u{1b}[2J\r\u{202e}b\u{7f}";
    for words in [
        &["run", "--local", "-s", &format!("X={name}"), "true"][..],
        &["run", "--local", "--secrets-dir", name, "-s", "A", "-s", "B", "true"],
        &["run", "--", name],
        &["secret", "get", name],
        &["check", "--local", "--secrets-dir", name, "-s", &format!("X={name}")],
        &["doctor", "--local", "--secrets-dir", name],
        &[name],
        &["run", &format!("--{name}"), "true"],
    ] {
        let shown = plain(&shown(&home, words, on(&UTF_8)));
        assert!(!shown.is_empty());
        let is_bad = |one: char| (one.is_control() && one != '\n') || one == '\u{202e}';
        assert!(!shown.chars().any(is_bad), "{words:?}: {shown:?}");
    }
}
