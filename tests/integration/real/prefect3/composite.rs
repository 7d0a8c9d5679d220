//! Blocks that refer to secrets elsewhere, nested blocks, and the masks of Prefect and pydantic.

use serde_json::{Value, json};

use super::home::{FailsWith as _, Home, WithUrl as _};
use super::server::{Server, alone, plain};

const CANARY: &str = "CANARY-of-a-block";

/// Creates a block type that no package defines, with a schema of this kind, and a block of it.
fn create(server: &Server, slug: &str, schema: &Value, data: &Value) {
    let kind = json!({ "name": slug, "slug": slug });
    let (status, kind) = server.call("POST", "block_types/", Some(&kind));
    assert_eq!(status, 201, "{kind}");
    // Identical schemas are one schema.
    let mut schema = schema.clone();
    schema["title"] = json!(slug);
    let schema = json!({ "block_type_id": kind["id"], "fields": schema });
    let (status, schema) = server.call("POST", "block_schemas/", Some(&schema));
    assert_eq!(status, 201, "{schema}");
    assert!(server.create_block(slug, "one", data).is_some());
}

fn run(url: &str, home: &Home, binding: &str) -> crate::support::Pfx {
    home.with_url(url, ["run", "-b", binding, "--", "sh", "-c", "printf %s \"$X\""])
}

#[test]
fn a_block_that_contains_others_is_passed_whole_only_on_request() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    let inner = |data: Value| {
        let name = format!("inner-{}", data.as_object().map_or(0, serde_json::Map::len));
        let id = server.create_block("aws-credentials", &name, &data).expect("a type");
        json!({ "$ref": { "block_document_id": id } })
    };
    let credentials = inner(json!({ "aws_access_key_id": "AK", "aws_secret_access_key": CANARY }));
    let unknown = |secrets: Value| {
        json!({ "type": "object", "properties": {}, "secret_fields": secrets,
            "block_schema_references": {} })
    };

    // Types of real packages, and unknown types.
    let data = json!({ "secret_name": "prod/db", "aws_credentials": credentials });
    server.create_block("aws-secret", "one", &data).expect("a type");
    let data = json!({ "secret_name": "db", "gcp_credentials": {
        "service_account_info": { "private_key": CANARY } } });
    server.create_block("gcpsecret", "one", &data).expect("a type");
    let data = json!({ "bucket_name": "b", "credentials": credentials });
    server.create_block("s3-bucket", "composite", &data).expect("a type");
    let reference = "azure-key-vault-secret-reference";
    let data = json!({ "vault_url": "https://v", "secret_name": "db" });
    create(server, reference, &unknown(json!([])), &data);
    let data = json!({ "host": "h", "login": credentials });
    create(server, "vendor-connection", &unknown(json!([])), &data);
    let elsewhere = "this block refers to a secret that is stored elsewhere";
    for (block, expected, field, value) in [
        (
            "aws-secret/one",
            &[elsewhere, "and has the credentials for it in `aws_credentials`"][..],
            "secret_name",
            "prod/db",
        ),
        ("gcpsecret/one", &[elsewhere, "in `gcp_credentials`"], "secret_name", "db"),
        (
            "azure-key-vault-secret-reference/one",
            &[elsewhere, "its fields are `vault_url`, `secret_name`"],
            "vault_url",
            "https://v",
        ),
        (
            "s3-bucket/composite",
            &["this block contains other blocks with secrets in `credentials`"],
            "bucket_name",
            "b",
        ),
        (
            "vendor-connection/one",
            &[
                "this block contains other blocks with secrets in `login`",
                "its fields are `host`, `login`",
            ],
            "host",
            "h",
        ),
    ] {
        for binding in [format!("X={block}"), format!("X={block}?")] {
            let outcome = run(&server.url, &home, &binding).outcome();
            assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{outcome:?}");
            let said = outcome.stderr();
            assert!(!said.contains(CANARY), "{said}");
            let hint = format!("hint: append `#/{field}` to the name to get that field, or `#`");
            for expected in expected.iter().copied().chain([block, &hint]) {
                assert!(said.contains(expected), "{expected:?} is not in {said:?}");
            }
        }
        run(&server.url, &home, &format!("X={block}#/{field}")).gives(value);
        if expected[0] == elsewhere {
            // As if the secret were in this block.
            run(&server.url, &home, &format!("X={block}#/value")).fails_with(125, expected);
            run(&server.url, &home, &format!("X={block}?#/value")).gives("");
        }
        // The whole block, in each way to request it.
        let whole = run(&server.url, &home, &format!("X={block}#")).outcome();
        assert_eq!(whole.code(), Some(0), "{}", whole.stderr());
        let whole: Value = serde_json::from_slice(&whole.stdout).expect("an object");
        assert_eq!(whole[field], value);
        home.write("e.env", format!("X=pfx://block/{block}#\n"));
        home.write("project.toml", format!("env.X = {{ block = \"{block}\", pointer = \"\" }}\n"));
        for named in ["--env-file=e.env", "--project=project.toml"] {
            let words = ["run", named, "--", "sh", "-c", "printf %s \"$X\""];
            let outcome = home.with_url(&server.url, words).outcome();
            let all: Value = serde_json::from_slice(&outcome.stdout).expect("an object");
            assert_eq!(all, whole, "{named}");
        }
        home.write("e.env", format!("X=pfx://block/{block}\n"));
        home.write("project.toml", format!("env.X.block = \"{block}\"\n"));
        for named in ["--env-file=e.env", "--project=project.toml"] {
            home.with_url(&server.url, ["run", named, "--", "true"]).fails_with(125, expected);
        }
    }
    // Other blocks are passed whole: own secrets, an object instead of a block, a block without secrets.
    let data = json!({ "driver": "d", "password": CANARY });
    create(server, "vendor-secret", &unknown(json!(["password"])), &data);
    let data = json!({ "info": { "password": CANARY } });
    create(server, "vendor-object", &unknown(json!(["info.password"])), &data);
    let config = json!({ "context_name": "c", "config": {} });
    let id = server.create_block("kubernetes-cluster-config", "one", &config).expect("a type");
    let data = json!({ "cluster_config": { "$ref": { "block_document_id": id } } });
    server.create_block("kubernetes-credentials", "one", &data).expect("a type");
    for block in ["vendor-secret/one", "vendor-object/one", "kubernetes-credentials/one"] {
        let outcome = run(&server.url, &home, &format!("X={block}")).outcome();
        assert_eq!((outcome.code(), outcome.stderr().as_str()), (Some(0), ""), "{block}");
    }
}

