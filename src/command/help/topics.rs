//! The topics that `pfx help` explains besides commands.

/// A text on one subject.
pub struct Topic {
    pub name: &'static str,
    /// Its manual page in section 5, if a whole page is about the topic.
    pub page: Option<&'static str>,
    /// The first line is its title.
    pub text: &'static str,
}

impl Topic {
    /// One line that says what it is about.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }
}

const fn topic(name: &'static str, text: &'static str) -> Topic {
    Topic { name, page: None, text }
}

/// In the order in which they are listed.
pub const TOPICS: [Topic; 10] = [
    topic("references", include_str!("references.txt")),
    topic("precedence", include_str!("precedence.txt")),
    topic("exit-status", include_str!("exit-status.txt")),
    topic("environment", include_str!("environment.txt")),
    Topic { name: "pfx.toml", page: Some("pfx.toml"), text: include_str!("pfx.toml.txt") },
    topic("env-files", include_str!("env-files.txt")),
    topic("containers", include_str!("containers.txt")),
    topic("systemd", include_str!("systemd.txt")),
    topic("prefect", include_str!("prefect.txt")),
    topic("security", include_str!("security.txt")),
];
