//! Names and references: every stored name can be read back, as it was given and as a list prints it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::cloud1::{self, cloud};
use crate::support::{Home, Pfx};

/// Names as people write them, on purpose or by mistake.
fn words() -> Vec<String> {
    const PIECES: [&str; 17] = [
        "a", "#", "/", "#/", "?", "%", "%2", "%23", "%3F", "%25", "=", " ", "~1", ".", "é", "\n",
        "-",
    ];
    let mut words: Vec<String> =
        ["100%", "50% off", "C#", "a#/b", "what?", "a#/b?", "#", "?", "%%41"]
            .map(str::to_owned)
            .to_vec();
    // A few hundred names, always the same.
    let mut state = 1_u32;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 16).expect("small") % limit
    };
    for _ in 0..120 {
        let length = 1 + below(5);
        words.push((0..length).map(|_| PIECES[below(PIECES.len())]).collect());
    }
    words
}

/// The value of a name from `run` and from `get`.
fn read(pfx: impl Fn(&[&str]) -> Pfx, remote: &[&str], word: &str) -> [String; 2] {
    let binding = format!("X={word}");
    let run = pfx(&["run", "-s", &binding, "--", "sh", "-c", "printf %s \"$X\""]);
    let get = pfx(&[&["secret", "get"], remote, &["--", word]].concat());
    [run, get].map(|pfx| {
        let outcome = pfx.outcome();
        assert_eq!(outcome.code(), Some(0), "{word:?}: {}", outcome.stderr());
        outcome.stdout()
    })
}

