//! Names that have a meaning for a shell, found by asking the shells.

use std::collections::BTreeSet;

use pfx::shells::{self, Shell};
use pfx::takeover::{self, TakeoverTarget};

use super::{Values, assert_read, encoded, export, holding, variables};
use crate::support::needs::{tools, yaml};
use crate::support::{Home, Outcome};

/// Values that each cause harm in some variable: evaluated as arithmetic, used as a user name, split, refused.
const VALUES: [&str; 5] = ["x[$(/usr/bin/touch ran)1]", "nobody", "a  b:c", "::", ""];

/// How each shell is started, how it lists its own variables, and its export format.
struct Reader {
    words: &'static [&'static str],
    /// What it runs first.
    before: &'static str,
    listing: &'static str,
    format: &'static str,
    table: &'static [Shell],
}

/// Makes zsh load every module except its example module.
const MODULES: &str = "for file in /usr/lib/*/zsh/*/zsh/**/*.so(N); do \
    [[ $file = *example* ]] || zmodload ${${file#*/zsh/*/}%.so}; done >/dev/null 2>&1";

const fn posix(words: &'static [&'static str], listing: &'static str) -> Reader {
    Reader { words, before: "", listing, format: "sh", table: shells::POSIX }
}

const READERS: [Reader; 11] = [
    posix(&["dash"], "set"),
    posix(&["bash", "--norc"], "compgen -v"),
    posix(&["bash", "--posix"], "compgen -v"),
    posix(&["zsh", "-f"], "typeset +"),
    Reader { before: MODULES, ..posix(&["zsh", "-f"], "typeset +") },
    posix(&["zsh", "--emulate", "sh"], "typeset +"),
    posix(&["zsh", "--emulate", "ksh"], "typeset +"),
    posix(&["busybox", "sh"], "set"),
    posix(&["mksh"], "typeset"),
    posix(&["ksh93"], "set"),
    Reader { format: "fish", table: &[shells::FISH], ..posix(&["fish", "--no-config"], "set -n") },
];

impl Reader {
    /// Every name that the shell may know: those that it lists, and all strings in its binary that are names.
    fn names(&self, home: &Home) -> BTreeSet<String> {
        let script = format!("{}\n{}", self.before, self.listing);
        let listed = home.bare(&[self.words, &["-c", &script]].concat()).outcome().stdout();
        assert!(listed.contains("IFS") || self.format == "fish", "{listed}");
        let mut names: BTreeSet<String> = listed.lines().filter_map(last_name).collect();
        let program = std::fs::read(format!("/usr/bin/{}", self.words[0]))
            .or_else(|_| std::fs::read(format!("/bin/{}", self.words[0])))
            .expect("the shell's program");
        let strings = program.split(|&byte| byte == 0).filter(|text| text.len() < 32);
        names.extend(strings.filter_map(|text| {
            let text = std::str::from_utf8(text).ok()?;
            let text = text.strip_suffix('=').unwrap_or(text);
            pfx::name::is_identifier(text).then(|| text.to_owned())
        }));
        names
    }

    /// Evaluates a script, and returns the user ID and the environment of a command after it.
    fn evaluated(&self, home: &Home, script: &str) -> (String, Values) {
        home.write("script", script);
        let read =
            if self.format == "fish" { "source script" } else { "eval \"$(/bin/cat script)\"" };
        let before = self.before;
        home.write("reader", format!("{before}\n{read}\n/usr/bin/id -u\nexec /usr/bin/env -0\n"));
        let words = [self.words, &["reader"]].concat();
        let outcome = home.bare(&words).env("LC_ALL", "C.UTF-8").outcome();
        let end = outcome.stdout.iter().position(|&byte| byte == b'\n').unwrap_or(0);
        let user = String::from_utf8_lossy(&outcome.stdout[..end]).into_owned();
        (user, variables(&outcome.stdout[(end + 1).min(outcome.stdout.len())..]))
    }

