//! Read back by readers of dotenv files.

use super::values::texts;
use super::{Values, assert_read, encoded, exported, holding, prefect_3_python, taken, variables};

#[test]
fn python_dotenv_dotenvy_and_pfx_read_what_a_dotenv_file_takes() {
    let all = texts();
    let taken = taken("dotenv", all.clone());
    let refused = all.len() - taken.len();
    assert!(taken.len() > 150 && refused > 0, "{} taken, {refused} refused", taken.len());
    let home = holding(&taken);
    let path = exported(&home, "dotenv");

    let script = "import base64, dotenv\n\
        for name, value in dotenv.dotenv_values('exported').items():\n    \
        print(name, base64.b64encode(value.encode()).decode())";
    let python = prefect_3_python();
    let read = home.bare(&[python.to_str().unwrap(), "-c", script]).outcome();
    assert_read(&encoded(&read), &taken);

    let own = home.pfx(["run", "--env-file", "exported", "--", "env", "-0"]).outcome();
    assert_read(&variables(&own.stdout), &taken);

    // dotenvy knows no escape for a carriage return.
    let without: Values = taken.into_iter().filter(|(_, value)| !value.contains(&b'\r')).collect();
    let text = std::fs::read_to_string(path).unwrap();
    let home = holding(&without);
    let text = if without.len() == text.lines().count() {
        text
    } else {
        std::fs::read_to_string(exported(&home, "dotenv")).unwrap()
    };
    let theirs: Values = dotenvy::from_read_iter(text.as_bytes())
        .map(|entry| entry.map(|(name, value)| (name, value.into_bytes())).expect("it is read"))
        .collect();
    assert_read(&theirs, &without);
}
