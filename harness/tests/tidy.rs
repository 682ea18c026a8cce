//! The house's own limits, held as ratchets over every file of the workspace.
//!
//! The rules stand in `tidy/rules.rs`, each with a sample that breaks it in `tidy/samples.rs`;
//! what may pass in spite of them stands in `tidy/allow.tsv`, and that list may only shrink.

#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/samples.rs"]
mod samples;
#[path = "../build/source.rs"]
mod source;

use rules::{File, Finding, RULES};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const HOUSES: [&str; 8] =
    ["reactor", "mqtt", "zmtp", "http", "echo", "harness", "benches", "exercises"];
const ALLOWED: &str = include_str!("tidy/allow.tsv");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text of the workspace that people write: the crates, and what lies beside them.
fn workspace() -> Vec<File> {
    let mut paths = vec![root().join(".ci/run")];
    for entry in fs::read_dir(root()).expect("the workspace's root can be listed") {
        let entry = entry.expect("an entry of the workspace's root");
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.path().is_file() && !hidden {
            paths.push(entry.path());
        }
    }
    for house in HOUSES {
        collect(&root().join(house), &mut paths);
    }
    paths.retain(|path| {
        let kinds = ["rs", "toml", "md", "py", "sh", "tsv", "json"];
        let extension = path.extension().and_then(|kind| kind.to_str());
        extension.is_none_or(|kind| kinds.contains(&kind))
    });
    paths.sort();
    let file = |path: &PathBuf| {
        let inside = path.strip_prefix(root()).expect("below the root");
        let name = inside.to_string_lossy().replace('\\', "/");
        Some(File::new(&name, &fs::read_to_string(path).ok()?))
    };
    paths.iter().filter_map(file).collect()
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if name == "target" || name == "proptest-regressions" {
            continue;
        }
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

/// The list of allowances: how much of which rule may stand in which file.
fn allowances(list: &str) -> BTreeMap<(String, String), usize> {
    let mut allowed = BTreeMap::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut columns = line.split('\t').map(str::to_owned);
        let (rule, path) = (columns.next(), columns.next());
        let size = columns.next().and_then(|size| size.parse().ok());
        match (rule, path, size) {
            (Some(rule), Some(path), Some(size)) => allowed.insert((rule, path), size),
            _ => panic!("allow.tsv: `{line}` is not rule, file, size with tabs between them"),
        };
    }
    allowed
}

/// What is over its allowance, and which allowances are too wide by now.
fn judge(found: &[Finding], allowed: &BTreeMap<(String, String), usize>) -> Vec<String> {
    let mut sums: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in found {
        let key = (finding.rule.to_owned(), finding.path.clone());
        *sums.entry(key).or_default() += finding.size;
    }
    let mut complaints = Vec::new();
    for finding in found {
        let key = (finding.rule.to_owned(), finding.path.clone());
        if sums[&key] > allowed.get(&key).copied().unwrap_or(0) {
            let Finding { rule, path, line, message, .. } = finding;
            complaints.push(format!("{path}:{line}: [{rule}] {message}"));
        }
    }
    for (key, allowance) in allowed {
        let sum = sums.get(key).copied().unwrap_or(0);
        if sum < *allowance {
            let (rule, path) = key;
            complaints.push(format!(
                "harness/tests/tidy/allow.tsv: {path} needs only {sum} of {allowance} for \
                 {rule}: lower it{}",
                if sum == 0 { " (delete the line)" } else { "" }
            ));
        }
    }
    complaints
}

#[test]
fn the_house_is_tidy() {
    let files = workspace();
    assert!(files.len() > 20, "only {} files found: is the root right?", files.len());
    let found: Vec<Finding> =
        files.iter().flat_map(|file| RULES.iter().flat_map(move |rule| rule(file))).collect();
    let complaints = judge(&found, &allowances(ALLOWED));
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn an_allowance_may_only_shrink() {
    let finding = |size| Finding {
        rule: "width",
        path: "a.rs".to_owned(),
        line: 3,
        size,
        message: "wide".to_owned(),
    };
    let allowed = allowances("# Why.\nwidth\ta.rs\t2\n");
    assert_eq!(judge(&[finding(1), finding(1)], &allowed), Vec::<String>::new());
    assert_eq!(judge(&[finding(3)], &allowed), ["a.rs:3: [width] wide"]);
    let shrink = judge(&[finding(1)], &allowed);
    assert!(shrink[0].contains("needs only 1 of 2 for width: lower it"), "{shrink:?}");
    assert!(judge(&[], &allowed)[0].contains("delete the line"));
}

/// Prints how much there is to read. Not through `println!`, which a passing test swallows.
#[test]
fn how_much_there_is_to_read() {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    let files = workspace();
    for file in files.iter().filter(|file| file.path.contains("/src/")) {
        *lines.entry(file.house()).or_default() += file.code_lines();
    }
    let engines: usize = HOUSES[..5].iter().filter_map(|house| lines.get(house)).sum();
    let list: Vec<String> = HOUSES
        .iter()
        .map(|house| format!("{house} {}", lines.get(house).copied().unwrap_or(0)))
        .collect();
    let text = format!("lines without tests: {} (engines: {engines})", list.join(", "));
    let _ = writeln!(io::stderr(), "{text}");
    assert!(HOUSES.iter().all(|house| lines.get(house).is_some_and(|n| *n > 0)), "{text}");
}