#[test]
fn a_mask_of_any_length_is_never_passed() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    let schema = json!({ "type": "object", "properties": {},
        "secret_fields": ["mongo.password"], "block_schema_references": {} });
    let stars = "*".repeat(10);
    let data = json!({ "mongo": { "uri": "u", "password": stars, "list": ["a", "*".repeat(64)] } });
    create(server, "vendor-masked", &schema, &data);
    for pointer in ["", "#", "#/mongo", "#/mongo/password", "#/mongo/list", "#/mongo/list/1"] {
        let binding = format!("X=vendor-masked/one{pointer}");
        run(&server.url, &home, &binding).fails_with(125, &["in its place"]);
    }
    run(&server.url, &home, "X=vendor-masked/one#/mongo/uri").gives("u");
    let secret = json!({ "value": stars });
    server.create_block("secret", "masked", &secret).expect("a type");
    home.with_url(&server.url, ["run", "-s", "X=masked", "--", "true"])
        .fails_with(125, &["cannot use `masked`", "in its place"]);
}

#[test]
fn a_field_is_selected_whatever_the_other_fields_are() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    let text = "\u{feff}{\"a\": {\"b\": -0, \"a\": \"v\"}, \"x\": \"\\ud800\", \"a\": 1.50}";
    for name in ["with-mark", "with-mark-too"] {
        server.create_block("secret", name, &json!({ "value": text })).expect("a type");
    }
    let print = ["--", "sh", "-c", "printf '%s %s' \"$X\" \"$Y\""];
    let words = ["run", "-s", "X=with-mark#/a", "-s", "Y=with-mark-too#/a"];
    home.with_url(&server.url, [&words[..], &print].concat()).gives("1.50 1.50");
    server.create_variable("with_mark", &json!(text));
    home.with_url(&server.url, ["run", "-k", "X=with_mark#/a", "--", "printenv", "X"])
        .gives("1.50\n");
    home.with_url(&server.url, ["kv", "get", "with_mark"]).gives(text);
}
