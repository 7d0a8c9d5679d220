//! Running the command: where it is searched, why it may not run, and the limits of the kernel.

use nix::sys::resource::{Resource, setrlimit};

use crate::support::needs::strace_as_root;
use crate::support::{Home, set_mode, traced};

fn home() -> Home {
    Home::with_secrets("A = \"v\"\n")
}

#[test]
fn a_command_that_does_not_exist_is_127() {
    let home = home();
    home.run(&[], &["no-such-command"]).refuses(
        127,
        "pfx: error: cannot run `no-such-command`: not found in PATH\n\
         pfx: hint: `command -v no-such-command` shows whether it is in PATH\n",
    );
    home.run(&[], &["./none"]).refuses(127, "pfx: error: cannot run `./none`: no such file\n");
    home.run(&[], &[""]).refuses(127, "pfx: error: cannot run ``: not found in PATH\n");
}

#[test]
fn a_command_that_cannot_be_run_is_126() {
    let home = home();
    home.write("plain", "text");
    home.write("bin/plain", "text");
    home.run(&[], &["./plain"]).refuses(
        126,
        "pfx: error: cannot run `./plain`: ./plain: Permission denied\n\
         pfx: hint: `chmod +x ./plain`\n",
    );
    home.run(&[], &["/"]).refuses(126, "pfx: error: cannot run `/`: /: Permission denied\n");
    home.run(&[], &["plain"]).env("PATH", "bin").refuses(
        126,
        "pfx: error: cannot run `plain`: bin/plain: Permission denied\n\
         pfx: hint: `chmod +x bin/plain`\n",
    );
    home.run(&[], &["./plain/x"])
        .refuses(127, "pfx: error: cannot run `./plain/x`: no such file\n");
    home.script("elf", "\x7fELF\x02\x01\x01\0nonsense");
    let outcome = home.run(&[], &["./elf"]).outcome();
    assert!([Some(126), Some(2), Some(127)].contains(&outcome.code()), "{}", outcome.said());
}

#[test]
fn an_interpreter_that_does_not_exist_is_127_with_its_own_message() {
    let home = home();
    home.script("script", "#!/no/such/interpreter\n");
    home.run(&[], &["./script"]).refuses(
        127,
        "pfx: error: cannot run `./script`: ./script exists, but its interpreter or loader does not\n\
         pfx: hint: check the interpreter in the first line of the script, or the dynamic loader that the \
         program needs\n",
    );
}

#[test]
fn a_script_without_a_first_line_is_run_by_sh() {
    let home = home();
    home.script("bare", "echo \"$0 $1 $A\"\n");
    home.run(&["-s", "A"], &["./bare", "one"]).gives("./bare one v\n");
    home.run(&["-s", "A"], &["bare", "two"]).env("PATH", ".:/bin").gives("./bare two v\n");
}

#[test]
fn the_path_is_searched_as_by_execvp() {
    let home = home();
    home.script("one/x", "#!/bin/sh\necho one\n");
    home.script("two/x", "#!/bin/sh\necho two\n");
    home.script("x", "#!/bin/sh\necho here\n");
    let x = |path: &str| home.run(&[], &["x"]).env("PATH", path).outcome().stdout();
    assert_eq!(x("one:two"), "one\n");
    assert_eq!(x("none:two:one"), "two\n");
    assert_eq!((x(""), x(":one"), x("none:"), x("none::one")), four("here\n"));
    // A file that may not be run does not end the search, nor does a file instead of a directory.
    set_mode(&home.join("one/x"), 0o600);
    assert_eq!((x("one:two"), x("x:two")), ("two\n".into(), "two\n".into()));
    let long = vec!["none"; 1000].join(":") + ":two";
    assert_eq!(x(&long), "two\n");
}

fn four(text: &str) -> (String, String, String, String) {
    (text.into(), text.into(), text.into(), text.into())
}

#[test]
fn without_a_path_the_default_path_is_searched_and_not_the_working_directory() {
    let home = home();
    home.script("x", "#!/bin/sh\necho here\n");
    home.run(&[], &["echo", "ok"]).without("PATH").gives("ok\n");
    assert_eq!(home.run(&[], &["x"]).without("PATH").outcome().code(), Some(127));
    home.run(&["--unset", "PATH"], &["echo", "ok"]).gives("ok\n");
}

