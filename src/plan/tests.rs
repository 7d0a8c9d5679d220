//! Facts about plans.

use std::ffi::OsString;

use super::*;
use crate::reference::Reference;

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn plan(secrets: &[&str], literals: &[&str]) -> Result<Plan, Error> {
    Plan::new(&Bindings {
        secrets: words(secrets),
        literals: words(literals),
        ..Bindings::default()
    })
}

#[test]
fn no_binding_means_every_local_secret() {
    assert_eq!(plan(&[], &[]).unwrap().every, Every::Local);
    assert_eq!(plan(&[], &["A=1"]).unwrap().every, Every::Named);
}

#[test]
fn a_name_gives_its_variable_unless_one_is_given() {
    let plan = plan(&["db-password", "PG=prod-db?#/password"], &[]).unwrap();
    let looks: Vec<&Look> = plan.looks().collect();
    assert_eq!(looks[0].variable.as_str(), "DB_PASSWORD");
    assert_eq!(looks[1].variable.as_str(), "PG");
    assert_eq!(looks[1].reference, Reference::Secret("prod-db".to_owned()));
    assert!(looks[1].optional && looks[1].pointer.is_some());
}

#[test]
fn two_bindings_of_one_variable_are_refused_and_both_named() {
    let error = plan(&["db-password"], &["DB_PASSWORD=CANARY"]).unwrap_err().to_string();
    assert!(error.contains("-s db-password") && error.contains("--set DB_PASSWORD"), "{error}");
    assert!(!error.contains("CANARY"), "{error}");
}

#[test]
fn bad_bindings_are_refused_without_their_values() {
    for (secrets, literals) in [
        (&["1A=x"][..], &[][..]),
        (&["=x"], &[]),
        (&[""], &[]),
        (&["A=x#/~"], &[]),
        (&["日本"], &[]),
        (&[], &["CANARY"]),
        (&[], &["1=CANARY"]),
    ] {
        let error = plan(secrets, literals).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Usage);
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }
}

#[test]
fn every_secret_yields_to_a_binding_by_name_or_variable() {
    let mut plan = plan(&["X=a"], &["B=1"]).unwrap();
    plan.add_every(vec!["a".into(), "b".into(), "B".into(), "c".into()]).unwrap();
    let names: Vec<&str> = plan.looks().map(|look| look.variable.as_str()).collect();
    assert_eq!(names, ["X", "b", "c"]);
}

#[test]
fn every_secret_is_refused_if_two_give_one_variable() {
    let mut plan = plan(&[], &[]).unwrap();
    let error = plan.add_every(vec!["a-b".into(), "A_B".into()]).unwrap_err().to_string();
    assert!(error.contains("a-b") && error.contains("A_B"), "{error}");
}
