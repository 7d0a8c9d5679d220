//! Variables whose value can take over a program: make it load code, run another program, or connect to another host.
//! Nobody on this machine chose the names in a remote store, so pfx refuses these there.

use crate::shells;

/// What a variable that can take over a program controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeoverTarget {
    /// The program loader loads what it names.
    Loader,
    /// A shell or an interpreter runs what it names, or takes options from it.
    Interpreter,
    /// Programs start what it names.
    Program,
    /// Where programs connect to, and which certificates they trust.
    Network,
    /// The home, the directories and the service manager of a program.
    Process,
    /// It has a special meaning in a shell, which may lose the value or run it.
    Shell,
}

impl TakeoverTarget {
    /// What the variable decides: the words after "it decides".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Loader => "which code is loaded into programs",
            Self::Interpreter => "which code shells and interpreters run",
            Self::Program => "which other programs are started",
            Self::Network => "where programs connect to and whom they trust",
            Self::Process => "where programs find their files and who watches them",
            Self::Shell => "how shells work",
        }
    }
}

/// Names by what they control, in addition to those of [`shells`]. A final `*` matches anything. Names are
/// case-sensitive, as they are to the programs that read them. A prefix is listed only if no program has a secret
/// with this prefix: `GIT_*` is not, because of `GIT_TOKEN`.
///
/// Sources: ld.so(8), `unsecure_envvars` of glibc (`sysdeps/generic/unsecvars.h`) and sudo's
/// `initial_badenv_table` (`plugins/sudoers/env.c`) for the loader and the shells; bash(1), dash(1),
/// zsh(1), python(1), perlrun(1), ruby(1), node(1), java(1) and the .NET, Lua, PHP and R manuals; git(1),
/// ssh(1), less(1) and environ(7); curl(1), openssl-env(7); systemd.exec(5), `sd_listen_fds(3)`.
#[rustfmt::skip]
const TABLE: &[(TakeoverTarget, &[&str])] = &[
    (TakeoverTarget::Loader, &[
        "LD_*", "_RLD*", "DYLD_*", "LIBPATH", "SHLIB_PATH", "LIBRARY_PATH", "GLIBC_TUNABLES",
        "MALLOC_*", "GCONV_PATH", "LOCPATH", "NLSPATH", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN",
        "RESOLV_*", "RES_OPTIONS", "NIS_PATH", "TZDIR", "OPENSSL_CONF", "OPENSSL_ENGINES",
        "OPENSSL_MODULES", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "GTK_MODULES", "GTK_PATH",
        "GIO_*", "GST_PLUGIN_*", "CUDA_INJECTION64_PATH", "OCL_ICD_*", "VK_DRIVER_FILES",
        "VK_ICD_FILENAMES", "VK_LAYER_PATH", "VK_ADD_LAYER_PATH",
    ]),
    (TakeoverTarget::Interpreter, &[
        "BASH_*", "BASHOPTS", "SHELLOPTS", "ENV", "IFS", "PS0", "PS1", "PS2", "PS3", "PS4", "CDPATH",
        "GLOBIGNORE", "FPATH", "NULLCMD", "READNULLCMD", "ZDOTDIR", "PROMPT_COMMAND", "fish_*",
        "PYTHON*", "PERL5*", "PERLLIB", "PERLIO*", "PERL_*", "RUBYOPT", "RUBYLIB", "RUBYSHELL", "RUBY_*",
        "BUNDLE_GEMFILE", "BUNDLE_PATH", "BUNDLE_APP_CONFIG", "GEM_HOME", "GEM_PATH", "GEMRC",
        "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "NODE_V8_COVERAGE", "NPM_CONFIG_*",
        "npm_config_*", "YARN_RC_FILENAME", "DENO_DIR", "BUN_OPTIONS", "BUN_INSTALL", "JAVA_HOME",
        "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JVM_OPTS", "CLASSPATH",
        "MAVEN_OPTS", "MAVEN_ARGS", "GRADLE_OPTS", "GRADLE_USER_HOME", "DOTNET_*", "CORECLR_*", "COR_*",
        "COMPlus_*", "MONO_*", "LUA_*", "PHPRC", "PHP_INI_SCAN_DIR", "R_PROFILE*", "R_ENVIRON*",
        "R_LIBS*", "R_HOME", "TCLLIBPATH", "TCL_LIBRARY", "JULIA_DEPOT_PATH", "JULIA_LOAD_PATH",
        "ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_LIBS", "ELIXIR_ERL_OPTIONS", "GUILE_*", "VIM",
        "VIMINIT", "VIMRUNTIME", "EXINIT", "MAKEFLAGS", "MAKEFILES", "GNUMAKEFLAGS", "AWKPATH",
        "AWKLIBPATH", "RUSTC*", "RUSTFLAGS", "CARGO_HOME", "CARGO_BUILD_*", "CARGO_TARGET_*",
        "GOFLAGS", "GOROOT", "GOPATH", "GOENV", "GODEBUG", "GOTOOLCHAIN", "CC", "CXX", "CFLAGS",
        "CXXFLAGS", "LDFLAGS", "VIRTUAL_ENV", "CONDA_EXE", "CONDA_PREFIX", "CONDARC", "UV_PYTHON*",
        "UV_CONFIG_FILE", "PREFECT_*", "PFX_*",
    ]),
    (TakeoverTarget::Program, &[
        "PATH", "SHELL", "EDITOR", "VISUAL", "FCEDIT", "SUDO_ASKPASS", "SUDO_EDITOR", "SYSTEMD_EDITOR",
        "PAGER", "MANPAGER", "SYSTEMD_PAGER", "LESS", "LESSOPEN", "LESSCLOSE", "LESSKEY*", "MORE",
        "BROWSER", "GIT_ASKPASS", "GIT_SSH*", "GIT_CONFIG*", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND",
        "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_TEMPLATE_DIR",
        "GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ALLOW_PROTOCOL", "GIT_TRACE*", "GIT_CEILING_DIRECTORIES",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM", "SVN_SSH", "SVN_EDITOR", "HGRCPATH", "HGEDITOR", "HGMERGE",
        "CVS_RSH", "SSH_ASKPASS*", "SSH_AUTH_SOCK", "SSH_SK_*", "RSYNC_RSH", "RSYNC_CONNECT_PROG",
        "GPG_AGENT_INFO", "GNUPGHOME", "TERMINFO*", "TERMCAP", "TERMPATH", "TMUX*", "SCREENRC", "INPUTRC",
    ]),
    (TakeoverTarget::Network, &[
        "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
        "ftp_proxy", "all_proxy", "no_proxy", "SOCKS_SERVER", "RSYNC_PROXY", "SSL_CERT_*", "SSL_CA_*",
        "SSLKEYLOGFILE", "CURL_HOME", "CURL_CA_BUNDLE", "CURL_SSL_BACKEND", "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "DENO_CERT", "DENO_TLS_CA_STORE",
        "GIT_SSL_*", "GIT_HTTP_*", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL*", "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "KUBECONFIG", "DOCKER_HOST",
        "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS*", "CONTAINER_HOST", "KRB5*",
        "PGHOSTADDR", "PGSERVICEFILE", "PGSYSCONFDIR", "PGPASSFILE", "NETRC", "PIP_*", "UV_INDEX*",
        "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "GOPROXY", "GONOSUMDB", "GONOSUMCHECK", "GOINSECURE",
        "GOSUMDB",
    ]),
    (TakeoverTarget::Process, &[
        "HOME", "USER", "LOGNAME", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP", "TEMPDIR", "XDG_*",
        "DBUS_*", "NOTIFY_SOCKET", "LISTEN_*", "WATCHDOG_*", "MAINPID", "MANAGERPID", "INVOCATION_ID",
        "JOURNAL_STREAM", "CREDENTIALS_DIRECTORY", "RUNTIME_DIRECTORY", "STATE_DIRECTORY",
        "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY", "SYSTEMD_*", "DISPLAY",
        "XAUTHORITY", "WAYLAND_DISPLAY",
    ]),
];

