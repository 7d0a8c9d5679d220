//! Output on a terminal: colors, layout and characters, each decided by the stream that is written.

use crate::support::{Home, Setup, Terminal};

const PFX: &str = env!("CARGO_BIN_EXE_pfx");
const UTF_8: [(&str, &str); 2] = [("TERM", "xterm"), ("LANG", "C.UTF-8")];

/// What a start shows on a terminal of 80 columns unless `setup` says otherwise, with plain newlines.
fn shown(home: &Home, words: &[&str], setup: Setup<'_>) -> String {
    let words: Vec<&str> = [PFX].iter().chain(words).copied().collect();
    let setup = Setup { columns: setup.columns.or(Some(80)), ..setup };
    let (_, terminal) = Terminal::start_with(home, &words, &setup).finish();
    terminal.shown.replace("\r\n", "\n")
}

fn on(variables: &'static [(&'static str, &'static str)]) -> Setup<'static> {
    Setup { variables, ..Setup::default() }
}

/// A text without color codes.
fn plain(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('m').expect("only codes of colors").1)
}

/// A text with one space instead of all white space: the line breaks around the path of a home depend on its length.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const MISSING: [&str; 7] = ["run", "--local", "-s", "A", "-s", "B", "true"];

#[test]
fn an_error_is_wrapped_and_its_places_are_a_list_on_a_terminal_only() {
    let home = Home::new();
    // A place that is too long for a line is continued on the next one.
    assert_eq!(
        plain(&shown(&home, &MISSING, on(&UTF_8))).replace("\n      [", " ["),
        format!(
            "pfx: error: cannot find the secrets `A`, `B`; looked in:\n    \
                 - the variables PREFECT__CONTEXT__SECRETS__…\n    \
                 - {} [context.secrets]\n    \
                 no remote store is used: `--local` was given\n\
             pfx: hint: `pfx secret set A` stores it on this machine\n",
            home.config().display()
        )
    );
    // A stream that is not written does not matter.
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
fn option_variables_terminal_and_stream_decide_on_colors() {
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
        // Of an option in an alias and one on the command line, the last counts.
        (&["--color", "always", "--color", "never"], &[XTERM], None, false),
        (&["--color=never", "--color=always"], &[], file, true),
        (&[], &[XTERM, ("PFX_COLOR", "never")], None, false),
        (&[], &[("PFX_COLOR", "always"), ("NO_COLOR", "1")], file, true),
        (&[], &[XTERM, ("PFX_COLOR", "")], None, true),
    ] {
        let is = is_colored(options, variables, redirected);
        assert_eq!(is, expected, "{options:?} {variables:?} {redirected:?}");
    }
    // The option can also be given after the name of a command.
    let words = ["run", "--color", "always", "--local", "-s", "A", "true"];
    assert!(home.pfx(words).outcome().stderr().contains("\x1b[1;31merror:\x1b[0m"));
    // After the command it belongs to the command.
    home.pfx(["run", "echo", "--color=always"]).gives("--color=always\n");
    let wrong = home.pfx(["run", "true"]).env("PFX_COLOR", "purple").outcome();
    assert_eq!(wrong.code(), Some(2));
    assert!(wrong.stderr().contains("PFX_COLOR: expected `auto`, `always` or `never`"));
}

#[test]
fn help_and_usage_errors_are_colored_by_the_same_decision() {
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
        // Arguments after a subcommand that does not exist are not parsed, but this one is recognized.
        assert!(said("--color=always").contains("\x1b[1m"), "{words:?}");
        assert!(!said("--color=never").contains('\x1b'), "{words:?}");
        assert!(!said("--color=auto").contains('\x1b'), "{words:?}");
        let shown = shown(&home, &[&["--color", "never"], words].concat(), on(&UTF_8));
        assert_eq!(shown, plain(&colored), "{words:?}");
    }
    // An option of the command is not an option of pfx.
    let own = home.pfx(["run", "--bad", "--", "ls", "--color=always"]).outcome();
    assert!(!own.said().contains('\x1b'), "{}", own.said());
}