    /// The names whose values are lost or changed, or that lose the lines after them. Panics if a value is run or changes
    /// the user.
    fn wrong(&self, names: &BTreeSet<String>, value: &str) -> Vec<String> {
        let home = Home::new();
        let sets = names.iter().flat_map(|name| ["--set".to_owned(), format!("{name}={value}")]);
        let words: Vec<String> = ["export", "--format", self.format]
            .map(str::to_owned)
            .into_iter()
            .chain(sets)
            .collect();
        let script = home.pfx(&words).outcome();
        assert_eq!(script.code(), Some(0), "{:?}: {}", self.words, script.stderr());
        let (user, read) = self.evaluated(&home, &script.stdout());
        assert_eq!(user, nix::unistd::getuid().to_string(), "{:?} with {value:?}", self.words);
        assert!(!home.join("ran").exists(), "{:?} ran {value}", self.words);
        let is_wrong = |name: &&String| read.get(*name).is_none_or(|read| read != value.as_bytes());
        names.iter().filter(is_wrong).cloned().collect()
    }
}

/// The name in a line such as `integer 10 UID`, `typeset -i RANDOM`, `IFS='` or `tied path PATH`.
fn last_name(line: &str) -> Option<String> {
    let word = line.split('=').next()?.split_whitespace().last()?;
    pfx::name::is_identifier(word).then(|| word.to_owned())
}

/// Variables that may affect the commands that the test itself starts.
fn breaks_any_program(name: &str) -> bool {
    takeover::target(name) == Some(TakeoverTarget::Loader)
}

#[test]
fn every_name_that_a_shell_knows_is_harmless_or_refused() {
    need!(tools(&["dash", "bash", "zsh", "busybox", "mksh", "ksh93", "fish"]));
    let home = Home::new();
    for reader in &READERS {
        let mut names = reader.names(&home);
        assert!(names.len() > 50, "{:?}: {names:?}", reader.words);
        names.retain(|name| {
            shells::special_in(name, reader.table).is_empty() && !breaks_any_program(name)
        });
        for name in [
            "PATH", "HOME", "USER", "SHELL", "TERM", "LANG", "ENV", "HOST", "EDITOR", "TZ", "TOKEN",
        ] {
            names.insert(name.to_owned());
        }
        // ksh93 does not accept a locale that does not exist.
        if reader.words[0] == "ksh93" {
            names.retain(|name| name != "LANG" && !name.starts_with("LC_"));
        }
        for value in VALUES {
            let mut names = names.clone();
            // Refused because of its value.
            if reader.format == "fish" && ["::", ""].contains(&value) {
                names.remove("PATH");
            }
            let wrong = reader.wrong(&names, value);
            assert!(wrong.is_empty(), "{:?} with {value:?}: {wrong:?}", reader.words);
        }
    }
}

#[test]
fn the_test_detects_the_effects_of_refused_names() {
    need!(tools(&["bash", "zsh"]));
    let bash = &READERS[1];
    for name in ["RANDOM", "OPTIND", "SRANDOM", "HISTCMD"] {
        let home = Home::new();
        bash.evaluated(&home, &format!("export {name}='{}'\n", VALUES[0]));
        assert!(home.join("ran").exists(), "{name}");
    }
    let home = Home::new();
    let (_, read) = READERS[3].evaluated(&home, "export A='1'\nexport status='1'\nexport B='1'\n");
    assert!(read.contains_key("A") && !read.contains_key("B"), "{read:?}");
}

#[test]
fn the_error_for_a_name_with_a_meaning_names_the_shells_and_a_solution() {
    let home = Home::with_secrets("OPTIND = \"CANARY\"\nB = \"CANARY\"\nstatus = \"CANARY\"\n");
    let export = |words: &[&str]| home.pfx([&["export", "--local"], words].concat()).outcome();
    let hint = "pfx: hint: bind it to another variable: `-s OTHER=NAME`; `--format json` can hold any name\n";
    export(&["--format", "sh"]).assert(
        125,
        "",
        &format!(
            "pfx: error: cannot use `OPTIND`: a shell script cannot hold a variable of this name: the name has a \
             special meaning in bash, dash, ksh and zsh\n{hint}"
        ),
    );
    export(&["--format", "fish"]).assert(
        125,
        "",
        &format!(
            "pfx: error: cannot use `status`: a fish script cannot hold a variable of this name: the name has a \
             special meaning in fish\n{hint}"
        ),
    );
    for name in [
        "UID", "GROUPS", "SECONDS", "USERNAME", "status", "path", "RANDOM", "SRANDOM", "HISTCMD",
        "COLUMNS", "LINES", "SHLVL", "HISTSIZE", "TMOUT", "PS4", "IFS", "PROMPT_COMMAND",
        "MAILPATH", "argv", "options", "EUID", "GID",
    ] {
        for format in ["sh", "dotenv"] {
            for option in [["--set", "=x"], ["-s", "=B"], ["--unset", ""]] {
                let binding = format!("{name}{}", option[1]);
                let outcome = export(&[option[0], &binding, "--format", format, "-o", "out"]);
                assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{name}");
                assert!(outcome.stderr().contains(&format!("`{name}`")), "{}", outcome.stderr());
            }
        }
        export(&["-s", &format!("{name}=B"), "--format", "json"]).assert(
            0,
            &format!("{{\n  \"{name}\": \"CANARY\"\n}}\n"),
            "",
        );
    }
    assert!(!home.join("out").exists());
}

