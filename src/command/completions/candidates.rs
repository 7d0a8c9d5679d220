//! The names that can be the last word of a command line: those on this machine. It does not use the network, asks no
//! user and reads no value. Whatever cannot be read has no names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::CommandFactory as _;

use super::request::{CompletionRequest, WordKind};
use crate::cli;
use crate::command::help::TOPICS;
use crate::environment::Inherited;
use crate::error::Error;
use crate::files::file;
use crate::name::{for_terminal, in_reference};
use crate::project::Project;
use crate::reference::Reference;
use crate::settings::{self, Settings};
use crate::source::Source as _;
use crate::source::local::LocalConfig;
use crate::wanted::{WantedValue, WantedVariable};

/// Candidates, and a description of each.
type Candidates = BTreeMap<String, &'static str>;

/// The words that can be completed here.
pub fn candidates(
    kind: WordKind,
    request: &CompletionRequest,
    inherited: Inherited<'_>,
) -> Candidates {
    let project = project(request, inherited);
    let (is_binding, names) = match kind {
        WordKind::Command(_) | WordKind::Options => return Candidates::new(),
        WordKind::Block | WordKind::Text => (true, Candidates::new()),
        WordKind::Key => (true, project.keys),
        WordKind::KeyName => return project.keys,
        WordKind::Profile => return project.profiles,
        WordKind::Secret | WordKind::SecretName => {
            let mut names = project.secrets;
            names.extend(secrets(request, inherited).unwrap_or_default());
            (kind == WordKind::Secret, names)
        }
        WordKind::Subject => return subjects(),
        WordKind::Variable => (true, environment(inherited)),
        WordKind::VariableName => {
            let mut names = project.variables;
            names.extend(environment(inherited));
            return names;
        }
    };
    let typed = request.typed.split_once('=').filter(|_| is_binding);
    if let Some((variable, _)) = typed {
        return names
            .into_iter()
            .map(|(name, what)| (format!("{variable}={name}"), what))
            .collect();
    }
    if !is_binding {
        return names;
    }
    // Without a variable before it, a `=` would end a variable name.
    let mut words: Candidates =
        names.into_iter().map(|(name, what)| (name.replace('=', "%3D"), what)).collect();
    for (variable, what) in project.variables {
        words.entry(format!("{variable}=")).or_insert(what);
    }
    words
}

/// What `pfx help` explains.
fn subjects() -> Candidates {
    let root = cli::Arguments::command();
    let commands = root.get_subcommands().map(|command| (command.get_name().to_owned(), "command"));
    let topics = TOPICS.iter().map(|topic| (topic.name.to_owned(), "topic"));
    commands.chain(topics).collect()
}

/// The names of the secrets on this machine.
fn secrets(request: &CompletionRequest, inherited: Inherited<'_>) -> Result<Candidates, Error> {
    let secrets_dir = request.secrets_directories.iter().map(PathBuf::from).collect();
    let places = cli::PlaceOptions { secrets_dir, no_expand: true, ..Default::default() };
    let settings = Settings::new(&places, inherited)?;
    let local = LocalConfig::new(&settings.files, inherited, settings.expand);
    let mut names = local.secrets().unwrap_or_default();
    for directory in &settings.directories {
        names.extend(directory.secrets().unwrap_or_default());
    }
    Ok(names.iter().map(|name| (written(name), "secret")).collect())
}

/// The environment variables of pfx.
fn environment(inherited: Inherited<'_>) -> Candidates {
    let names = inherited.names().into_iter().filter_map(|name| String::from_utf8(name).ok());
    names.map(|name| (written(&name), "variable")).collect()
}

fn written(name: &str) -> String {
    for_terminal(&in_reference(name))
}

/// The names in a project file.
#[derive(Default)]
struct ProjectNames {
    keys: Candidates,
    profiles: Candidates,
    secrets: Candidates,
    variables: Candidates,
}

/// The names in the project file. It need not be trusted, since completing names binds nothing.
fn project(request: &CompletionRequest, inherited: Inherited<'_>) -> ProjectNames {
    let mut named = ProjectNames::default();
    let Some(project) = read(request, inherited) else { return named };
    let tables = project.profiles.iter().map(|(_, profile)| profile).chain([&project.own]);
    for entry in tables.filter_map(|profile| profile.env.as_ref()).flatten() {
        named.add(entry);
    }
    let profiles = project.profiles.into_iter();
    named.profiles = profiles.map(|(name, _)| (for_terminal(&name), "profile")).collect();
    named
}

impl ProjectNames {
    fn add(&mut self, entry: &WantedVariable) {
        self.variables.insert(for_terminal(entry.variable.as_str()), "variable in pfx.toml");
        let WantedValue::Lookup(lookup) = &entry.value else { return };
        match &lookup.reference {
            Reference::Kv(key) => self.keys.insert(written(key), "key in pfx.toml"),
            Reference::Secret(name) => self.secrets.insert(written(name), "secret in pfx.toml"),
            _ => None,
        };
    }
}

fn read(request: &CompletionRequest, inherited: Inherited<'_>) -> Option<Project> {
    let given = cli::ProjectOptions {
        project: request.project.as_ref().map(PathBuf::from),
        no_project: request.no_project,
        profile: Vec::new(),
    };
    let path = match settings::active_project::named(&given, inherited) {
        Some((path, _)) => path,
        None if settings::active_project::is_forbidden(&given, inherited) => return None,
        None => settings::active_project::find(inherited)?,
    };
    let (path, contents) = settings::active_project::resolved(&path).ok()?;
    Project::parse(file::text(&contents.bytes, &path).ok()?, "").ok()
}
