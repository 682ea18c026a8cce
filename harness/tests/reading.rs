//! The reading path holds: every place that the guides name is there, and what they say stands in
//! a line stands in that line.
//!
//! After an edit that has moved lines, `WIRELAB_BLESS=1 cargo test -p wirelab-harness --test
//! reading` corrects their numbers.

use std::fs;
use std::path::{Path, PathBuf};

/// The guides.
const GUIDES: &[&str] = &[
    "README.md",
    "READING.md",
    "ARCHITECTURE.md",
    "reactor/README.md",
    "echo/README.md",
    "mqtt/README.md",
    "zmtp/README.md",
    "http/README.md",
    "harness/README.md",
    "benches/README.md",
];
/// What a guide may name that is not there: files that a command makes.
const MADE: &[&str] = &["captures/tcp.pcapng", "captures/"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What stands between grave accents, outside of blocks of code.
fn quoted(text: &str) -> Vec<&str> {
    let (mut all, mut in_block) = (Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            all.extend(line.split('`').skip(1).step_by(2));
        }
    }
    all
}

/// Is it meant as a place: a file with one of our endings, or a folder?
fn is_place(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let path = word.split(':').next().unwrap_or_default();
    let endings = [".rs", ".md", ".toml", ".tsv", ".sh"];
    let is_file = endings.iter().any(|ending| path.len() > ending.len() && path.ends_with(ending));
    path.chars().all(plain) && (is_file || path.len() > 1 && path.ends_with('/'))
}

/// Every file and folder of the workspace, from its root.
fn everything() -> Vec<String> {
    let (mut all, mut folders) = (Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if name == "target" || name.to_string_lossy().starts_with('.') {
                continue;
            }
            let inside = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
            if path.is_dir() {
                all.push(format!("{inside}/"));
                folders.push(path);
            } else {
                all.push(inside);
            }
        }
    }
    all
}

/// Is it there: from the root, from the guide, or, where a guide leaves out what it has said just
/// before, the end of a path?
fn is_there(path: &str, guide: &str, everything: &[String]) -> bool {
    let own = guide.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let path = path.trim_start_matches("./").trim_start_matches("../");
    let whole = [path.to_owned(), format!("{own}{path}")];
    let end = format!("/{path}");
    everything.iter().any(|place| whole.contains(place) || place.ends_with(&end))
}

#[test]
fn every_place_that_a_guide_names_is_there() {
    let (everything, mut missing) = (everything(), Vec::new());
    for guide in GUIDES {
        let text = fs::read_to_string(root().join(guide)).expect(guide);
        for word in quoted(&text).into_iter().filter(|word| is_place(word)) {
            let path = word.split(':').next().unwrap_or_default();
            if !is_there(path, guide, &everything) && !MADE.contains(&path) {
                missing.push(format!("{guide}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "nothing is there:\n{}", missing.join("\n"));
}

/// A row of the map: `| idea | `file:line` | `what stands there` |`.
fn row(line: &str) -> Option<(&str, usize, &str)> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, _, place, item, _] = cells[..] else { return None };
    let (path, number) = place.strip_prefix('`')?.strip_suffix('`')?.rsplit_once(':')?;
    Some((path, number.parse().ok()?, item.strip_prefix('`')?.strip_suffix('`')?))
}

#[test]
fn the_maps_lines_are_where_it_says() {
    let path = root().join("README.md");
    let (mut text, mut wrong, mut rows) = (fs::read_to_string(&path).expect("README"), vec![], 0);
    for line in text.clone().lines() {
        let Some((file, number, item)) = row(line) else { continue };
        rows += 1;
        let source = fs::read_to_string(root().join(file)).unwrap_or_default();
        let found = source.lines().position(|line| line.contains(item)).map(|at| at + 1);
        match found {
            Some(at) if at == number => {}
            Some(at) => {
                wrong.push(format!("{file}:{number}: `{item}` stands in line {at}"));
                let moved = line.replace(&format!("{file}:{number}"), &format!("{file}:{at}"));
                text = text.replace(line, &moved);
            }
            None => wrong.push(format!("{file} has no `{item}`")),
        }
    }
    assert!(rows >= 15, "the map has only {rows} rows");
    if std::env::var_os("WIRELAB_BLESS").is_some() {
        return fs::write(path, text).expect("README");
    }
    assert!(wrong.is_empty(), "WIRELAB_BLESS=1 corrects numbers:\n{}", wrong.join("\n"));
}

#[test]
fn each_exercise_has_a_test_of_its_name() {
    let guide = fs::read_to_string(root().join("READING.md")).expect("READING.md");
    let tests = fs::read_to_string(root().join("exercises/tests/stops.rs")).expect("the stops");
    let names: Vec<&str> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("*Exercise* `")?.split('`').next())
        .collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert!(tests.contains(&format!("fn {name}() {{")), "no test is called {name}");
        assert!(root().join(format!("exercises/src/{name}.rs")).exists(), "no file for {name}");
    }
}

/// The words of a `command: [mqtt, broker, "-p"]` of a composition.
fn command(line: &str) -> Option<Vec<String>> {
    let list = line.trim().strip_prefix("command: [")?.strip_suffix(']')?;
    Some(list.split(", ").map(|word| word.trim_matches('"').to_owned()).collect())
}

#[test]
fn the_containers_commands_are_ours() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("harness/compose")).expect("the compositions") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a text");
        for words in text.lines().filter_map(command).filter(|words| words[0] != "mosquitto") {
            // Help is given only if all that stands before it is understood.
            let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_wirelab"));
            let output = program.args(&words).arg("--help").output().expect("it starts");
            assert!(output.status.success(), "{}: {words:?}: {output:?}", path.display());
            count += 1;
        }
    }
    assert!(count >= 15, "only {count} commands found");
}