/// Shows for nearly every ordinary name that it is not in the lists, without searching them. Each name is checked
/// before the command starts: without this filter, a run with a hundred secrets takes 5 % longer, or 2.5 % longer if
/// the lists are searched by first letter (`benches/compare.sh`).
struct Filter {
    /// Complete names, by their first two bytes, their last byte and their length.
    names: [u64; 128],
    /// The first two bytes of names with a final `*`, by the five bits in which letters differ.
    heads: [u64; 16],
}

/// For [`TABLE`].
static OF_TABLE: Filter = {
    let (mut filter, mut class) = (Filter::EMPTY, 0);
    while class < TABLE.len() {
        filter = filter.and(TABLE[class].1);
        class += 1;
    }
    filter
};

/// For the names in [`shells`].
static OF_SHELLS: Filter = {
    let (mut filter, mut shell) = (Filter::EMPTY, 0);
    while shell < shells::ALL.len() {
        filter = filter.and(shells::ALL[shell].names);
        shell += 1;
    }
    filter
};

impl Filter {
    const EMPTY: Self = Self { names: [0; 128], heads: [0; 16] };

    const fn and(mut self, patterns: &[&str]) -> Self {
        let mut index = 0;
        while index < patterns.len() {
            let pattern = patterns[index].as_bytes();
            if matches!(pattern, [.., b'*']) {
                let (word, bit) = Self::head(pattern);
                self.heads[word] |= bit;
            } else {
                let (word, bit) = Self::name(pattern);
                self.names[word] |= bit;
            }
            index += 1;
        }
        self
    }