/// The name that an argument means, by the rule of pfx(1), without a pointer and `?`.
fn meant(word: &str) -> String {
    let bytes = word.as_bytes();
    let (mut name, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let digits = word.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        name.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(name).expect("UTF-8")
}

#[test]
fn a_stored_name_is_read_back_as_given_and_as_listed() {
    let home = Home::new();
    let pfx = |words: &[&str]| home.pfx(words);
    let mut stored: BTreeMap<String, String> = BTreeMap::new();
    for (index, word) in words().into_iter().enumerate() {
        let value = format!("value-{index}");
        let set = |word: &str| pfx(&["secret", "set", "--", word]).stdin(&*value).outcome();
        let outcome = set(&word);
        let word = match outcome.code() {
            Some(0) => word,
            code => {
                // The error shows how to write the name, and that works.
                let said = outcome.stderr();
                assert_eq!(code, Some(2), "{word:?}: {said}");
                let literal = said.split_once(", write `").expect("a hint").1;
                let literal = literal.strip_suffix("`\n").expect("its end").trim_matches('\'');
                let literal = literal.replace("\\u{a}", "\n");
                assert_eq!(set(&literal).code(), Some(0), "{word:?}: {literal:?}");
                literal
            }
        };
        assert_eq!(read(pfx, &[], &word), [&*value, &*value], "{word:?}");
        stored.insert(meant(&word), value);
    }
    assert!(stored.len() > 80, "{}", stored.len());
    assert!(stored.contains_key("a#/b?") && stored.contains_key("what?"), "{stored:?}");
    listed_names_are_read(&home, &[], &stored);
    let printed = pfx(&["secret", "list"]).outcome().stdout();
    for line in printed.lines() {
        pfx(&["secret", "delete", "--", line]).gives("");
    }
    pfx(&["secret", "list"]).gives("");
}

/// `list` prints each of these names in a form that reads it.
fn listed_names_are_read(home: &Home, options: &[&str], wanted: &BTreeMap<String, String>) {
    let list =
        |more: &[&str]| home.pfx([&["secret", "list"], options, more].concat()).outcome().stdout();
    let exact: Value = serde_json::from_str(&list(&["--json"])).expect("JSON");
    let exact: Vec<&str> =
        exact.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(exact, wanted.keys().collect::<Vec<_>>());
    let printed = list(&[]);
    assert_eq!(printed.lines().count(), exact.len(), "{printed}");
    for (line, name) in printed.lines().zip(exact) {
        let get = home.pfx([&["secret", "get"], options, &["--", line]].concat());
        get.gives(&wanted[name]);
    }
}

/// Each of the names with a value.
fn held() -> BTreeMap<String, String> {
    let mut held: BTreeMap<String, String> = BTreeMap::new();
    for (index, word) in words().iter().enumerate() {
        held.insert(meant(word), format!("value-{index}"));
        held.insert(word.clone(), format!("value of {index}"));
    }
    held.insert("\u{1b}[2J\u{202e}\u{7f}".to_owned(), "escape".to_owned());
    held
}

#[test]
fn names_of_mounted_files_and_of_a_remote_store_are_read_as_listed() {
    let mut held = held();
    let secrets: Vec<(&str, Value)> =
        held.iter().map(|(name, value)| (name.as_str(), json!(value))).collect();
    let server = cloud(&secrets, &secrets);
    let remote = cloud1::home(&server.url());
    listed_names_are_read(&remote, &["--remote"], &held);
    let keys = remote.pfx(["kv", "list"]).outcome().stdout();
    for (line, value) in keys.lines().zip(held.values()) {
        remote.pfx(["kv", "get", "--", line]).gives(value);
    }

    let home = Home::new();
    held.retain(|name, _| !name.contains('/') && name != "." && !name.starts_with(".."));
    for (name, value) in &held {
        home.write(format!("mounted/{name}"), value);
    }
    listed_names_are_read(&home, &["--secrets-dir", "mounted"], &held);
}

#[test]
fn every_option_and_reference_reads_names_by_the_same_rule() {
    let home =
        Home::with_secrets("\"a#/b\" = '{\"x%41/y\": \"v\", \"z\": \"w\"}'\n\"50%\" = \"half\"\n");
    let print = ["sh", "-c", "printf %s \"$X\""];
    for (option, word, value) in [
        ("-s", "X=a%23/b#/z", "w"),
        ("-s", "X=a%23/b?#/z", "w"),
        ("-s", "X=a%23%2fb#/x%2541~1y", "v"),
        ("-s", "X=50%", "half"),
        ("-s", "X=50%?", "half"),
        ("-s", "X=50%25", "half"),
        ("-s", "X=%35%30%", "half"),
        ("-e", "X=A%23/B", "variable"),
        ("-e", "X=Q%3F", "question"),
    ] {
        let run = home.run(&[option, word, "--local"], &print);
        run.env("A#/B", "variable").env("Q?", "question").gives(value);
    }
    let words = ["-s", "a%23/b", "--local"];
    home.run(&words, &["printenv", "A__B"]).gives("{\"x%41/y\": \"v\", \"z\": \"w\"}\n");
    home.run(&["--file", "X=50%25"], &["sh", "-c", "cat \"$X\""]).gives("half");
    home.write("e.env", "X=pfx://secret/a%23%2Fb#/x%2541~1y\n");
    home.run(&["--env-file", "e.env"], &print).gives("v");
    // A table of pfx.toml has a key for each part, and therefore literal names.
    home.write("p.toml", "env.X = { secret = \"a#/b\", pointer = \"/x%41~1y\" }\n");
    home.run(&["-f", "p.toml"], &print).gives("v");
    for (words, expected) in [
        (&["secret", "get", "a#/b?"][..], None),
        (&["secret", "get", "A?"], Some("`'A%3F'`")),
        (&["secret", "get", "A?#/x"], None),
        (&["secret", "set", "a#/b"], Some("`'a%23/b'`")),
        (&["secret", "delete", "a#/b"], Some("`'a%23/b'`")),
        (&["kv", "set", "a#/b?", "v"], Some("`'a%23/b%3F'`")),
        (&["kv", "get", "k?"], Some("`'k%3F'`")),
        (&["kv", "delete", "k?"], Some("`'k%3F'`")),
        (&["secret", "set", "a%00"], None),
        (&["secret", "get", "a%ff"], None),
        (&["run", "-s", "X=a%00", "true"], None),
        (&["run", "-s", "X=a%ff", "true"], None),
        (&["run", "-e", "X=a%00", "true"], None),
    ] {
        let outcome = home.pfx(words).env("PREFECT_API_URL", "http://127.0.0.1:9/api").outcome();
        let said = outcome.stderr();
        if words[..3] == ["secret", "get", "a#/b?"] {
            // A pointer that ends with it.
            assert_eq!(outcome.code(), Some(1), "{said}");
            continue;
        }
        assert_eq!(outcome.code(), Some(2), "{words:?}: {said}");
        assert!(expected.is_none_or(|expected| said.contains(expected)), "{words:?}: {said}");
    }
}

#[test]
fn hints_and_check_write_names_so_that_they_can_be_pasted() {
    let home = Home::with_secrets("\"What?\" = \"v\"\n");
    let outcome = home.pfx(["secret", "get", "what%3f"]).outcome();
    let hint = "pfx: hint: a secret named `What%3F` exists; did you mean that?\n";
    assert!(outcome.stderr().ends_with(hint), "{}", outcome.stderr());
    let outcome = home.pfx(["secret", "get", "a%23/b"]).outcome();
    let hint = "pfx: hint: `pfx secret set 'a%23/b'` stores it on this machine\n";
    assert!(outcome.stderr().ends_with(hint), "{}", outcome.stderr());
    let outcome = home.pfx(["secret", "get", "--", "-a"]).outcome();
    let hint = "pfx: hint: `pfx secret set -- -a` stores it on this machine\n";
    assert!(outcome.stderr().ends_with(hint), "{}", outcome.stderr());
    let outcome = home.pfx(["check", "--local", "-s", "What%3F"]).outcome();
    assert!(outcome.stdout().starts_with("WHAT_  secret What%3F  "), "{}", outcome.stdout());
}
