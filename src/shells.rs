//! Variables with a special meaning in a shell. If a script sets one, its value may be lost or evaluated as
//! arithmetic (which can run commands), the script may end, or the shell may change: setting `USERNAME` makes root's
//! zsh switch to another user.
//!
//! Variables that a shell only reads, and that everyone exports as plain text, are not listed: `PATH`, `HOME`, `ENV`,
//! `LANG` and so on. `tests/integration/export/names.rs` compares the lists with the shells themselves.

/// A shell, and the names with a special meaning in it: special, read-only, tied or integer variables, and those that
/// the shell sets, runs or follows. A final `*` matches anything.
pub struct Shell {
    pub name: &'static str,
    pub names: &'static [&'static str],
}

/// bash(1), "Shell Variables". Not `BASH_ENV`, which only shells that are started later read.
#[rustfmt::skip]
pub const BASH: Shell = Shell { name: "bash", names: &[
    "BASH", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0", "BASH_CMDS",
    "BASH_COMMAND", "BASH_COMPAT", "BASH_EXECUTION_STRING", "BASH_FUNC_*", "BASH_LINENO",
    "BASH_LOADABLES_PATH", "BASH_MONOSECONDS", "BASH_REMATCH", "BASH_SOURCE", "BASH_SUBSHELL",
    "BASH_TRAPSIG", "BASH_VERSINFO", "BASH_VERSION", "BASH_XTRACEFD", "CDPATH", "CHILD_MAX", "COLUMNS",
    "COMPREPLY", "COMP_*", "COPROC", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "EXECIGNORE",
    "FIGNORE", "FUNCNAME", "FUNCNEST", "GLOBIGNORE", "GLOBSORT", "GROUPS", "HISTCMD", "HISTCONTROL",
    "HISTFILE", "HISTFILESIZE", "HISTIGNORE", "HISTSIZE", "HISTTIMEFORMAT", "HOSTFILE", "IFS", "IGNOREEOF",
    "LINENO", "LINES", "MAILCHECK", "MAILPATH", "MAPFILE", "OLDPWD", "OPTARG", "OPTERR", "OPTIND",
    "PIPESTATUS", "POSIXLY_CORRECT", "POSIX_PEDANTIC", "PPID", "PROMPT_COMMAND", "PROMPT_DIRTRIM", "PS0",
    "PS1", "PS2", "PS3", "PS4", "PWD", "RANDOM", "READLINE_*", "REPLY", "SECONDS", "SHELLOPTS", "SHLVL",
    "SRANDOM", "TIMEFORMAT", "TMOUT", "UID", "_", "auto_resume", "histchars", "ignoreeof",
] };

/// dash(1), "Built-in variables"; busybox's ash has the same.
#[rustfmt::skip]
pub const DASH: Shell = Shell { name: "dash", names: &[
    "ATTY", "CDPATH", "FUNCNAME", "HISTFILE", "HISTFILESIZE", "HISTSIZE", "IFS", "LINENO", "MAILCHECK",
    "MAILPATH", "OLDPWD", "OPTARG", "OPTIND", "PPID", "PS1", "PS2", "PS4", "PWD", "RANDOM", "SHLVL", "TMOUT", "_",
] };

/// fish's manual, "Special variables", and its read-only ones.
#[rustfmt::skip]
pub const FISH: Shell = Shell { name: "fish", names: &[
    "CDPATH", "CMD_DURATION", "COLUMNS", "EUID", "FISH_DEBUG*", "FISH_VERSION", "IFS", "LINES", "OLDPWD",
    "PWD", "SHLVL", "_", "__fish*", "argv", "argv_opts", "dirprev", "dirnext", "fish_*", "history",
    "hostname", "pipestatus", "status", "status_generation", "umask", "version",
] };

