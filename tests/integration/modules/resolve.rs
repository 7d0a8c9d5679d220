//! Tests of the resolution.

use pfx::cli::BindingOptions;
use pfx::dotenv;
use pfx::environment::Inherited;
use pfx::error::Error;
use pfx::error::ValueFault;
use pfx::plan::Plan;
use pfx::plan::{BaseEnvironment, BindingLayer};
use pfx::reference::Reference;
use pfx::resolve::*;
use pfx::secret::SecretValue;
use pfx::source::Place;
use pfx::source::{Found, FoundValue, Source, Support};

/// A source with the named secrets and values.
struct Has(&'static str, &'static [(&'static str, &'static str)]);

impl Source for Has {
    fn place(&self) -> Place {
        Place::local(vec![self.0.to_owned()])
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        Support::only_if(matches!(reference, Reference::Secret(_)))
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        assert!(!wanted.is_empty(), "a source is asked only for something");
        let held = self.1.iter().filter_map(|(name, value)| {
            let reference = Reference::Secret((*name).to_owned());
            let value = SecretValue::maybe_json(name, *value).unwrap();
            let held = FoundValue::new(value, self.0.to_owned());
            wanted.contains(&&reference).then_some((reference, held))
        });
        Ok(held.collect())
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        Ok(self.1.iter().map(|(name, _)| (*name).to_owned()).collect())
    }
}

/// A source that must not be asked.
struct Panics;

impl Source for Panics {
    fn place(&self) -> Place {
        Place::local(Vec::new())
    }

    fn supports(&self, _: &Reference) -> Support<'_> {
        Support::Yes
    }

    fn look_up(&self, _: &[&Reference]) -> Result<Found, Error> {
        panic!("asked for what was found already")
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        panic!("asked for its names")
    }
}

/// A source that fails.
struct Fails;

impl Source for Fails {
    fn place(&self) -> Place {
        Place::local(Vec::new())
    }

    fn supports(&self, _: &Reference) -> Support<'_> {
        Support::Yes
    }

    fn look_up(&self, _: &[&Reference]) -> Result<Found, Error> {
        Err(Error::Value { name: "failed".to_owned(), fault: ValueFault::Nul })
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }
}

fn resolved(secrets: &[&str], sources: &[&dyn Source]) -> Result<Vec<String>, Error> {
    let secrets = secrets.iter().map(Into::into).collect();
    let plan = Plan::new(&BindingOptions { secret: secrets, ..BindingOptions::default() })?;
    let resolved = resolve(plan, sources)?.require()?;
    let values = resolved.variables.iter().filter_map(|variable| match variable.effect() {
        VariableEffect::Set(name, value) => Some(format!("{name}={}", shown(value.expose()))),
        VariableEffect::Missing | VariableEffect::Preserve | VariableEffect::Unset(_) => None,
    });
    Ok(values.collect())
}

