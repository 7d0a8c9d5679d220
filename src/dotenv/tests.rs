//! Facts about dotenv texts.

use super::*;

fn read(text: &str) -> Result<Vec<(String, String)>, Error> {
    let environment = |name: &str| (name == "SET").then(|| b"inherited".to_vec());
    let told = |wanted: Wanted| match wanted {
        Wanted::Text(value) => String::from_utf8(value.expose().to_vec()).unwrap(),
        Wanted::Look(lookup) => format!("<{}>", lookup.reference),
        Wanted::Unset => unreachable!("a dotenv file removes nothing"),
    };
    Ok(parse(text, ".env", &environment)?
        .into_iter()
        .map(|entry| (entry.variable.as_str().to_owned(), told(entry.wanted)))
        .collect())
}

fn one(text: &str) -> String {
    let mut entries = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(entries.len(), 1, "{text:?}");
    entries.remove(0).1
}

#[test]
fn a_value_is_read_as_shells_and_the_crate_dotenvy_read_it() {
    for (text, value) in [
        ("A=", ""),
        ("A=   # comment", ""),
        ("export A = b # comment", "b"),
        ("export=b", "b"),
        ("A=b#c", "b#c"),
        ("A='b $SET # \\n \"'", "b $SET # \\n \""),
        ("A=\"b # \\n\\\"\\$ \\\\ '\"", "b # \n\"$ \\ '"),
        ("A=b\\ c", "b c"),
        ("A=b'c d'\"e f\"g", "bc de fg"),
        ("A=\"b\nc\"", "b\nc"),
        ("A=b\r\n", "b"),
        ("A=x=y", "x=y"),
        ("A=$SET", "inherited"),
        ("A=\"<${SET}>\"", "<inherited>"),
        ("A=${NOT:-d e}", "d e"),
        ("A=5$", "5$"),
        ("A=\"5$ \"", "5$ "),
        ("\n# A=x\n  A=b", "b"),
    ] {
        assert_eq!(one(text), value, "{text:?}");
    }
}

#[test]
fn earlier_lines_come_before_the_environment() {
    assert_eq!(read("SET=mine\nB=$SET").unwrap()[1].1, "mine");
}

#[test]
fn a_reference_is_one_only_if_the_file_itself_says_so() {
    assert_eq!(one("A=pfx://secret/x"), "<secret `x`>");
    assert_eq!(one("A='pfx://kv/x?'"), "<key `x`>");
    let environment = |_: &str| Some(b"pfx://secret/x".to_vec());
    let entries = parse("A=$B", ".env", &environment).unwrap();
    assert!(matches!(entries[0].wanted, Wanted::Text(_)));
}

#[test]
fn faults_name_line_and_column_and_quote_nothing() {
    for (text, place) in [
        ("A=1\nCANARY", ".env:2:7"),
        ("\nA='CANARY", ".env:2:3: key `A`"),
        ("A=\"CANARY\nB=1", ".env:1:3: key `A`"),
        ("A=x CANARY", ".env:1:5: key `A`"),
        ("A=CANARY\\q", ".env:1:9: key `A`"),
        ("A=CANARY$UNSET", ".env:1:9: key `A`"),
        ("A=${CANARY", ".env:1:3: key `A`"),
        ("A=CANARY$(id)", ".env:1:9: key `A`"),
        ("A=#CANARY", ".env:1:3: key `A`"),
        ("1=CANARY", ".env:1:1"),
        ("=CANARY", ".env:1:1"),
        ("A=pfx://secret/CANARY/x", ".env:1:3: key `A`"),
        ("A=pfx://secret/$SET", ".env:1:3: key `A`"),
        ("A=pfx://secret/s\nB=CANARY$A", ".env:2:9: key `B`"),
    ] {
        let told = read(text).unwrap_err().to_string();
        assert!(told.starts_with(&format!("cannot read {place}: ")), "{text:?}: {told}");
        assert!(!told.contains("CANARY"), "{told}");
    }
}

#[test]
fn a_line_of_base64_is_not_told_as_a_name() {
    let told = read("A=x\nMIIEvQIBADANBgkq== y").unwrap_err().to_string();
    assert_eq!(told, "cannot read .env:2:20: a value with white space in it needs quotes");
}

/// Whatever stands there, it is read or refused; and what may be a value is not told.
#[test]
fn no_text_makes_it_panic_or_quote() {
    let pieces = [
        "A", "=", "'", "\"", "\\", "\n", " ", "#", "$", "${", "}", ":-", "$(", "B=", "\r\n", "\0",
        "é", "Canary", "pfx://", "secret/", "%", "?", "#/", "export ", "\u{feff}",
    ];
    let mut state = 0x0bad_cafe_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..20_000 {
        let text: String = (0..=next(14)).map(|_| pieces[next(pieces.len())]).collect();
        if let Err(error) = read(&text) {
            // A variable that is not set is told by its name, which is what `$` says it is.
            let told = error.to_string().replace("`Canary", "`");
            assert!(
                !told.contains("Canary") || text.contains("$Canary") || text.contains("${Canary"),
                "{text:?}: {told}"
            );
        }
    }
}

/// Where dotenvy reads a text, we read the same, save for what is an error here.
#[test]
fn dotenvy_reads_the_same_from_texts_of_every_shape() {
    let pieces = [
        "A", "b", "=", "'", "\"", "\\", "\n", " ", "#", "export ", "\\n", "\\\"", "x y", "é", "\t",
        "A=", "B=", "'c d'", "\"e f\"", "\nC=", "\n", "\r\n",
    ];
    let mut state = 0x2026_1124_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut same, mut tried) = (0, 0);
    while same < 2_000 {
        tried += 1;
        assert!(tried < 200_000, "only {same} texts were read by both");
        let text: String = (0..=next(9)).map(|_| pieces[next(pieces.len())]).collect();
        // dotenvy cuts an escaped blank at the end of a line off, and joins such a line to the next.
        if text.lines().any(|line| line.ends_with([' ', '\t'])) {
            continue;
        }
        let Ok(ours) = read(&text) else { continue };
        let theirs = dotenvy::from_read_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
        let Ok(theirs) = theirs else { continue };
        assert_eq!(ours, theirs, "{text:?}");
        same += 1;
    }
}
