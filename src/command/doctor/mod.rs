//! `pfx doctor`: checks the configuration and the remote store, and suggests fixes.

mod project_section;
mod show;

use std::io::Write;
use std::time::Instant;

use crate::cli;
use crate::command::print;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::notice::{Level, Notice};
use crate::settings::choice::StoreChoice;
use crate::settings::stores::StoreOverview;
use crate::settings::variable::variable;
use crate::settings::{self, Fact, Settings};
use crate::source::lazy_store::ChosenStore;
use crate::source::local::LocalConfig;
use crate::source::{Source as _, Store};
use crate::terminal::{Mark, OutputStyle};

/// Everything that `doctor` has found.
#[derive(Default)]
pub struct Findings {
    pub sections: Vec<Section>,
    /// Errors and warnings.
    pub problems: Vec<Notice>,
    /// Whether anything is configured that a command could get.
    pub has_something: bool,
}

impl Findings {
    /// Whether nothing is configured and nothing is wrong: then the first steps are shown.
    fn needs_first_steps(&self) -> bool {
        self.problems.is_empty() && !self.has_something
    }
}

/// Facts about one subject.
pub struct Section {
    pub title: String,
    pub facts: Vec<Fact>,
}

/// Prints the configuration and the problems. [`Exit::Absent`] if there are problems.
///
/// # Errors
/// Only if the output cannot be written, or an option or variable is not valid: everything else is a finding.
pub fn doctor(
    arguments: &cli::Doctor,
    inherited: Inherited<'_>,
    style: OutputStyle,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let mut settings = Settings::new(&arguments.places, inherited)?;
    let mut choice = StoreChoice::new(&arguments.stores, inherited)?;
    let mut findings = Findings::default();
    let found =
        project_section::add_to(&arguments.project, settings.strict, inherited, &mut findings);
    if let Some(mut project) = found {
        settings::add_project(&mut settings, &mut choice, &mut project);
    }
    let local = LocalConfig::new(&settings.files, inherited, settings.expand);
    findings.on_this_machine(&settings, &local);
    findings.remote(&choice, inherited, &local);
    let text = if variable!(arguments.json).flag(inherited) {
        format!("{}\n", show::as_json(&findings))
    } else {
        show::as_text(&findings, style)
    };
    print::text(&text, output)?;
    Ok(if findings.problems.is_empty() { Exit::Done } else { Exit::Absent })
}

impl Findings {
    fn on_this_machine(&mut self, settings: &Settings, local: &LocalConfig<'_>) {
        let mut facts = Vec::new();
        let counted = |result: Result<Vec<String>, Error>| match result {
            Ok(names) if names.len() == 1 => Ok("1 secret".to_owned()),
            Ok(names) => Ok(format!("{} secrets", names.len())),
            Err(error) => Err(error),
        };
        let some = |count: &str| if count.starts_with("0 ") { Mark::Plain } else { Mark::Good };
        let all = local.secrets();
        self.has_something |= all.as_ref().is_ok_and(|names| !names.is_empty());
        let all = counted(all);
        for (path, origin, there) in local.files() {
            let (value, mark) = match (there, &all) {
                (true, Ok(_)) => ("found", Mark::Good),
                // This may be the file that cannot be read.
                (true, Err(_)) => ("found", Mark::Doubtful),
                (false, _) => ("not found", Mark::Plain),
            };
            facts.push(Fact { name: path, value: value.to_owned(), origin, mark });
        }
        facts.push(Fact::new("environment variables", "PREFECT__CONTEXT__SECRETS__…"));
        match all {
            Ok(count) => facts.push(Fact::new("total", &count).marked(some(&count))),
            Err(error) => self.error(&error),
        }
        self.notices(local.notices());
        match local.forbidden_keys() {
            Ok(notices) => self.notices(notices),
            Err(_) => facts.push(Fact::new("total", "unknown (see problems)").marked(Mark::Bad)),
        }
        self.has_something |= !settings.directories.is_empty();
        for directory in &settings.directories {
            match counted(directory.secrets()) {
                Ok(count) => {
                    let place = directory.place().shown.join(", ");
                    facts.push(Fact::new(&place, &count).marked(some(&count)));
                }
                Err(error) => self.error(&error),
            }
            self.notices(directory.notices());
        }
        self.sections.push(Section { title: "local secrets".to_owned(), facts });
    }

    fn remote(&mut self, choice: &StoreChoice, inherited: Inherited<'_>, local: &LocalConfig<'_>) {
        let overview = StoreOverview::new(choice, inherited, local);
        for (title, facts) in overview.sections {
            self.sections.push(Section { title: title.to_owned(), facts });
        }
        self.notices(overview.notices);
        let mut facts = Vec::new();
        let is_store =
            |(chosen, _): &(ChosenStore, String)| matches!(chosen, ChosenStore::Store(_));
        if !overview.chosen.iter().any(is_store) {
            facts.push(Fact::new("active store", "none"));
        }
        for (chosen, why) in &overview.chosen {
            match chosen {
                ChosenStore::Store(store) => {
                    let place = print::place(&**store);
                    let active = Fact::new("active store", &format!("{place}: {why}"));
                    facts.push(active.marked(Mark::Good));
                    self.probe(&**store, &mut facts);
                }
                ChosenStore::None { why } => facts.push(Fact::new("not used", why)),
            }
        }
        if !overview.chosen.iter().all(is_store) {
            facts.extend(overview.login.iter().map(|how| Fact::new("to log in", how)));
        }
        self.sections.push(Section { title: "remote store".to_owned(), facts });
    }

    /// Checks whether a store answers.
    fn probe(&mut self, store: &dyn Store, facts: &mut Vec<Fact>) {
        self.has_something = true;
        let started = Instant::now();
        match store.probe() {
            Ok(says) => {
                let elapsed = started.elapsed().as_millis();
                facts
                    .push(Fact::new("connection", &format!("ok, {elapsed} ms")).marked(Mark::Good));
                facts.extend(says.iter().map(|(name, value)| Fact::new(name, value)));
            }
            Err(error) => {
                facts.push(Fact::new("connection", "failed (see problems)").marked(Mark::Bad));
                self.error(&error);
            }
        }
    }

    fn error(&mut self, error: &Error) {
        self.notices([Notice::of_error(error)]);
    }

    /// Adds the notices that are problems.
    fn notices(&mut self, notices: impl IntoIterator<Item = Notice>) {
        let problems = notices.into_iter().filter(|notice| notice.level != Level::Detail);
        // A hint to run `pfx doctor` is useless here.
        let fix = |fix: Option<String>| fix.filter(|fix| !fix.contains("pfx doctor"));
        for problem in problems {
            let problem = Notice { fix: fix(problem.fix), ..problem };
            // Every reader of a broken file reports the same error.
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }
}
