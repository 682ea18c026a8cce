//! Writes the table of citations that `wirelab clauses` shows: which clause is cited on which
//! line of which file, in code or in a test; and which clauses a README argues away.
//!
//! At build time, not at run time: the binary must say the same wherever it runs, and it must
//! speak of the source that it was built from, not of one that happens to lie nearby. The price is
//! that an edit of any crate runs this script again, which takes less than the compiler's start.
//! What a citation means is not known here: that needs the lists, and is `clauses.rs`'s.

mod citations;
// The tests of the house's limits use the rest of it.
#[allow(dead_code)]
mod source;

use citations::{Citation, LeftOut};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const HOUSES: [&str; 7] = ["reactor", "mqtt", "zmtp", "http", "echo", "harness", "benches"];
const SPECS: [&str; 4] = ["mqtt", "zmtp", "http", "echo"];
/// These speak of citations without citing.
const NOT_READ: [&str; 5] = [
    "harness/build/",
    "harness/src/clauses.rs",
    "harness/src/clauses/",
    "harness/tests/clauses.rs",
    "harness/tests/tidy",
];

fn main() -> io::Result<()> {
    let harness = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = harness.join("..");
    let mut lists = String::new();
    for spec in SPECS {
        lists += &fs::read_to_string(harness.join(format!("specs/{spec}.tsv")))?;
    }
    let families = citations::families(&lists);
    let (mut files, mut cited, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for house in HOUSES {
        // Build products of the peers' own programs lie below benches; its sources do not.
        let watched = if house == "benches" { "benches/src" } else { house };
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
        for part in ["src", "tests", "benches"] {
            collect(&root, &format!("{house}/{part}"), &mut files)?;
        }
        if let Ok(readme) = fs::read_to_string(root.join(house).join("README.md")) {
            left_out.extend(citations::left_out(&format!("{house}/README.md"), &readme));
        }
    }
    files.sort();
    let for_tests: Vec<String> =
        files.iter().flat_map(|(path, text)| citations::test_files(path, text)).collect();
    for (path, text) in &files {
        if !NOT_READ.iter().any(|prefix| path.starts_with(prefix)) {
            cited.extend(citations::of_file(path, text, &for_tests, &families));
        }
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("citations.rs"), table(&cited, &left_out))
}

/// The Rust files below `directory`, by their paths from the workspace's root.
fn collect(root: &Path, directory: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(root.join(directory)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let path = format!("{directory}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if Path::new(&path).extension().is_some_and(|kind| kind == "rs") {
            files.push((path, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

/// The table as Rust source, for `include!`.
fn table(cited: &[Citation], left_out: &[LeftOut]) -> String {
    let mut text = "static CITATIONS: &[Citation] = &[\n".to_owned();
    for Citation { text: cite, file, line, function, test } in cited {
        let _ = writeln!(
            text,
            "Citation {{ text: {cite:?}, file: {file:?}, line: {line}, \
             function: {function:?}, test: {test} }},"
        );
    }
    text += "];\nstatic LEFT_OUT: &[LeftOut] = &[\n";
    for LeftOut { clause, reason, file, line } in left_out {
        let _ = writeln!(
            text,
            "LeftOut {{ clause: {clause:?}, reason: {reason:?}, file: {file:?}, line: {line} }},"
        );
    }
    text + "];\n"
}
