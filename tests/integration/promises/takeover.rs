//! Promise 9: a name from a remote store that could take over the command is refused unless bound by name.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::support::{Home, Pfx};

/// A fake Prefect Cloud 1.x with these secrets, each with its name as its value.
fn cloud(names: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, names);
        }
    });
    url
}

fn answer(stream: TcpStream, names: &[&str]) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.to_lowercase();
            if let Some(number) = line.strip_prefix("content-length:") {
                length = number.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let request: Value = serde_json::from_slice(&body).unwrap();
        let data = if request["query"].as_str().unwrap().contains("secret_names") {
            json!({ "secret_names": names })
        } else {
            // `variables` may be JSON within a string, as Prefect's client sends it.
            let variables = match &request["variables"] {
                Value::String(text) => serde_json::from_str(text).unwrap(),
                other => other.clone(),
            };
            let fields = variables.as_object().unwrap().iter().map(|(key, name)| {
                let field = key.strip_prefix('n').filter(|rest| !rest.starts_with('a'));
                (field.map_or("secret_value".to_owned(), |index| format!("s{index}")), name.clone())
            });
            Value::Object(fields.collect())
        };
        let body = json!({ "data": data }).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if reader.get_mut().write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn with_cloud(pfx: Pfx, url: &str) -> Pfx {
    pfx.env("PREFECT__BACKEND", "cloud")
        .env("PREFECT__CLOUD__API", url)
        .env("PREFECT__CLOUD__API_KEY", "key")
}

#[test]
fn promise_9_names_that_take_over_are_refused_all_at_once_and_nothing_starts() {
    let home = Home::new();
    let url = cloud(&["LD_PRELOAD", "bash-env", "TOKEN", "PYTHONPATH"]);
    let pfx = with_cloud(home.run(&["--all"], &["sh", "-c", "echo started"]), &url);
    pfx.refuses(
        2,
        "pfx: error: cannot use every secret: the remote store lists `LD_PRELOAD`, `PYTHONPATH`, `bash-env`, \
         and their variables could take over the command\n\
         pfx: hint: bind each one by name, preferably to another variable: `-s OTHER=LD_PRELOAD`\n",
    );
    for format in ["sh", "json", "systemd"] {
        let outcome = with_cloud(home.pfx(["export", "--all", "--format", format]), &url).outcome();
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(2), ""));
    }
    assert_eq!(with_cloud(home.pfx(["check", "--all"]), &url).outcome().code(), Some(2));
}

#[test]
fn promise_9_each_class_of_name_is_refused() {
    // security.md, ENV-01 to ENV-07: loaders, shells, interpreters, programs, networks, processes; and names that mean
    // something to a shell.
    for names in [
        &["LD_AUDIT"][..],
        &["GLIBC_TUNABLES"],
        &["ENV"],
        &["PS4"],
        &["IFS"],
        &["UID"],
        &["USERNAME"],
        &["RANDOM"],
        &["path"],
        &["status"],
        &["history"],
        &["_"],
        &["ZDOTDIR"],
        &["PERL5OPT"],
        &["RUBYOPT"],
        &["NODE_OPTIONS"],
        &["JAVA_TOOL_OPTIONS"],
        &["DOTNET_STARTUP_HOOKS"],
        &["LUA_INIT"],
        &["GIT_SSH_COMMAND"],
        &["GIT_CONFIG_COUNT"],
        &["SSH_ASKPASS"],
        &["EDITOR"],
        &["PAGER"],
        &["LESSOPEN"],
        &["https_proxy"],
        &["SSL_CERT_FILE"],
        &["REQUESTS_CA_BUNDLE"],
        &["SSLKEYLOGFILE"],
        &["OPENSSL_CONF"],
        &["KUBECONFIG"],
        &["DOCKER_HOST"],
        &["PIP_INDEX_URL"],
        &["PATH"],
        &["HOME"],
        &["SHELL"],
        &["TMPDIR"],
        &["NOTIFY_SOCKET"],
        &["LISTEN_FDS"],
        &["CREDENTIALS_DIRECTORY"],
        &["BASH_FUNC_ls%%"],
        &["ld preload"],
        &["PREFECT_API_URL"],
        &["PFX_STRICT"],
    ] {
        let names: &'static [&'static str] = names;
        let home = Home::new();
        let outcome = with_cloud(home.run(&["--all"], &["/bin/true"]), &cloud(names)).outcome();
        assert!(outcome.stderr().contains("could take over"), "{names:?}: {}", outcome.stderr());
    }
}

#[test]
fn promise_9_a_name_that_a_binding_names_is_allowed() {
    let home = Home::new();
    let url = cloud(&["LD_BIND_NOW", "TOKEN"]);
    let show = ["sh", "-c", "echo $LD_BIND_NOW $OTHER $TOKEN"];
    with_cloud(home.run(&["--all", "-s", "LD_BIND_NOW"], &show), &url).gives("LD_BIND_NOW TOKEN\n");
    with_cloud(home.run(&["--all", "-s", "OTHER=LD_BIND_NOW"], &show), &url)
        .gives("LD_BIND_NOW TOKEN\n");
    with_cloud(home.run(&["--all", "--unset", "LD_BIND_NOW"], &show), &url).gives("TOKEN\n");
    home.write("pfx.toml", "env.LD_BIND_NOW = 'pfx://secret/LD_BIND_NOW'");
    with_cloud(home.run(&["-f", "pfx.toml"], &show), &url).gives("LD_BIND_NOW\n");
}

#[test]
fn promise_9_a_name_that_is_also_found_locally_is_the_local_one() {
    let home = Home::with_secrets("LD_BIND_NOW = \"own\"\n");
    let url = cloud(&["LD_BIND_NOW", "TOKEN"]);
    let outcome =
        with_cloud(home.run(&["--all"], &["sh", "-c", "echo $LD_BIND_NOW $TOKEN"]), &url).outcome();
    outcome.assert(
        0,
        "own TOKEN\n",
        "pfx: warning: a secret is bound to LD_BIND_NOW, which decides which code is loaded into programs; \
         `-s NAME` binds only the secrets that you name\n",
    );
}

#[test]
fn promise_9_an_ordinary_name_is_bound() {
    let home = Home::new();
    let url = cloud(&["TOKEN", "db-password"]);
    with_cloud(home.run(&["--all"], &["sh", "-c", "echo $TOKEN $DB_PASSWORD"]), &url)
        .gives("TOKEN db-password\n");
}
