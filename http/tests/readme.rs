//! The README's table of phases is the code's own.

use std::fs;
use std::path::Path;
use wirelab_http::connection::Phase;

#[test]
fn the_readme_shows_the_phases_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(path).expect("the README");
    let (from, to) = ("<!-- drawn from Phase::STEPS -->\n", "<!-- end -->");
    let shown = text.split_once(from).and_then(|(_, rest)| rest.split_once(to));
    let (shown, _) = shown.expect("the README has the place for the table");
    let row = |(from, why, to): &(Phase, &str, Phase)| format!("| {from:?} | {why} | {to:?} |\n");
    let rows: String = Phase::STEPS.iter().map(row).collect();
    let table = format!("| Phase | What happens | Next |\n|---|---|---|\n{rows}");
    assert!(shown == table, "put this between the marks:\n{table}");
}
