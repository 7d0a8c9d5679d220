//! Where settings are found: where the real client finds them, but a credential is never sent to a URL that a
//! checkout chose.

use super::home::{FailsWith as _, Home, Pfx, WithUrl as _};
use super::http::Listener;
use super::server::Version;

const READ: [&str; 5] = ["run", "-s", "X=a?", "--", "true"];

/// Files, variables, and the path of the API's URL and the credential that both clients then use.
struct Case {
    files: &'static [(&'static str, &'static str)],
    variables: &'static [(&'static str, &'static str)],
    url: &'static str,
    key: &'static str,
}

const PROFILES: &str = "active = \"one\"\n[profiles.one]\nPREFECT_API_URL = \"URL/one\"\n\
    PREFECT_API_KEY = \"one\"\n[profiles.two]\nPREFECT_API_URL = \"URL/two\"\nprefect_api_key = \"x\"\n";

const CASES: [Case; 10] = [
    Case { files: &[(".prefect/profiles.toml", PROFILES)], variables: &[], url: "one", key: "one" },
    Case {
        files: &[(".prefect/profiles.toml", PROFILES)],
        variables: &[("PREFECT_PROFILE", "two")],
        url: "two",
        key: "",
    },
    Case {
        files: &[(".prefect/profiles.toml", PROFILES)],
        variables: &[("PREFECT_API_URL", "URL/env")],
        url: "env",
        key: "one",
    },
    Case {
        files: &[(".prefect/profiles.toml", PROFILES)],
        variables: &[("prefect_api_url", "URL/lower"), ("PREFECT_API_KEY", "")],
        url: "lower",
        key: "",
    },
    Case {
        files: &[("elsewhere/profiles.toml", PROFILES)],
        variables: &[("PREFECT_HOME", "HOME/elsewhere")],
        url: "one",
        key: "one",
    },
    Case {
        files: &[("p.toml", PROFILES), (".prefect/profiles.toml", "broken")],
        variables: &[("PREFECT_PROFILES_PATH", "p.toml"), ("PREFECT_HOME", "nowhere")],
        url: "one",
        key: "one",
    },
    Case {
        files: &[
            (
                ".env",
                "export PREFECT_API_URL='URL'/no\nPREFECT_API_URL=${B}/dotenv # c\nPREFECT_API_KEY=\"d\"\n",
            ),
            ("prefect.toml", "[api]\nurl = \"URL/toml\"\nkey = \"t\"\n"),
        ],
        variables: &[("B", "URL")],
        url: "dotenv",
        key: "d",
    },
    Case {
        files: &[
            ("prefect.toml", "PREFECT_API_URL = \"URL/flat\"\n[api]\nurl = \"URL/toml\"\n"),
            ("pyproject.toml", "[tool.prefect.api]\nurl = \"URL/py\"\nkey = \"p\"\n"),
        ],
        variables: &[],
        url: "toml",
        key: "p",
    },
    Case {
        files: &[("pyproject.toml", "[tool.prefect.api]\nurl = \"URL/py\"\nkey = \"p\"\n")],
        variables: &[],
        url: "py",
        key: "p",
    },
    Case {
        files: &[
            ("pyproject.toml", "[tool.prefect]\nprofiles_path = \"named.toml\"\n"),
            ("named.toml", PROFILES),
        ],
        variables: &[],
        url: "one",
        key: "one",
    },
];

/// The URL and key that the real client uses in a directory.
const ASK: &str = "from prefect.settings import get_current_settings\n\
    api = get_current_settings().api\n\
    print(api.url)\nprint(api.key.get_secret_value() if api.key else '')\n";

#[test]
fn settings_are_found_where_the_real_client_finds_them() {
    need!(Version::Three.environment());
    let fake = Listener::answering(|_| (200, "[]".to_owned()));
    let python = Version::Three.programs().join("python");
    for (index, case) in CASES.iter().enumerate() {
        let url = fake.url();
        let home = Home::new();
        for (path, text) in case.files {
            home.write(path, text.replace("URL/", &format!("{url}/")).replace("'URL'", &url));
        }
        let set = |pfx: Pfx| {
            let home = home.path().to_string_lossy().into_owned();
            case.variables.iter().fold(pfx, |pfx, (name, value)| {
                let value = if *value == "URL" { url.clone() } else { value.to_string() };
                let value = value.replace("URL/", &format!("{url}/"));
                pfx.env(name, value.replace("HOME/", &format!("{home}/")))
            })
        };
        let client = set(home.program(&python, ["-W", "ignore", "-c", ASK])).outcome();
        let expected = format!("{url}/{}\n{}\n", case.url, case.key);
        assert_eq!(client.stdout(), expected, "the real client, case {index}: {client:?}");

        let before = fake.requests().len();
        set(home.pfx(READ)).gives("");
        let requests = fake.requests();
        let [request] = &requests[before..] else { panic!("one request, case {index}") };
        let line = format!("POST /api/{}/block_documents/filter", case.url);
        assert_eq!(request.line, line, "case {index}");
        let key = request.header("authorization").unwrap_or_default();
        assert_eq!(key.trim_start_matches("Bearer "), case.key, "case {index}");
    }
}

