//! Texts of files that refer to other variables: decides where the value of each variable comes from, before anything
//! is looked up.

use super::{Action, BaseEnvironment, Binding};
use crate::environment::check_length;
use crate::error::{Error, Position};
use crate::name::VariableName;
use crate::secret::SecretValue;
use crate::wanted::{self, Delivery, Interpolation, Lookup, TemplatePiece, or_default};

/// A text with parts that are known only after the lookups.
#[derive(Debug)]
pub struct Template {
    pub variable: VariableName,
    pub parts: Vec<TemplatePart>,
    /// Whether a binding of the plan still uses it, directly or through another template.
    pub(super) is_needed: bool,
    /// Where the file defines it. Its pieces have become the parts.
    pub origin: wanted::WrittenTemplate,
}

#[derive(Debug)]
pub enum TemplatePart {
    Text(SecretValue),
    /// The value of another variable, inserted unchanged.
    Variable {
        name: VariableName,
        of: PartValue,
        /// The text to use if the value is missing or empty.
        default: Option<SecretValue>,
        /// The inherited value of the variable, which it keeps if an optional lookup finds nothing.
        inherited: Option<SecretValue>,
        at: Position,
    },
}

/// Where the value of a variable in a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartValue {
    /// One of [`super::Plan::template_lookups`].
    Lookup(usize),
    /// One of [`super::Plan::templates`], an earlier one.
    Template(usize),
}

/// A lookup that templates need.
#[derive(Debug)]
pub struct TemplateLookup {
    pub lookup: Lookup,
    pub is_needed: bool,
}

impl Template {
    pub const fn is_needed(&self) -> bool {
        self.is_needed
    }

    /// The variables in it, each once, and where the value of each comes from.
    pub fn variables(&self) -> Vec<(&VariableName, PartValue)> {
        let mut variables = Vec::new();
        for part in &self.parts {
            if let TemplatePart::Variable { name, of, .. } = part
                && !variables.contains(&(name, *of))
            {
                variables.push((name, *of));
            }
        }
        variables
    }
}

/// Determines, line by line, where the values of the variables in texts come from.
pub(super) struct Linker<'l> {
    /// The bindings that take precedence over all files, also inside their texts: those of `PFX_…` variables, then
    /// those of the command line.
    winning: &'l [Binding],
    base: BaseEnvironment<'l>,
    pub templates: Vec<Template>,
    pub template_lookups: Vec<TemplateLookup>,
}

/// The value of a variable in a text.
enum VariableValue<'m> {
    Pending(VariableName, PartValue),
    /// The value is known: this text, or `None` if the variable is not set.
    Known(Option<&'m [u8]>),
}

impl<'l> Linker<'l> {
    pub const fn new(winning: &'l [Binding], base: BaseEnvironment<'l>) -> Self {
        Self { winning, base, templates: Vec::new(), template_lookups: Vec::new() }
    }