#[test]
fn a_removal_removes_the_variable_and_not_a_function_of_the_same_name() {
    need!(tools(&["dash", "bash", "zsh", "mksh"]));
    let home = Home::new();
    let script = home.pfx(["export", "--unset", "gone", "--format", "sh"]).outcome().stdout();
    home.write("script", script);
    for shell in ["dash", "bash", "zsh", "mksh"] {
        let test = "gone() { echo here; }; . ./script; gone";
        home.bare(&[shell, "-c", test]).gives("here\n");
    }
}

/// Names that no shell accepts.
const FOREIGN: [&str; 9] = [
    "spring.datasource.password",
    "a-b",
    "1A",
    "a b",
    "é",
    "q\"u\\o'te",
    "a:b",
    "#a",
    "x; touch ran #",
];

fn bound(home: &Home, format: &str, name: &str) -> Outcome {
    export(home, format, &["-s", &format!("{name}=V")])
}

#[test]
fn a_name_that_a_reader_does_not_accept_is_refused_and_any_other_is_read_back() {
    need!(yaml());
    let home = holding(&Values::from([("V".to_owned(), b"CANARY".to_vec())]));
    let expected: Values =
        FOREIGN.iter().map(|name| ((*name).to_owned(), b"CANARY".to_vec())).collect();
    let bindings: Vec<String> = FOREIGN.iter().map(|name| format!("{name}=V")).collect();
    let all: Vec<&str> = bindings.iter().flat_map(|binding| ["-s", binding]).collect();
    for format in ["sh", "fish", "dotenv", "systemd"] {
        for name in FOREIGN {
            let outcome = bound(&home, format, name);
            assert_eq!(
                (outcome.code(), outcome.stdout().as_str()),
                (Some(125), ""),
                "{format} {name}"
            );
            assert!(outcome.stderr().contains(&format!("`{name}`: ")), "{}", outcome.stderr());
        }
    }
    for (format, read) in [
        ("json", "import json, sys, base64\nread = json.load(open('exported'))"),
        (
            "yaml",
            "import yaml, sys, base64\nread = yaml.safe_load(open('exported', encoding='utf-8'))",
        ),
    ] {
        let more = [&["--output", "exported"], &all[..]].concat();
        export(&home, format, &more).assert(0, "", "");
        let script = format!(
            "{read}\nfor name, value in read.items(): print(base64.b64encode(name.encode()).decode(), \
             base64.b64encode(value.encode()).decode())"
        );
        let read = encoded(&home.bare(&["/usr/bin/python3", "-c", &script]).outcome());
        assert_read(&named_in_base64(&read), &expected);
    }
    for (format, taken) in [
        ("docker", &["spring.datasource.password", "a-b", "1A", "é", "q\"u\\o'te", "a:b"][..]),
        ("k8s", &["spring.datasource.password", "a-b", "1A"]),
    ] {
        for name in FOREIGN {
            let expected = if taken.contains(&name) { 0 } else { 125 };
            let outcome = bound(&home, format, name);
            assert_eq!(outcome.code(), Some(expected), "{format} {name}: {}", outcome.stderr());
        }
    }
}

fn named_in_base64(values: &Values) -> Values {
    use base64::Engine as _;
    let name = |name: &String| {
        let name = base64::engine::general_purpose::STANDARD.decode(name).expect("base64");
        String::from_utf8(name).expect("UTF-8")
    };
    values.iter().map(|(encoded, value)| (name(encoded), value.clone())).collect()
}