#[test]
fn a_credential_is_not_sent_to_a_url_that_the_directory_chose() {
    let fake = Listener::answering(|_| (200, "[]".to_owned()));
    let url = fake.url();
    let profile = "active = \"p\"\n[profiles.p]\nPREFECT_API_KEY = \"CANARY\"\n";
    let auth = "active = \"p\"\n[profiles.p]\nPREFECT_API_AUTH_STRING = \"a:CANARY\"\n";
    let headers = "active = \"p\"\n[profiles.p]\n\
        PREFECT_CLIENT_CUSTOM_HEADERS = '{\"X-Token\": \"CANARY\"}'\n";
    for (file, text) in [
        (".env", format!("PREFECT_API_URL={url}\n")),
        ("prefect.toml", format!("[api]\nurl = \"{url}\"\n")),
        ("pyproject.toml", format!("[tool.prefect.api]\nurl = \"{url}\"\n")),
    ] {
        for (what, own) in [("credential", profile), ("credential", auth), ("headers", headers)] {
            let home = Home::new();
            home.write(file, &text);
            home.write(".prefect/profiles.toml", own);
            let outcome = home.pfx(READ).outcome();
            let expected = format!("cannot send the {what} from ");
            assert!(
                outcome.stderr().contains(&expected) && outcome.stderr().contains(file),
                "{outcome:?}"
            );
            assert!(!outcome.stderr().contains("CANARY"), "{outcome:?}");
            assert_eq!(outcome.code(), Some(125));
            // A URL in the environment is the user's choice.
            let before = fake.requests().len();
            home.with_url(&url, READ).gives("");
            assert_eq!(fake.requests().len(), before + 1);
        }
        let home = Home::new();
        home.write(file, &text);
        let expected = ["cannot send the credential from PREFECT_API_KEY"];
        home.pfx(READ).env("PREFECT_API_KEY", "CANARY").fails_with(125, &expected);
    }
    // Nine requests were allowed, all because of the variable.
    assert_eq!(fake.requests().len(), 9);
}

#[test]
fn a_checkout_cannot_use_credentials_of_the_user() {
    let fake = Listener::answering(|_| (200, "[]".to_owned()));
    let url = fake.url();
    let home = Home::new();
    let own = home
        .write("own/profiles.toml", "active = \"p\"\n[profiles.p]\nPREFECT_API_KEY = \"CANARY\"\n");
    let text = format!("PREFECT_API_URL={url}\nPREFECT_PROFILES_PATH={}\n", own.display());
    home.write(".env", text);
    home.pfx(READ)
        .fails_with(125, &["cannot send the credential from PREFECT_API_KEY in the profile `p`"]);
    home.write(".env", format!("PREFECT_API_URL={url}\nPREFECT_API_KEY_FILE={}\n", own.display()));
    home.pfx(READ).fails_with(125, &["must not name a file with a credential"]);
    home.write(".env", "PREFECT_API_SSL_CERT_FILE=evil.pem\n");
    let expected = ["must not set the certificate authority for a URL that is set elsewhere"];
    home.with_url("https://127.0.0.1:1/api", READ).fails_with(125, &expected);
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_file_that_others_can_write_is_refused_if_it_sets_something() {
    let fake = Listener::answering(|_| (200, "[]".to_owned()));
    let home = Home::new();
    let path = home.write("pyproject.toml", "[project]\nname = \"x\"\n");
    let mode = |mode| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o666);
    home.with_url(&fake.url(), READ).gives("");
    home.write("pyproject.toml", format!("[tool.prefect.api]\nurl = \"{}\"\n", fake.url()));
    mode(0o664);
    home.pfx(READ).gives("");
    mode(0o666);
    home.pfx(READ).fails_with(125, &["cannot trust pyproject.toml: other users can write it"]);
    assert_eq!(fake.requests().len(), 2);
}

#[test]
fn an_invalid_setting_is_reported_with_its_place_and_an_unrelated_file_is_ignored() {
    let home = Home::new();
    std::fs::create_dir(home.path().join(".env")).unwrap();
    let expected = ["no remote store is used", "PREFECT_API_URL is not set"];
    home.pfx(["run", "-s", "X=a", "--", "true"]).fails_with(125, &expected);
    for (file, text, expected) in [
        ("prefect.toml", "[api]\nkey = \"CANARY\n", "cannot read prefect.toml:2:"),
        (".prefect/profiles.toml", "x = \"CANARY\n", ".prefect/profiles.toml:1:"),
        (
            ".prefect/profiles.toml",
            "active = \"gone\"\n",
            "active names this profile, but it does not exist",
        ),
    ] {
        let home = Home::new();
        home.write(file, text);
        let outcome = home.pfx(READ).outcome();
        assert!(
            outcome.stderr().contains(expected) && !outcome.stderr().contains("CANARY"),
            "{outcome:?}"
        );
        assert_eq!(outcome.code(), Some(125));
    }
    let expected =
        ["key `profiles.nope`: PREFECT_PROFILE names this profile, but it does not exist"];
    Home::new().pfx(READ).env("PREFECT_PROFILE", "nope").fails_with(125, &expected);
}

#[test]
fn a_url_to_which_no_secret_may_be_sent_is_refused() {
    for (url, expected) in [
        ("http://prefect.example/api", "it is http, but secrets are sent over https only"),
        ("https://user:CANARY@h/api", "it contains a user name or password"),
        ("https://app.prefect.cloud/auth/login", "it is a web page of Prefect Cloud"),
        ("localhost:4200/api", "it is not an https URL"),
    ] {
        let outcome = Home::new().with_url(url, READ).outcome();
        assert!(
            outcome.stderr().contains(expected) && !outcome.stderr().contains("CANARY"),
            "{outcome:?}"
        );
        assert_eq!(outcome.code(), Some(125));
    }
    let page = "https://app.prefect.cloud/account/a-1/workspace/w-2/dashboard";
    let outcome = Home::new().with_url(page, ["doctor", "--local"]).outcome();
    let api = "https://api.prefect.cloud/api/accounts/a-1/workspaces/w-2";
    assert!(outcome.stdout().contains(api), "{outcome:?}");
}
