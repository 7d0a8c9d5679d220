//! `pfx export`: each format read back by the program it is for, over values of random bytes.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Home, Outcome};

type Values = BTreeMap<String, Vec<u8>>;

/// The Python in which Prefect 3 is installed, and with it python-dotenv and jsonschema.
pub fn prefect_3_python() -> PathBuf {
    let default = || {
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/root"), PathBuf::from);
        home.join(".cache/pfx-tests/prefect-3")
    };
    let environment = std::env::var_os("PFX_TEST_PREFECT3").map_or_else(default, PathBuf::from);
    environment.join("bin/python")
}

/// Values such as break formats: quotes, ends of lines, escapes, expansions, and random bytes between them.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// A text of the pieces that mean something to some reader.
    fn text(&mut self) -> Vec<u8> {
        const PIECES: [&str; 46] = [
            "'",
            "\"",
            "\\",
            "\n",
            "\r",
            "\r\n",
            "\t",
            " ",
            "$",
            "${",
            "}",
            "$HOME",
            "${HOME}",
            "$(id)",
            "`id`",
            "#",
            " #",
            "%",
            "%h",
            "%%",
            "=",
            ":",
            "::",
            "!",
            "*",
            "?",
            "~",
            "&",
            "<<",
            "\\n",
            "\\x41",
            "\\'",
            "\\\"",
            "\\\\",
            "a",
            "B7",
            "é",
            "日本",
            "😀",
            "\u{1}",
            "\u{1b}[0m",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "null",
        ];
        let count = self.below(9);
        (0..count).flat_map(|_| PIECES[self.below(PIECES.len())].bytes()).collect()
    }

    /// Any bytes but NUL.
    fn bytes(&mut self) -> Vec<u8> {
        let count = self.below(40);
        (0..count).map(|_| u8::try_from(self.below(255) + 1).unwrap()).collect()
    }

    fn values(&mut self, count: usize, mut make: impl FnMut(&mut Self) -> Vec<u8>) -> Values {
        (0..count).map(|index| (format!("V{index}"), make(self))).collect()
    }
}

fn texts() -> Values {
    Generator(0x2026_1124).values(300, Generator::text)
}

fn any_bytes() -> Values {
    let mut generator = Generator(0x0001_1124);
    let mut values = generator.values(200, Generator::bytes);
    values.extend(texts().into_iter().map(|(name, value)| (format!("T{name}"), value)));
    values
}

/// A home with a directory that holds these as secrets, each the name of its variable.
fn holding(values: &Values) -> Home {
    let home = Home::new();
    home.write("secrets/.keep", "");
    std::fs::remove_file(home.join("secrets/.keep")).unwrap();
    for (name, value) in values {
        // One line feed at the end is not part of the value.
        home.write(format!("secrets/{name}"), [value, &b"\n"[..]].concat());
    }
    home
}

fn export(home: &Home, format: &str, more: &[&str]) -> Outcome {
    home.pfx([&["export", "--secrets-dir", "secrets", "--format", format], more].concat()).outcome()
}

/// Exports to a file that everyone in the test can read, and gives its path.
fn exported(home: &Home, format: &str) -> PathBuf {
    let outcome = export(home, format, &["--output", "exported"]);
    outcome.assert(0, "", "");
    home.join("exported")
}

/// What `env -0` printed.
fn variables(stdout: &[u8]) -> Values {
    let entries = stdout.split(|&byte| byte == 0).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let at = entry.iter().position(|&byte| byte == b'=').unwrap();
            (String::from_utf8_lossy(&entry[..at]).into_owned(), entry[at + 1..].to_vec())
        })
        .collect()
}

/// What a program printed as lines of a name and its value in base64.
fn encoded(outcome: &Outcome) -> Values {
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    let lines = outcome.stdout();
    let entry = |line: &str| {
        let (name, value) = line.split_once(' ').unwrap();
        (name.to_owned(), STANDARD.decode(value).unwrap())
    };
    lines.lines().map(entry).collect()
}

#[track_caller]
fn assert_read(read: &Values, expected: &Values) {
    for (name, value) in expected {
        let shown = |value: &[u8]| value.escape_ascii().to_string();
        let got = read.get(name).map(|value| shown(value));
        assert_eq!(got, Some(shown(value)), "{name}");
    }
}