#[test]
fn the_fix_of_a_warning_is_on_its_own_line() {
    let home = Home::with_secrets("A = \"v\"\n");
    crate::support::set_mode(&home.config(), 0o644);
    let setup = Setup { columns: Some(100), ..on(&UTF_8) };
    let shown = shown(&home, &["run", "-s", "A", "true"], setup);
    let path = home.config().display().to_string();
    let (warning, fix) =
        shown.split_once("\n    \x1b[1;36mfix:\x1b[0m ").expect("a line with the fix");
    let expected =
        format!("pfx: \x1b[1;33mwarning:\x1b[0m {path}: other users can read it (mode 0644)");
    assert_eq!(squeezed(warning), expected);
    assert_eq!(squeezed(fix), format!("`chmod go-rwx {path}`"));
}

/// A home with one secret in a file, and the bindings for `check`: found, missing, optional, a text, removed.
fn checked() -> (Home, [&'static str; 13]) {
    let home = Home::with_secrets("A = \"CANARY\"\n");
    let words = [
        "check", "--local", "-s", "A", "-s", "LONGER_NAME", "-s", "O?", "--set", "日本=CANARY",
        "-e", "e\u{301}=NONE", "--unset=GONE",
    ];
    (home, words)
}

#[test]
fn check_shows_marks_headings_and_a_summary_on_a_terminal() {
    let (home, words) = checked();
    let all = shown(&home, &words, Setup { columns: Some(100), ..on(&UTF_8) });
    let text = plain(&all);
    let config = home.config().display().to_string();
    // The path is beside its row, or below it if it is too long.
    assert!(squeezed(&text).starts_with(&format!("variables ✓ A secret A {config} ✗ ")), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.trim() != config).collect();
    let starts = [
        "variables",
        "  ✓ A            secret A",
        "  ✗ LONGER_NAME  secret LONGER_NAME         MISSING: in none of the places below",
        "  ! O            secret O?                  not set: in none of the places below",
        "  ✗ e\u{301}            environment variable NONE  MISSING: looked in ",
        "  ✓ 日本         text                       the command line",
        "  ✓ GONE         removed",
        "",
    ];
    for (line, start) in lines.iter().zip(&starts) {
        assert!(line.starts_with(start), "{line:?} begins with {start:?} in {text}");
    }
    assert!(text.contains("\n  1. the variables PREFECT__CONTEXT__SECRETS__…\n  2. /"), "{text}");
    assert!(squeezed(&text).contains(&format!(" 2. {config} [context.secrets] ")), "{text}");
    assert!(text.ends_with("\n\n✗ 2 of 6 are missing\n"), "{text}");
    for code in [
        "\x1b[32m✓\x1b[0m A ",
        "\x1b[31m✗\x1b[0m L",
        "\x1b[33m!\x1b[0m O",
        "\x1b[1mvariables\x1b[0m\n",
    ] {
        assert!(all.contains(code), "{code:?} is in {all:?}");
    }
    assert!(!text.contains("CANARY"), "{text}");
    let fine = plain(&shown(&home, &["check", "--local"], on(&UTF_8)));
    assert!(fine.ends_with("\n\n✓ nothing is missing\n"), "{fine}");
    let empty = plain(&shown(&Home::new(), &["check", "--local"], on(&UTF_8)));
    assert!(empty.lines().last().is_some_and(|line| line.starts_with("! nothing to set")));
}

#[test]
fn doctor_shows_marks_headings_and_a_summary_on_a_terminal() {
    let home = Home::with_secrets("A = \"CANARY\"\n");
    let words = ["doctor", "--local"];
    let setup = Setup { columns: Some(100), ..on(&UTF_8) };
    let all = shown(&home, &words, setup);
    let config = home.config().display().to_string();
    assert!(all.contains(&format!("\n  \x1b[32m✓\x1b[0m {config}")), "{all:?}");
    assert!(all.ends_with("\n\n\x1b[32m✓\x1b[0m no problems found\n"), "{all:?}");
    // Every heading of the piped form is one here, and every row is there.
    let piped = home.pfx(words).outcome().stdout();
    let headings = piped.lines().skip(1).filter(|line| !line.is_empty() && !line.starts_with(' '));
    for heading in headings.filter(|line| !line.starts_with("no problems")) {
        assert!(all.contains(&format!("\n\n\x1b[1m{heading}\x1b[0m\n")), "{heading} is in {all:?}");
    }
    let rows = squeezed(&plain(&all));
    for line in piped.lines().filter(|line| line.starts_with("  ")) {
        let line = squeezed(line);
        assert!(rows.contains(&line), "{line:?} is in {rows:?}");
    }
    crate::support::set_mode(&home.config(), 0o644);
    let wrong = plain(&shown(&home, &words, setup));
    let problem =
        format!("! {config}: other users can read it (mode 0644) fix: `chmod go-rwx {config}`");
    assert!(squeezed(&wrong).contains(&problem), "{wrong}");
    assert!(wrong.contains("\n    fix: `chmod"), "{wrong}");
    assert!(wrong.ends_with("\n\n✗ 1 problem found\n"), "{wrong}");
    let broken = Home::with_config("A = \n");
    let two = plain(&shown(&broken, &["doctor", "--local", "--secrets-dir", "none"], setup));
    assert!(two.contains("\n  ✗ cannot read") && two.contains("\n  ! "), "{two}");
    assert!(two.ends_with("\n\n✗ 2 problems found\n"), "{two}");
    let nothing = plain(&shown(&Home::new(), &words, setup));
    assert!(nothing.contains("\n    pfx secret set NAME "), "{nothing}");
}

#[test]
fn marks_are_ascii_where_the_locale_is_not_utf_8() {
    let (home, words) = checked();
    let marks = |variables: &[(&str, &str)], words: &[&str]| {
        let shown = plain(&shown(&home, words, Setup { variables, ..Setup::default() }));
        let is_mark = |line: &&str| "✓✗!+x".contains(line.chars().nth(2).unwrap_or(' '));
        let rows = shown.lines().filter(|line| line.starts_with("  ") && is_mark(line));
        let marks: String = rows.map(|row| row.chars().nth(2).expect("a mark")).collect();
        marks + shown.lines().last().expect("a summary")
    };
    for variables in [
        &[][..],
        &[("LANG", "C")],
        &[("LANG", "C.UTF-8"), ("LC_CTYPE", "POSIX")],
        &[("LANG", "C.UTF-8"), ("LC_CTYPE", "C.UTF-8"), ("LC_ALL", "en_US.ISO-8859-1")],
    ] {
        assert_eq!(marks(variables, &words), "+x!x++x 2 of 6 are missing", "{variables:?}");
        let doctor = marks(variables, &["doctor", "--local"]);
        assert_eq!(doctor, "+++ no problems found", "{variables:?}");
    }
    for variables in [&[("LC_ALL", "C.UTF-8"), ("LANG", "C")][..], &[("LANG", "de_DE.utf8")]] {
        assert_eq!(marks(variables, &words), "✓✗!✗✓✓✗ 2 of 6 are missing", "{variables:?}");
    }
}

#[test]
fn check_and_doctor_fit_the_terminal_and_break_no_path() {
    let (home, words) = checked();
    let config = home.config().display().to_string();
    for columns in [40, 80, 200] {
        for words in [&words[..], &["doctor", "--local", "--secrets-dir", "none"]] {
            let setup = Setup { columns: Some(columns), ..on(&UTF_8) };
            let text = plain(&shown(&home, words, setup));
            for line in text.lines() {
                let is_word = !line
                    .trim_start_matches(|sign| " -✓✗!0123456789.".contains(sign))
                    .contains(' ');
                let fits = line.chars().count() <= usize::from(columns).min(100);
                assert!(fits || is_word, "{columns}: {line:?} in {text}");
            }
            assert!(text.contains(&config), "{text}");
        }
    }
}

#[test]
fn the_written_stream_decides_the_layout_and_colors_never_change_it() {
    let (home, words) = checked();
    for words in [&words[..], &["doctor", "--local"]] {
        let piped = home.pfx(words).outcome().stdout();
        // stdout is a file, and stderr the terminal.
        let setup = Setup { redirected: Some((1, "out")), ..on(&UTF_8) };
        assert_eq!(shown(&home, words, setup), "");
        let read = || std::fs::read_to_string(home.join("out")).expect("what was printed");
        assert_eq!(read(), piped);
        // The other way round.
        let setup = Setup { redirected: Some((2, "out")), ..on(&UTF_8) };
        assert!(shown(&home, words, setup).contains("\x1b[32m✓"));
        assert_eq!(read(), "");
        for forced in
            [home.pfx(words).arg("--color=always"), home.pfx(words).env("CLICOLOR_FORCE", "1")]
        {
            let forced = forced.outcome().stdout();
            assert!(forced.contains("\x1b[1m"), "{forced:?}");
            assert_eq!(plain(&forced), piped);
        }
        let json = [words, &["--json", "--color", "always"]].concat();
        assert!(!shown(&home, &json, on(&UTF_8)).contains('\x1b'));
    }
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
