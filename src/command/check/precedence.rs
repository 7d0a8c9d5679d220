//! Which binding wins over which, and what of the environment the command gets.

use serde_json::{Value, json};

use crate::environment::{InheritancePolicy, Inherited};
use crate::name::Shown;

/// What the command's environment is made of, in order.
pub struct Precedence<'p> {
    pub project: Option<String>,
    /// What binds variables: each wins over those before it.
    pub layers: &'p [String],
    pub inherited: Inherited<'p>,
    /// Those of them that the command gets.
    pub passed: Inherited<'p>,
    pub inheritance: &'p InheritancePolicy,
}

impl Precedence<'_> {
    /// Nothing, if all is as it is without an option or a file.
    pub fn as_text(&self) -> String {
        let InheritancePolicy { clean, strip_credentials, preserve } = self.inheritance;
        if self.layers.len() == 1 && clean.is_none() && !strip_credentials && !preserve {
            return String::new();
        }
        let mut text =
            "\nthe command's environment (each line takes precedence over the lines above it):\n"
                .to_owned();
        let (passed, all) = (self.passed.0.len(), self.inherited.0.len());
        if passed == all {
            text.push_str("  the inherited variables\n");
        } else {
            text.push_str(&format!("  {passed} of the {all} inherited variables\n"));
        }
        for layer in self.layers {
            text.push_str(&format!("  {}\n", Shown(layer)));
        }
        if *preserve {
            text.push_str("  the inherited variables again (--preserve)\n");
        }
        text
    }

    /// The same for programs.
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
