//! Tests of plans.

use std::ffi::OsString;

use pfx::cli::BindingOptions;
use pfx::environment::Inherited;
use pfx::error::Error;
use pfx::name::VariableName;
use pfx::plan::*;
use pfx::secret::SecretValue;
use pfx::source::Author;
use pfx::wanted::{Lookup, WantedValue, WantedVariable};

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn plan(secrets: &[&str], literals: &[&str]) -> Result<Plan, Error> {
    Plan::new(&BindingOptions {
        secret: words(secrets),
        set: words(literals),
        ..BindingOptions::default()
    })
}

fn listed(names: &[&str], author: Author) -> Vec<ListedSecret> {
    names.iter().map(|name| ListedSecret { name: (*name).to_owned(), author }).collect()
}

fn layer(entries: &[(&str, &str)]) -> BindingLayer {
    let wanted = entries.iter().map(|(name, text)| {
        let variable = VariableName::new(name).unwrap();
        let value = WantedValue::Text(SecretValue::text(name, *text).unwrap());
        WantedVariable { variable, value, line: 1 }
    });
    BindingLayer::of_file(String::new(), "file".to_owned(), wanted.collect())
}

fn texts(plan: &Plan) -> Vec<String> {
    let shown = plan.bindings.iter().map(|binding| match &binding.action {
        Action::Set(name, text) => format!("{name}={}", String::from_utf8_lossy(text.expose())),
        Action::Template(name, index) => format!("{name} is template {index}"),
        Action::Lookup(name, lookup) => format!("{name}={}", lookup.reference),
        Action::Unset(name) => format!("{} is removed", String::from_utf8_lossy(name)),
        Action::Preserve(name) => format!("{} is kept", String::from_utf8_lossy(name)),
    });
    shown.collect()
}

#[test]
fn without_a_binding_every_local_secret_is_bound() {
    assert_eq!(plan(&[], &[]).unwrap().scope, Scope::Local);
    assert_eq!(plan(&[], &["A=1"]).unwrap().scope, Scope::NamedOnly);
}

#[test]
fn a_variable_is_named_after_the_secret_unless_one_is_given() {
    let plan = plan(&["db-password", "PG=prod-db?#/password"], &[]).unwrap();
    assert_eq!(texts(&plan), ["DB_PASSWORD=secret `db-password`", "PG=secret `prod-db`"]);
    let lookups: Vec<&Lookup> = plan.lookups().collect();
    assert!(lookups[1].optional && lookups[1].pointer.is_some());
}

#[test]
fn two_bindings_of_one_variable_are_refused_and_both_are_named() {
    let error = plan(&["db-password"], &["DB_PASSWORD=CANARY"]).unwrap_err().to_string();
    assert!(error.contains("-s db-password") && error.contains("--set DB_PASSWORD"), "{error}");
    assert!(!error.contains("CANARY"), "{error}");
}

#[test]
fn bindings_that_are_not_valid_are_refused_without_their_values() {
    for (secrets, literals) in [
        (&["A\n=x"][..], &[][..]),
        (&["=x"], &[]),
        (&[""], &[]),
        (&["A=x#/~"], &[]),
        (&["日本"], &[]),
        (&[], &["CANARY"]),
        (&[], &["=CANARY"]),
    ] {
        let error = plan(secrets, literals).unwrap_err();
        assert_eq!(error.exit(), pfx::exit::Exit::Usage);
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }
}

#[test]
fn with_all_a_binding_by_name_or_variable_takes_precedence() {
    let plan = plan(&["X=a"], &["B=1"]).unwrap();
    let plan = plan.with_secrets(listed(&["a", "b", "B", "c"], Author::User)).unwrap();
    assert_eq!(texts(&plan), ["X=secret `a`", "B=1", "b=secret `b`", "c=secret `c`"]);
}

#[test]
fn with_all_two_secrets_for_one_variable_are_refused() {
    let plan = plan(&[], &[]).unwrap();
    let error = plan.with_secrets(listed(&["a-b", "A_B"], Author::User)).unwrap_err().to_string();
    assert!(error.contains("a-b") && error.contains("A_B"), "{error}");
}

#[test]
fn a_later_file_takes_precedence_and_the_command_line_over_all_files() {
    let files =
        vec![layer(&[("A", "1"), ("B", "1"), ("C", "1")]), layer(&[("B", "2"), ("B", "3")])];
    let written = BindingOptions { set: words(&["C=9"]), ..BindingOptions::default() };
    let plan = Plan::over(files, &written, BaseEnvironment::default()).unwrap();
    assert_eq!(texts(&plan), ["A=1", "B=3", "C=9"]);
    assert_eq!(plan.scope, Scope::NamedOnly);
}

#[test]
fn a_file_without_bindings_does_not_bind_every_secret() {
    assert_eq!(
        Plan::over(vec![layer(&[])], &BindingOptions::default(), BaseEnvironment::default())
            .unwrap()
            .scope,
        Scope::NamedOnly
    );
}

#[test]
fn with_preserve_a_set_variable_takes_precedence_but_not_over_a_removal() {
    let written = BindingOptions {
        secret: words(&["A", "B"]),
        set: words(&["C=1"]),
        unset: words(&["D"]),
        all: true,
        ..BindingOptions::default()
    };
    let preserved = Inherited(&[c"A=", c"C=", c"D=", c"E="]);
    let base = BaseEnvironment { inherited: preserved, preserved };
    let plan = Plan::over(Vec::new(), &written, base).unwrap();
    let plan = plan.with_secrets(listed(&["E", "F"], Author::User)).unwrap();
    assert_eq!(
        texts(&plan),
        ["A is kept", "B=secret `B`", "C is kept", "D is removed", "F=secret `F`"]
    );
}

#[test]
fn remote_names_that_could_take_over_are_refused_unless_bound() {
    let names = ["LD_PRELOAD", "TOKEN", "Path", "git-ssh-command"];
    plan(&[], &[]).unwrap().with_secrets(listed(&names, Author::User)).unwrap();
    let binding = plan(&["X=git-ssh-command"], &[]).unwrap();
    let error = binding.with_secrets(listed(&names, Author::Remote)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot use every secret: the remote store lists `LD_PRELOAD`, and its variable could take over \
         the command"
    );
    let binding = plan(&["LD_PRELOAD", "X=git-ssh-command"], &[]).unwrap();
    binding.with_secrets(listed(&names, Author::Remote)).unwrap();
}
