//! Exports as dotenv, read back by readers of dotenv files and by shells that source them.

use std::path::Path;

use super::values::texts;
use super::{Values, assert_read, encoded, exported, holding, prefect_3_python, taken, variables};
use crate::support::Home;
use crate::support::needs::{node_modules, tools};

/// Values that some reader reads differently: quotes, backticks, expansions, escapes, comments.
fn hostile() -> Values {
    const PIECES: [&str; 14] = [
        "`touch ran`", "$(touch ran)", "'", "\"", "\\", "$A", "${A}", "!1", " # ", "\n", "\\n",
        "\\`", "=", "a",
    ];
    let pairs =
        PIECES.iter().flat_map(|one| PIECES.iter().map(move |other| format!("{one}{other}")));
    let triples = PIECES.iter().map(|piece| format!("it's {piece} "));
    let values = pairs.chain(triples).chain(PIECES.iter().map(|piece| format!("a{piece}")));
    values.enumerate().map(|(index, value)| (format!("H{index}"), value.into_bytes())).collect()
}

/// The variables that a program read from the file `exported` and printed.
fn read_by(home: &Home, node_modules: &Path, words: &[&str]) -> Values {
    let path = std::env::var("PATH").expect("PATH");
    encoded(&home.bare(words).env("NODE_PATH", node_modules).env("PATH", path).outcome())
}

#[test]
fn every_reader_and_every_shell_reads_an_exported_dotenv_file_alike_and_runs_nothing() {
    need!(tools(&["dash", "bash", "zsh", "busybox"]));
    let (python, modules) = (need!(prefect_3_python()), need!(node_modules()));
    let mut all = texts();
    all.extend(hostile());
    let taken = taken("dotenv", all.clone());
    let refused = all.len() - taken.len();
    assert!(taken.len() > 250 && refused > 0, "{} taken, {refused} refused", taken.len());
    let home = holding(&taken);
    let path = exported(&home, "dotenv");

    let script = "import base64, dotenv\n\
        for name, value in dotenv.dotenv_values('exported').items():\n    \
        print(name, base64.b64encode(value.encode()).decode())";
    assert_read(&read_by(&home, &modules, &[python.to_str().unwrap(), "-c", script]), &taken);

    let print = "for (const [name, value] of Object.entries(read)) \
        console.log(name + ' ' + Buffer.from(value).toString('base64'))";
    let node = format!("const read = process.env; {print}");
    assert_read(&read_by(&home, &modules, &["node", "--env-file=exported", "-e", &node]), &taken);
    let npm = format!(
        "const read = require('dotenv').parse(require('fs').readFileSync('exported')); {print}"
    );
    assert_read(&read_by(&home, &modules, &["node", "-e", &npm]), &taken);

    let own = home.pfx(["run", "--env-file", "exported", "--", "env", "-0"]).outcome();
    assert_read(&variables(&own.stdout), &taken);

    let theirs: Values = dotenvy::from_read_iter(std::fs::read(path).unwrap().as_slice())
        .map(|entry| entry.map(|(name, value)| (name, value.into_bytes())).expect("it is read"))
        .collect();
    assert_read(&theirs, &taken);

    for shell in [
        &["dash"][..],
        &["bash"],
        &["bash", "-H"],
        &["bash", "--posix"],
        &["zsh"],
        &["busybox", "sh"],
    ] {
        let words = [shell, &["-c", "set -a; . ./exported; exec /usr/bin/env -0"]].concat();
        assert_read(
            &variables(&home.bare(&words).env("LC_ALL", "C.UTF-8").outcome().stdout),
            &taken,
        );
    }
    assert!(!home.join("ran").exists());
}