fn layer(text: &str) -> BindingLayer {
    let wanted = dotenv::parse(text, "file").unwrap();
    BindingLayer::of_file("file".to_owned(), "file".to_owned(), wanted)
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_first_source_that_has_a_name_provides_the_value_and_later_ones_are_not_asked() {
    let first = Has("first", &[("A", "1")]);
    let second = Has("second", &[("A", "2"), ("B", "2")]);
    assert_eq!(resolved(&["A", "B"], &[&first, &second, &Panics]).unwrap(), ["A=1", "B=2"]);
}

#[test]
fn a_source_that_fails_stops_the_run_even_if_the_next_one_has_the_value() {
    let error = resolved(&["A"], &[&Fails, &Has("second", &[("A", "2")])]).unwrap_err();
    assert!(error.to_string().contains("failed"));
}

#[test]
fn all_missing_names_are_reported_together_with_every_place() {
    let sources: [&dyn Source; 2] = [&Has("first", &[("a-b", "1")]), &Has("second", &[])];
    let error = resolved(&["X", "Y?", "A_B"], &sources).unwrap_err();
    let message = error.to_string();
    assert_eq!(message, "cannot find the secrets `X`, `A_B`: looked in first, then second");
    assert_eq!(error.hint().unwrap(), "a secret named `a-b` exists; did you mean that?");
}

#[test]
fn a_pointer_selects_a_part_and_a_part_that_does_not_exist_is_missing() {
    let source = Has("first", &[("db", r#"{"password": "p", "port": 5432, "n": [1.50]}"#)]);
    let picked = resolved(&["P=db#/password", "N=db#/n", "O=db#/port"], &[&source]).unwrap();
    assert_eq!(picked, ["P=p", "N=[1.50]", "O=5432"]);
    let message = resolved(&["X=db#/nope"], &[&source]).unwrap_err().to_string();
    assert_eq!(message, "cannot find the secret `db` (it has no `/nope`): looked in first");
    assert!(resolved(&["X=db?#/nope"], &[&source]).unwrap().is_empty());
}

#[test]
fn a_pointer_into_text_that_is_not_json_is_an_error() {
    let message =
        resolved(&["X=A#/a"], &[&Has("first", &[("A", "CANARY")])]).unwrap_err().to_string();
    assert!(message.contains("`A`") && !message.contains("CANARY"), "{message}");
}

#[test]
fn without_a_binding_every_secret_of_every_local_source_is_bound() {
    let sources: [&dyn Source; 2] =
        [&Has("first", &[("A", "1")]), &Has("second", &[("A", "2"), ("b-c", "2")])];
    assert_eq!(resolved(&[], &sources).unwrap(), ["A=1", "B_C=2"]);
}

#[test]
fn each_binding_affects_its_variable_in_the_order_of_the_plan() {
    let text = "T=pfx://secret/A\nU=\"<${T}>\"\nT=again-${U}\nLOST=<${U}>\nBLANK=pfx://secret/none?\nKEPT=x\n";
    let written = BindingOptions {
        secret: vec!["B".into(), "X=none?".into()],
        set: vec!["LOST=won".into()],
        unset: vec!["GONE".into()],
        ..BindingOptions::default()
    };
    let preserved = Inherited(&[c"KEPT=inherited"]);
    let base = BaseEnvironment { inherited: preserved, preserved };
    let files = vec![layer(text)];
    let plan = Plan::over(files, &written, base).unwrap();
    let source = Has("first", &[("A", "1"), ("B", "2")]);
    let resolved = resolve(plan, &[&source]).unwrap();
    assert!(resolved.is_complete());
    let effects = resolved.variables.iter().map(|variable| {
        let effect = match variable.effect() {
            VariableEffect::Missing => "missing".to_owned(),
            VariableEffect::Preserve => "preserved".to_owned(),
            VariableEffect::Set(_, value) => shown(value.expose()),
            VariableEffect::Unset(_) => "unset".to_owned(),
        };
        format!("{} {effect}", shown(variable.name()))
    });
    let effects: Vec<String> = effects.collect();
    assert_eq!(
        effects,
        [
            "T again-<1>", "U <1>", "LOST won", "BLANK missing", "KEPT preserved", "B 2",
            "X missing", "GONE unset"
        ]
    );
    let found: Vec<String> =
        resolved.found.iter().map(|(reference, _)| reference.to_string()).collect();
    assert_eq!(found, ["secret `A`", "secret `B`"], "each once, also what only a text needs");
}

#[test]
fn a_text_lists_its_parts_and_whether_each_is_found() {
    let text = "P=pfx://secret/A\nQ=<${P}>\nR=\"${Q} ${P}\"\n";
    let files = vec![layer(text)];
    let plan = Plan::over(files, &BindingOptions::default(), BaseEnvironment::default()).unwrap();
    let resolved = resolve(plan, &[&Has("first", &[])]).unwrap();
    assert!(!resolved.is_complete());
    let Resolution::Template(filled) = &resolved.variables[2].resolution else { panic!() };
    assert!(matches!(
        &filled.uses[..],
        [UsedVariable::Template { names, found: false, .. }, UsedVariable::Lookup(variable, looked_up)]
            if names[0].as_str() == "P" && variable.as_str() == "P" && looked_up.found().is_none()
    ));
    let error = resolved.require().err().unwrap();
    assert_eq!(error.to_string(), "cannot find the secret `A`: looked in first", "once");
}
