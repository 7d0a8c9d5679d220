//! pfx adds secrets to its environment and then replaces itself with a program (exec), which inherits them.
//!
//! `arguments → settings → plan → resolve → environment → exec`: each arrow is a function from one value to
//! the next. I/O happens only in `settings`, which reads files, in the sources that `resolve` asks, and in `exec`.
//!
//! The modules are layered. A module imports only modules of lower floors, and of its own floor those to its left:
//!
//! ```text
//! 5  main → lib
//! 4  report  command/*                            the commands, one file or folder each
//! 3  plan  resolve  settings                      decisions; `settings` reads the files that they depend on
//! 2  launch/*  remote/*  files/*  source/*  terminal/*   I/O: processes, sockets, files, terminals
//! 1  environment  source  store_kind  config/*  dotenv  project  cli   data and its syntax
//! 0  name  exit  random  error  notice  reference  json  secret  shells  takeover  wanted  document   basic types
//! ```
//!
//! # Promises
//!
//! Each has a test named after it in `tests/integration/promises/`.
//!
//! 1. The command has pfx's pid, parent, process group, session, working directory, umask, limits, open descriptors,
//!    signal mask and ignored signals; SIGPIPE is as pfx inherited it. With `--init`, the command is a child of a pfx
//!    process that holds no value, and everything else is the same.
//! 2. The arguments and all inherited variables reach the command byte for byte.
//! 3. A value is never written anywhere except to the command, to the store that it is set in, and to the output of
//!    `secret get`, `kv get` and `export`.
//! 4. If a secret is missing, a source fails or a name is not valid, the command does not start, and the message says
//!    what is wrong, which places were searched, and what to do.
//! 5. With local values only, pfx starts no thread, opens no socket, and reads only the files that `check` names.
//! 6. With a remote store, pfx sends one request for each kind of item that is wanted, and one deadline covers all
//!    retries, whatever the server does.
//! 7. Credentials are sent only to the configured origin: never over plain http except to this machine itself, and
//!    never to the target of a redirect. Credentials that are read from files are never passed to the command.
//! 8. Local writes are atomic, keep comments, order, mode and owner, and survive kill -9 and a full disk
//!    with either the old file or the new.
//! 9. A name from a remote store that could take over the command (`LD_*`, `BASH_ENV`, `PATH`, …) is refused
//!    unless it is bound by name.
//! 10. With local secrets, `pfx run` starts a command in less time than `env` of coreutils (`benches/start.sh`).

pub mod cli;
pub mod command;
pub mod config;
pub mod document;
pub mod dotenv;
pub mod environment;
pub mod error;
pub mod exit;
pub mod files;
pub mod json;
pub mod launch;
pub mod name;
pub mod notice;
pub mod plan;
pub mod project;
pub mod random;
pub mod reference;
pub mod remote;
pub mod report;
pub mod resolve;
pub mod secret;
pub mod settings;
pub mod shells;
pub mod source;
pub mod store_kind;
pub mod takeover;
pub mod terminal;
pub mod wanted;

use std::ffi::{CStr, OsString};
use std::io::{self, LineWriter, Write as _};

use nix::sys::signal::Signal;
use nix::unistd::getpid;

use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::launch::ignored::IgnoredSignal;
use crate::launch::inherited::Privilege;
use crate::launch::init;
use crate::report::Report;
use crate::settings::variable::variable;
use crate::terminal::OutputStyle;

