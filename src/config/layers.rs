//! The layers of a configuration, which are merged key by key when needed.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use toml::de::DeValue;

use super::document::{Document, Walk};
use super::expand::{Expansion, ValueExpander};
use super::node::{Leaf, Node, SECRETS};
use super::variables::Override;
use crate::error::{Error, Position, ValueFault};
use crate::secret::SecretValue;

/// The parts of Prefect 1.4.1's own `config.toml` that a `${section.key}` can refer to.
const DEFAULTS: &str = include_str!("defaults.toml");

/// Their name in messages.
pub const DEFAULTS_PLACE: &str = "the defaults of Prefect 1.4.1";

/// One layer: a file, or one `PREFECT__…` variable.
pub enum ConfigLayer<'t> {
    File { document: Document<'t>, place: String },
    Variable(Override),
}

/// The layers, from the lowest precedence to the highest. Prefect's defaults are below all of them.
pub struct ConfigLayers<'t> {
    layers: Vec<ConfigLayer<'t>>,
    defaults: OnceCell<ConfigLayer<'static>>,
}

impl<'t> ConfigLayers<'t> {
    pub const fn new(layers: Vec<ConfigLayer<'t>>) -> Self {
        Self { layers, defaults: OnceCell::new() }
    }

    /// The names of all secrets.
    ///
    /// # Errors
    /// [`Error::Config`] if `context.secrets` is not a table, or if layers contradict each other.
    pub fn secrets(&self) -> Result<Vec<String>, Error> {
        // Each name, and whether it may be a table: an empty table counts as missing.
        let mut names = BTreeMap::new();
        for layer in &self.layers {
            match layer {
                ConfigLayer::File { document, .. } => match document.walk(&SECRETS) {
                    Walk::Found(DeValue::Table(table)) => {
                        let tables = table.iter().map(|(key, value)| {
                            let is_table = matches!(value.get_ref(), DeValue::Table(_));
                            (key.get_ref().to_string(), is_table)
                        });
                        // A map is made at once from sorted entries, which is faster than inserting each key.
                        names.append(&mut tables.collect());
                    }
                    Walk::Absent => {}
                    Walk::Blocked | Walk::Found(_) | Walk::Root(_) => return Err(layer.no_table()),
                },
                ConfigLayer::Variable(variable) => {
                    if let Some(table) = variable.whole_table()? {
                        names = table.keys().map(|name| (name.clone(), true)).collect();
                    } else if let [context, secrets, name, ..] = variable.path.as_slice()
                        && [context.as_str(), secrets] == SECRETS
                    {
                        names.insert(name.clone(), true);
                    }
                }
            }
        }
        let mut present = Vec::with_capacity(names.len());
        for (name, may_be_table) in names {
            if !may_be_table || self.get(&[SECRETS[0], SECRETS[1], &name])?.is_some() {
                present.push(name);
            }
        }
        Ok(present)
    }

    /// The value of one secret, and its place.
    ///
    /// # Errors
    /// [`Error::Config`] as [`ConfigLayers::secrets`]; [`Error::Value`] if it cannot be expanded or used.
    pub fn secret(
        &self,
        name: &str,
        expansion: Option<&Expansion<'_>>,
    ) -> Result<Option<(SecretValue, String)>, Error> {
        let Some((node, place)) = self.get(&[SECRETS[0], SECRETS[1], name])? else {
            return Ok(None);
        };
        let fault = |fault| Error::Value { name: name.to_owned(), fault };
        let path = [SECRETS[0], SECRETS[1], name];
        let value = match self.expanded(&path, node, expansion, &fault)? {
            Node::Leaf(Leaf::Text(text)) => SecretValue::maybe_json(name, text)?,
            Node::Leaf(Leaf::Scalar(text)) => SecretValue::maybe_json(name, text)?,
            other => SecretValue::of_json(name, &other.into_json().map_err(fault)?)?,
        };
        Ok(Some((value, place.to_owned())))
    }

