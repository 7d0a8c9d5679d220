//! Which options have a variable, and whether each variable has the effect of its option.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use pfx::cli::{Arguments, variable};
use serde_json::json;

use crate::support::cloud1::{cloud, home as cloud_home};
use crate::support::{Home, Pfx, Setup, Terminal};

/// Options that decide what a command writes, and where: these have no variable.
const WRITING: [(&str, &str); 7] = [
    ("export", "name output"),
    ("kv copy", "dry-run from json overwrite prefix to"),
    ("kv set", "from-file string tag"),
    ("secret delete", "remote"),
    ("secret set", "from-file json remote"),
    ("trust", "list revoke"),
    // The store to read, which is the store to write in other commands. `PFX_REMOTE` names one of several.
    ("secret get", "remote"),
];

/// Every command without subcommands, with the words that call it.
fn commands() -> Vec<(String, clap::Command)> {
    fn add(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name()).trim().to_owned();
            if inner.has_subcommands() {
                add(inner, &path, found);
            } else {
                found.push((path, inner.clone()));
            }
        }
    }
    let mut root = Arguments::command();
    root.build();
    let mut found = Vec::new();
    add(&root, "", &mut found);
    found
}

#[test]
fn options_that_configure_a_run_have_variables_and_options_about_writing_have_none() {
    for (path, command) in commands() {
        let mut without = BTreeSet::new();
        for option in command.get_opts().chain(command.get_arguments().filter(|one| is_flag(one))) {
            let long = option.get_long().expect("every option has a long name");
            assert_eq!(option.get_id().as_str(), long.replace('-', "_"), "a field is called so");
            if variable(option).is_none() && !["help", "version"].contains(&long) {
                without.insert(long);
            }
        }
        let path = if path == "secret list" { "secret get" } else { &path };
        let expected = WRITING.iter().find(|(name, _)| *name == path);
        let expected = expected.map(|(_, options)| options.split(' ').collect());
        assert_eq!(without, expected.unwrap_or_default(), "{path}");
    }
}

fn is_flag(argument: &clap::Arg) -> bool {
    !argument.get_action().takes_values() && !argument.is_positional()
}

/// A variable, its text, and a command line with the equivalent option in brackets.
const ROWS: &[(&str, &str, &str)] = &[
    ("PFX_SECRET", "A", "run [-s A] -- env"),
    ("PFX_ENV", "X=HOME", "run [-e X=HOME] -- env"),
    ("PFX_KV", "X=K", "run [-k X=K] -- env"),
    ("PFX_BLOCK", "X=secret/a", "run [-b X=secret/a] -- env"),
    ("PFX_FILE", "F=A", "run [--file F=A] -- env"),
    ("PFX_SET", "X=1", "run [--set X=1] -- env"),
    ("PFX_UNSET", "OLD", "run [--unset OLD] -- env"),
    ("PFX_ENV_FILE", "file.env", "run [--env-file file.env] -- env"),
    ("PFX_ALL", "1", "run --set X=1 [--all] -- env"),
    ("PFX_FILE_NAME", "other", "run --file F=A [--file-name other] -- ./file"),
    ("PFX_FILE_MODE", "0440", "run --file F=A [--file-mode 0440] -- ./file"),
    ("PFX_SECRETS_DIR", "mounted", "run [--secrets-dir mounted] -s M -- env"),
    ("PFX_KEEP_NEWLINE", "1", "run --secrets-dir mounted [--keep-newline] -s M -- env"),
    ("PFX_NO_EXPAND", "1", "run -s E [--no-expand] -- env"),
    ("PFX_STRICT", "1", "run -s A [--strict] -- env"),
    ("PFX_REMOTE", "prefect", "run [--remote prefect] -s NONE -- env"),
    ("PFX_LOCAL", "1", "run [--local] -s NONE -- env"),
    ("PFX_TIMEOUT", "0", "run [--timeout 0] -s NONE -- env"),
    ("PFX_PROJECT", "named.toml", "run [-f named.toml] -- env"),
    ("PFX_NO_PROJECT", "1", "run [--no-project] -- env"),
    ("PFX_PROFILE", "p", "run -f named.toml [--profile p] -- env"),
    ("PFX_CLEAN", "1", "run [--clean] -- env"),
    ("PFX_KEEP", "OL?", "run --clean [--keep OL?] -- env"),
    ("PFX_STRIP_CREDENTIALS", "1", "run -s A [--strip-credentials] -- env"),
    ("PFX_PRESERVE", "1", "run --set OLD=new [--preserve] -- env"),
    ("PFX_PREFECT", "1", "run -s A [--prefect] -- env"),
    ("PFX_INIT", "1", "run -s A [--init] -- ./parent"),
    ("PFX_KILL_GROUP", "1", "run -s A --init [--kill-group] -- ./siblings"),
    ("PFX_REWRITE", "TERM=USR1", "run -s A --init [--rewrite TERM=USR1] -- ./signal"),
    ("PFX_STOP_TIMEOUT", "0", "run -s A --init [--stop-timeout 0] -- env"),
    ("PFX_VERBOSE", "1", "run -s A [--verbose] -- env"),
    ("PFX_ERROR_FORMAT", "json", "run -s NONE [--error-format json] -- env"),
    ("PFX_COLOR", "always", "run -s NONE [--color always] -- env"),
    ("PFX_FORMAT", "json", "export -s A [--format json]"),
    ("PFX_JSON", "1", "check -s A [--json]"),
    ("PFX_JSON", "1", "doctor --local [--json]"),
    ("PFX_JSON", "1", "trust --list [--json]"),
    ("PFX_JSON", "1", "secret get A [--json]"),
    ("PFX_JSON", "1", "secret list [--json]"),
    ("PFX_JSON", "1", "kv get k [--json]"),
    ("PFX_JSON", "1", "kv list [--json]"),
    ("PFX_PREFIX", "k", "kv list [--prefix k]"),
    ("PFX_REMOTE", "prefect", "kv list [--remote prefect]"),
    ("PFX_TIMEOUT", "0", "kv copy --from cloud1 --to prefect [--timeout 0]"),
    ("PFX_TIMEOUT", "0", "secret list --remote [--timeout 0]"),
    ("PFX_REMOTE", "prefect", "check [--remote prefect] -s NONE"),
    ("PFX_REMOTE", "prefect", "doctor [--remote prefect]"),
];