/// Those of `values` that the format takes. It must refuse the others by name, and write nothing.
fn taken(format: &str, values: Values) -> Values {
    let home = holding(&values);
    let mut taken = Values::new();
    for (name, value) in values {
        let outcome = home
            .pfx(["export", "--secrets-dir", "secrets", "-s", &name, "--format", format])
            .outcome();
        if outcome.code() == Some(0) {
            taken.insert(name, value);
        } else {
            assert_eq!((outcome.code(), outcome.stdout.len()), (Some(125), 0));
            let told = outcome.stderr();
            assert!(told.starts_with(&format!("pfx: error: cannot use `{name}`: ")), "{told}");
            assert!(told.contains("cannot hold it"), "{told}");
        }
    }
    taken
}

#[test]
fn dash_bash_and_zsh_read_any_bytes() {
    let values = any_bytes();
    let home = holding(&values);
    exported(&home, "sh");
    for shell in ["dash", "bash", "zsh"] {
        let sourced = home.bare(&[shell, "-c", ". ./exported; exec env -0"]).outcome();
        assert_read(&variables(&sourced.stdout), &values);
        let evaluated = home
            .bare(&[shell, "-c", "eval \"$(cat exported)\"; exec env -0"])
            .env("LC_ALL", "C.UTF-8")
            .outcome();
        assert_read(&variables(&evaluated.stdout), &values);
    }
}

#[test]
fn fish_reads_any_bytes() {
    let values = any_bytes();
    let home = holding(&values);
    exported(&home, "fish");
    let read = home
        .bare(&["fish", "--no-config", "-c", "source exported; exec env -0"])
        .env("LC_ALL", "C.UTF-8")
        .outcome();
    assert_read(&variables(&read.stdout), &values);
}

#[test]
fn jq_reads_any_text_as_json() {
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
fn a_yaml_parser_reads_any_text_and_names_that_mean_something_in_yaml() {
    let mut values = texts();
    for name in ["NO", "y", "NULL", "TRUE"] {
        values.insert(name.to_owned(), b"1".to_vec());
    }
    let home = holding(&values);
    exported(&home, "yaml");
    assert_read(&encoded(&home.bare(&["/usr/bin/python3", "-c", FROM_YAML]).outcome()), &values);
}

#[test]
fn a_secret_of_kubernetes_holds_any_bytes() {
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
        "pfx: error: cannot use --name: `A b` is no name of a Secret\n\
         pfx: hint: lower-case letters, digits, `-` and `.`, as in `app-secrets`\n",
    );
}

#[test]
fn python_dotenv_dotenvy_and_pfx_read_what_a_dotenv_file_takes() {
    let all = texts();
    let taken = taken("dotenv", all.clone());
    let refused = all.len() - taken.len();
    assert!(taken.len() > 150 && refused > 0, "{} taken, {refused} refused", taken.len());
    let home = holding(&taken);
    let path = exported(&home, "dotenv");

    let script = "import base64, dotenv\n\
        for name, value in dotenv.dotenv_values('exported').items():\n    \
        print(name, base64.b64encode(value.encode()).decode())";
    let python = prefect_3_python();
    let read = home.bare(&[python.to_str().unwrap(), "-c", script]).outcome();
    assert_read(&encoded(&read), &taken);

    let own = home.pfx(["run", "--env-file", "exported", "--", "env", "-0"]).outcome();
    assert_read(&variables(&own.stdout), &taken);

    // dotenvy knows no escape for a carriage return.
    let without: Values = taken.into_iter().filter(|(_, value)| !value.contains(&b'\r')).collect();
    let text = std::fs::read_to_string(path).unwrap();
    let home = holding(&without);
    let text = if without.len() == text.lines().count() {
        text
    } else {
        std::fs::read_to_string(exported(&home, "dotenv")).unwrap()
    };
    let theirs: Values = dotenvy::from_read_iter(text.as_bytes())
        .map(|entry| entry.map(|(name, value)| (name, value.into_bytes())).expect("it is read"))
        .collect();
    assert_read(&theirs, &without);
}

/// podman as it works in a container and a virtual machine alike.
fn podman(home: &Home, arguments: &[&str]) -> Outcome {
    let always = [
        "podman",
        "--runtime",
        "runc",
        "--cgroup-manager=cgroupfs",
        "run",
        "--rm",
        "--network=none",
        "--ulimit",
        "nofile=1024:1024",
        "--ulimit",
        "nproc=1000:1000",
    ];
    let words = [&always[..], arguments].concat();
    home.bare(&words).env("HOME", "/root").env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").outcome()
}

