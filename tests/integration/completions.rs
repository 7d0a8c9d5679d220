//! The completion scripts load in their shells, and complete commands and options.

use std::process::Command;

use crate::support::Home;
use crate::support::needs::tools;

const PFX: &str = env!("CARGO_BIN_EXE_pfx");

/// A home with the script for a shell, under `name`, with pfx in `bin`, with secrets, a project file that nobody trusts, and
/// a mounted directory. A name may contain a blank, or characters with a meaning in references.
fn script(shell: &str, name: &str) -> Home {
    let home = Home::with_secrets(
        "DB_PASSWORD = \"CANARY\"\n\"prod-db\" = \"CANARY\"\n\"my secret\" = \"CANARY\"\n\"odd?\" = \"$NONE\"\n",
    );
    let output = Command::new(PFX).args(["completions", shell]).output().expect("pfx starts");
    assert!(output.status.success() && output.stderr.is_empty());
    home.write(name, output.stdout);
    std::fs::create_dir(home.join("bin")).expect("a directory");
    std::os::unix::fs::symlink(PFX, home.join("bin/pfx")).expect("a link");
    home.write("mounted/tls.crt", "CANARY");
    home.write("trap/marker", "");
    home.write(
        "pfx.toml",
        "command = \"touch trap/started\"\n[env]\nPGPASSWORD = \"pfx://secret/far-away\"\nREGION = { kv = \"region\" }\n\
         TEXT = \"CANARY\"\n[profile.staging.env]\nSTAGE = \"CANARY\"\n",
    );
    home
}

