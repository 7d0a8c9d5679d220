//! How python-dotenv, Node.js, npm's dotenv and pfx read a text.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use pfx::dotenv;
use pfx::wanted::WantedValue;
use serde_json::{Value, json};

use crate::export::prefect_3_python;
use crate::support::needs::{Missing, node_modules};

/// The variables that a reader finds in a text; `None` if it reports an error.
type Read = Option<BTreeMap<String, String>>;

/// As `dotenv_values` reads a file, without expansion.
const PYTHON: &str = "
import io, json, sys
from dotenv.parser import parse_stream
def read(text):
    bindings = list(parse_stream(io.StringIO(text, newline=None)))
    if any(one.error or one.key is not None and one.value is None for one in bindings):
        return None
    return {one.key: one.value for one in bindings if one.key is not None}
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
";

/// As `node --env-file` reads a file.
const NODE: &str = "
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map(text => require('util').parseEnv(text))));
";

const NPM: &str = "
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map(text => require('dotenv').parse(text))));
";

/// The result of a program for each text, with one start for all texts.
fn read_by(command: &mut Command, texts: &[String]) -> Vec<Read> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the reader starts");
    let all = json!(texts).to_string();
    child.stdin.take().expect("stdin").write_all(all.as_bytes()).expect("the reader reads");
    let output = child.wait_with_output().expect("the reader ends");
    assert!(output.status.success(), "{command:?}");
    let read: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(read.len(), texts.len());
    read.into_iter().map(|one| serde_json::from_value(one).expect("texts")).collect()
}

/// The paths of the three readers.
pub struct Readers {
    python: PathBuf,
    node_modules: PathBuf,
}

impl Readers {
    pub fn found() -> Result<Self, Missing> {
        Ok(Self { python: prefect_3_python()?, node_modules: node_modules()? })
    }

    /// The three readers, each with all texts.
    pub fn read(&self, texts: &[String]) -> [Vec<Read>; 3] {
        let node = |script| {
            let mut command = Command::new("node");
            command.args(["-e", script]).env("NODE_PATH", &self.node_modules);
            command
        };
        [
            read_by(Command::new(&self.python).args(["-c", PYTHON]), texts),
            read_by(&mut node(NODE), texts),
            read_by(&mut node(NPM), texts),
        ]
    }
}

/// The result of pfx for a text.
pub enum Own {
    /// The text contains a reference or a variable.
    More,
    Read(BTreeMap<String, String>),
    Refused,
}

pub fn own(text: &str) -> Own {
    // As in a file: without the byte order mark.
    let Ok(entries) = dotenv::parse(text.strip_prefix('\u{feff}').unwrap_or(text), "e.env") else {
        return Own::Refused;
    };
    let mut read = BTreeMap::new();
    for entry in entries {
        let WantedValue::Text(value) = entry.value else { return Own::More };
        let value = String::from_utf8(value.expose().to_vec()).expect("text");
        read.insert(entry.variable.as_str().to_owned(), value);
    }
    Own::Read(read)
}

/// The readers that may read a text differently from pfx, according to the list in `src/dotenv/mod.rs`.
pub fn excused(text: &str) -> [bool; 3] {
    let escaped_quote = text.contains("\\\"");
    // In a blank line, before a name or a comment, after `export`, around `=`.
    let layout = text.starts_with('\u{feff}')
        || text.split('\n').any(|line| {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let name = line.split(['=', '#']).next().unwrap_or_default();
            let indented_comment = name.trim().is_empty() && !name.is_empty();
            let value = line.split_once('=').map_or("", |(_, value)| value);
            let is_empty = value.trim_start().is_empty() || value.trim_start().starts_with('#');
            let odd_empty = is_empty && (name.contains("export ") || value.starts_with(' '));
            indented_comment || odd_empty || name.contains('\t') || name.contains("export  ")
        });
    [text.contains("\\\\"), escaped_quote || layout, escaped_quote]
}