/// The command line with the words in brackets, or without them.
fn words(line: &str, option: bool) -> Vec<&str> {
    let (before, rest) = line.split_once('[').expect("a bracket");
    let (inside, after) = rest.split_once(']').expect("its end");
    let inside = if option { inside } else { "" };
    [before, inside, after].into_iter().flat_map(str::split_whitespace).collect()
}

/// The output of a start, without the variables that it was started with, and without a duration.
fn said(pfx: Pfx) -> (Option<i32>, Vec<String>) {
    let outcome = pfx.env("OLD", "old").env("PREFECT_API_KEY", "CANARY").outcome();
    let text = format!("{}\n{}", outcome.stdout(), outcome.stderr());
    // clap names the option, and pfx names the variable.
    let problem = text.split("must be").nth(1).filter(|_| outcome.code() == Some(2));
    let text = problem.and_then(|rest| rest.lines().next()).unwrap_or(&text);
    let lines = text.lines().filter(|line| !line.starts_with("PFX_") && !line.contains(" ms"));
    let mut lines: Vec<String> = lines.map(|line| line.replace("the PFX_ variables", "")).collect();
    lines.sort();
    (outcome.code(), lines)
}

#[test]
fn a_variable_has_the_effect_of_its_option() {
    let server = cloud(&[], &[("k", json!("v")), ("other", json!("w"))]);
    let home = cloud_home(&server.url());
    let config = home.config_text() + "[context.secrets]\nA = \"a\"\nB = \"b\"\nE = \"$HOME\"\n";
    home.write(".prefect/config.toml", config);
    home.write("mounted/M", "m\n");
    home.write("file.env", "FROM_FILE=1\n");
    let open = home.write("open.toml", "[context.secrets]\nA = \"a\"\n");
    crate::support::set_mode(&open, 0o644);
    home.write("named.toml", "[env]\nA = \"p\"\n[profile.p.env]\nP = \"1\"\n");
    home.write("project/pfx.toml", "[env]\nA = \"p\"\n");
    home.script("file", "#!/bin/sh\nreadlink $F; stat -L -c %a $F\n");
    home.script("parent", "#!/bin/sh\ncat /proc/$PPID/comm\n");
    home.script("siblings", "#!/bin/sh\ncat /proc/[0-9]*/stat 2>&- | grep -c \") . $PPID \"\n");
    home.script(
        "signal",
        "#!/bin/sh\ntrap 'echo usr1; exit' USR1; trap 'echo term; exit' TERM\nkill $PPID\nwhile :; do :; done\n",
    );
    let mut read = BTreeSet::new();
    for &(name, value, line) in ROWS {
        let pfx = |option| {
            let pfx = home.pfx(words(line, option));
            match name {
                "PFX_NO_PROJECT" => pfx.current_dir(home.join("project")),
                "PFX_STRICT" => pfx.env("PREFECT__USER_CONFIG_PATH", "open.toml"),
                _ => pfx,
            }
        };
        let by_option = said(pfx(true));
        let by_variable = said(pfx(false).env(name, value));
        assert_eq!(by_variable, by_option, "{name}: {line}");
        assert_ne!(by_option, said(pfx(false)), "{name}: {line} does something");
        read.insert((line, name));
    }
    // Shared options are tested once, with `run`.
    let own = |path: &str, command: &clap::Command| -> Vec<(String, String)> {
        let names = command.get_arguments().filter_map(variable);
        names.map(|name| (path.to_owned(), name)).collect()
    };
    let commands = commands();
    let run = commands.iter().find(|(path, _)| path == "run").map(|(path, run)| own(path, run));
    let shared: BTreeSet<String> = run.expect("run").into_iter().map(|(_, name)| name).collect();
    for (path, command) in &commands {
        for (path, name) in own(path, command) {
            let is_read = |(line, one): &(&str, &str)| *one == name && line.starts_with(&path);
            let is_known = path != "run" && shared.contains(&name);
            assert!(is_known || read.iter().any(is_read), "{path} is tried with {name}");
        }
    }
}

