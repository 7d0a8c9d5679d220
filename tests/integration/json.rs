//! Parts of JSON values from every source: the other parts do not matter.

use serde_json::json;

use crate::support::{Home, Server, cloud1, reply};

/// Documents in which `/a` is this text, each unusual in a different way.
fn odd(wanted: &str) -> Vec<String> {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    vec![
        format!("\u{feff}{{\"a\":{wanted}}}"),
        format!("\u{feff} \r\n{{\"b\":[],\"a\" : {wanted} }}\n"),
        format!("{{\"x\":\"\\ud800\",\"a\":{wanted}}}"),
        format!("{{\"x\":{{\"y\":[\"\\udfff\\ud800\"]}},\"a\":{wanted},\"\\udc00\":1}}"),
        format!("{{\"a\":0,\"x\":1e400,\"a\":{wanted}}}"),
        format!("{{\"x\":{deep},\"a\":{wanted},\"y\":{deep}}}"),
    ]
}

const PARTS: [(&str, &str); 7] = [
    ("\"p\\u00e4ss\\n\\ud83d\\ude00\"", "päss\n😀"),
    ("-0", "-0"),
    ("1.10", "1.10"),
    ("12345678901234567890123", "12345678901234567890123"),
    ("{\"z\": 1.0,\"a\": [2.50, \"<&>\"]}", "{\"z\":1.0,\"a\":[2.50,\"<&>\"]}"),
    ("true", "true"),
    ("\"\"", ""),
];

#[test]
fn a_part_is_selected_whatever_the_other_parts_are() {
    for (part, value) in PARTS {
        for text in odd(part) {
            let home = Home::new();
            let print = ["/bin/sh", "-c", "printf %sX \"$V\""];
            let value = format!("{value}X");
            // From a mounted file, Prefect's file, and a variable that takes precedence over it.
            home.write("dir/J", &text);
            home.run(&["--secrets-dir", "dir", "-s", "V=J#/a"], &print).gives(&value);
            home.pfx(["secret", "set", "S"]).stdin(&*text).gives("");
            home.run(&["-s", "V=S#/a"], &print).gives(&value);
            let variable = format!(" {}", text.replace('$', ""));
            home.run(&["-s", "V=E#/a", "--no-expand"], &print)
                .env("PREFECT__CONTEXT__SECRETS__E", variable.trim_start())
                .gives(&value);
            home.write("e.env", "V=pfx://secret/S#/a\n");
            home.run(&["--env-file", "e.env"], &print).gives(&value);
        }
    }
}

#[test]
fn a_selected_number_keeps_its_exponent_as_written() {
    let home = Home::new();
    for number in ["1E5", "1e5", "1e+5", "-2.50e-400"] {
        home.write("dir/J", format!("{{\"a\": {number} }}"));
        let words = ["--secrets-dir", "dir", "-s", "V=J#/a"];
        home.run(&words, &["printenv", "V"]).gives(&format!("{number}\n"));
    }
}

#[test]
fn a_part_of_a_value_from_prefect_cloud_is_selected() {
    for (part, value) in PARTS {
        for text in odd(part) {
            // A text and, where a server may send one, an object.
            let secret = if text.starts_with('{') { text.clone() } else { json!(text).to_string() };
            for secret in [json!(text).to_string(), secret] {
                let body = format!("{{\"data\":{{\"secret_value\":{secret}}}}}");
                let answer = reply(200, &[], body);
                let server = Server::answering(move |_| answer.clone());
                let home = cloud1::home(&server.url());
                let print = ["/bin/sh", "-c", "printf %sX \"$V\""];
                home.run(&["-s", "V=J#/a"], &print).gives(&format!("{value}X"));
                let body = format!("{{\"data\":{{\"key_value\":[{{\"value\":{secret}}}]}}}}");
                let answer = reply(200, &[], body);
                let server = Server::answering(move |_| answer.clone());
                let home = cloud1::home(&server.url());
                home.run(&["-k", "V=J#/a"], &print).gives(&format!("{value}X"));
                home.pfx(["kv", "get", "J#/a"]).gives(value);
            }
        }
    }
}

#[test]
fn an_unpaired_surrogate_in_the_selected_part_is_an_error_that_names_it() {
    let home = Home::new();
    home.write("dir/J", "{\"a\": \"CANARY\\ud800\", \"b\": {\"c\": [\"\\udc00\"]}}");
    for (pointer, name) in [("/a", "J#/a"), ("/b/c/0", "J#/b/c/0")] {
        let words = ["--secrets-dir", "dir", "-s", &format!("V=J#{pointer}")];
        home.run(&words, &["true"]).refuses(
            125,
            &format!(
                "pfx: error: cannot use `{name}`: its JSON string has an unpaired surrogate, such as `\\ud800`, \
                 which text cannot hold\n"
            ),
        );
    }
    // The variable that Prefect 1.x reads needs the whole value.
    let held = Home::with_secrets("J = '{\"a\": \"CANARY\\ud800\"}'\n");
    held.run(&["--prefect", "-s", "J"], &["true"]).refuses(
        125,
        "pfx: error: cannot use `J`: its JSON string has an unpaired surrogate, such as `\\ud800`, which text \
         cannot hold\n",
    );
    // JSON can represent it.
    home.run(&["--secrets-dir", "dir", "-s", "V=J#/b"], &["printenv", "V"])
        .gives("{\"c\":[\"\\udc00\"]}\n");
    for (words, json) in [
        (&["secret", "get", "J#/b", "--json"][..], "{\"c\":[\"\\udc00\"]}\n"),
        (&["secret", "get", "J#/b/c", "--json"], "[\"\\udc00\"]\n"),
    ] {
        home.pfx(words).env("PFX_SECRETS_DIR", home.join("dir")).gives(json);
    }
}

#[test]
fn text_that_is_not_json_is_an_error() {
    let home = Home::new();
    for text in ["CANARY", "", "{\"a\":1", "{\"a\":1}}", "\u{feff}\u{feff}{\"a\":1}", "{\"a\":01}"]
    {
        home.write("dir/J", text);
        let outcome = home.run(&["--secrets-dir", "dir", "-s", "V=J#/a"], &["true"]).outcome();
        assert_eq!(outcome.code(), Some(125), "{text}");
        assert!(outcome.stderr().contains("cannot use `J`: its value is not JSON"), "{text}");
    }
    // The whole value is passed unchanged, with its byte order mark.
    home.write("dir/J", "\u{feff}{\"a\":1}");
    let print = ["/bin/sh", "-c", "printf %s \"$V\""];
    home.run(&["--secrets-dir", "dir", "-s", "V=J"], &print).gives("\u{feff}{\"a\":1}");
}