    /// The expanded value of a setting, and its place; Prefect's default if no layer sets it.
    ///
    /// # Errors
    /// As [`ConfigLayers::secret`].
    pub fn setting(
        &self,
        path: &[&str],
        expansion: &Expansion<'_>,
    ) -> Result<Option<(Leaf, String)>, Error> {
        let Some((node, place)) = self.get(path)? else { return Ok(None) };
        let fault = |fault| Error::Value { name: path.join("."), fault };
        match self.expanded(path, node, Some(expansion), &fault)? {
            Node::Leaf(leaf) => Ok(Some((leaf, place.to_owned()))),
            Node::Table(_) => Ok(None),
        }
    }

    /// Every key of every table in the files and variables, with its place, for warnings.
    pub fn keys(&self) -> impl Iterator<Item = (Vec<String>, &str)> {
        self.layers.iter().flat_map(|layer| {
            let keys = match layer {
                ConfigLayer::File { document, .. } => document.keys(),
                ConfigLayer::Variable(variable) => vec![variable.path.clone()],
            };
            keys.into_iter().map(|key| (key, layer.place()))
        })
    }

    /// Merges the values of one key in all layers. The place is that of the layer with the highest precedence that
    /// has a value.
    fn get(&self, path: &[&str]) -> Result<Option<(Node, &str)>, Error> {
        let in_secrets = path.starts_with(&SECRETS);
        let mut merged: Option<(Node, &str)> = None;
        let defaults = (!in_secrets).then(|| self.defaults.get_or_init(defaults));
        for layer in defaults.into_iter().chain(&self.layers) {
            let layer_value = match layer {
                ConfigLayer::File { document, .. } => match document.walk(path) {
                    Walk::Absent | Walk::Root(_) => continue,
                    Walk::Blocked if in_secrets => return Err(layer.no_table()),
                    Walk::Blocked => None,
                    Walk::Found(value) => Some(Node::of_toml(value)),
                },
                ConfigLayer::Variable(variable) => match variable.effect_on(path)? {
                    None => continue,
                    Some(layer_value) => layer_value,
                },
            };
            merged = match (merged, layer_value) {
                (Some((mut below, _)), Some(above)) => {
                    if matches!(
                        (&below, &above, layer),
                        (Node::Leaf(_), Node::Table(_), ConfigLayer::Variable(_))
                    ) {
                        return Err(layer.no_table());
                    }
                    below.merge(above);
                    Some((below, layer.place()))
                }
                (None, Some(above)) => Some((above, layer.place())),
                (_, None) => None,
            };
        }
        Ok(merged.and_then(|(node, place)| Some((node.without_empty_tables()?, place))))
    }

    /// Where the value of `path` is written: the last layer that has it, with line and column in a file.
    fn written(&self, path: &[&str]) -> String {
        let places = self.layers.iter().rev().filter_map(|layer| match layer {
            ConfigLayer::File { document, place } => {
                let Position { line, column } = document.position(path)?;
                Some(format!("{place}:{line}:{column}"))
            }
            ConfigLayer::Variable(variable) => variable
                .effect_on(path)
                .is_ok_and(|layer_value| layer_value.is_some())
                .then(|| variable.name.clone()),
        });
        places.into_iter().next().unwrap_or_else(|| DEFAULTS_PLACE.to_owned())
    }

    /// Expands every text of the value of `path`, except inside arrays.
    fn expanded(
        &self,
        path: &[&str],
        node: Node,
        expansion: Option<&Expansion<'_>>,
        fault: &dyn Fn(ValueFault) -> Error,
    ) -> Result<Node, Error> {
        let Some(expansion) = expansion else { return Ok(node) };
        let other = |path: &[&str]| Ok(self.get(path)?.map(|(node, _)| node));
        ValueExpander::new(expansion, &other, &|| self.written(path), fault).node(node)
    }
}

impl ConfigLayer<'_> {
    fn place(&self) -> &str {
        match self {
            Self::File { place, .. } => place,
            Self::Variable(variable) => &variable.name,
        }
    }

    /// The error for a layer in which `context.secrets` is not a table.
    fn no_table(&self) -> Error {
        let problem = "expected a table, found a value";
        Error::config(self.place(), None, Some(SECRETS.join(".")), problem)
    }
}