    const fn head(name: &[u8]) -> (usize, u64) {
        let at = match name {
            [first, second, ..] => (*first as usize & 31) << 5 | (*second as usize & 31),
            _ => 0,
        };
        (at / 64, 1 << (at % 64))
    }

    const fn name(name: &[u8]) -> (usize, u64) {
        let (first, second, last) = match name {
            [first, second, .., last] => (*first, *second, *last),
            [first, second] => (*first, *second, *second),
            [first] => (*first, 0, 0),
            [] => (0, 0, 0),
        };
        // Any odd factors that are not close to each other will do.
        let mixed =
            first as usize * 4801 + second as usize * 1187 + last as usize * 263 + name.len() * 37;
        (mixed / 64 % 128, 1 << (mixed % 64))
    }

    const fn may_have(&self, name: &str) -> bool {
        let name = name.as_bytes();
        let ((name_word, name_bit), (head_word, head_bit)) = (Self::name(name), Self::head(name));
        self.names[name_word] & name_bit != 0 || self.heads[head_word] & head_bit != 0
    }
}

/// What a variable of this name controls; `None` for an ordinary variable.
pub fn target(name: &str) -> Option<TakeoverTarget> {
    let of_table = || {
        let mut classes = TABLE.iter();
        classes.find_map(|(target, names)| shells::is_among(name, names).then_some(*target))
    };
    let of_shells = || {
        let mut shells = shells::ALL.iter();
        shells.any(|shell| shells::is_among(name, shell.names)).then_some(TakeoverTarget::Shell)
    };
    let known = OF_TABLE.may_have(name).then(of_table).flatten();
    known.or_else(|| OF_SHELLS.may_have(name).then(of_shells).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_can_take_over_are_recognized() {
        for (name, expected) in [
            ("LD_PRELOAD", TakeoverTarget::Loader),
            ("GLIBC_TUNABLES", TakeoverTarget::Loader),
            ("BASH_ENV", TakeoverTarget::Interpreter),
            ("BASH_FUNC_ls__", TakeoverTarget::Interpreter),
            ("PYTHONPATH", TakeoverTarget::Interpreter),
            ("NODE_OPTIONS", TakeoverTarget::Interpreter),
            ("PATH", TakeoverTarget::Program),
            ("GIT_SSH_COMMAND", TakeoverTarget::Program),
            ("https_proxy", TakeoverTarget::Network),
            ("NOTIFY_SOCKET", TakeoverTarget::Process),
            ("UID", TakeoverTarget::Shell),
            ("path", TakeoverTarget::Shell),
            ("dis_aliases", TakeoverTarget::Shell),
            ("_", TakeoverTarget::Shell),
        ] {
            assert_eq!(target(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn every_name_in_the_lists_is_found() {
        for (expected, patterns) in TABLE {
            for pattern in *patterns {
                let name = pattern.trim_end_matches('*');
                assert_eq!(target(name), Some(*expected), "{pattern}");
            }
        }
        for pattern in shells::ALL.iter().flat_map(|shell| shell.names) {
            assert!(target(pattern.trim_end_matches('*')).is_some(), "{pattern}");
        }
        assert_eq!((target(""), target("A")), (None, None));
    }

    #[test]
    fn the_filter_decides_for_most_names() {
        let looked_up = (0..100)
            .map(|index| format!("SECRET_{index}"))
            .filter(|name| OF_TABLE.may_have(name) || OF_SHELLS.may_have(name));
        assert!(looked_up.count() <= 25);
    }

    #[test]
    fn names_of_ordinary_secrets_are_allowed() {
        #[rustfmt::skip]
        let names = [
            "DB_PASSWORD", "TOKEN", "API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
            "AWS_CREDENTIALS", "GITHUB_TOKEN", "PGPASSWORD", "DATABASE_URL", "SLACK_WEBHOOK_URL",
            "ENVIRONMENT", "PATHS", "MY_PATH", "HOMEPAGE", "GCP_CREDENTIALS", "SECRET_KEY",
            "user", "env", "HOST", "VENDOR", "token", "value", "a", "GIT_TOKEN", "NODE_AUTH_TOKEN", "SSH_PRIVATE_KEY", "DOCKER_PASSWORD",
            "CARGO_REGISTRY_TOKEN", "RSYNC_PASSWORD", "GEM_HOST_API_KEY", "UV_PUBLISH_TOKEN",
        ];
        for name in names {
            assert_eq!(target(name), None, "{name}");
        }
    }
}