/// ksh(1) and mksh(1), "Parameters".
#[rustfmt::skip]
pub const KSH: Shell = Shell { name: "ksh", names: &[
    "A__z", "BASHPID", "CDPATH", "COLUMNS", "EPOCHREALTIME", "HISTCMD", "HISTCOLOR", "HISTEDIT", "HISTFILE",
    "HISTSIZE", "IFS", "JOBMAX", "KSHEGID", "KSHGID", "KSHUID", "KSH_MATCH", "KSH_VERSION", "LINENO",
    "LINES", "MAILCHECK", "MAILPATH", "OLDPWD", "OPTARG", "OPTIND", "PATHSEP", "PGRP", "PIPESTATUS", "PPID",
    "PS1", "PS2", "PS3", "PS4", "PWD", "RANDOM", "REPLY", "SECONDS", "SHLVL", "TMOUT", "USER_ID", "_",
] };

/// zshparam(1), and zshmodules(1) for those of modules. Half of them are tied to an array in lower case.
#[rustfmt::skip]
pub const ZSH: Shell = Shell { name: "zsh", names: &[
    "ARGC", "ARGV0", "BAUD", "CDPATH", "COLUMNS", "CORRECT_IGNORE", "CORRECT_IGNORE_FILE", "DIRSTACKSIZE",
    "EGID", "EPOCHREALTIME", "EPOCHSECONDS", "ERRNO", "EUID", "FIGNORE", "FPATH", "FUNCNEST", "GID",
    "HISTCHARS", "HISTCMD", "HISTFILE", "HISTORY_IGNORE", "HISTSIZE", "IFS", "KEYBOARD_HACK", "KEYTIMEOUT",
    "LINENO", "LINES", "LISTMAX", "LISTPROMPT", "LOGCHECK", "MAILCHECK", "MAILPATH", "MATCH",
    "MBEGIN", "MEND", "MENUPROMPT", "MENUSCROLL", "MODULE_PATH", "NULLCMD", "OLDPWD", "OPTARG", "OPTIND",
    "POSTEDIT", "PPID", "PROMPT", "PROMPT2", "PROMPT3", "PROMPT4", "PROMPT_EOL_MARK", "PS1", "PS2", "PS3",
    "PS4", "PSVAR", "PWD", "RANDOM", "READNULLCMD", "REPLY", "REPORTMEMORY", "REPORTTIME", "RPROMPT",
    "RPROMPT2", "RPS1", "RPS2", "SAVEHIST", "SECONDS", "SHLVL", "SPROMPT", "STTY", "TIMEFMT", "TMOUT",
    "TMPPREFIX", "TMPSUFFIX", "TRY_BLOCK_ERROR", "TRY_BLOCK_INTERRUPT", "TTYIDLE", "UID", "USERNAME",
    "WATCH", "WATCHFMT", "WORDCHARS", "ZBEEP", "ZCURSES_*", "ZFTP_*", "ZLE_*", "ZSH_*", "_", "aliases",
    "argv", "builtins", "cdpath", "commands", "dirstack", "dis_*", "epochtime", "errnos", "fignore",
    "fpath", "funcfiletrace", "funcsourcetrace", "funcstack", "functions", "functions_source", "functrace",
    "galiases", "histchars", "history", "historywords", "jobdirs", "jobstates", "jobtexts", "keymaps",
    "langinfo", "mailpath", "manpath", "mapfile", "match", "mbegin", "mend", "module_path", "modules", "nameddirs",
    "options", "parameters", "patchars", "path", "pipestatus", "prompt", "psvar", "reply", "reswords", "saliases",
    "signals", "status", "sysparams", "termcap", "terminfo", "userdirs", "usergroups", "watch", "widgets",
    "zcurses_*", "zgdbm_tied", "zle_bracketed_paste", "zle_highlight", "zsh_*",
] };

/// The shells that can read the output of `export --format sh`, and source files.
pub const POSIX: &[Shell] = &[BASH, DASH, KSH, ZSH];

/// All of them.
pub const ALL: &[Shell] = &[BASH, DASH, FISH, KSH, ZSH];

/// Whether `name` matches one of these patterns: a name, or a prefix followed by `*`.
pub fn is_among(name: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(head) => name.starts_with(head),
        None => name == *pattern,
    })
}

/// The shells in which a variable of this name has a special meaning.
pub fn special_in(name: &str, shells: &[Shell]) -> Vec<&'static str> {
    let special = shells.iter().filter(|shell| is_among(name, shell.names));
    special.map(|shell| shell.name).collect()
}
