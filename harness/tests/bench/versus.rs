//! The comparison runs from end to end, and its page needs nothing but itself.

use serde_json::Value;
use std::process::Command;

fn versus(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    // Where the peers' workspace is, if it was built.
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.args(["bench", "versus", "--quick"]).args(arguments);
    command.output().expect("the binary starts")
}

#[test]
fn every_contest_has_figures_of_ours_and_of_whoever_is_here() {
    let directory = tempfile::tempdir().expect("a directory");
    let of = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let (page, out) = (of("page.html"), of("all.json"));
    let output = versus(&["--page", &page, "--out", &out]);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let record = std::fs::read_to_string(&out).expect("the record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let contests = record["contests"].as_array().expect("contests");
    assert_eq!(contests.len(), 10, "{talk}");
    for contest in contests {
        assert_eq!(contest["servers"][0]["server"], "ours", "{contest}");
        for absent in contest["absent"].as_array().expect("who is not here") {
            let name = absent["server"].as_str().expect("a name");
            assert!(talk.contains(&format!("{name} is not here and takes no part")), "{talk}");
        }
        for row in contest["rows"].as_array().expect("rows") {
            let is_idle = contest["name"].as_str().is_some_and(|name| name.ends_with("-idle"));
            let what = if is_idle { "rss" } else { "rate" };
            for entry in row["entries"].as_array().expect("entries") {
                let figures = &entry["rounds"][0];
                assert!(figures[what].as_f64() > Some(0.0), "{}: {entry}\n{talk}", row["title"]);
                if entry["server"] == "ours" {
                    let lost = figures["loss"].as_f64().unwrap_or(0.0);
                    assert!(lost + figures["lost-connections"].as_f64().unwrap_or(0.0) == 0.0);
                }
            }
        }
    }
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(html.contains("<svg") && html.matches("<table>").count() == 4, "{}", html.len());
    for outside in ["http://", "https://", "<script", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn what_cannot_be_compared_is_said() {
    for (arguments, code, says) in [
        (&["--only", "chess"][..], 2, "--only chess: there are mqtt, http,"),
        (&["--only", "echo", "--page", "/no/such/folder/p.html"], 1, "cannot write"),
    ] {
        let output = versus(arguments);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{talk}");
        assert!(talk.contains(says), "{talk}");
    }
}
