//! `pfx.toml`: its discovery, syntax, layers and effect.

use std::process::Command;

use pfx::store_kind::StoreKind;

use crate::support::needs::namespaces;
use crate::support::{Home, Pfx};

/// A home with a repository whose project file is `text`.
fn repository(text: &str) -> Home {
    let home =
        Home::with_secrets("DB = '{\"user\": \"u\", \"password\": \"p w\"}'\ntoken = \"t\"\n");
    home.write("repository/.git/HEAD", "");
    home.write("repository/deep/er/file", "");
    home.write("repository/pfx.toml", text);
    home
}

/// pfx in the repository, whose project file is trusted.
fn trusted(home: &Home, arguments: &[&str]) -> Pfx {
    home.pfx(["trust"]).current_dir(home.join("repository")).gives("");
    home.pfx(arguments).current_dir(home.join("repository/deep/er"))
}

const SHOW: &[&str] = &["--clean", "--", "sh", "-c", "env | grep ^V_ | sort"];

fn show<'a>(before: &[&'a str]) -> Vec<&'a str> {
    [&["run"], before, SHOW].concat()
}

#[test]
fn every_form_of_a_binding_reaches_the_command() {
    let home = repository(
        r#"
        [env]
        V_TEXT = "a $HOME 'b'"
        V_REF = "pfx://secret/DB#/password"
        V_TABLE = { secret = "DB", pointer = "/user" }
        V_ENV = { env = "HOME" }
        V_ABSENT = { secret = "absent", optional = true }
        V_MAYBE = "pfx://secret/absent?"
        V_DEFAULT = { secret = "absent", default = "d" }
        V_LITERAL = { text = "pfx://secret/DB" }
        V_GONE = { unset = true }
        "#,
    );
    let expected = format!(
        "V_DEFAULT=d\nV_ENV={}\nV_LITERAL=pfx://secret/DB\nV_REF=p w\nV_TABLE=u\nV_TEXT=a $HOME 'b'\n",
        home.path().display()
    );
    trusted(&home, &show(&["--keep", "V_*"])).env("V_GONE", "here").gives(&expected);
}

#[test]
fn a_later_profile_takes_precedence_over_an_earlier_one_and_over_the_file() {
    let home = repository(
        "env = { V_A = '1', V_B = '1', V_C = '1' }\n\
         profile.x.env = { V_B = 'x', V_C = 'x' }\nprofile.y.env = { V_C = 'y' }\n",
    );
    trusted(&home, &show(&[])).gives("V_A=1\nV_B=1\nV_C=1\n");
    trusted(&home, &show(&["--profile", "x", "--profile", "y"])).gives("V_A=1\nV_B=x\nV_C=y\n");
    trusted(&home, &show(&["--profile", "y", "--profile", "x"])).gives("V_A=1\nV_B=x\nV_C=x\n");
    trusted(&home, &show(&[])).env("PFX_PROFILE", "x y").gives("V_A=1\nV_B=x\nV_C=y\n");
}

#[test]
fn an_unknown_profile_is_an_error_that_lists_the_profiles() {
    let home = repository("profile.dev.env = {}\nprofile.prod.env = {}\n");
    trusted(&home, &show(&["--profile", "nope"])).refuses(
        2,
        "pfx: error: cannot use the profile `nope`: {home}/repository/pfx.toml does not define it\n\
         pfx: hint: available profiles: `dev`, `prod`\n",
    );
    home.pfx(["run", "--profile", "nope", "--", "true"]).refuses(
        2,
        "pfx: error: cannot use the profile `nope`: there is no project file\n\
         pfx: hint: name a project file with `-f FILE`\n",
    );
}

#[test]
fn the_command_line_takes_precedence_over_an_env_file_and_that_over_the_project_file() {
    let home = repository("env = { V_A = 'file', V_B = 'file', V_C = 'file' }");
    home.write("my.env", "V_B=env\nV_C=env\n");
    let env_file = home.join("my.env");
    let env_file = env_file.to_str().unwrap();
    let arguments = show(&["--env-file", env_file, "-s", "V_C=token", "--set", "V_D=line"]);
    trusted(&home, &arguments).gives("V_A=file\nV_B=env\nV_C=t\nV_D=line\n");
}

