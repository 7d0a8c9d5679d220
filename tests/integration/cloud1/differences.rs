//! Cases in which pfx differs from Prefect 1.4.1 by decision. A listed case that does not differ any more is an error.

/// Cases in which pfx differs, as design.md, section 6, or security.md decides, by the reason.
pub const DIFFERENCES: &[(&str, &[&str])] = &[
    (
        "typing is not done: the local text `None` is a text, where Prefect makes a value of it",
        &["cloud-local-none-wins"],
    ),
    (
        "the API is asked for what is not here unless the user wrote `use_local_secrets = true`, which \
         Prefect has by default",
        &["cloud-exists-use-local"],
    ),
    (
        "`backend = \"server\"` keeps everything local: such a server has neither secrets nor keys, and is \
         not asked whose they are",
        &["cloud-set-secret-server-backend", "tenant-default-server", "tenant-default-server-none"],
    ),
    (
        "the phrase that means absence does, where Prefect loses it by wrapping the message at 80 columns",
        &["cloud-error-notfound-400-wrapped"],
    ),
    ("NaN is not JSON (API-07)", &["cloud-error-body-nan", "kv-set-nan"]),
    (
        "no redirect is followed (NET-17)",
        &["cloud-error-redirect-301", "cloud-error-redirect-cross-host"],
    ),
    (
        "one deadline over everything (`--timeout`), and not Prefect's `request_timeout` for each wait",
        &["cloud-error-timeout-string", "timeout-zero"],
    ),
    ("`SSL_CERT_FILE` names authorities", &["cloud-tls-ssl-cert-file"]),
    (
        "secrets go over http to this machine only, and never through a proxy then",
        &["cloud-http-proxy", "cloud-http-proxy-lower", "z4-all-proxy"],
    ),
    (
        "`.netrc` is never read",
        &["cloud-netrc-overrides-key", "z4-netrc-default-entry", "z4-netrc-env"],
    ),
    ("a URL with a password in it is refused", &["cloud-userinfo-in-url"]),
    (
        "the key that is asked for is asked for, where Prefect's formatter takes blanks out of it",
        &["kv-get-key-four-spaces-brace"],
    ),
    ("help is given whatever is configured", &["cli-kv-server-sub-help"]),
    (
        "an empty name is wrong usage",
        &["cloud-request-empty-name", "kv-set-empty-key", "kv-get-key-empty"],
    ),
    ("null is not a value (section 6)", &["cloud-value-null"]),
];
