//! The expansion of variables, compared with python-dotenv and a shell.

use std::collections::BTreeMap;
use std::process::Command;

use pfx::cli::BindingOptions;
use pfx::dotenv;
use pfx::environment::Inherited;
use pfx::plan::{Action, BaseEnvironment, BindingLayer, Plan};

use super::differential::Random;
use crate::export::prefect_3_python;
use crate::support::Home;
use crate::support::needs::tools;

type Variables = BTreeMap<String, String>;

/// For each file a line `== FILE`, then its variables.
fn read(output: &[u8]) -> Vec<Variables> {
    let text = String::from_utf8(output.to_vec()).expect("text");
    let files = text.split("== ").skip(1);
    let variables = |file: &str| {
        let lines = file.lines().skip(1);
        lines
            .filter_map(|line| line.split_once('='))
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect()
    };
    files.map(variables).collect()
}

fn own(text: &str) -> Variables {
    let wanted = dotenv::parse(text, "e.env").expect(text);
    let layer = BindingLayer::of_file(String::new(), String::new(), wanted);
    let inherited = Inherited(&[c"V_IN=inherited"]);
    let base = BaseEnvironment { inherited, preserved: Inherited::default() };
    let plan = Plan::over(vec![layer], &BindingOptions::default(), base).expect(text);
    let set = plan.bindings.iter().map(|binding| match &binding.action {
        Action::Set(name, value) => {
            (name.to_string(), String::from_utf8(value.expose().to_vec()).expect("text"))
        }
        other => panic!("{other:?} in {text:?}"),
    });
    set.collect()
}

/// Lines whose values are never empty: for an empty value a shell uses the default, and python-dotenv does not.
fn text(random: &mut Random, with_bare: bool) -> String {
    let mut text = String::new();
    for line in 0..6 {
        let name = |random: &mut Random| format!("V_{}", random.below(line + 1));
        let mut value = "v".to_owned();
        for _ in 0..random.below(5) {
            value += &match random.below(if with_bare { 6 } else { 5 }) {
                0 => "/".to_owned(),
                1 => "${V_IN}".to_owned(),
                2 => format!("${{{}:-d}}", name(random)),
                3 if line > 0 => format!("${{V_{}}}", random.below(line)),
                4 => "${V_NONE:-a default}".to_owned(),
                5 if line > 0 => format!("$V_{}/", random.below(line)),
                _ => "-x".to_owned(),
            };
        }
        let quote = if random.below(2) == 0 { "\"" } else { "" };
        text += &format!("V_{line}={quote}{value}{quote}\n");
    }
    text
}

#[test]
fn variables_are_expanded_as_in_python_dotenv_and_a_shell() {
    need!(tools(&["dash"]));
    let python = need!(prefect_3_python());
    let home = Home::new();
    let mut random = Random(0x2026_1125);
    let texts: Vec<String> = (0..300).map(|index| text(&mut random, index >= 150)).collect();
    for (index, text) in texts.iter().enumerate() {
        home.write(format!("{index:03}.env"), text);
    }
    let ours: Vec<Variables> = texts.iter().map(|text| own(text)).collect();

    let shell = "for f in ???.env; do echo \"== $f\"; (. ./$f; set) | sed -n \"s/^\\(V_[0-9]\\)='\\(.*\\)'$/\\1=\\2/p\"; done";
    let shell = home.bare(&["dash", "-c", shell]).env("V_IN", "inherited").outcome();
    let script = "import dotenv, glob\nfor f in sorted(glob.glob('???.env')):\n  print('==', f)\n  \
        for name, value in dotenv.dotenv_values(f).items(): print(f'{name}={value}')";
    let python = Command::new(python)
        .args(["-c", script])
        .current_dir(home.path())
        .env_clear()
        .env("V_IN", "inherited")
        .output()
        .expect("Python");
    let (shell, python) = (read(&shell.stdout), read(&python.stdout));
    assert_eq!((shell.len(), python.len()), (texts.len(), texts.len()));
    for (index, text) in texts.iter().enumerate() {
        assert_eq!(ours[index], shell[index], "{text}");
        // python-dotenv does not expand `$NAME`.
        assert!(
            index >= 150 || ours[index] == python[index],
            "{text}: {:?}, not {:?}",
            ours[index],
            python[index]
        );
    }
}
