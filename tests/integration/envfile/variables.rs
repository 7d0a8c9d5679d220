//! Variables in the texts of env files: from earlier lines and files, from the command line, from sources.

use super::{home, show};
use crate::support::Home;

/// The variables `V_…` of the command with these env files, in order.
fn gives(home: &Home, options: &[&str], files: &[&str], expected: &str) {
    let names: Vec<String> = (1..=files.len()).map(|number| format!("{number}.env")).collect();
    let mut words = vec!["--local", "--no-project"];
    for (name, text) in names.iter().zip(files) {
        home.write(name, text);
        words.extend(["--env-file", name]);
    }
    words.extend(options);
    home.pfx(show(&words)).env("V_IN", "inherited").env("V_EMPTY", "").gives(expected);
}

#[test]
fn an_earlier_file_and_the_project_file_can_be_used_in_a_later_file() {
    let home = home();
    gives(&home, &[], &["V_T=8081", "V_U=tcp://box:${V_T}"], "V_T=8081\nV_U=tcp://box:8081\n");
    home.write("1.env", "V_U=tcp://box:$V_T\n");
    home.write("p.toml", "[env]\nV_T = '8081'\n[profile.p.env]\nV_T = '$8082'\n");
    let run =
        |more: &[&str]| home.pfx(show(&[&["-f", "p.toml", "--env-file", "1.env"], more].concat()));
    run(&[]).gives("V_T=8081\nV_U=tcp://box:8081\n");
    run(&["--profile", "p"]).gives("V_T=$8082\nV_U=tcp://box:$8082\n");
}

#[test]
fn an_earlier_line_takes_precedence_over_the_environment() {
    let home = home();
    let text = "V_A=1\nV_B=$V_A\nV_A=2\nV_C=$V_IN\nV_IN=mine-$V_IN\nV_D=$V_IN";
    gives(
        &home,
        &[],
        &[text],
        "V_A=2\nV_B=1\nV_C=inherited\nV_D=mine-inherited\nV_IN=mine-inherited\n",
    );
    gives(&home, &[], &["V_A=1\nV_B=$V_A", "V_A=2"], "V_A=2\nV_B=1\n");
    gives(
        &home,
        &[],
        &["V_A=${V_EMPTY:-d}${V_NONE:-e}${V_IN:-f}<${V_EMPTY}>"],
        "V_A=deinherited<>\n",
    );
}

#[test]
fn bindings_of_the_command_line_also_take_precedence_inside_a_text() {
    let home = home();
    gives(&home, &["--set", "V_H=x"], &["V_H=y\nV_U=http://$V_H/"], "V_H=x\nV_U=http://x/\n");
    gives(
        &home,
        &["-s", "V_P=DB#/password"],
        &["V_U=app:${V_P}@h"],
        "V_P=p $HOME ${X} $(id)\nV_U=app:p $HOME ${X} $(id)@h\n",
    );
    gives(&home, &["-e", "V_P=V_IN"], &["V_U=<$V_P>"], "V_P=inherited\nV_U=<inherited>\n");
    gives(&home, &["--unset", "V_IN"], &["V_U=<${V_IN:-gone}>"], "V_U=<gone>\n");
}

#[test]
fn bindings_of_pfx_variables_also_take_precedence_inside_a_text_but_not_over_the_command_line() {
    let home = home();
    home.write("1.env", "V_H=y\nV_U=http://$V_H/\n");
    let run = |more: &[&str]| {
        let words = [&["--local", "--env-file", "1.env"], more].concat();
        home.pfx(show(&words)).env("PFX_SET", "V_H=x")
    };
    run(&[]).gives("V_H=x\nV_U=http://x/\n");
    run(&["--set", "V_H=z"]).gives("V_H=z\nV_U=http://z/\n");
}

#[test]
fn preserved_variables_also_take_precedence_inside_a_text() {
    let home = home();
    let files = ["V_IN=mine\nV_U=http://$V_IN/\nV_E=<${V_EMPTY:-d}>"];
    gives(&home, &[], &files, "V_E=<d>\nV_IN=mine\nV_U=http://mine/\n");
    let kept = ["--preserve", "--keep", "V_*"];
    gives(&home, &kept, &files, "V_E=<d>\nV_EMPTY=\nV_IN=inherited\nV_U=http://inherited/\n");
    // If its own variable is preserved, the text is ignored.
    let files = ["V_P=pfx://secret/none?\nV_IN=x$V_P"];
    gives(&home, &kept, &files, "V_EMPTY=\nV_IN=inherited\n");
    // Only variables that are passed to the command are preserved.
    gives(&home, &["--preserve"], &["V_IN=mine\nV_U=$V_IN"], "V_IN=mine\nV_U=mine\n");
}

