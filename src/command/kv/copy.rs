//! `pfx kv copy`: copies what fits from one store to another. Prints names and sizes, never values.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use crate::cli::kv::KvCopy;
use crate::command::{print, store};
use crate::environment::Inherited;
use crate::error::{Error, RemoteFault};
use crate::exit::Exit;
use crate::name::Escaped;
use crate::reference::Reference;
use crate::settings::choice::{self, StoreChoice};
use crate::source::{Collection, NewEntry, Store};

/// How many keys are copied within one time limit: a store with thousands of keys takes longer.
const CHUNK: usize = 50;

/// What happened to one key.
struct CopiedKey {
    key: String,
    /// Its name in the other store.
    name: Option<String>,
    outcome: CopyOutcome,
}

enum CopyOutcome {
    Copied,
    /// The other store has it with a different value.
    Differs,
    /// The other store cannot hold it, because of its name or its value.
    Refused(String),
    Replaced,
    /// The other store has it with this value.
    Same,
}

impl CopyOutcome {
    const fn word(&self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Differs => "differs",
            Self::Refused(_) => "refused",
            Self::Replaced => "replaced",
            Self::Same => "same",
        }
    }

    /// Whether the other store has the value now.
    const fn is_stored(&self) -> bool {
        matches!(self, Self::Copied | Self::Replaced | Self::Same)
    }
}

/// Copies keys, and prints what happened to each. [`Exit::Absent`] if one of them is not in the other store now.
///
/// # Errors
/// The error of either store, after printing what was copied before it.
pub fn copy(
    arguments: &KvCopy,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    if arguments.from == arguments.to {
        return Err(Error::Usage {
            problem: "cannot copy from a store to itself".to_owned(),
            hint: "for example `pfx kv copy --from cloud1 --to prefect`".to_owned(),
        });
    }
    let timeout = choice::time(&arguments.timeout, inherited)?;
    let open = |kind| store(&StoreChoice::of_kind(kind, timeout), inherited);
    let source = open(arguments.from)?;
    let prefix = arguments.prefix.as_deref().unwrap_or_default();
    let keys: Vec<String> =
        source.list(Collection::Kv)?.into_iter().filter(|key| key.starts_with(prefix)).collect();
    let target = open(arguments.to)?;
    let places = (print::place(&*source), print::place(&*target));
    let (named, mut lines) = with_target_names(keys, &*target);

    let mut failed = None;
    for chunk in named.chunks(CHUNK) {
        // Each chunk has its own time limit.
        let outcome =
            open(arguments.from).and_then(|source| Ok((source, open(arguments.to)?))).and_then(
                |(source, target)| copy_chunk(chunk, arguments, &*source, &*target, &mut lines),
            );
        if let Err(error) = outcome {
            failed = Some(error);
            break;
        }
    }
    lines.sort_by(|one, other| one.key.cmp(&other.key));
    let text = if arguments.json {
        format!("{}\n", as_json(&lines, &places, arguments.dry_run))
    } else {
        as_text(&lines, &places, arguments.dry_run)
    };
    print::text(&text, output)?;
    match failed {
        Some(error) => Err(error),
        None if lines.iter().all(|line| line.outcome.is_stored()) => Ok(Exit::Done),
        None => Ok(Exit::Absent),
    }
}

/// The keys with their names in the other store; and separately the keys that have no valid name there, or share it.
fn with_target_names(
    keys: Vec<String>,
    target: &dyn Store,
) -> (Vec<(String, String)>, Vec<CopiedKey>) {
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut refused = Vec::new();
    for key in keys {
        match target.stored_name(Collection::Kv, &key) {
            Some(name) => by_name.entry(name).or_default().push(key),
            None => {
                let outcome =
                    CopyOutcome::Refused("the key is not a valid name in that store".to_owned());
                refused.push(CopiedKey { key, name: None, outcome });
            }
        }
    }
    let mut named = Vec::new();
    for (name, mut keys) in by_name {
        match keys.pop() {
            Some(key) if keys.is_empty() => named.push((key, name)),
            last => {
                for key in keys.into_iter().chain(last) {
                    let problem = format!("another key would also be stored as `{name}`");
                    let (name, outcome) = (Some(name.clone()), CopyOutcome::Refused(problem));
                    refused.push(CopiedKey { key, name, outcome });
                }
            }
        }
    }
    (named, refused)
}

/// Copies some keys.
fn copy_chunk(
    named: &[(String, String)],
    arguments: &KvCopy,
    source: &dyn Store,
    target: &dyn Store,
    lines: &mut Vec<CopiedKey>,
) -> Result<(), Error> {
    let keys: Vec<&str> = named.iter().map(|(key, _)| key.as_str()).collect();
    let called: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    let there = values(target, &called)?;
    for (((key, name), value), there) in named.iter().zip(values(source, &keys)?).zip(there) {
        // Deleted since the keys were listed.
        let Some(value) = value else { continue };
        let outcome = copy_key(name, &value, there.as_ref(), arguments, target)?;
        lines.push(CopiedKey { key: key.clone(), name: Some(name.clone()), outcome });
    }
    Ok(())
}