#[test]
fn podman_reads_what_an_env_file_takes() {
    let all = texts();
    let taken = taken("docker", all.clone());
    assert!(taken.len() > 100 && taken.len() < all.len(), "{} taken", taken.len());
    let home = holding(&taken);
    exported(&home, "docker");
    let root = home.join("root");
    home.write("root/bin/file", "");
    std::fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    let root = root.to_str().unwrap();
    let read =
        podman(&home, &["--env-file", "exported", "--rootfs", root, "/bin/busybox", "env", "-0"]);
    assert_eq!(read.code(), Some(0), "{}", read.stderr());
    assert_read(&variables(&read.stdout), &taken);
}

/// As the runner reads the file (actions/runner, `FileCommandManager`): the lines between the first, which
/// names the delimiter, and the next one that is the delimiter, joined by what joined them there.
fn read_as_runner(mut text: &str) -> Values {
    let mut values = Values::new();
    while !text.is_empty() {
        let (head, rest) = text.split_once('\n').expect("a line ends");
        let (name, delimiter) = head.split_once("<<").expect("NAME<<DELIMITER");
        let end = format!("\n{delimiter}\n");
        // An empty value still has a line of its own.
        let at = rest.find(&end).expect("the delimiter ends the value");
        values.insert(name.to_owned(), rest.as_bytes()[..at].to_vec());
        text = &rest[at + end.len()..];
    }
    values
}