#[test]
fn a_value_from_a_source_is_inserted_unchanged_and_never_expanded() {
    let home = home();
    let text =
        "V_P=pfx://secret/DB#/password\nV_U=postgres://app:${V_P}@h/${V_IN}\nV_W=\"$V_U|$V_P\"";
    let value = "p $HOME ${X} $(id)";
    let expected = format!(
        "V_P={value}\nV_U=postgres://app:{value}@h/inherited\nV_W=postgres://app:{value}@h/inherited|{value}\n"
    );
    gives(&home, &[], &[text], &expected);
    // Also in another file, even if a later file binds the variable again.
    let files = ["V_P=pfx://secret/DB#/password", "V_U=<$V_P>", "V_P=last"];
    gives(&home, &[], &files, &format!("V_P=last\nV_U=<{value}>\n"));
    let files = ["V_P=pfx://env/V_IN", "V_P=x${V_P}x", "V_P=y${V_P}y"];
    gives(&home, &[], &files, "V_P=yxinheritedxy\n");
    // A text that is joined from parts is a text, even if it looks like a reference.
    gives(&home, &[], &["V_S=pfx:\nV_U=${V_S}//secret/DB"], "V_S=pfx:\nV_U=pfx://secret/DB\n");
}

#[test]
fn for_a_missing_value_the_default_is_used_or_an_error_gives_the_line() {
    let home = home();
    let optional = "V_P=pfx://secret/none?\n";
    gives(&home, &[], &[&format!("{optional}V_U=<${{V_P:-d}}>")], "V_U=<d>\n");
    home.write("p.toml", "[env]\nV_P = { secret = 'none', default = 'd $V_IN' }\n");
    home.write("1.env", "V_U=<$V_P>\n");
    home.pfx(show(&["--local", "-f", "p.toml", "--env-file", "1.env"]))
        .gives("V_P=d $V_IN\nV_U=<d $V_IN>\n");

    // An optional variable whose value is missing has its inherited value, inside other text too.
    let optional_in = "V_IN=pfx://secret/none?\n";
    gives(&home, &[], &[&format!("{optional_in}V_U=<$V_IN>")], "V_U=<inherited>\n");
    let text = format!("{optional_in}V_U=<${{V_IN:-d}}>");
    gives(&home, &[], &[&text], "V_U=<inherited>\n");
    home.write("1.env", format!("{optional}V_U=<$V_P>\n"));
    let words = ["--local", "--env-file", "1.env"];
    home.pfx(show(&words)).refuses(
        125,
        "pfx: error: cannot read 1.env:2:6: key `V_U`: the variable that this `$` refers to is optional and \
         missing; give a default with `${NAME:-text}`\n",
    );
    home.pfx(show(&[&words[..], &["--set", "V_U=x"]].concat())).gives("V_U=x\n");
    // A missing required secret is reported as usual, and once.
    home.write("1.env", "V_P=pfx://secret/none\nV_U=<$V_P>\n");
    let stderr = home.pfx(show(&words)).outcome().stderr();
    assert!(
        stderr.starts_with("pfx: error: cannot find the secret `none`: looked in "),
        "{stderr}"
    );
    // Also if only the text uses it.
    home.write("2.env", "V_P=x\n");
    let stderr =
        home.pfx(show(&[&words[..], &["--env-file", "2.env"]].concat())).outcome().stderr();
    assert!(
        stderr.starts_with("pfx: error: cannot find the secret `none`: looked in "),
        "{stderr}"
    );
    // A secret that no binding uses any more is not looked up.
    home.write("2.env", "V_P=x\nV_U=y\n");
    home.pfx(show(&[&words[..], &["--env-file", "2.env"]].concat())).gives("V_P=x\nV_U=y\n");
}

