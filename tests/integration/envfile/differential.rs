//! Generated texts, from a fixed seed, read by pfx and by the readers that people use.

use super::readers::{self, Own, Readers};

/// A deterministic random number generator.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn of<'p>(&mut self, pieces: &[&'p str]) -> &'p str {
        pieces[self.below(pieces.len())]
    }
}

/// Random text, mostly nonsense.
const LOOSE: [&str; 44] = [
    "A", "b", "=", "'", "\"", "\\", "\n", " ", "#", "$", "`", "export ", "\\n", "\\\"", "\\\\",
    "\\t", "\\r", "\\'", "\\$", "x y", "é", "\t", "A=", "\nB=", "'c d'", "\"e f\"", "\nC='",
    "\r\n", "\r", "\u{a0}", "\u{feff}", "\u{2028}", "\u{b}", "{\"a\":\"b\"}", "$x", "${x}", " # ",
    "a.b=", "a-b=", "1=", ":", "\0", "=\"", "\"\n",
];

/// Parts of files that people write.
const NAMES: [&str; 7] = ["A", "B", "export C", "a.b", "D_1", "lower", "E "];
const VALUES: [&str; 34] = [
    "x",
    "My App  2.0",
    "{\"a\": \"b\", \"c\": [1, 2]}",
    "a 'b c'",
    "-Xmx1g -Dx=\"y z\"",
    "x-y/z",
    "p@ss!w0rd&x;y|z<q>(r)*?[s]~",
    "{\"a\":\"b\"}",
    "[\"x\",\"y\"]",
    "o'brien",
    "CORP\\tom",
    "C:\\dir\\",
    "a\\nb",
    "x=y",
    "=",
    "",
    " ",
    "é",
    "100%",
    "user:pw@host:5432/db?a=b&c=d",
    "\"\"",
    "''",
    "\"x y\"",
    "'x y'",
    "\"x\ny\"",
    "'x\ny'",
    "\"x\\ny\"",
    "\"it's\"",
    "'say \"hi\"'",
    "'a$b!`c`\\d'",
    "\"\\d+\\.\\w\"",
    "'x#y'",
    "\"x # y\"",
    "'C:\\dir'",
];
const ENDS: [&str; 8] = ["", "", "", " ", " # c", "  # it's \"c\"", " #c=d", " # a\\"];
const BETWEEN: [&str; 6] = ["", "", "\n", "# c\n", "# a='b\n", "# \"c\n"];

fn texts(count: usize, seed: u64) -> Vec<String> {
    let mut random = Random(seed);
    let mut text = |index: usize| {
        let mut text = String::new();
        if index.is_multiple_of(2) {
            for _ in 0..=random.below(9) {
                text.push_str(random.of(&LOOSE));
            }
        } else {
            let end = random.of(&["\n", "\n", "\r\n"]);
            for _ in 0..=random.below(3) {
                text.push_str(random.of(&BETWEEN));
                text.push_str(random.of(&NAMES));
                text.push_str(random.of(&["=", "=", "=", "= "]));
                text.push_str(random.of(&VALUES));
                // Sometimes this is part of the value.
                if random.below(8) == 0 {
                    text.push_str(random.of(&LOOSE));
                }
                text.push_str(random.of(&ENDS));
                text.push('\n');
            }
            text = text.replace('\n', end);
        }
        // Node.js reads a comment at the end of a text as a variable if no newline follows it.
        text.push('\n');
        text
    };
    (0..count).map(&mut text).collect()
}

/// Compares all. Returns the number of texts that pfx read, and of those that only pfx refused although the others agree.
fn compare<'t>(readers: &Readers, texts: &'t [String]) -> (usize, Vec<&'t str>) {
    let [python, node, npm] = readers.read(texts);
    let (mut taken, mut refused) = (0, Vec::new());
    for (index, text) in texts.iter().enumerate() {
        let theirs = [&python[index], &node[index], &npm[index]];
        match readers::own(text) {
            Own::Read(own) => {
                taken += usize::from(!own.is_empty());
                let excused = readers::excused(text);
                for (reader, who) in ["python-dotenv", "Node.js", "npm's dotenv"].iter().enumerate()
                {
                    assert!(
                        excused[reader] || theirs[reader].as_ref() == Some(&own),
                        "{text:?}: {who} reads {:?}, pfx {own:?}",
                        theirs[reader]
                    );
                }
            }
            Own::Refused if theirs[0].as_ref().is_some_and(|read| !read.is_empty()) => {
                let alike = theirs[0] == theirs[1] && theirs[1] == theirs[2];
                refused.extend((alike && !refused_on_purpose(text)).then_some(text.as_str()));
            }
            Own::More | Own::Refused => {}
        }
    }
    (taken, refused)
}

/// Whether a text contains something that pfx always refuses because a shell reads it differently: white space other
/// than spaces in a value without quotes, backticks, `$`, a `\` before a space or at the end of a line, `#` right
/// after a quote; or a name that is a line of base64, or a NUL.
fn refused_on_purpose(text: &str) -> bool {
    let white_space_inside = |line: &str| {
        let value = line.split_once('=').map_or("", |(_, value)| value).trim_matches(' ');
        !value.starts_with(['"', '\''])
            && value
                .split(" #")
                .next()
                .unwrap_or_default()
                .contains(|character: char| character.is_whitespace() && character != ' ')
    };
    text.contains(['`', '$', '\0', '\u{feff}'])
        || text.contains("\\\n")
        || text.contains("\\ ")
        || text.contains("\"#")
        || text.contains("'#")
        || text.lines().any(white_space_inside)
}

/// The property: pfx refuses a text, or reads what all three readers read.
fn holds(readers: &Readers, count: usize, seed: u64) {
    let texts = texts(count, seed);
    let (taken, mut refused) = compare(readers, &texts);
    assert!(taken * 4 > count, "only {taken} of {count} texts were read");
    let count_refused = refused.len();
    refused.truncate(20);
    assert!(
        count_refused * 100 < count,
        "{count_refused} of {count} texts were refused that all readers read alike: {refused:#?}"
    );
}

#[test]
fn pfx_refuses_a_text_or_reads_what_python_dotenv_node_and_npms_dotenv_read() {
    let readers = need!(Readers::found());
    // `tests/envfiles.sh` runs more rounds.
    let rounds =
        std::env::var("PFX_TEST_ENVFILES").ok().map(|rounds| rounds.parse().expect("a number"));
    for round in 0..rounds.unwrap_or(1) {
        holds(&readers, 12_000, 0x2026_1125 + round);
    }
}
