//! README.md and the pages of docs/. Their `console` blocks are run word for word: each command after `$ ` must print the
//! lines that follow it. `docs/README.md` does not exist; the index is in README.md.
//!
//! The word after `console` says what the commands need; there is a test for each (`Need`). The blocks of one document
//! with the same need are run in order, in one home and one working directory. A block of another language with
//! `file=NAME` after it is a file of that directory, written when its turn comes. A line `...` matches any lines, and
//! `> ` begins the next line of a command that ends in a backslash.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The checkout.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How the documents write the home directory.
pub const HOME: &str = "/home/you";

/// What the commands of a block need: the word after `console`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// No word: pfx, and examples/config.toml as `~/.prefect/config.toml`.
    Local,
    /// The same, and Prefect 1.4.1 in PATH.
    Prefect1,
    /// A server of Prefect 3, a stand-in for Prefect Cloud 1.x, and an empty home.
    Prefect3,
    /// A server of Prefect 3 and Prefect's own commands, for what takes a while.
    Prefect3Worker,
    /// A stand-in for Prefect Cloud 1.x without any value, and an empty home.
    Cloud1,
    /// Podman, and a checkout from which pfx is installed as README.md says.
    Podman,
    /// A machine with systemd whose user may use sudo, and a checkout.
    Systemd,
}

impl Need {
    fn of(word: &str) -> Option<Self> {
        match word {
            "" => Some(Self::Local),
            "prefect1" => Some(Self::Prefect1),
            "prefect3" => Some(Self::Prefect3),
            "prefect3-worker" => Some(Self::Prefect3Worker),
            "cloud1" => Some(Self::Cloud1),
            "podman" => Some(Self::Podman),
            "systemd" => Some(Self::Systemd),
            _ => None,
        }
    }
}

/// A document of the repository.
pub struct Document {
    /// Relative to the checkout.
    pub path: PathBuf,
    pub text: String,
}

/// A command, and the lines that it must print.
pub struct Step {
    pub command: String,
    pub expected: String,
}

/// A fenced block that the tests use.
pub enum Block {
    Console(Need, Vec<Step>),
    File { name: String, text: String },
}

/// README.md and all pages of docs/.
pub fn documents() -> Vec<Document> {
    let mut paths = vec![PathBuf::from("README.md")];
    if let Ok(entries) = fs::read_dir(Path::new(ROOT).join("docs")) {
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let pages = names.map(|name| Path::new("docs").join(name));
        paths.extend(pages.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    paths.sort();
    paths.into_iter().map(Document::read).collect()
}

impl Document {
    pub fn read(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let text = fs::read_to_string(Path::new(ROOT).join(&path));
        let text = text.unwrap_or_else(|_| panic!("{} can be read", path.display()));
        Self { path, text }
    }

    /// The blocks that the tests use, in order.
    ///
    /// # Panics
    ///
    /// If a block names a need that no test covers, or does not end.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(info) = line.strip_prefix("```") else { continue };
            let at = format!("{}:{}", self.path.display(), number + 1);
            let mut inside = Vec::new();
            loop {
                match lines.next() {
                    Some((_, "```")) => break,
                    Some((_, line)) => inside.push(line),
                    None => panic!("{at}: the block does not end"),
                }
            }
            let (language, words) = info.split_once(' ').unwrap_or((info, ""));
            if language == "console" {
                let need =
                    Need::of(words).unwrap_or_else(|| panic!("{at}: no test knows `{words}`"));
                blocks.push(Block::Console(need, steps(&inside, &at)));
            } else if let Some(name) = words.strip_prefix("file=") {
                let text = inside.iter().flat_map(|line| [*line, "\n"]).collect();
                blocks.push(Block::File { name: name.to_owned(), text });
            } else {
                assert!(words.is_empty(), "{at}: no test knows `{words}`");
            }
        }
        blocks
    }

    fn needs(&self, need: Need) -> bool {
        self.blocks().iter().any(|block| matches!(block, Block::Console(one, _) if *one == need))
    }
}

fn steps(lines: &[&str], at: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), expected: String::new() });
            continue;
        }
        let step = steps.last_mut().unwrap_or_else(|| panic!("{at}: it begins with a command"));
        match line.strip_prefix("> ") {
            Some(more) if step.command.ends_with('\\') => {
                step.command = format!("{}\n{more}", step.command);
            }
            _ => step.expected += &format!("{line}\n"),
        }
    }
    steps
}