#[test]
fn the_command_of_the_project_file_is_run_unless_another_is_given() {
    let home =
        repository("command = \"sh -c 'echo own $0' word\"\nprofile.p.command = ['echo', 'a b']");
    trusted(&home, &["run"]).gives("own word\n");
    trusted(&home, &["run", "--profile", "p"]).gives("a b\n");
    trusted(&home, &["run", "--", "echo", "other"]).gives("other\n");
    home.pfx(["run"]).refuses(
        2,
        "pfx: error: no command to run\n\
         pfx: hint: use `pfx run -- COMMAND`, or set `command = \"…\"` in pfx.toml\n",
    );
}

#[test]
fn with_a_project_file_without_bindings_every_local_secret_is_bound() {
    let home = repository("command = 'true'");
    trusted(&home, &["run", "--", "sh", "-c", "echo $token"]).gives("t\n");
    let home = repository("[env]");
    trusted(&home, &["run", "--", "sh", "-c", "echo $token"]).gives("\n");
}

#[test]
fn a_file_can_be_named_and_the_search_disabled() {
    let home = repository("env.V_A = 'found'");
    let other = home.write("other.toml", "env.V_A = 'named'");
    let other = other.to_str().unwrap();
    trusted(&home, &show(&["-f", other])).gives("V_A=named\n");
    trusted(&home, &show(&[])).env("PFX_PROJECT", other).gives("V_A=named\n");
    trusted(&home, &show(&["--no-project"])).gives("");
    trusted(&home, &show(&[])).env("PFX_NO_PROJECT", "1").gives("");
    trusted(&home, &show(&["-f", other])).env("PFX_NO_PROJECT", "1").gives("V_A=named\n");
    home.pfx(show(&["-f", "/nope/pfx.toml"]))
        .refuses(125, "pfx: error: cannot read /nope/pfx.toml: No such file or directory\n");
}

#[test]
fn the_search_ends_at_the_root_of_the_repository_and_at_home() {
    let home = repository("");
    std::fs::remove_file(home.join("repository/pfx.toml")).unwrap();
    home.write("pfx.toml", "env.V_A = 'above'");
    // The file is not trusted, so it would be an error if it were found.
    home.pfx(show(&[])).current_dir(home.join("repository/deep")).gives("");
    home.write("pfx.toml", "");
    std::fs::remove_file(home.join("pfx.toml")).unwrap();
    home.write("up/pfx.toml", "env.V_A = 'above'");
    home.write("up/home/sub/file", "");
    let below = home.pfx(show(&[])).current_dir(home.join("up/home/sub"));
    below.env("HOME", home.join("up/home")).gives("");
}

#[test]
fn the_search_ends_at_the_boundary_of_a_file_system() {
    need!(namespaces());
    let home = Home::new();
    home.write("pfx.toml", "");
    home.write("mounted/file", "");
    let script = "mount -t tmpfs none mounted && mkdir mounted/sub && cd mounted/sub && exec \"$0\" run -- true";
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let run = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-ec", script, pfx]).current_dir(home.path());
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("XDG_STATE_HOME", home.path());
        command.output().unwrap()
    };
    let output = run(script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Without the mount the file is found, and is not trusted.
    assert_eq!(run("cd mounted && exec \"$0\" run -- true").status.code(), Some(125));
}

#[test]
fn the_nearest_file_is_used() {
    let home = repository("env.V_A = 'root'");
    home.write("repository/deep/pfx.toml", "env.V_A = 'deep'");
    home.pfx(["trust", "repository/deep/pfx.toml"]).gives("");
    trusted(&home, &show(&[])).gives("V_A=deep\n");
}

#[test]
fn a_missing_secret_is_reported_with_every_place() {
    let home = repository("env = { A = 'pfx://secret/absent', B = 'pfx://secret/lacking' }");
    let outcome = trusted(&home, &["run", "--local", "--", "true"]).outcome();
    assert_eq!(outcome.code(), Some(125));
    let expected = "cannot find the secrets `absent`, `lacking`: looked in";
    assert!(outcome.stderr().contains(expected), "{}", outcome.stderr());
}

#[test]
fn a_directory_of_secrets_is_relative_to_the_file() {
    let home = repository("secrets-dir = '../mounted'\nenv.V_A = 'pfx://secret/file.name'");
    home.write("mounted/file.name", "v\n");
    trusted(&home, &show(&[])).gives("V_A=v\n");
}

