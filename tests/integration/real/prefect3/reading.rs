//! The values that a run reads, and the number of its requests.

use serde_json::Value;

use super::home::{FailsWith as _, Home, WithUrl as _};
use super::http::Listener;
use super::server::{BULK, plain, secrets};

const BLOCKS: &str = "POST block_documents/filter";
const VARIABLES: &str = "POST variables/filter";

/// Runs `pfx run` with these bindings; returns the values of the variables `names`, one per line.
fn read(url: &str, bindings: &[String], names: &[&str]) -> String {
    let words = ["run".to_owned()].into_iter().chain(bindings.iter().cloned());
    let script = names
        .iter()
        .fold(String::new(), |script, name| script + &format!("printf '%s\\n' \"${name}\";"));
    let words = words.chain(["--", "sh", "-c", &script].map(str::to_owned));
    let outcome = Home::new().with_url(url, words).outcome();
    assert_eq!((outcome.code(), outcome.stderr().as_str()), (Some(0), ""));
    outcome.stdout()
}

/// The results of `line` for each number below `count`, one per line.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |text, index| text + &line(index) + "\n")
}

fn bindings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn one_request_reads_two_hundred_secrets_however_many_exist() {
    let url = &need!(plain()).url;
    for (count, requests) in [(0, 0), (1, 1), (50, 1), (200, 1), (201, 2), (BULK, 3)] {
        let proxy = Listener::before(url);
        let mut words = bindings(&["--set", "X=x"]);
        for index in 0..count {
            words.extend(["-s".to_owned(), format!("V{index:03}=bulk-{index:03}")]);
        }
        let names: Vec<String> = (0..count).map(|index| format!("V{index:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let values = lines(count, |index| format!("value-{index:03}"));
        assert_eq!(read(&proxy.url(), &words, &names), values);
        assert_eq!(proxy.lines(), vec![BLOCKS; requests], "{count} secrets");
    }
}

#[test]
fn secrets_blocks_and_variables_take_one_request_per_kind() {
    let proxy = Listener::before(&need!(plain()).url);
    let words = bindings(&[
        "-s",
        "A=db-password",
        "-s",
        "B=json-dict#/nested/k",
        "-b",
        "C=s3-bucket/my-bucket#/credentials/aws_secret_access_key",
        "-b",
        "D=aws-credentials/prod-aws#/aws_access_key_id",
        "-b",
        "E=database-credentials/db-password#/password",
        "-k",
        "F=my_variable",
        "-k",
        "G=v_dict#/a",
    ]);
    let values = read(&proxy.url(), &words, &["A", "B", "C", "D", "E", "F", "G"]);
    let expected = "s3cr3t-p\u{e4}ssword\n[1,null,true]\naws/secret+key\nAKIAEXAMPLE\np@ss\nmy-value\n{\"b\":1}\n";
    assert_eq!(values, expected);
    assert_eq!(proxy.lines(), [BLOCKS, VARIABLES]);
}

#[test]
fn all_pages_of_a_filter_of_several_types_are_read() {
    let server = need!(plain());
    let mut words = Vec::new();
    let mut names = Vec::new();
    for index in 0..150 {
        let name = format!("bulk-{index:03}");
        let data = serde_json::json!({ "url": format!("https://{name}") });
        server.create_block("webhook", &name, &data);
        for (option, variable, what) in [
            ("-s", format!("S{index}"), name.clone()),
            ("-b", format!("W{index}"), format!("webhook/{name}#/url")),
        ] {
            words.extend([option.to_owned(), format!("{variable}={what}")]);
            names.push(variable);
        }
    }
    let proxy = Listener::before(&server.url);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let values = lines(150, |index| format!("value-{index:03}\nhttps://bulk-{index:03}"));
    assert_eq!(read(&proxy.url(), &words, &names), values);
    assert_eq!(proxy.lines(), [BLOCKS, BLOCKS]);
}

#[test]
fn every_value_arrives_byte_for_byte() {
    let url = &need!(plain()).url;
    let home = Home::new();
    for (name, value) in secrets() {
        let expected = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        home.with_url(url, ["secret", "get", "--remote", name]).gives(&expected);
        let binding = format!("X={name}");
        let words = ["run", "-s", &binding, "--", "sh", "-c", "printf %s \"$X\""];
        home.with_url(url, words).gives(&expected);
    }
    for (name, expected) in [
        ("json-int", "42"),
        ("json-float", "1.5"),
        ("json-bool", "true"),
        ("big-int", "12345678901234567890123"),
    ] {
        home.with_url(url, ["secret", "get", "--remote", name]).gives(expected);
    }
}

#[test]
fn variables_of_every_type_are_read() {
    let url = &need!(plain()).url;
    let home = Home::new();
    for (name, expected) in [
        ("my_variable", "my-value"),
        ("with-dash", "d"),
        ("v_int", "42"),
        ("v_float", "1.5"),
        ("v_bool", "true"),
        ("v_null", "null"),
        ("v_list", "[1,\"two\",null]"),
        ("v_dict", "{\"a\":{\"b\":1}}"),
        ("v_empty", ""),
        ("v_text", "\u{fc}\u{4e2d}\u{1f511}\n"),
        ("v_looks_int", "42"),
    ] {
        home.with_url(url, ["kv", "get", name]).gives(expected);
        if name != "v_null" {
            let binding = format!("X={name}");
            let words = ["run", "-k", &binding, "--", "sh", "-c", "printf %s \"$X\""];
            home.with_url(url, words).gives(expected);
        }
    }
    home.with_url(url, ["kv", "get", "v_looks_int", "--json"]).gives("\"42\"\n");
}

#[test]
fn names_in_upper_case_are_found_as_prefect_spells_them_and_check_shows_that() {
    let url = &need!(plain()).url;
    let words = bindings(&["-s", "DB_PASSWORD", "-k", "MY_VARIABLE", "-k", "WITH_DASH=WITH-DASH"]);
    let values = read(url, &words, &["DB_PASSWORD", "MY_VARIABLE", "WITH_DASH"]);
    assert_eq!(values, "s3cr3t-p\u{e4}ssword\nmy-value\nd\n");
    let words = ["check", "-s", "DB_PASSWORD", "-s", "X=db-password", "-k", "MY_VARIABLE"];
    let outcome = Home::new().with_url(url, words).outcome();
    for expected in [
        format!("DB_PASSWORD  secret DB_PASSWORD  {url} (block secret/db-password)\n"),
        format!("X            secret db-password  {url}\n"),
        format!("MY_VARIABLE  key MY_VARIABLE     {url} (Variable my_variable)\n"),
    ] {
        assert!(
            outcome.stdout().contains(&expected),
            "{expected:?} is not in {}",
            outcome.stdout()
        );
    }
    assert_eq!(outcome.code(), Some(0));
}

#[test]
fn all_missing_names_are_reported_together_and_nothing_starts() {
    let url = &need!(plain()).url;
    let words = [
        "run", "-s", "A=db-password", "-s", "B=nope", "-s", "C=nope2?", "-k", "D=gone", "-b",
        "E=secret/nix", "-b", "F=no-such-type/x", "--", "echo", "started",
    ];
    let expected = [
        "cannot find the secret `nope`:",
        "the key `gone`:",
        "the blocks `secret/nix`, `no-such-type/x`:",
        url,
    ];
    Home::new().with_url(url, words).fails_with(125, &expected);
    let words = ["run", "-s", "C=nope2?", "--", "sh", "-c", "echo ${C-unset}"];
    Home::new().with_url(url, words).gives("unset\n");
}

#[test]
fn null_and_a_block_without_a_value_are_errors_that_name_the_secret() {
    let url = &need!(plain()).url;
    for (option, name, expected) in [
        ("-s", "X=json-null", "cannot use `json-null`: its value is JSON null"),
        ("-k", "X=v_null", "cannot use `v_null`: its value is JSON null"),
        ("-s", "X=no-value", "cannot use `no-value`: its block has no field `value`"),
    ] {
        let words = ["run", option, name, "--", "echo", "started"];
        Home::new().with_url(url, words).fails_with(125, &[expected]);
    }
}

#[test]
fn a_secret_that_is_found_locally_is_never_requested() {
    let proxy = Listener::before(&need!(plain()).url);
    let home = Home::new();
    home.write(".prefect/config.toml", "[context.secrets]\ndb-password = \"local\"\n");
    let words = ["run", "-s", "X=db-password", "--", "sh", "-c", "echo $X"];
    home.with_url(&proxy.url(), words).gives("local\n");
    let words = ["run", "--local", "-s", "X=empty?", "--", "sh", "-c", "echo ${X-unset}"];
    home.with_url(&proxy.url(), words).gives("unset\n");
    assert_eq!(proxy.lines(), Vec::<String>::new());
}

#[test]
fn lists_read_all_pages() {
    let url = &need!(plain()).url;
    let outcome = Home::new().with_url(url, ["secret", "list", "--remote"]).outcome();
    let listed = outcome.stdout();
    let names: Vec<&str> = listed.lines().collect();
    assert!(names.is_sorted() && names.contains(&"db-password") && names.contains(&"bulk-449"));
    assert!(names.len() > BULK, "{}", names.len());
    let outcome = Home::new().with_url(url, ["kv", "list", "--prefix", "many_"]).outcome();
    assert_eq!(outcome.stdout().lines().count(), 250);
}
