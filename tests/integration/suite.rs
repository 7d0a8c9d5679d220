//! Tests of the test suite.

use std::process::{Command, Output};

/// Runs these tests of this test program again.
fn tests(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().expect("a path");
    let mut command = Command::new(program);
    command.args(arguments).env_remove("PFX_TEST_COMPLETE").envs(variables.iter().copied());
    command.output().expect("the tests start")
}

#[test]
fn a_test_with_a_missing_requirement_is_listed_as_skipped_or_fails() {
    let name = "real::prefect1::prefect_reads_names_of_all_kinds";
    let line = format!(
        "skipped: {name}: needs /nowhere: tests/run.sh makes it, and PFX_TEST_PREFECT1 names another"
    );
    let nowhere = ("PFX_TEST_PREFECT1", "/nowhere");
    let arguments = ["--exact", name];

    let output = tests(&arguments, &[nowhere]);
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(printed.trim(), format!("{line}\n1 skipped"));

    let output = tests(&arguments, &[nowhere, ("PFX_TEST_COMPLETE", "1")]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && printed.contains(&line), "{output:?}");
}

#[test]
fn every_promise_has_tests_named_after_it() {
    let library = include_str!("../../src/lib.rs");
    let (_, promises) = library.split_once("//! # Promises\n").expect("the promises");
    let numbers: Vec<&str> = promises
        .lines()
        .filter_map(|line| line.strip_prefix("//! ")?.split_once(". "))
        .map(|(number, _)| number)
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    assert!(numbers.len() >= 10, "{numbers:?}");
    let output = tests(&["--list", "promises::"], &[]);
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    for number in numbers {
        assert!(listed.contains(&format!("::promise_{number}_")), "promise {number}: {listed}");
    }
}