/// Where the blocks of one document are run.
pub trait Session {
    /// Writes a file, by its name in the document.
    fn write(&self, name: &str, text: &str);

    /// Runs a command, and returns what it prints on both streams.
    fn run(&self, command: &str) -> String;
}

/// Runs the blocks with this need of every document that has any, each in a session of its own. With
/// `PFX_TEST_WRITE`, the output is written into the document instead of being compared. Returns the number of commands.
///
/// # Panics
///
/// If a command prints something other than the document says.
pub fn follow<S: Session>(need: Need, begin: impl Fn() -> S) -> usize {
    let mut count = 0;
    let mut wrong = String::new();
    for document in documents().into_iter().filter(|document| document.needs(need)) {
        let session = begin();
        let mut printed = Vec::new();
        for block in document.blocks() {
            match block {
                Block::File { name, text } => session.write(&name, &text),
                Block::Console(other, steps) if other == need => {
                    for Step { command, expected } in steps {
                        // The document does not show whether the last line ends with a newline.
                        let said = session.run(&command).trim_end().to_owned();
                        let is_expected = matches(&said, expected.trim_end());
                        if !is_expected {
                            let path = document.path.display();
                            wrong += &format!(
                                "{path}: $ {command}\n{said}\n---- expected:\n{expected}\n"
                            );
                        }
                        printed.push((!is_expected).then_some(said));
                    }
                }
                Block::Console(..) => {}
            }
        }
        count += printed.len();
        if std::env::var_os("PFX_TEST_WRITE").is_some() {
            rewrite(&document.path, need, printed);
            wrong.clear();
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong}If that is right: PFX_TEST_WRITE=1 cargo test --test integration -- readme::"
    );
    count
}

/// Whether a text matches a pattern, in which a line `...` matches any lines.
fn matches(text: &str, pattern: &str) -> bool {
    fn lines(text: &[&str], pattern: &[&str]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((&"...", rest)) => (0..=text.len()).any(|skipped| lines(&text[skipped..], rest)),
            Some((first, rest)) => text.first() == Some(first) && lines(&text[1..], rest),
        }
    }
    let split = |text| str::lines(text).collect::<Vec<_>>();
    lines(&split(text), &split(pattern))
}

/// Replaces the output of the commands with a need where it has changed. Other tests may do the same at the same time.
fn rewrite(path: &Path, need: Need, printed: Vec<Option<String>>) {
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = Document::read(path).text;
    let made = rewritten(&text, need, printed);
    if made != text {
        fs::write(Path::new(ROOT).join(path), made).expect("a document can be written");
    }
}

/// The text of a document with other outputs of the commands with a need: one for each, if it has changed.
fn rewritten(text: &str, need: Need, printed: Vec<Option<String>>) -> String {
    let mut printed = printed.into_iter();
    let mut made = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        made += &format!("{line}\n");
        let Some(info) = line.strip_prefix("```") else { continue };
        let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let word = info.strip_prefix("console").map(str::trim_start);
        if word.and_then(Need::of) == Some(need) {
            for step in steps(&inside, line) {
                made += &format!("$ {}\n", step.command.replace("\\\n", "\\\n> "));
                match printed.next().flatten() {
                    Some(said) if said.is_empty() => {}
                    Some(said) => made += &format!("{said}\n"),
                    None => made += &step.expected,
                }
            }
        } else {
            made.extend(inside.iter().flat_map(|line| [*line, "\n"]));
        }
        made += "```\n";
    }
    made
}

#[test]
fn only_outputs_that_have_changed_are_rewritten() {
    let text = "a\n```console\n$ b \\\n> c\nold\n$ d\nsame\n...\n```\n```console cloud1\n$ e\nf\n```\n```\n$ g\n```\n";
    let made = rewritten(text, Need::Local, vec![Some("new\nlines".to_owned()), None]);
    assert_eq!(made, text.replace("old", "new\nlines"));
    assert_eq!(rewritten(&made, Need::Cloud1, vec![Some(String::new())]), made.replace("f\n", ""));
}

#[test]
fn three_dots_match_any_lines() {
    assert!(matches("a\nb\nc", "a\n...\nc") && matches("a\nc", "a\n...\nc"));
    assert!(matches("", "") && matches("a", "...") && matches("", "..."));
    assert!(!matches("a\nb", "a") && !matches("a", "a\nb") && !matches("a\nb\nd", "a\n...\nc"));
}