/// The output of a shell, which must report no error. The configured server does not answer.
fn printed(shell: &str, arguments: &[&str], home: &Home) -> String {
    let output = Command::new(shell)
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", format!("{}:/usr/bin:/bin", home.join("bin").display()))
        .env("LANG", "C.UTF-8")
        .env("TERM", "xterm")
        .env("PFX_SECRETS_DIR", home.join("mounted"))
        .env("PREFECT_API_URL", "http://127.0.0.1:9/api")
        .current_dir(home.path())
        .output()
        .unwrap_or_else(|error| panic!("{shell} is there, tests/run.sh installs it: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(complaints, "", "{shell}");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!printed.contains("CANARY"), "no value is offered: {printed}");
    assert!(!home.join("trap/started").exists(), "nothing is started");
    printed
}

/// Lines, and the same lines after the completion of a name, for every shell.
const LINES: [(&str, &str); 15] = [
    ("pfx run -s DB", "pfx run -s DB_PASSWORD "),
    ("pfx run -s DB_PASSWORD -s PG=pro", "pfx run -s DB_PASSWORD -s PG=prod-db "),
    ("pfx check --secret=pro", "pfx check --secret=prod-db "),
    ("pfx export --file X=tls", "pfx export --file X=tls.crt "),
    ("pfx run -s far", "pfx run -s far-away "),
    ("pfx run --set TE", "pfx run --set TEXT="),
    ("pfx run -e XDG_CON", "pfx run -e XDG_CON"),
    ("pfx run -e LAN", "pfx run -e LANG "),
    ("pfx run -k REGION=re", "pfx run -k REGION=region "),
    ("pfx run --profile st", "pfx run --profile staging "),
    ("pfx secret delete DB", "pfx secret delete DB_PASSWORD "),
    ("pfx run -s DB_PASSWORD -- printen", "pfx run -s DB_PASSWORD -- printenv "),
    ("pfx run -- cat trap/mar", "pfx run -- cat trap/marker "),
    ("pfx help prec", "pfx help precedence "),
    ("pfx help comp", "pfx help completions "),
];

/// The line that a shell on a new terminal makes of `line` when tab is pressed. `program` is the shell, `prepare` is
/// typed first, and makes it print the line in angle brackets at control-x.
fn on_a_terminal(home: &Home, program: &str, prepare: &str, line: &str) -> String {
    let script = format!(
        "zmodload zsh/zpty
         zpty z {program}
         zpty -w z \"{prepare}; print_ready\"
         zpty -r -m z seen '*ready>*'
         zpty -w -n z $'{line}\\t\\x18'
         zpty -r -m z seen '*<*>*'
         print -r -- \"${{${{seen##*<}}%%>*}}\""
    );
    let printed = printed("timeout", &["60", "zsh", "-f", "-c", &script], home);
    printed.strip_suffix('\n').expect("a line").to_owned()
}

#[test]
fn bash_completes_commands_and_options() {
    need!(tools(&["bash"]));
    let home = script("bash", "pfx");
    let complete = |line: &str| {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let script = format!(
            ". ./pfx; COMP_WORDS=({}); COMP_CWORD={}; _pfx pfx \"${{COMP_WORDS[-1]}}\" \
             \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1
        );
        printed("bash", &["--norc", "-c", &script], &home)
    };
    assert_eq!(complete("pfx comp"), "completions\n");
    assert_eq!(complete("pfx secret de"), "delete\n");
    assert_eq!(complete("pfx run --pref"), "--prefect\n");
}

#[test]
fn fish_completes_commands_and_options() {
    need!(tools(&["fish"]));
    let home = script("fish", "pfx.fish");
    let complete = |line: &str| {
        let script = format!("source pfx.fish; complete --do-complete '{line}'");
        let lines = printed("fish", &["--no-config", "-c", &script], &home);
        lines.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    };
    let complete = |line: &str| -> Vec<String> { complete(line) };
    assert_eq!(complete("pfx comp"), ["completions"]);
    assert_eq!(complete("pfx secret de"), ["delete"]);
    assert_eq!(complete("pfx run --pref"), ["--prefect"]);
}

/// zsh completes only on a terminal.
fn zsh(home: &Home, line: &str) -> String {
    let prepare = "PS1=; print_ready() { print -r -- '<'re''ady'>' }; unsetopt zle_bracketed_paste; \
        fpath=($PWD \\$fpath); autoload -Uz compinit; compinit -u -D; \
        finish() { zle -I; print -r -- \\\"<\\$BUFFER>\\\"; exit }; zle -N finish; \
        bindkey '^X' finish; bindkey '^I' complete-word";
    on_a_terminal(home, "zsh -f -i", prepare, line)
}

/// bash with readline, which splits words differently from a function.
fn bash(home: &Home, line: &str) -> String {
    let prepare = "PS1=; print_ready() { echo '<'re''ady'>'; }; bind 'set enable-bracketed-paste off'; . ./pfx; \
        finish() { printf '<%s>\\n' \\\"\\$READLINE_LINE\\\"; exit; }; bind -x '\\\"\\C-x\\\": finish'";
    on_a_terminal(home, "bash --norc --noprofile -i", prepare, line)
}

#[test]
fn zsh_completes_commands_and_options() {
    need!(tools(&["zsh"]));
    let home = script("zsh", "_pfx");
    for (line, becomes) in [
        ("pfx comp", "pfx completions "),
        ("pfx secret de", "pfx secret delete "),
        ("pfx run --pref", "pfx run --prefect "),
        ("pfx run --remote pre", "pfx run --remote prefect "),
    ] {
        assert_eq!(zsh(&home, line), becomes);
    }
}

#[test]
fn zsh_completes_local_names_and_then_commands() {
    need!(tools(&["zsh"]));
    let home = script("zsh", "_pfx");
    for (line, becomes) in LINES {
        assert_eq!(zsh(&home, line), becomes);
    }
    assert_eq!(zsh(&home, "pfx secret get my"), "pfx secret get my\\ secret ");
    assert_eq!(zsh(&home, "pfx run -s odd"), "pfx run -s odd%3F ");
}

#[test]
fn bash_completes_local_names_and_then_commands() {
    need!(tools(&["bash", "zsh"]));
    let home = script("bash", "pfx");
    for (line, becomes) in LINES {
        assert_eq!(bash(&home, line), becomes);
    }
    assert_eq!(bash(&home, "pfx secret get my"), "pfx secret get my\\ secret ");
    assert_eq!(bash(&home, "pfx run -s odd"), "pfx run -s odd%3F ");
    assert_eq!(bash(&home, "pfx run --remote pre"), "pfx run --remote prefect ");
}

#[test]
fn fish_completes_local_names_and_then_commands() {
    need!(tools(&["fish"]));
    let home = script("fish", "pfx.fish");
    let complete = |line: &str| -> Vec<String> {
        let script = format!("source pfx.fish; complete --do-complete '{line}'");
        let lines = printed("fish", &["--no-config", "-c", &script], &home);
        lines.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    };
    for (line, becomes) in LINES {
        let word = becomes.trim_end().rsplit(' ').next().expect("a word");
        let wanted: &[&str] = if line == becomes { &[] } else { &[word] };
        assert_eq!(complete(line), wanted, "{line}");
    }
    assert_eq!(complete("pfx secret get my"), ["my secret"]);
    assert_eq!(complete("pfx run -s odd"), ["odd%3F"]);
    assert_eq!(complete("pfx run --remote pre"), ["prefect"]);
}

#[test]
fn after_an_error_nothing_is_offered_or_printed() {
    let home = script("bash", "pfx");
    let ask = |words: &[&str]| {
        home.pfx([&["completions", "bash", "--", "pfx"], words].concat())
            .env("PREFECT_API_URL", "http://127.0.0.1:9/api")
            .outcome()
    };
    ask(&["run", "-s", "X=odd"]).assert(
        0,
        "offer\nX=DB_PASSWORD\tsecret\nX=far-away\tsecret in pfx.toml\nX=my secret\tsecret\nX=odd%3F\tsecret\n\
         X=prod-db\tsecret\n",
        "",
    );
    for words in [&[][..], &["run", "--remote", ""], &["nonsense", ""], &["run", "--nonsense", "-"]]
    {
        ask(words).assert(0, "", "");
    }
    ask(&["run", "-s", "A", "--", "x"]).assert(0, "command 5\n", "");
    home.write("pfx.toml", "CANARY");
    home.write(".prefect/config.toml", "[CANARY");
    std::fs::remove_dir_all(home.join("mounted")).expect("a directory");
    for words in
        [&["run", "--secrets-dir", "none", "-s", ""][..], &["run", "-f", "none", "--profile", ""]]
    {
        ask(words).assert(0, "offer\n", "");
    }
    let home = Home::with_secrets("A = \"v\"\n");
    crate::support::set_mode(&home.config(), 0o666);
    home.pfx(["completions", "zsh", "--", "pfx", "run", "-s", ""]).gives("offer\n");
}

#[test]
fn completion_does_not_use_the_network() {
    let server = crate::support::Server::json(&serde_json::json!({}));
    let home = crate::support::cloud1::home(&server.url());
    for words in [&["run", "-s", ""][..], &["run", "-k", ""], &["secret", "get", "--remote", ""]] {
        home.pfx([&["completions", "bash", "--", "pfx"], words].concat()).gives("offer\n");
    }
    assert_eq!(server.requests().len(), 0);
}