fn defaults() -> ConfigLayer<'static> {
    let place = DEFAULTS_PLACE.to_owned();
    let document = Document::parse(DEFAULTS, &place).expect("a test parses the defaults");
    ConfigLayer::File { document, place }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Expansion<'static> =
        Expansion { variable: &|_| None, home: &|_| Some(Vec::new()) };

    fn file(text: &str) -> ConfigLayer<'_> {
        let document = Document::parse(text, "c.toml").unwrap();
        ConfigLayer::File { document, place: "c.toml".to_owned() }
    }

    fn variable(name: &str, text: &str) -> ConfigLayer<'static> {
        ConfigLayer::Variable(Override::new(name.as_bytes(), text.as_bytes()).unwrap())
    }

    fn secret(layers: Vec<ConfigLayer<'_>>, name: &str) -> String {
        match ConfigLayers::new(layers).secret(name, Some(&NOTHING)) {
            Ok(Some((value, _))) => String::from_utf8(value.expose().to_vec()).unwrap(),
            Ok(None) => "absent".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_defaults_parse_and_refer_to_each_other() {
        let layers = ConfigLayers::new(Vec::new());
        let (api, _) = layers.setting(&["cloud", "api"], &NOTHING).unwrap().unwrap();
        assert_eq!(api.into_text(), "https://api.prefect.io");
    }

    #[test]
    fn later_layers_win_and_tables_merge() {
        let below = "[context.secrets]\nX = \"below\"\n[context.secrets.T]\na = \"1\"\n";
        let above = "[context.secrets]\nX = \"above\"\nT = {b = 2}\n";
        let layers =
            || vec![file(below), file(above), variable("PREFECT__CONTEXT__SECRETS__T__c", "3")];
        assert_eq!(secret(layers(), "X"), "above");
        assert_eq!(secret(layers(), "T"), r#"{"a":"1","b":2,"c":"3"}"#);
        assert_eq!(secret(vec![file(below)], "Y"), "absent");
    }

    #[test]
    fn an_unknown_reference_and_a_cycle_are_errors_and_quote_nothing() {
        let text = "[context.secrets]\nA = \"x${nope.at.all}\"\nB = \"${context.secrets.C}\"\n\
                    C = \"${context.secrets.B}\"\nD = \"${context.secrets.D}!\"\n";
        let shown = secret(vec![file(text)], "A");
        assert!(shown.contains("(c.toml:2:5)") && !shown.contains("nope"), "{shown}");
        assert!(secret(vec![file(text)], "B").contains("cycle"));
        assert!(secret(vec![file(text)], "D").contains("cycle"));
    }

    #[test]
    fn references_that_double_the_text_are_stopped_early() {
        let mut text = "[context.secrets]\nX0 = \"0123456789\"\n".to_owned();
        for level in 1..60 {
            let below = level - 1;
            text += &format!(
                "X{level} = \"${{context.secrets.X{below}}}${{context.secrets.X{below}}}\"\n"
            );
        }
        assert!(secret(vec![file(&text)], "X59").contains("cycle"));
    }

    #[test]
    fn secrets_that_are_not_a_table_are_an_error() {
        for text in
            ["[context]\nsecrets = \"CANARY\"\n", "context = 1\n", "[[context.secrets]]\na = 1\n"]
        {
            let shown = secret(vec![file(text)], "X");
            assert!(
                shown.contains("key `context.secrets`") && !shown.contains("CANARY"),
                "{shown}"
            );
        }
    }

    #[test]
    fn an_empty_table_is_not_a_secret() {
        let text = "[context.secrets]\nX = {}\n[context.secrets.Y.z]\n";
        assert_eq!(secret(vec![file(text)], "X"), "absent");
        assert_eq!(ConfigLayers::new(vec![file(text)]).secrets().unwrap(), Vec::<String>::new());
    }
}
