//! Becomes the command: the only code that replaces this process.

use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::execve;

use crate::environment::Environment;
use crate::error::{CommandFault, Error};

/// Where a command is looked up if the environment has no PATH (confstr(3), `_CS_PATH`): not in the working directory.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// Runs files without `#!` that the kernel cannot run itself (execvp(3)).
const SHELL: &str = "/bin/sh";

/// Becomes `command` with this environment. Its first word is the program, which is looked up in the PATH of
/// `environment`. Signals, descriptors, limits and everything else stay unchanged.
///
/// The lookup is that of execvp(3): a word with a slash is a path, an empty element of PATH is the working
/// directory, and a file without execute permission does not end the search.
///
/// # Errors
/// [`Error::EnvironmentTooLarge`] before any file is tried; [`Error::Command`] if none could be run.
pub fn replace(command: &[OsString], environment: &Environment<'_>) -> Result<Infallible, Error> {
    let arguments: Vec<CString> = command.iter().map(|word| c_string(word.as_bytes())).collect();
    let block: Vec<_> = environment.entries().collect();
    let program = command.first().map_or(OsStr::new(""), OsString::as_os_str);
    check_size(&arguments, environment)?;
    let failed = |cause| Error::Command { program: program.to_string_lossy().into_owned(), cause };

    let searched = !program.as_bytes().contains(&b'/');
    let search_path = environment.get(b"PATH").unwrap_or(DEFAULT_PATH);
    let mut refused = None;
    for file in candidates(program.as_bytes(), search_path) {
        let error = match execve(&file, &arguments, &block) {
            Err(Errno::ENOEXEC) => run_by_shell(&file, &arguments, &block),
            Err(error) => error,
        };
        let path = Path::new(OsStr::from_bytes(file.as_bytes()));
        match error {
            Errno::E2BIG => return Err(too_large(&arguments, environment, limit())),
            // If the file exists, its interpreter does not. The search continues.
            Errno::ENOENT if path.is_file() => {
                let path = path.to_owned();
                refused.get_or_insert(CommandFault::InterpreterMissing { path });
            }
            Errno::ENOENT | Errno::ENOTDIR => {}
            // As in glibc's execvp(3), an error of a broken mount does not end the search either.
            Errno::ESTALE | Errno::ENODEV | Errno::ETIMEDOUT if searched => {}
            error => {
                let cause = io::Error::from(error);
                let fault = CommandFault::Refused { path: path.to_owned(), cause };
                if error != Errno::EACCES || !searched {
                    return Err(failed(fault));
                }
                refused.get_or_insert(fault);
            }
        }
    }
    Err(failed(refused.unwrap_or(CommandFault::NotFound { searched })))
}

/// The files to try for a program, in order.
fn candidates(program: &[u8], search_path: &[u8]) -> Vec<CString> {
    if program.is_empty() {
        return Vec::new();
    }
    if program.contains(&b'/') {
        return vec![c_string(program)];
    }
    search_path
        .split(|&byte| byte == b':')
        .map(|directory| match directory {
            b"" => c_string(program),
            directory => c_string(&[directory, b"/", program].concat()),
        })
        .collect()
}

fn run_by_shell(file: &CString, arguments: &[CString], block: &[&std::ffi::CStr]) -> Errno {
    let shell = c_string(SHELL.as_bytes());
    let words: Vec<&CString> = [&shell, file].into_iter().chain(arguments.iter().skip(1)).collect();
    match execve(&shell, &words, block) {
        Err(error) => error,
        Ok(never) => match never {},
    }
}

/// A word of a command line or an environment, which cannot contain NUL.
fn c_string(bytes: &[u8]) -> CString {
    CString::new(bytes).expect("the kernel and a VariableName hold no NUL")
}

/// The kernel's limit for arguments and environment together, in bytes (execve(2), and `fs/exec.c`,
/// `bprm_stack_limits`): a quarter of the soft stack limit, at least 128 KiB, at most 6 MiB.
fn limit() -> usize {
    let stack = getrlimit(Resource::RLIMIT_STACK).map_or(8 << 20, |(soft, _)| soft);
    usize::try_from(stack / 4).unwrap_or(usize::MAX).clamp(128 << 10, 6 << 20)
}

/// Reports an error before exec if the kernel would refuse. Each string counts with its NUL and a pointer.
fn check_size(arguments: &[CString], environment: &Environment<'_>) -> Result<(), Error> {
    let limit = limit();
    if size(arguments, environment) > limit {
        return Err(too_large(arguments, environment, limit));
    }
    Ok(())
}

fn size(arguments: &[CString], environment: &Environment<'_>) -> usize {
    let one = |length: usize| length + 1 + size_of::<usize>();
    arguments.iter().map(|word| one(word.as_bytes().len())).sum::<usize>()
        + environment.entries().map(|entry| one(entry.to_bytes().len())).sum::<usize>()
}

fn too_large(arguments: &[CString], environment: &Environment<'_>, limit: usize) -> Error {
    let largest =
        environment.entries().map(std::ffi::CStr::to_bytes).max_by_key(|entry| entry.len());
    let largest = largest.unwrap_or_default();
    let name = largest.split(|&byte| byte == b'=').next().unwrap_or_default();
    Error::EnvironmentTooLarge {
        bytes: size(arguments, environment),
        limit,
        largest: OsString::from_vec(name.to_vec()).to_string_lossy().into_owned(),
        largest_bytes: largest.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(program: &str, search_path: &str) -> Vec<String> {
        candidates(program.as_bytes(), search_path.as_bytes())
            .into_iter()
            .map(|file| file.into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_word_is_searched_in_path_and_a_path_is_used_unchanged() {
        assert_eq!(tried("x", "/a:/b"), ["/a/x", "/b/x"]);
        assert_eq!(tried("./x", "/a"), ["./x"]);
        assert_eq!(tried("", "/a"), Vec::<String>::new());
    }

    #[test]
    fn an_empty_element_is_the_working_directory() {
        assert_eq!(tried("x", ":/a:"), ["x", "/a/x", "x"]);
        assert_eq!(tried("x", ""), ["x"]);
    }
}
