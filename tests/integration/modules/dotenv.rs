//! Tests of the reader of dotenv texts.

use pfx::dotenv::*;
use pfx::error::Error;
use pfx::secret::SecretValue;
use pfx::wanted::{Interpolation, TemplatePiece, WantedValue};

/// Each variable with its value; a reference to another variable is shown as `<NAME>` or `<NAME:-default>`.
fn read(text: &str) -> Result<Vec<(String, String)>, Error> {
    let text_of = |value: &SecretValue| String::from_utf8(value.expose().to_vec()).unwrap();
    let piece = |piece: &TemplatePiece| match piece {
        TemplatePiece::Text(text) => text_of(text),
        TemplatePiece::Variable(Interpolation { name, default: None, .. }) => format!("<{name}>"),
        TemplatePiece::Variable(Interpolation { name, default: Some(default), .. }) => {
            format!("<{name}:-{}>", text_of(default))
        }
    };
    let shown = |wanted: WantedValue| match wanted {
        WantedValue::Text(value) => text_of(&value),
        WantedValue::Lookup(lookup) => format!("<{}>", lookup.reference),
        WantedValue::Template(template) => template.pieces.iter().map(piece).collect(),
        WantedValue::Unset => unreachable!("a dotenv file removes nothing"),
    };
    Ok(parse(text, ".env")?
        .into_iter()
        .map(|entry| (entry.variable.as_str().to_owned(), shown(entry.value)))
        .collect())
}

fn one(text: &str) -> String {
    let mut entries = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(entries.len(), 1, "{text:?}");
    entries.remove(0).1
}

#[test]
fn values_are_read_as_by_python_dotenv_node_and_npms_dotenv() {
    for (text, value) in [
        ("A=", ""),
        ("A=   # comment", ""),
        ("export A = b # comment", "b"),
        ("export=b", "b"),
        ("spring.datasource.password=b", "b"),
        ("1-b=b", "b"),
        ("A='b $SET # \\n \"'", "b $SET # \\n \""),
        ("A='b\\\\c'", "b\\\\c"),
        ("A=\"b # \\n\\\" '\"", "b # \n\" '"),
        ("A=My  App v2 # comment", "My  App v2"),
        ("A= {\"a\": \"b\"} \r\n", "{\"a\": \"b\"}"),
        ("A=a 'b # c'", "a 'b"),
        ("A=a =b", "a =b"),
        ("A=\"\\d\\u0041\\ \"", "\\d\\u0041\\ "),
        ("A=\"b\nc\"", "b\nc"),
        ("A=\"b\r\nc\"\r\n", "b\nc"),
        ("A='b\r\nc'\r\n", "b\nc"),
        ("A=b\r\n", "b"),
        ("A=b  ", "b"),
        ("A=x=y", "x=y"),
        ("A={\"a\":\"b\"}", "{\"a\":\"b\"}"),
        ("A=o'brien", "o'brien"),
        ("A=CORP\\tom", "CORP\\tom"),
        ("A='x'\t# it's", "x"),
        ("A=5$", "5$"),
        ("A=\"5$ \"", "5$ "),
        ("\n# A=x\n  A=b", "b"),
    ] {
        assert_eq!(one(text), value, "{text:?}");
    }
    assert!(read("\n \t \n\t# A=x\n#A=x").unwrap().is_empty());
}

#[test]
fn text_that_readers_read_differently_is_refused() {
    for text in [
        "A=#c", "A=b#c", "A=\"b\"#c", "A=b\t", "A=b\tc", "A=\tb", "A=b\u{a0}", "A=\u{2028}b",
        "A=b\u{1f}", "A=b\\ c", "A=`b`", "A=b`c`", "A=\"b`c`\"", "A=\"b\"c", "A='b' 'c'",
        "A='b\\'", "A='b\\'c'", "A=\"b\\\\c\"", "A=\"b\\tc\"", "A=\"b\\rc\"", "A=\"b\\$c\"",
        "A=\"b\\'c\"", "A=\"b\\\nc\"", "A=b\\$c", "A=$(id)", "A=$1", "A=$$", "A=${B-c}",
        "A=${B:?c}", "A=${B:+c}", "A=${B:=c}", "A=${B", "A=${}", "A=${1}", "A=${B:-$C}",
        "A=${B:-${C}}", "A=${B:-'c d'}", "A=b\rB=c", "# c\rB=c", "# c\u{2028}B=c",
        "A=b # c\u{2029}B=c", "A=\"b\rc\"", "A=b\0", "A='b\0'", "A=\"b\0\"", "export =b",
        "export B", "A", "A: b", "=b", "'A'=b", "é=b", "\u{a0}A=b", "A='b", "A=\"b", "A=\"b\nB=1",
    ] {
        assert!(read(text).is_err(), "{text:?}: {:?}", read(text));
    }
}