/// As the runner reads a command on stdout (actions/toolkit, `escapeData`, undone).
fn unmasked(line: &str) -> String {
    let value = line.strip_prefix("::add-mask::").expect("nothing but masks");
    value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

#[test]
fn github_gets_every_line_masked_first_and_values_that_end_where_they_end() {
    let mut values = texts();
    values.insert(
        "ATTACK".to_owned(),
        b"x\nghadelimiter\nNODE_OPTIONS=1\nEVIL<<EOF\n1\nEOF".to_vec(),
    );
    let home = holding(&values);
    home.write("github_env", "EARLIER=1\n");
    let run = || {
        let pfx = home.pfx(["export", "--secrets-dir", "secrets", "--format", "github"]);
        let outcome = pfx.env("GITHUB_ENV", home.join("github_env")).outcome();
        assert_eq!((outcome.code(), outcome.stderr().as_str()), (Some(0), ""));
        outcome.stdout()
    };
    let stdout = run();
    let written = std::fs::read_to_string(home.join("github_env")).unwrap();
    let written = written.strip_prefix("EARLIER=1\n").expect("it is appended to");
    assert_read(&read_as_runner(written), &values);
    let masked: Vec<String> = stdout.lines().map(unmasked).collect();
    for value in values.values() {
        for line in std::str::from_utf8(value).unwrap().split('\n') {
            assert!(
                line.trim_ascii().is_empty() || masked.iter().any(|mask| mask == line),
                "{line:?}"
            );
        }
    }
    // A second step draws another delimiter.
    run();
    let both = std::fs::read_to_string(home.join("github_env")).unwrap();
    let delimiters: std::collections::BTreeSet<&str> = both
        .lines()
        .filter_map(|line| line.split_once("<<ghadelimiter_"))
        .map(|(_, rest)| rest)
        .collect();
    assert_eq!(delimiters.len(), 2);
}

#[test]
fn github_needs_its_file_and_refuses_what_the_runner_refuses() {
    let home = holding(&Values::from([("A".to_owned(), b"CANARY".to_vec())]));
    export(&home, "github", &[]).assert(
        2,
        "",
        "pfx: error: cannot export for GitHub Actions: GITHUB_ENV is not set\n\
         pfx: hint: run it in a step of a workflow, or name a file with `--output`\n",
    );
    for name in ["NODE_OPTIONS", "GITHUB_TOKEN", "RUNNER_OS"] {
        let outcome = export(&home, "github", &["-s", &format!("{name}=A"), "--output", "out"]);
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{name}");
    }
    assert!(!home.join("out").exists());
}

/// A systemd as pid 1 of its own namespaces starts one service with this drop-in; what its process had as
/// environment.
fn started_by_systemd(home: &Home, drop_in: &Path) -> Vec<u8> {
    let unit = "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/usr/bin/env -0\n\
                StandardOutput=file:/run/out/environment\nExecStopPost=/usr/bin/touch /run/out/done\n";
    home.write("x.service", unit);
    home.write("x.target", "[Unit]\nDefaultDependencies=no\nRequires=x.service\nAfter=x.service\n");
    home.write("out/file", "");
    let script = "mount --make-rprivate /; mount --make-rshared /\n\
        home=$1 dropin=$2\n\
        mount -t tmpfs tmpfs /run\n\
        mkdir -p /run/systemd/system/x.service.d /run/out\n\
        cp \"$home/x.service\" \"$home/x.target\" /run/systemd/system/\n\
        cp \"$dropin\" /run/systemd/system/x.service.d/pfx.conf\n\
        mount --bind \"$home/out\" /run/out\n\
        mount -t tmpfs tmpfs /tmp; mount -t tmpfs tmpfs /var/tmp\n\
        exec /lib/systemd/systemd --system --unit=x.target";
    let home_path = home.path().to_str().unwrap();
    let drop_in = drop_in.to_str().unwrap();
    let mut systemd = std::process::Command::new("unshare")
        .args([
            "--fork",
            "--pid",
            "--mount",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-ec",
            script,
            "sh",
        ])
        .args([home_path, drop_in])
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("container", "pfx-test")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !home.join("out/done").exists() && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    systemd.kill().unwrap();
    systemd.wait().unwrap();
    std::fs::read(home.join("out/environment")).expect("systemd started the service")
}

#[test]
fn systemd_reads_any_text_from_a_drop_in() {
    let values = texts();
    let home = holding(&values);
    let outcome =
        export(&home, "systemd", &["--all", "--output", "exported", "--unset", "PATH_OF_NONE"]);
    outcome.assert(0, "", "");
    let drop_in = home.join("exported");
    let text = std::fs::read_to_string(&drop_in).unwrap();
    assert!(text.contains("\n#   LoadCredentialEncrypted=V0\n"), "{text}");
    assert!(text.contains("\nUnsetEnvironment=PATH_OF_NONE\n"), "{text}");
    assert_read(&variables(&started_by_systemd(&home, &drop_in)), &values);
}

#[test]
fn an_output_file_is_private_whatever_was_there_and_is_whole_or_untouched() {
    let home = holding(&Values::from([
        ("A".to_owned(), b"1".to_vec()),
        ("B".to_owned(), b"\xff".to_vec()),
    ]));
    let path = home.write("out", "old");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = export(&home, "json", &["--output", "out"]);
    assert_eq!(
        (outcome.code(), std::fs::read_to_string(&path).unwrap().as_str()),
        (Some(125), "old")
    );
    export(&home, "json", &["-s", "A", "--output", "out"]).assert(0, "", "");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\n  \"A\": \"1\"\n}\n");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    export(&home, "json", &["-s", "A", "--output", "/dev/null"]).assert(
        125,
        "",
        "pfx: error: cannot trust /dev/null: it is not a regular file\n",
    );
}

#[test]
fn what_is_missing_stops_the_export() {
    let home = holding(&Values::from([("A".to_owned(), b"1".to_vec())]));
    let outcome = export(&home, "sh", &["--local", "-s", "A", "-s", "NOPE", "--output", "out"]);
    assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""));
    assert!(!home.join("out").exists());
}

#[test]
fn a_removal_is_a_command_to_a_shell_and_refused_by_data() {
    let home = Home::new();
    let arguments = ["export", "--unset", "A", "--set", "B=1", "--format"];
    home.pfx(arguments).arg("sh").gives("export B='1'\nunset A\n");
    home.pfx(arguments).arg("fish").gives("set -gx B '1'\nset -e A\n");
    for format in ["docker", "dotenv", "json", "k8s", "yaml"] {
        let outcome = home.pfx(arguments).arg(format).outcome();
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{format}");
        assert!(outcome.stderr().contains("`A`"), "{}", outcome.stderr());
    }
}

#[test]
fn nothing_bound_gives_an_empty_document() {
    let home = Home::new();
    for (format, expected) in
        [("dotenv", ""), ("sh", ""), ("json", "{}\n"), ("yaml", "{}\n"), ("systemd", "[Service]\n")]
    {
        home.pfx(["export", "--format", format]).gives(expected);
    }
}