#[test]
fn the_command_is_searched_in_the_path_that_it_will_have() {
    let home = home();
    home.script("mine/x", "#!/bin/sh\necho mine\n");
    home.run(&["--set", "PATH=mine:/bin"], &["x"]).gives("mine\n");
}

#[test]
fn the_first_argument_is_the_name_of_the_program_as_given() {
    let home = home();
    home.run(&[], &["sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline"])
        .gives("sh -c tr '\\0' ' ' </proc/$$/cmdline ");
}

#[test]
fn a_variable_may_be_as_long_as_the_kernel_accepts() {
    let home = Home::new();
    let length = 131_071 - "A=".len();
    home.write(
        ".prefect/config.toml",
        format!("[context.secrets]\nA = \"{}\"\n", "v".repeat(length)),
    );
    home.run(&["-s", "A"], &["sh", "-c", "echo ${#A}"]).gives(&format!("{length}\n"));
    home.run(&["-s", "AB=A"], &["true"]).refuses(
        125,
        "pfx: error: cannot use `A`: `AB` would take 131072 bytes, and the kernel allows 131071 for one \
         variable\n\
         pfx: hint: pass it as a file, with its path in the variable: `--file AB=NAME`\n",
    );
    // The value itself can have any length.
    assert_eq!(home.pfx(["secret", "get", "A"]).outcome().stdout.len(), length);
}

#[test]
fn an_environment_that_is_too_large_is_reported_with_the_largest_variable() {
    let home = Home::new();
    let lines: String =
        (0..20).map(|n| format!("S{n:02} = \"{}\"\n", "v".repeat(10_000 + n))).collect();
    home.write(".prefect/config.toml", format!("[context.secrets]\n{lines}"));
    let stack = || setrlimit(Resource::RLIMIT_STACK, 512 << 10, 512 << 10).map_err(Into::into);
    let outcome = home.run(&[], &["true"]).before(stack).outcome();
    assert_eq!(outcome.code(), Some(125));
    let stderr = outcome.stderr();
    assert!(
        stderr.starts_with(
            "pfx: error: cannot pass the environment to the command: with the arguments it takes 20"
        ) && stderr.ends_with(
            "bytes, and the kernel allows 131072; the largest variable is `S19` with 10023\n\
             pfx: hint: bind only what the command needs with `-s NAME`, or raise the limit with `ulimit -s`\n"
        ),
        "{stderr}"
    );
    home.run(&[], &["true"]).gives("");
}

#[test]
fn an_environment_that_just_fits_is_accepted_as_without_pfx() {
    // pfx must not refuse what just fits without pfx.
    let home = Home::new();
    let block: Vec<String> = (0..60).map(|n| format!("V{n:02}={}", "v".repeat(2_000))).collect();
    let entries: Vec<&[u8]> = block.iter().map(String::as_bytes).collect();
    let stack = || setrlimit(Resource::RLIMIT_STACK, 512 << 10, 512 << 10).map_err(Into::into);
    let start = home.run(&["--set", "A=1"], &["/bin/true"]).before(stack);
    start.environ(&entries).gives("");
}

#[test]
fn a_nul_is_refused_with_the_name() {
    let home = Home::with_secrets("A = \"a\\u0000b\"\n");
    home.run(&["-s", "X=A"], &["true"]).refuses(
        125,
        "pfx: error: cannot use `A`: its value contains a NUL byte, which a variable cannot hold\n",
    );
}

#[test]
fn pfx_needs_only_a_few_descriptors() {
    let home = home();
    for limit in [4, 8] {
        home.run(&["-s", "A"], &["sh", "-c", "echo $A"])
            .before(move || setrlimit(Resource::RLIMIT_NOFILE, limit, limit).map_err(Into::into))
            .gives("v\n");
    }
}

#[test]
fn a_limit_on_descriptors_that_is_reached_is_an_error() {
    need!(strace_as_root());
    let home = home();
    let config = home.config();
    let options = ["-P", config.to_str().unwrap(), "-e", "inject=openat:error=EMFILE"];
    let trace = traced(&home, &options, &["run", "-s", "A", "--", "true"], |start| start);
    trace.outcome.assert(
        125,
        "",
        "pfx: error: cannot read {home}/.prefect/config.toml: Too many open files\n",
    );
}

#[test]
fn the_binary_may_be_a_link_or_deleted() {
    let home = home();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_pfx"), home.join("link")).unwrap();
    home.bare(&["./link", "run", "-s", "A", "--", "printenv", "A"]).gives("v\n");
}