/// Copies one key to its name in the other store.
fn copy_key(
    name: &str,
    value: &Value,
    there: Option<&Value>,
    arguments: &KvCopy,
    target: &dyn Store,
) -> Result<CopyOutcome, Error> {
    let done = match there {
        Some(there) if is_same(there, value) => return Ok(CopyOutcome::Same),
        Some(_) if !arguments.overwrite => return Ok(CopyOutcome::Differs),
        Some(_) => CopyOutcome::Replaced,
        None => CopyOutcome::Copied,
    };
    let entry = NewEntry::new(Collection::Kv, name, value);
    match target.set(&NewEntry { dry_run: arguments.dry_run, ..entry }) {
        Ok(()) => Ok(done),
        Err(Error::Value { fault, .. }) => Ok(CopyOutcome::Refused(fault.to_string())),
        Err(Error::Remote { fault: RemoteFault::Unsupported { problem, .. }, .. }) => {
            Ok(CopyOutcome::Refused(problem))
        }
        Err(error) => Err(error),
    }
}

/// Whether two values are the same to a store that parses numbers: 1.50 comes back as 1.5.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() && other.is_f64() && one.as_f64() == other.as_f64())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(key, value)| other.get(key).is_some_and(|other| is_same(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

/// The values of the keys with exactly these names, in this order.
fn values(store: &dyn Store, keys: &[&str]) -> Result<Vec<Option<Value>>, Error> {
    let wanted: Vec<Reference> = keys.iter().map(|key| Reference::Kv((*key).to_owned())).collect();
    let mut sorted: Vec<&Reference> = wanted.iter().collect();
    sorted.sort_unstable();
    let found = store.look_up(&sorted)?;
    let value = |reference: &Reference| {
        let found_value = found.get(reference).filter(|found_value| found_value.is_exact)?;
        Some(found_value.value.to_json(&reference.name()))
    };
    wanted.iter().map(|reference| value(reference).transpose()).collect()
}

fn as_text(lines: &[CopiedKey], (from, to): &(String, String), dry_run: bool) -> String {
    let mut text = String::new();
    for CopiedKey { key, name, outcome } in lines {
        let name = name.as_ref().filter(|name| *name != key);
        let name = name.map(|name| format!(" -> {}", Escaped(name))).unwrap_or_default();
        let problem = match outcome {
            CopyOutcome::Refused(problem) => format!(": {}", Escaped(problem)),
            CopyOutcome::Differs => {
                ": the target has a different value; --overwrite replaces it".to_owned()
            }
            _ => String::new(),
        };
        text += &format!("{:8}  {}{name}{problem}\n", outcome.word(), Escaped(key));
    }
    let count = |wanted: &str| lines.iter().filter(|line| line.outcome.word() == wanted).count();
    let counts: Vec<String> = ["copied", "replaced", "same", "differs", "refused"]
        .into_iter()
        .filter_map(|word| match count(word) {
            0 => None,
            count => Some(format!("{count} {word}")),
        })
        .collect();
    let counts = if counts.is_empty() { "nothing to copy".to_owned() } else { counts.join(", ") };
    let dry_run = if dry_run { "; nothing was written" } else { "" };
    text + &format!("\n{counts}: from {} to {}{dry_run}\n", Escaped(from), Escaped(to))
}

fn as_json(lines: &[CopiedKey], (from, to): &(String, String), dry_run: bool) -> Value {
    let object = |CopiedKey { key, name, outcome }: &CopiedKey| {
        let problem = match outcome {
            CopyOutcome::Refused(problem) => Some(problem),
            _ => None,
        };
        json!({ "key": key, "name": name, "outcome": outcome.word(), "problem": problem })
    };
    let keys: Vec<Value> = lines.iter().map(object).collect();
    json!({ "from": from, "to": to, "dry_run": dry_run, "keys": keys })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_if_a_store_returns_one_for_the_other() {
        let value = |text| serde_json::from_str::<Value>(text).unwrap();
        for (one, other) in [
            ("1.50", "1.5"),
            ("[1e2, {\"a\": 0.10}]", "[100.0, {\"a\": 0.1}]"),
            ("\"x\"", "\"x\""),
            ("null", "null"),
        ] {
            assert!(is_same(&value(one), &value(other)), "{one} {other}");
        }
        for (one, other) in [
            ("1", "1.0"),
            ("12345678901234567890", "12345678901234567891"),
            ("[1]", "[1, 2]"),
            ("{\"a\": 1}", "{\"b\": 1}"),
            ("\"1\"", "1"),
        ] {
            assert!(!is_same(&value(one), &value(other)), "{one} {other}");
        }
    }
}