#[test]
fn a_file_cannot_be_part_of_other_text_and_text_must_fit_into_a_variable() {
    let home = home();
    home.write("1.env", "V_U=<$V_P>\n");
    let words = ["--local", "--env-file", "1.env"];
    home.pfx(show(&[&words[..], &["--file", "V_P=DB"]].concat())).refuses(
        125,
        "pfx: error: cannot read 1.env:1:6: key `V_U`: the variable that this `$` refers to is passed as a file \
         and cannot be part of other text\n",
    );
    home.write("1.env", "V_P=pfx://secret/S\nV_A=$V_P$V_P\nV_B=$V_A$V_A\n");
    home.pfx(["secret", "set", "S"]).stdin("CANARY".repeat(8_000)).gives("");
    let stderr = home.pfx(show(&words)).outcome().stderr();
    assert!(
        stderr.starts_with("pfx: error: cannot use `V_B`: `V_B` would take ")
            && !stderr.contains("CANARY"),
        "{stderr}"
    );
    // Lines that double each other are refused before they fill the memory.
    let doubling: String = (1..60).map(|n| format!("V_{n}=$V_{0}$V_{0}\n", n - 1)).collect();
    home.write("1.env", format!("V_0=0123456789\n{doubling}"));
    let stderr = home.pfx(show(&words)).outcome().stderr();
    assert!(stderr.contains("would take 163"), "{stderr}");
    home.write("1.env", format!("V_0=pfx://env/V_EMPTY\n{doubling}"));
    home.pfx(["run", "--local", "--env-file", "1.env", "--", "true"]).env("V_EMPTY", "").gives("");
    home.write("dir/NUL", b"a\0b");
    home.write("1.env", "V_P=pfx://secret/NUL\nV_U=<$V_P>\n");
    let stderr =
        home.pfx(show(&[&words[..], &["--secrets-dir", "dir"]].concat())).outcome().stderr();
    assert!(
        stderr.starts_with("pfx: error: cannot use `NUL`: its value contains a NUL byte"),
        "{stderr}"
    );
}

#[test]
fn check_shows_the_parts_of_a_text_and_never_a_value() {
    let home = home();
    home.write("1.env", "V_P=pfx://secret/DB#/password\nV_O=pfx://secret/none?\nV_U=CANARY${V_P}${V_O:-CANARY}\nV_W=$V_U\n");
    let config = home.config().display().to_string();
    let outcome = home.pfx(["check", "--no-expand", "--local", "--env-file", "1.env"]).outcome();
    let text = outcome.stdout();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.starts_with("V_U") || line.starts_with("V_W")).collect();
    assert!(
        lines[0].contains("text with V_P, V_O")
            && lines[0].contains(&format!("1.env:3; V_P from {config}; V_O: not set")),
        "{lines:?}"
    );
    assert!(lines[1].contains("text with V_U"), "{lines:?}");
    assert_eq!(outcome.code(), Some(0), "{}", outcome.said());
    let json = home
        .pfx(["check", "--no-expand", "--json", "--local", "--env-file", "1.env"])
        .outcome()
        .stdout();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["bindings"][2],
        serde_json::json!({
            "variable": "V_U", "kind": "set", "found": true, "source": "1.env:3",
            "uses": [
                {"variable": "V_P", "kind": "secret", "name": "DB", "found": true, "source": config},
                {"variable": "V_O", "kind": "secret", "name": "none", "found": false, "source": null},
            ],
        })
    );
    assert_eq!(json["bindings"][3]["uses"][0]["uses"], serde_json::json!(["V_P", "V_O"]));

    home.write("1.env", "V_P=pfx://secret/none?\nV_U=<$V_P>\n");
    let outcome = home.pfx(["check", "--no-expand", "--local", "--env-file", "1.env"]).outcome();
    assert!(
        outcome.stdout().contains("V_U  text with V_P  MISSING: 1.env:2; V_P: not set"),
        "{}",
        outcome.said()
    );
    assert_eq!(outcome.code(), Some(1));
    let verbose = home
        .pfx(["run", "-v", "--local", "--env-file", "1.env", "--set", "V_P=x", "true"])
        .outcome();
    assert!(!verbose.stderr().contains("text with"), "{}", verbose.said());
}

#[test]
fn export_and_the_option_prefect_support_such_a_text() {
    let home = home();
    home.write("1.env", "V_P=pfx://secret/DB#/password\nV_U=<$V_P>\n");
    let words = ["export", "--no-expand", "--local", "--format", "json", "--env-file", "1.env"];
    home.pfx(words)
        .gives("{\n  \"V_P\": \"p $HOME ${X} $(id)\",\n  \"V_U\": \"<p $HOME ${X} $(id)>\"\n}\n");
    home.pfx(show(&["--local", "--prefect", "--env-file", "1.env"]))
        .gives("V_P=p $HOME ${X} $(id)\nV_U=<p $HOME ${X} $(id)>\n");
}