    /// What a line does with its variable. `earlier` gives the bindings of the lines before it.
    ///
    /// # Errors
    /// [`Error::Config`] if a variable in the text is not set and has no default.
    pub fn link<'e>(
        &mut self,
        variable: VariableName,
        mut origin: wanted::WrittenTemplate,
        earlier: impl Fn(&[u8]) -> Option<&'e Binding>,
    ) -> Result<Action, Error>
    where
        'l: 'e,
    {
        let (mut parts, mut text) = (Vec::new(), zeroize::Zeroizing::new(Vec::new()));
        for piece in std::mem::take(&mut origin.pieces) {
            let interpolation = match piece {
                TemplatePiece::Text(piece) => {
                    text.extend_from_slice(piece.expose());
                    continue;
                }
                TemplatePiece::Variable(interpolation) => interpolation,
            };
            let default = interpolation.default.as_ref().map(SecretValue::expose);
            match self.value_of(&interpolation, &origin, &earlier)? {
                VariableValue::Known(value) => match or_default(value, default) {
                    Some(value) => text.extend_from_slice(value),
                    None => {
                        let problem = "the variable that this `$` refers to is not set; put a literal `$` in \
                                       single quotes, or give a default with `${NAME:-text}`";
                        return Err(origin.fault(interpolation.at, problem));
                    }
                },
                VariableValue::Pending(name, of) => {
                    if !text.is_empty() {
                        let before = SecretValue::bytes(std::mem::take(&mut *text));
                        parts.push(TemplatePart::Text(before));
                    }
                    let inherited = self.left_as_inherited(&name, of);
                    let Interpolation { default, at, .. } = interpolation;
                    parts.push(TemplatePart::Variable { name, of, default, inherited, at });
                }
            }
            // This stops lines that double the text each time.
            check_length(variable.as_str(), text.len(), variable.as_str())?;
        }
        let text = SecretValue::bytes(std::mem::take(&mut *text));
        if parts.is_empty() {
            return Ok(Action::Set(variable, text));
        }
        if !text.expose().is_empty() {
            parts.push(TemplatePart::Text(text));
        }
        let index = self.templates.len();
        let template = Template { variable: variable.clone(), parts, is_needed: false, origin };
        self.templates.push(template);
        Ok(Action::Template(variable, index))
    }

    fn value_of<'m>(
        &mut self,
        interpolation: &Interpolation,
        origin: &wanted::WrittenTemplate,
        earlier: &impl Fn(&[u8]) -> Option<&'m Binding>,
    ) -> Result<VariableValue<'m>, Error>
    where
        'l: 'm,
    {
        let name = interpolation.name.as_bytes();
        let bound = self.winning.iter().rfind(|binding| binding.variable() == name);
        let bound = bound.or_else(|| earlier(name));
        let preserved = self.base.preserved.get(name);
        Ok(match (bound.map(|binding| &binding.action), preserved) {
            // A removal takes precedence over a preserved variable.
            (Some(Action::Unset(_)), _) => VariableValue::Known(None),
            (_, Some(_)) => VariableValue::Known(preserved),
            (Some(Action::Set(_, text)), None) => VariableValue::Known(Some(text.expose())),
            (Some(Action::Template(variable, index)), None) => {
                VariableValue::Pending(variable.clone(), PartValue::Template(*index))
            }
            (Some(Action::Lookup(_, lookup)), None) if lookup.delivery == Delivery::File => {
                let problem = "the variable that this `$` refers to is passed as a file and cannot be part of \
                               other text";
                return Err(origin.fault(interpolation.at, problem));
            }
            (Some(Action::Lookup(variable, lookup)), None) => {
                let of = PartValue::Lookup(self.lookup_index(lookup));
                VariableValue::Pending(variable.clone(), of)
            }
            (Some(Action::Preserve(_)) | None, None) => {
                VariableValue::Known(self.base.inherited.get(name))
            }
        })
    }

    /// The value that a variable keeps if its lookup is optional and finds nothing.
    fn left_as_inherited(&self, name: &VariableName, of: PartValue) -> Option<SecretValue> {
        let PartValue::Lookup(index) = of else { return None };
        let lookup = &self.template_lookups[index].lookup;
        let inherited = self.base.inherited.get(name.as_str().as_bytes())?;
        (lookup.optional && lookup.default.is_none())
            .then(|| SecretValue::bytes(inherited.to_vec()))
    }

    /// The index of a lookup among those of templates. It is stored apart from its binding, because a later binding
    /// may still override that.
    fn lookup_index(&mut self, lookup: &Lookup) -> usize {
        let same = |one: &TemplateLookup| one.lookup.is_same(lookup);
        self.template_lookups.iter().position(same).unwrap_or_else(|| {
            self.template_lookups.push(TemplateLookup { lookup: lookup.clone(), is_needed: false });
            self.template_lookups.len() - 1
        })
    }
}

/// Marks the templates that `bindings` use, and everything that these need.
pub(super) fn mark_needed(
    bindings: &[Binding],
    templates: &mut [Template],
    template_lookups: &mut [TemplateLookup],
) {
    for binding in bindings {
        if let Action::Template(_, index) = binding.action {
            templates[index].is_needed = true;
        }
    }
    for index in (0..templates.len()).rev() {
        let (before, from) = templates.split_at_mut(index);
        let Some(template) = from.first().filter(|template| template.is_needed) else { continue };
        for part in &template.parts {
            match part {
                TemplatePart::Variable { of: PartValue::Lookup(index), .. } => {
                    template_lookups[*index].is_needed = true;
                }
                TemplatePart::Variable { of: PartValue::Template(index), .. } => {
                    before[*index].is_needed = true;
                }
                TemplatePart::Text(_) => {}
            }
        }
    }
}