#[test]
fn variables_are_expanded_outside_of_single_quotes() {
    for (text, value) in [
        ("A=$B/c", "<B>/c"),
        ("A=\"<${B}>\"", "<<B>>"),
        ("A=${B:-d e}", "<B:-d e>"),
        ("A=${B:-}", "<B:->"),
        ("A=$B$C", "<B><C>"),
        ("A='$B'", "$B"),
    ] {
        assert_eq!(one(text), value, "{text:?}");
    }
}

#[test]
fn a_reference_is_a_whole_value_and_an_error_inside_a_text() {
    assert_eq!(one("A=pfx://secret/x"), "<secret `x`>");
    assert_eq!(one("A='pfx://kv/x?'"), "<key `x`>");
    assert_eq!(one("A=\"pfx://kv/x\" # c"), "<key `x`>");
    assert_eq!(one("A=pfx://secret/x?#/a # c"), "<secret `x`>");
    for text in [
        "A=postgres://app:pfx://secret/CANARY@h/db",
        "A=\" pfx://secret/CANARY\"",
        "A=PFX://secret/CANARY",
        "A='Pfx://secret/CANARY'",
        "A=${B}pfx://secret/CANARY",
        "A=x${B}pfx://secret/CANARY",
        "A=${B:-pfx://secret/CANARY}",
        "A='x\npfx://secret/CANARY'",
    ] {
        let error = read(text).unwrap_err().to_string();
        let expected =
            "cannot read .env:1:3: key `A`: `pfx://` is a reference only as the whole value";
        assert!(error.starts_with(expected) && !error.contains("CANARY"), "{text:?}: {error}");
    }
    // Joined from parts, it is text.
    assert_eq!(one("A=${S}//secret/x"), "<S>//secret/x");
}

#[test]
fn errors_give_line_and_column_and_quote_nothing() {
    for (text, place) in [
        ("A=1\nCANARY", ".env:2:7"),
        ("\nA='CANARY", ".env:2:3: key `A`"),
        ("A=\"CANARY\nB=1", ".env:1:3: key `A`"),
        ("A=x\tCANARY", ".env:1:4: key `A`"),
        ("A=\"CANARY\\t\"", ".env:1:10: key `A`"),
        ("A=${CANARY", ".env:1:3: key `A`"),
        ("A=CANARY$(id)", ".env:1:9: key `A`"),
        ("A=#CANARY", ".env:1:3: key `A`"),
        ("A=x#CANARY", ".env:1:4: key `A`"),
        ("A='x'CANARY", ".env:1:6: key `A`"),
        ("A=${x-CANARY}", ".env:1:3: key `A`"),
        ("A=${x:-$CANARY}", ".env:1:3: key `A`"),
        ("A=é\u{a0}CANARY", ".env:1:4: key `A`"),
        ("A=1\r\nB=CANARY\rx", ".env:2:9"),
        ("=CANARY", ".env:1:1"),
        ("A=pfx://secret/CANARY/x", ".env:1:3: key `A`"),
        ("A=pfx://secret/$SET", ".env:1:3: key `A`"),
        ("A=\"pfx://secret/$SET\"", ".env:1:3: key `A`"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read {place}: ")), "{text:?}: {error}");
        assert!(!error.contains("CANARY"), "{error}");
    }
}

#[test]
fn a_line_of_base64_is_not_shown_as_a_name_and_with_padding_is_not_a_name() {
    let error = read("A=x\nMIIEvQIBADANBgkq==\ty").unwrap_err().to_string();
    let white_space = "put a value that contains white space other than spaces in quotes";
    assert_eq!(error, format!("cannot read .env:2:19: {white_space}"));
    for name in ["JBSWY3DPEHPK3PXP", "deadbeef01234567"] {
        let error = read(&format!("{name}=x\ty")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read .env:1:19: put a value"), "{error}");
    }
    let error = read("SOME_LONG_NAME_12=x\ty").unwrap_err().to_string();
    assert!(error.contains("key `SOME_LONG_NAME_12`"), "{error}");
    let error = read("A=x\nMIIEvQIBADANBgkqhk==").unwrap_err().to_string();
    assert!(error.starts_with("cannot read .env:2:1: this looks like a line of base64"), "{error}");
    for name in ["ConnectionStrings", "Connection_2_String"] {
        assert_eq!(one(&format!("{name}=")), "");
    }
}

/// Every text is read or refused, and text that may be a value is not shown.
#[test]
fn no_text_causes_a_panic_or_is_quoted() {
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
            assert!(!error.to_string().contains("Canary"), "{text:?}: {error}");
        }
    }
}