#[test]
fn local_in_the_file_disables_the_remote_store_unless_an_option_overrides_it() {
    let home = repository("local = true\nenv.V_A = 'pfx://secret/absent'");
    let url = "http://127.0.0.1:1";
    let ask = |arguments: &[&str]| {
        let pfx = trusted(&home, &show(arguments)).env("PREFECT__BACKEND", "cloud");
        pfx.env("PREFECT__CLOUD__API", url)
            .env("PREFECT__CLOUD__API_KEY", "CANARY")
            .outcome()
            .stderr()
    };
    let stderr = ask(&[]);
    assert!(stderr.contains("no remote store is used"), "{stderr}");
    let stderr = ask(&["--remote", "cloud1", "--timeout", "5"]);
    assert!(stderr.contains("127.0.0.1:1") && !stderr.contains("CANARY"), "{stderr}");
}

#[test]
fn an_error_gives_path_line_and_key_and_never_content() {
    let home = repository("[env]\nA = 'CANARY\n");
    home.pfx(["run", "-f", "repository/pfx.toml", "--", "true"]).refuses(
        125,
        "pfx: error: cannot read repository/pfx.toml:2:12: key `A`: invalid literal string, expected `'`\n",
    );
    home.write("repository/pfx.toml", "remote = 'CANARY'\n");
    home.pfx(["run", "-f", "repository/pfx.toml", "--", "true"]).refuses(
        125,
        "pfx: error: cannot read repository/pfx.toml:1:10: key `remote`: expected `prefect` or `cloud1`\n",
    );
    home.write("repository/pfx.toml", "[env]\nA = { secert = 'CANARY' }\n");
    home.pfx(["run", "-f", "repository/pfx.toml", "--", "true"]).refuses(
        125,
        "pfx: error: cannot read repository/pfx.toml:2:7: key `env.A.secert`: unknown key; did you mean \
         `secret`?\n",
    );
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let home = repository("");
    let path = home.join("repository/pfx.toml");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(&path, open).unwrap();
    home.pfx(["run", "-f", path.to_str().unwrap(), "--", "true"]).refuses(
        125,
        "pfx: error: cannot trust {home}/repository/pfx.toml: other users can write it (mode 0666)\n\
         pfx: hint: `chmod go-w {home}/repository/pfx.toml`\n",
    );
}

#[test]
fn check_shows_which_line_binds_and_which_layer_takes_precedence() {
    let home = repository("[env]\nA = '1'\nB = 'pfx://secret/token'\n[profile.p.env]\nA = '2'\n");
    let arguments = ["check", "--local", "--profile", "p", "--set", "C=3", "--clean", "--preserve"];
    let outcome = trusted(&home, &arguments).env("B", "set").outcome();
    let place = home.join("repository/pfx.toml").display().to_string();
    let expected = format!(
        "A  text         {place}:5\n\
         B  secret token  {}\n\
         C  text         the command line\n",
        home.config().display()
    );
    let stdout = outcome.stdout();
    assert!(stdout.starts_with(&expected.replace("text        ", "text         ")), "{stdout}");
    let expected = format!(
        "\nthe command's environment (each line takes precedence over the lines above it):\n  \
         2 of the 3 inherited variables\n  {place} [env]\n  {place} [profile.p.env]\n  the command line\n  \
         the inherited variables again (--preserve)\n"
    );
    assert!(stdout.ends_with(&expected), "{stdout}");
    let outcome = trusted(&home, &[&arguments[..], &["--json"]].concat()).env("B", "set").outcome();
    let json: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!(json["project"], place);
    assert_eq!(json["not_inherited"], serde_json::json!(["B"]));
    assert_eq!(json["layers"].as_array().unwrap().len(), 3);
}

#[test]
fn the_schema_and_the_command_line_have_the_same_remote_stores() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schema/pfx.toml.json")).expect("JSON");
    let names: Vec<String> = StoreKind::all().iter().map(|kind| kind.name()).collect();
    assert_eq!(schema["$defs"]["store"]["enum"], serde_json::json!(names));
}

