//! Exports as JSON and YAML, read back by parsers.

use super::values::{any_bytes, texts};
use super::{assert_read, encoded, export, exported, holding};
use crate::support::needs::{tools, yaml};

#[test]
fn jq_reads_any_text_as_json() {
    need!(tools(&["jq"]));
    need!(yaml());
    let values = texts();
    let home = holding(&values);
    exported(&home, "json");
    let program = "to_entries[] | \"\\(.key) \\(.value | @base64)\"";
    assert_read(&encoded(&home.bare(&["jq", "-r", program, "exported"]).outcome()), &values);
}

const FROM_YAML: &str = "import base64, sys, yaml\n\
    for name, value in yaml.safe_load(open('exported', encoding='utf-8', newline='')).items():\n    \
    print(name, base64.b64encode(value.encode()).decode())";

#[test]
fn a_yaml_parser_reads_any_text_and_names_with_a_meaning_in_yaml() {
    need!(yaml());
    let mut values = texts();
    for name in ["NO", "y", "NULL", "TRUE"] {
        values.insert(name.to_owned(), b"1".to_vec());
    }
    let home = holding(&values);
    exported(&home, "yaml");
    assert_read(&encoded(&home.bare(&["/usr/bin/python3", "-c", FROM_YAML]).outcome()), &values);
}

#[test]
fn a_secret_of_kubernetes_can_hold_any_bytes() {
    need!(yaml());
    let values = any_bytes();
    let home = holding(&values);
    exported(&home, "k8s");
    let script = "import yaml\n\
        secret = yaml.safe_load(open('exported'))\n\
        assert secret['kind'] == 'Secret' and secret['apiVersion'] == 'v1' and secret['type'] == 'Opaque'\n\
        assert secret['metadata'] == {'name': 'pfx'}\n\
        for name, value in secret['data'].items(): print(name, value)";
    assert_read(&encoded(&home.bare(&["/usr/bin/python3", "-c", script]).outcome()), &values);
    export(&home, "k8s", &["--name", "A b"]).assert(
        2,
        "",
        "pfx: error: cannot use --name: `A b` is not a valid name for a Secret\n\
         pfx: hint: use lowercase letters, digits, `-` and `.`, for example `app-secrets`\n",
    );
}
