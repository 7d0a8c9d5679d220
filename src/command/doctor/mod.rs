//! `pfx doctor`: what is configured and where, what answers, and what to do about the rest.

mod project;
mod show;

use std::io::Write;
use std::time::Instant;

use crate::cli;
use crate::command::print;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::report;
use crate::settings::choice::Choice;
use crate::settings::stores::Overview;
use crate::settings::variable::variable;
use crate::settings::{self, Fact, Settings};
use crate::source::Source;
use crate::source::deferred::Settled;
use crate::source::local::Local;

/// All that was found out.
#[derive(Default)]
pub struct Findings {
    pub sections: Vec<Section>,
    pub problems: Vec<Problem>,
    /// Whether there is anything that a command could be given.
    pub has_something: bool,
}

/// Facts about one subject.
pub struct Section {
    pub title: String,
    pub facts: Vec<Fact>,
}

/// Something that is wrong.
pub struct Problem {
    pub what: String,
    /// The command or edit that mends it, if one surely does.
    pub mend: Option<String>,
}

/// Prints what is configured. [`Exit::Absent`] if anything is wrong.
///
/// # Errors
/// Only if the output cannot be written, or the command line makes no sense: what is broken is a finding.
pub fn doctor(
    arguments: &cli::Doctor,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let mut settings = Settings::new(&arguments.places, inherited)?;
    let mut choice = Choice::new(&arguments.stores, inherited)?;
    let mut findings = Findings::default();
    let found = project::project(&arguments.project, settings.strict, inherited, &mut findings);
    if let Some(mut project) = found {
        settings::add_project(&mut settings, &mut choice, &mut project);
    }
    let local = Local::new(&settings.files, inherited, settings.expand);
    findings.on_this_machine(&settings, &local);
    findings.remote(choice, inherited, &local);
    let text = if variable!(arguments.json).flag(inherited) {
        format!("{}\n", show::as_json(&findings))
    } else {
        show::as_text(&findings)
    };
    print::text(&text, output)?;
    Ok(if findings.problems.is_empty() { Exit::Done } else { Exit::Absent })
}

impl Findings {
    fn on_this_machine(&mut self, settings: &Settings, local: &Local<'_>) {
        let mut facts = Vec::new();
        let counted = |result: Result<Vec<String>, Error>| match result {
            Ok(names) if names.len() == 1 => Ok("1 secret".to_owned()),
            Ok(names) => Ok(format!("{} secrets", names.len())),
            Err(error) => Err(error),
        };
        let all = local.secrets();
        self.has_something |= all.as_ref().is_ok_and(|names| !names.is_empty());
        let all = counted(all);
        for (path, origin, there) in local.files() {
            facts.push(Fact {
                name: path,
                value: if there { "is read" } else { "is not there" }.to_owned(),
                origin,
            });
        }
        facts.push(Fact::new("variables", "PREFECT__CONTEXT__SECRETS__…"));
        match all {
            Ok(count) => facts.push(Fact::new("together", &count)),
            Err(error) => self.error(&error),
        }
        for warning in local.warnings() {
            self.problems.push(Problem { what: report::words(warning), mend: None });
        }
        match local.forbidden_keys() {
            Ok(warnings) => {
                let words = warnings.iter().map(report::words);
                self.problems.extend(words.map(|what| Problem {
                    what,
                    mend: Some(
                        "give the key another name, such as this one in upper case".to_owned(),
                    ),
                }));
            }
            Err(_) => facts.push(Fact::new("together", "cannot be read, see below")),
        }
        self.has_something |= !settings.directories.is_empty();
        for directory in &settings.directories {
            match counted(directory.secrets()) {
                Ok(count) => facts.push(Fact::new(&directory.places().join(", "), &count)),
                Err(error) => self.error(&error),
            }
            for warning in directory.warnings() {
                self.problems.push(Problem { what: report::words(&warning), mend: None });
            }
        }
        self.sections.push(Section { title: "secrets on this machine".to_owned(), facts });
    }

    fn remote(&mut self, choice: Choice, inherited: Inherited<'_>, local: &Local<'_>) {
        let overview = Overview::new(choice, inherited, local);
        for (title, facts) in overview.sections {
            self.sections.push(Section { title, facts });
        }
        for concern in overview.concerns {
            self.problems.push(Problem { what: concern, mend: None });
        }
        for error in &overview.errors {
            self.error(error);
        }
        let mut facts = vec![Fact::new("in force", &overview.in_force)];
        match overview.settled {
            Some(Settled::Store(store)) => {
                self.has_something = true;
                let started = Instant::now();
                match store.probe() {
                    Ok(says) => {
                        let elapsed = started.elapsed().as_millis();
                        facts.push(Fact::new("answers", &format!("yes, in {elapsed} ms")));
                        facts.extend(says.iter().map(|(name, value)| Fact::new(name, value)));
                    }
                    Err(error) => {
                        facts.push(Fact::new("answers", "no, see below"));
                        self.error(&error);
                    }
                }
            }
            Some(Settled::None { why }) => {
                facts.push(Fact::new("asked", &format!("nothing: {why}")));
                if let Some(how) = overview.login {
                    facts.push(Fact::new("to log in", &how));
                }
            }
            None => {}
        }
        self.sections.push(Section { title: "remote store".to_owned(), facts });
    }

    fn error(&mut self, error: &Error) {
        let mend = error.hint().filter(|hint| !hint.contains("pfx doctor"));
        self.problems.push(Problem { what: error.to_string(), mend });
    }
}
