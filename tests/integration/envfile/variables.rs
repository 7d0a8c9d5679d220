//! Variables in the texts of env files: from earlier lines and files, from the command line, from sources.

use super::{home, show};
use crate::support::Home;

/// What the command gets of `V_…` with these files, each an env file in order.
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
fn lines_count_in_their_order_and_the_environment_where_no_line_says_it() {
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
fn what_the_command_line_binds_also_wins_inside_a_text() {
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
fn a_variable_that_binds_also_wins_inside_a_text_and_the_command_line_over_it() {
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
fn what_preserve_keeps_also_wins_inside_a_text() {
    let home = home();
    let files = ["V_IN=mine\nV_U=http://$V_IN/\nV_E=<${V_EMPTY:-d}>"];
    gives(&home, &[], &files, "V_E=<d>\nV_IN=mine\nV_U=http://mine/\n");
    let kept = ["--preserve", "--keep", "V_*"];
    gives(&home, &kept, &files, "V_E=<d>\nV_EMPTY=\nV_IN=inherited\nV_U=http://inherited/\n");
    // The text is not looked at either if its own variable is kept.
    let files = ["V_P=pfx://secret/none?\nV_IN=x$V_P"];
    gives(&home, &kept, &files, "V_EMPTY=\nV_IN=inherited\n");
    // Only what is handed on is preserved.
    gives(&home, &["--preserve"], &["V_IN=mine\nV_U=$V_IN"], "V_IN=mine\nV_U=mine\n");
}

#[test]
fn a_value_from_a_source_is_inserted_as_it_is_and_never_expanded() {
    let home = home();
    let text =
        "V_P=pfx://secret/DB#/password\nV_U=postgres://app:${V_P}@h/${V_IN}\nV_W=\"$V_U|$V_P\"";
    let value = "p $HOME ${X} $(id)";
    let expected = format!(
        "V_P={value}\nV_U=postgres://app:{value}@h/inherited\nV_W=postgres://app:{value}@h/inherited|{value}\n"
    );
    gives(&home, &[], &[text], &expected);
    // In another file, and although a later one binds the variable anew.
    let files = ["V_P=pfx://secret/DB#/password", "V_U=<$V_P>", "V_P=last"];
    gives(&home, &[], &files, &format!("V_P=last\nV_U=<{value}>\n"));
    let files = ["V_P=pfx://env/V_IN", "V_P=x${V_P}x", "V_P=y${V_P}y"];
    gives(&home, &[], &files, "V_P=yxinheritedxy\n");
    // Put together it is text, whatever it looks like.
    gives(&home, &[], &["V_S=pfx:\nV_U=${V_S}//secret/DB"], "V_S=pfx:\nV_U=pfx://secret/DB\n");
}

#[test]
fn a_missing_value_takes_the_default_or_is_an_error_with_its_line() {
    let home = home();
    let optional = "V_P=pfx://secret/none?\n";
    gives(&home, &[], &[&format!("{optional}V_U=<${{V_P:-d}}>")], "V_U=<d>\n");
    home.write("p.toml", "[env]\nV_P = { secret = 'none', default = 'd $V_IN' }\n");
    home.write("1.env", "V_U=<$V_P>\n");
    home.pfx(show(&["--local", "-f", "p.toml", "--env-file", "1.env"]))
        .gives("V_P=d $V_IN\nV_U=<d $V_IN>\n");

    // What is optional and missing stays as it was inherited, inside a text too.
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
    // What has to be there is told as ever, and once.
    home.write("1.env", "V_P=pfx://secret/none\nV_U=<$V_P>\n");
    let told = home.pfx(show(&words)).outcome().stderr();
    assert!(told.starts_with("pfx: error: cannot find the secret `none`: looked in "), "{told}");
    // Also if only the text wants it.
    home.write("2.env", "V_P=x\n");
    let told = home.pfx(show(&[&words[..], &["--env-file", "2.env"]].concat())).outcome().stderr();
    assert!(told.starts_with("pfx: error: cannot find the secret `none`: looked in "), "{told}");
    // And nothing is asked for that no binding wants any more.
    home.write("2.env", "V_P=x\nV_U=y\n");
    home.pfx(show(&[&words[..], &["--env-file", "2.env"]].concat())).gives("V_P=x\nV_U=y\n");
}

#[test]
fn a_file_is_no_text_and_a_text_fits_a_variable() {
    let home = home();
    home.write("1.env", "V_U=<$V_P>\n");
    let words = ["--local", "--env-file", "1.env"];
    home.pfx(show(&[&words[..], &["--file", "V_P=DB"]].concat())).refuses(
        125,
        "pfx: error: cannot read 1.env:1:6: key `V_U`: the variable that this `$` refers to is passed as a file \
         and cannot be part of a text\n",
    );
    home.write("1.env", "V_P=pfx://secret/S\nV_A=$V_P$V_P\nV_B=$V_A$V_A\n");
    home.pfx(["secret", "set", "S"]).stdin("CANARY".repeat(8_000)).gives("");
    let told = home.pfx(show(&words)).outcome().stderr();
    assert!(
        told.starts_with("pfx: error: cannot use `V_B`: `V_B` would take ")
            && !told.contains("CANARY"),
        "{told}"
    );
    // Lines that double each other end before they fill the memory.
    let doubling: String = (1..60).map(|n| format!("V_{n}=$V_{0}$V_{0}\n", n - 1)).collect();
    home.write("1.env", format!("V_0=0123456789\n{doubling}"));
    let told = home.pfx(show(&words)).outcome().stderr();
    assert!(told.contains("would take 163"), "{told}");
    home.write("1.env", format!("V_0=pfx://env/V_EMPTY\n{doubling}"));
    home.pfx(["run", "--local", "--env-file", "1.env", "--", "true"]).env("V_EMPTY", "").gives("");
    home.write("dir/NUL", b"a\0b");
    home.write("1.env", "V_P=pfx://secret/NUL\nV_U=<$V_P>\n");
    let told = home.pfx(show(&[&words[..], &["--secrets-dir", "dir"]].concat())).outcome().stderr();
    assert!(
        told.starts_with("pfx: error: cannot use `NUL`: its value contains a NUL byte"),
        "{told}"
    );
}

#[test]
fn check_tells_what_a_text_is_made_of_and_never_a_value() {
    let home = home();
    home.write("1.env", "V_P=pfx://secret/DB#/password\nV_O=pfx://secret/none?\nV_U=CANARY${V_P}${V_O:-CANARY}\nV_W=$V_U\n");
    let config = home.config().display().to_string();
    let outcome = home.pfx(["check", "--no-expand", "--local", "--env-file", "1.env"]).outcome();
    let text = outcome.stdout();
    let told: Vec<&str> =
        text.lines().filter(|line| line.starts_with("V_U") || line.starts_with("V_W")).collect();
    assert!(
        told[0].contains("text with V_P, V_O")
            && told[0].contains(&format!("1.env:3; V_P from {config}; V_O: not set")),
        "{told:?}"
    );
    assert!(told[1].contains("text with V_U"), "{told:?}");
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
fn export_and_prefect_take_such_a_text_too() {
    let home = home();
    home.write("1.env", "V_P=pfx://secret/DB#/password\nV_U=<$V_P>\n");
    let words = ["export", "--no-expand", "--local", "--format", "json", "--env-file", "1.env"];
    home.pfx(words)
        .gives("{\n  \"V_P\": \"p $HOME ${X} $(id)\",\n  \"V_U\": \"<p $HOME ${X} $(id)>\"\n}\n");
    home.pfx(show(&["--local", "--prefect", "--env-file", "1.env"]))
        .gives("V_P=p $HOME ${X} $(id)\nV_U=<p $HOME ${X} $(id)>\n");
}
