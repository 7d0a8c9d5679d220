//! The pictures in `docs/images` show what pfx prints today, and the figures that were measured.

use std::path::Path;
use std::process::Command;

use crate::support::needs::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const AGAIN: &str = "PFX_TEST_WRITE=1 cargo test --test integration -- docs::pictures";

/// Draws `name` by a command that takes the beginning of the two files' names as its last word. The files must be what is
/// in `docs/images`; with `PFX_TEST_WRITE` they are written there.
fn is_drawn(name: &str, draw: impl Fn(&Path) -> Command) {
    let images = Path::new(ROOT).join("docs/images");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let place = if is_written() { images.as_path() } else { scratch.path() };
    let output = draw(&place.join(name)).output().expect("the script starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{name}: {stderr}");
    for palette in ["light", "dark"] {
        let file = format!("{name}-{palette}.svg");
        let read =
            |directory: &Path| std::fs::read_to_string(directory.join(&file)).expect("a picture");
        let (drawn, stored) = (read(place), read(&images));
        let is_the_same = drawn == stored;
        assert!(
            is_the_same,
            "docs/images/{file} is not of today's pfx: {AGAIN}\n{}",
            text_of(&drawn)
        );
        assert!(drawn.len() < 30_000, "{file}: {} bytes", drawn.len());
        assert!(drawn.contains("<title id=") && drawn.contains("<desc id="), "{file}");
        // It loads nothing and runs nothing.
        assert_eq!(drawn.matches("://").count(), 1, "{file}: only the name space");
        for word in ["<script", "@import", "@font-face", "href", "url("] {
            assert!(!drawn.contains(word), "{file}: {word}");
        }
    }
}

fn is_written() -> bool {
    std::env::var_os("PFX_TEST_WRITE").is_some()
}

/// The description, which says in text what the picture shows.
fn text_of(svg: &str) -> &str {
    let rest = svg.split_once("<desc").map_or(svg, |(_, rest)| rest);
    rest.split_once("</desc>").map_or(rest, |(text, _)| text)
}

#[test]
fn the_session_is_one_of_this_pfx() {
    need!(tools(&["python3"]));
    is_drawn("session", |prefix| {
        let mut script = Command::new(Path::new(ROOT).join("docs/images/session.sh"));
        script.arg("--output").arg(prefix).env_clear().env("PATH", "/usr/bin:/bin");
        script.env("PFX", env!("CARGO_BIN_EXE_pfx"));
        script
    });
}

#[test]
fn the_chart_and_the_page_have_the_figures_that_were_measured() {
    need!(tools(&["python3"]));
    let page = Path::new(ROOT).join("docs/performance.md");
    let before = std::fs::read_to_string(&page).expect("the page");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let drawn = if is_written() { page } else { scratch.path().join("page.md") };
    std::fs::write(&drawn, &before).expect("a copy");
    is_drawn("start", |prefix| {
        let mut script = Command::new("/usr/bin/python3");
        script.arg(Path::new(ROOT).join("benches/chart.py"));
        script.arg(Path::new(ROOT).join("docs/images/start.json")).arg(prefix).arg(&drawn);
        script
    });
    let after = std::fs::read_to_string(&drawn).expect("the page");
    assert!(is_written() || after == before, "docs/performance.md has other figures: {AGAIN}");
}