/// Every command line that requests help: of pfx, of each command, and of each subcommand.
fn with_help() -> Vec<Vec<String>> {
    let paths = commands().into_iter().map(|(path, _)| path);
    let paths = paths.chain(["", "secret", "kv"].map(str::to_owned));
    paths.map(|path| path.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn the_short_help_of_every_command_fits_a_screen() {
    let home = Home::new();
    for path in with_help() {
        let help = home.pfx(path.iter().chain([&"-h".to_owned()])).outcome().stdout();
        assert!(help.lines().count() <= 40, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 90), "{help}");
        // Every terminal has this width.
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let words = [&[env!("CARGO_BIN_EXE_pfx")], &*words, &["-h"]].concat();
        let setup = Setup { columns: Some(80), ..Setup::default() };
        let (_, terminal) = Terminal::start_with(&home, &words, &setup).finish();
        let narrow = terminal.shown.replace("\r\n", "\n");
        assert!(narrow.lines().count() <= 40, "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
        // Examples and lists of names are on their own lines, which are not broken.
        let (_, last) = narrow.split_once("\n\nOptions:").unwrap_or(("", &narrow));
        for line in help.lines().filter(|line| line.starts_with("  pfx ") || line.contains(", --"))
        {
            assert!(last.contains(line), "{line:?} is broken in {narrow}");
        }
    }
}

#[test]
fn the_short_help_of_a_long_command_names_every_option_and_ends_with_a_reference_to_more() {
    let home = Home::new();
    for (path, command) in commands() {
        let help = home.pfx(path.split(' ').chain(["-h"])).outcome().stdout();
        let whole = home.pfx(path.split(' ').chain(["--help"])).outcome().stdout();
        let is_compact = help.contains("\nMore options:\n");
        assert_eq!(is_compact, ["run", "check", "export"].contains(&&*path), "{help}");
        assert!(!is_compact || help.contains("\nExamples:\n"), "{help}");
        let end = format!("pfx-{path}(1) for all options and more examples.\n");
        assert!(!is_compact || help.ends_with(&end), "{help}");
        for option in command.get_arguments().filter(|one| !one.is_positional()) {
            let name = format!("--{}", option.get_long().expect("a long name"));
            let is_in = |text: &str| text.split([' ', ',', '[', '\n']).any(|word| word == name);
            assert!(is_in(&whole), "{name} is in {whole}");
            assert!(!is_compact || is_in(&help), "{name} is in {help}");
            if let Some(heading) = option.get_help_heading() {
                assert!(whole.contains(&format!("\n{heading}:\n")), "{heading} is in {whole}");
            }
        }
    }
}

#[test]
fn the_help_of_every_option_names_its_variable() {
    let home = Home::new();
    for (path, command) in commands() {
        let help = home.pfx(path.split(' ').chain(["--help"])).outcome().stdout();
        for name in command.get_arguments().filter_map(variable) {
            assert!(help.contains(&format!("[env: {name}]")), "pfx {path} --help lacks {name}");
        }
    }
}
