//! Which binding takes precedence over which, and which inherited variables the command gets.

use serde_json::{Value, json};

use crate::environment::{InheritancePolicy, Inherited};
use crate::name::Printable;

/// The layers of the command's environment, in order.
pub struct Precedence<'p> {
    pub project: Option<String>,
    /// What binds variables. Each layer takes precedence over those before it.
    pub layers: &'p [String],
    pub inherited: Inherited<'p>,
    /// The inherited variables that the command gets.
    pub passed: Inherited<'p>,
    pub inheritance: &'p InheritancePolicy,
}

impl Precedence<'_> {
    /// A title and the lines below it; `None` if no option and no file changes the default.
    pub fn lines(&self) -> Option<(&'static str, Vec<String>)> {
        let InheritancePolicy { clean, strip_credentials, preserve } = self.inheritance;
        if self.layers.len() == 1 && clean.is_none() && !strip_credentials && !preserve {
            return None;
        }
        let (passed, all) = (self.passed.0.len(), self.inherited.0.len());
        let mut lines = vec![if passed == all {
            "the inherited variables".to_owned()
        } else {
            format!("{passed} of the {all} inherited variables")
        }];
        lines.extend(self.layers.iter().map(|layer| Printable(layer).to_string()));
        if *preserve {
            lines.push("the inherited variables again (--preserve)".to_owned());
        }
        let title =
            "the command's environment (each line takes precedence over the lines above it):";
        Some((title, lines))
    }

    /// Adds the same to the JSON.
    pub fn add_to(&self, json: &mut Value) {
        let passed = self.passed.names();
        let mut left_out: Vec<String> = self
            .inherited
            .names()
            .into_iter()
            .filter(|name| !passed.contains(name))
            .map(|name| String::from_utf8_lossy(&name).into_owned())
            .collect();
        left_out.sort();
        json["project"] = json!(self.project);
        json["layers"] = json!(self.layers);
        json["not_inherited"] = json!(left_out);
        json["preserve"] = json!(self.inheritance.preserve);
    }
}