/// jsonschema of Python and pfx accept and refuse the same texts.
#[test]
fn the_schema_accepts_what_pfx_accepts() {
    let python = need!(crate::export::prefect_3_python());
    let good = [
        "",
        "command = 'a b'\nlocal = true\nsecrets-dir = ['a', 'b']\n[env]\nA = ''\n",
        "command = ['a', '']\nremote = 'cloud1'",
        "remote = ['cloud1', 'prefect']",
        "env.A = { secret = 's', pointer = '/a~1b', default = '', optional = true }",
        "env.A = { kv = 'k', required = false }\nenv.B = { block = 't/n' }\nenv.C = { env = 'X' }",
        "env.A = { text = 'x' }\nenv.B = { unset = true }\nenv.C = 'pfx://secret/a%20b?#/c'",
        "env.'spring.datasource.password' = 'x'\nenv.'1 é' = 'pfx://secret/a'",
        "[profile.'a b'.env]\nA = 'x'\n[profile.c]\ncommand = 'x'\n",
    ];
    let bad = [
        "x = 1",
        "env = 1",
        "env.A = 1",
        "env.'' = ''",
        "env.'A=B' = ''",
        "env.\"A\\nB\" = ''",
        "env.A = {}",
        "env.A = { secret = '' }",
        "env.A = { secret = 1 }",
        "env.A = { secret = 's', kv = 'k' }",
        "env.A = { secret = 's', pointer = 'x' }",
        "env.A = { secret = 's', pointer = '/~2' }",
        "env.A = { env = 'X', pointer = '/x' }",
        "env.A = { text = 'x', default = '' }",
        "env.A = { unset = false }",
        "env.A = { secret = 's', optional = true, required = false }",
        "env.A = { block = 'x' }",
        "env.A = { block = 'x/y/z' }",
        "env.A = 'pfx://nope/a'",
        "env.A = 'pfx://secret/a/b'",
        "env.A = 'pfx://secret/a?b'",
        "env.A = 'pfx://secret/a%zz'",
        "command = ''",
        "command = []",
        "command = ['']",
        "remote = 'other'",
        "remote = ['prefect', 'other']",
        "remote = ['prefect']\nlocal = true",
        "remote = 'prefect'\nlocal = true",
        "profile.a.x = 1",
        "profile.a = 'x'",
        "secrets-dir = 1",
    ];
    let home = Home::new();
    let texts: Vec<(&str, bool)> = good
        .iter()
        .map(|text| (*text, true))
        .chain(bad.iter().map(|text| (*text, false)))
        .collect();
    for (text, expected) in &texts {
        let path = home.write("p.toml", text);
        let outcome = home.pfx(["run", "-f", path.to_str().unwrap(), "--", "true"]).outcome();
        let syntax = !outcome.stderr().contains("p.toml:");
        assert_eq!(syntax, *expected, "{text:?}: {}", outcome.stderr());
    }
    let script = "import json, sys, tomllib, jsonschema\n\
                  validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))\n\
                  validator.check_schema(validator.schema)\n\
                  print(json.dumps([validator.is_valid(tomllib.loads(t)) for t in json.load(sys.stdin)]))";
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/pfx.toml.json");
    let input: Vec<&str> = texts.iter().map(|(text, _)| *text).collect();
    let outcome = home
        .bare(&[python.to_str().unwrap(), "-c", script, schema])
        .stdin(serde_json::to_vec(&input).unwrap())
        .outcome();
    let judged: Vec<bool> =
        serde_json::from_slice(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr()));
    for ((text, expected), judged) in texts.iter().zip(judged) {
        assert_eq!(judged, *expected, "{text:?}");
    }
}

/// security.md, ENV-13: of all layers that bind a variable, the highest one takes precedence.
#[test]
fn of_all_layers_that_bind_a_variable_the_highest_takes_precedence() {
    for present in 0..32_u32 {
        let has = |layer: u32| present & (1 << layer) != 0;
        let bound = |layer: u32, value: &str| {
            let binding = format!("env = {{ V_A = '{value}', V_OTHER = '' }}\n");
            if has(layer) { binding } else { "env = { V_OTHER = '' }\n".to_owned() }
        };
        let home = Home::new();
        let project = format!("{}[profile.p]\n{}", bound(1, "file"), bound(2, "profile"));
        home.write("my.toml", project);
        home.write("my.env", if has(3) { "V_A='env file'\n" } else { "" });
        let mut arguments = vec!["run", "-f", "my.toml", "--profile", "p", "--env-file", "my.env"];
        if has(4) {
            arguments.extend(["--set", "V_A=command line"]);
        }
        let show = |more: &[&str]| {
            let command = ["--", "sh", "-c", "printf %s \"$V_A\""];
            let pfx = home.pfx([&arguments[..], more, &command].concat());
            if has(0) { pfx.env("V_A", "inherited") } else { pfx }
        };
        let names = ["inherited", "file", "profile", "env file", "command line"];
        let highest =
            (0..5).rev().find(|layer| has(*layer)).map_or("", |layer| names[layer as usize]);
        show(&[]).gives(highest);
        show(&["--preserve"]).gives(if has(0) { "inherited" } else { highest });
    }
}