/// Runs pfx with these `arguments`. Does not return if pfx becomes a command.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    launch::death::install_init_handlers();
    launch::inherited::forbid_tracing();
    launch::inherited::occupy_closed_standard_streams();
    std::panic::set_hook(Box::new(|_| {
        // Not the panic's message: it may contain a value.
        let _ =
            io::stderr().write_all(b"pfx: error: pfx has a bug and stopped; please report it\n");
    }));
    if let Some(privilege) = launch::inherited::privilege() {
        let _ = io::stderr().write_all(refusal(privilege));
        return Exit::Failed.into();
    }
    let mut block = launch::inherited::environment();
    let words: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match cli::Arguments::read(&words) {
        Ok(arguments) => arguments,
        Err(error) => return print_clap(&error, &words, Inherited(&block)),
    };
    // A command that may become another program leaves signals as they are.
    let may_become = matches!(arguments.command, cli::Command::Run(_) | cli::Command::Help(_));
    let _no_signal = (!may_become).then(|| IgnoredSignal::new(Signal::SIGXFSZ));
    let output = &arguments.output;
    let verbose = variable!(output.verbose).flag(Inherited(&block));
    let format = variable!(output.error_format).word(Inherited(&block));
    let known = format.as_ref().ok().copied().flatten().unwrap_or_default();
    let colors = &arguments.colors;
    let color = variable!(colors.color).word(Inherited(&block));
    let known_color = color.as_ref().ok().copied().flatten();
    let role = format.and(color).and_then(|_| become_parent(&arguments.command, &mut block));
    let inherited = Inherited(&block);
    let mut stderr = io::stderr();
    let style = || OutputStyle::of(&io::stderr(), known_color, inherited);
    let mut report = Report::new(&mut stderr, &style, verbose, known);
    match role {
        Ok(None) => {}
        Ok(Some(status)) => return status,
        Err(error) => {
            report.error(&error);
            return error.exit().into();
        }
    }
    let mut stdout = LineWriter::new(launch::output::stdout());
    let stdout_style = || OutputStyle::of(&io::stdout(), known_color, inherited);
    let outcome = match &arguments.command {
        cli::Command::Run(run) => {
            command::run::run(run, inherited, &mut report).map(|never| match never {})
        }
        cli::Command::Check(check) => {
            command::check::check(check, inherited, stdout_style(), &mut stdout, &mut report)
        }
        cli::Command::Export(export) => {
            command::export::export(export, inherited, &mut stdout, &mut report)
        }
        cli::Command::Secret(secret) => {
            command::secret::secret(secret, inherited, &mut stdout, &mut report)
        }
        cli::Command::Kv(kv) => command::kv::kv(kv, inherited, &mut stdout, &mut report),
        cli::Command::Doctor(doctor) => {
            command::doctor::doctor(doctor, inherited, stdout_style(), &mut stdout)
        }
        cli::Command::Trust(trust) => {
            command::trust::trust(trust, inherited, &mut stdout, &mut report)
        }
        cli::Command::Completions(completions) => {
            command::completions::completions(completions, inherited, &mut stdout)
        }
        cli::Command::Help(help) => {
            command::help::help(help, inherited, stdout_style(), &mut stdout)
        }
    };
    let flushed = stdout.flush().and_then(|()| stdout.get_ref().finish());
    ended(outcome, flushed, &mut report)
}

/// Prints what clap says: help and version on stdout, errors of usage on stderr.
fn print_clap(error: &clap::Error, words: &[OsString], inherited: Inherited<'_>) -> i32 {
    let _no_signal = IgnoredSignal::new(Signal::SIGXFSZ);
    let colors = cli::ColorOptions { color: cli::color_of_words(words) };
    let color = variable!(colors.color).word(inherited).ok().flatten();
    let text = |style: OutputStyle| {
        let text = error.render();
        if style.color { text.ansi().to_string() } else { text.to_string() }
    };
    let of_stderr = || OutputStyle::of(&io::stderr(), color, inherited);
    let mut stderr = io::stderr();
    if error.use_stderr() {
        let _ = stderr.write_all(text(of_stderr()).as_bytes());
        return error.exit_code();
    }
    let text = text(OutputStyle::of(&io::stdout(), color, inherited));
    let mut stdout = launch::output::stdout();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.finish());
    let mut report = Report::new(&mut stderr, &of_stderr, false, cli::ErrorFormat::Text);
    ended(Ok(Exit::Done), printed, &mut report)
}

/// The exit status of pfx after a command. An error, also of printing its output, is reported.
fn ended(outcome: Result<Exit, Error>, printed: io::Result<()>, report: &mut Report<'_>) -> i32 {
    let printed = printed.map_err(|cause| Error::Terminal { action: "write to stdout", cause });
    match outcome.and_then(|exit| printed.map(|()| exit)) {
        Ok(exit) => exit.into(),
        // The reader of our output has closed the pipe.
        Err(Error::Terminal { cause, .. }) if cause.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Done.into()
        }
        Err(error) => {
            report.error(&error);
            error.exit().into()
        }
    }
}

/// The error for a privileged start: the C library may already have removed variables.
const fn refusal(privilege: Privilege) -> &'static [u8] {
    match privilege {
        Privilege::Added => b"pfx: error: cannot run with set-user-ID, set-group-ID or file capabilities\n",
        Privilege::SecurityModule => {
            b"pfx: error: cannot run: a security module marked this start as privileged (AT_SECURE), so variables \
              may be missing from the environment\n\
              pfx: hint: with SELinux, allow `noatsecure` for the transition to this domain; with AppArmor, write the \
              transition in lower case (`px`, `cx`)\n"
        }
    }
}

/// Forks for `run --init`. In the parent, returns the exit status after the command has ended. Returns `None` in the
/// process that becomes the command: the child, or this one without `--init`.
fn become_parent(
    command: &cli::Command,
    block: &mut Vec<&'static CStr>,
) -> Result<Option<i32>, Error> {
    let cli::Command::Run(run) = command else { return Ok(None) };
    let Some(options) = settings::parent(&run.parent, Inherited(block))? else { return Ok(None) };
    let before = getpid();
    Ok(match init::split(&options)? {
        init::Role::Child => {
            init::renumber(block, before, getpid());
            None
        }
        init::Role::Parent(status) => Some(status),
    })
}
