//! Finds citations of clauses in Rust source, and clauses argued away in READMEs.
//!
//! It knows what a citation looks like: `[` family `-` …  `]` or `[RFC` number section `]` in a
//! comment or a string, several with commas between them. It does not know which clauses exist.

use super::source::Source;
use std::collections::BTreeSet;

/// A clause, or several under one prefix, named at one place.
#[derive(Debug, PartialEq, Eq)]
pub struct Citation {
    /// What stands between the brackets, or between the commas there.
    pub text: String,
    /// The file, from the workspace's root.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The function that it stands in or on top of; empty outside of any.
    pub function: String,
    /// In a test, or in code?
    pub test: bool,
}

/// A row of the table under `## Left out` in a crate's README: `| clause | reason |`.
#[derive(Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The clause, or with `*` at its end, all that begin so.
    pub clause: String,
    /// Why.
    pub reason: String,
    /// The README.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// What the ids in the lists begin with, up to the first `-`: `MQTT`, `PUSH`, `9112`.
pub fn families(lists: &str) -> BTreeSet<String> {
    let ids = lists.lines().filter(|line| !line.starts_with('#') && !line.starts_with("id\t"));
    ids.filter_map(|line| line.split_once('-')).map(|(family, _)| family.to_owned()).collect()
}

/// The files that `path` declares as modules for tests alone: beside it, or in its directory.
pub fn test_files(path: &str, text: &str) -> Vec<String> {
    let stem = path.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/lib");
    let modules = Source::new(text).test_modules();
    modules.iter().map(|name| format!("{stem}/{name}")).collect()
}

/// Every citation in the comments and strings of one file.
pub fn of_file(
    path: &str,
    text: &str,
    for_tests: &[String],
    families: &BTreeSet<String>,
) -> Vec<Citation> {
    let source = Source::new(text);
    let (tests, functions) = (source.test_lines(), source.functions());
    let whole = path.split('/').any(|part| part == "tests" || part == "tests.rs")
        || for_tests.iter().any(|prefix| {
            path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with(['.', '/']))
        });
    let mut found = Vec::new();
    for (line, prose) in (1..).zip(source.prose.lines()) {
        // The innermost function is the last to begin before the line.
        let inside = functions.iter().rfind(|f| (f.first..=f.last).contains(&line));
        let around = inside.or_else(|| {
            // What stands on top of a function speaks of it; a file's opening, of the file.
            let own = text.lines().nth(line - 1).filter(|own| !own.starts_with("//!"));
            own.filter(|own| is_on_top(own))?;
            let below = line + text.lines().skip(line).take_while(|l| is_on_top(l)).count() + 1;
            functions.iter().find(|f| f.first == below)
        });
        for text in bracketed(prose).filter(|text| looks_like_one(text, families)) {
            found.push(Citation {
                text: text.to_owned(),
                file: path.to_owned(),
                line,
                function: around.map(|f| f.name.clone()).unwrap_or_default(),
                test: whole || tests.iter().any(|&(a, b)| (a..=b).contains(&line)),
            });
        }
    }
    found
}

/// The rows under the heading `## Left out`, up to the next heading.
pub fn left_out(file: &str, readme: &str) -> Vec<LeftOut> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (line, text) in (1..).zip(readme.lines()) {
        if text.starts_with('#') {
            inside = text.trim_start_matches('#').trim() == "Left out";
        }
        let cells: Vec<&str> = text.trim().split('|').map(str::trim).collect();
        let ["", clause, reason, ""] = cells[..] else { continue };
        let clause = clause.trim_matches('`');
        // The table's own head, and the rule below it.
        if inside && clause.contains('-') && clause.contains(|c: char| c.is_alphanumeric()) {
            rows.push(LeftOut {
                clause: clause.to_owned(),
                reason: reason.to_owned(),
                file: file.to_owned(),
                line,
            });
        }
    }
    rows
}

/// What stands between brackets on this line, taken apart at the commas.
fn bracketed(line: &str) -> impl Iterator<Item = &str> {
    let after = line.split('[').skip(1);
    after.filter_map(|rest| Some(rest.split_once(']')?.0)).flat_map(|s| s.split(", "))
}

/// Does a line belong to the item below it: a comment or an attribute?
fn is_on_top(line: &str) -> bool {
    line.trim_start().starts_with("//") || line.trim_start().starts_with("#[")
}

fn looks_like_one(text: &str, families: &BTreeSet<String>) -> bool {
    if let Some(number) = text.strip_prefix("RFC") {
        return number.trim_start().starts_with(|c: char| c.is_ascii_digit());
    }
    text.split_once('-').is_some_and(|(family, rest)| {
        families.contains(family) && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::{families, left_out, of_file, test_files};

    const LIST: &str = "# The list.\nid\tsection\nMQTT-3.3.1-4\t3.3.1\nPUSH-out-01\t30\n";
    const CODE: &str = "//! [MQTT-1.5.3-1] in the opening.\n\
        fn decode() -> [u8; 2] {\n    \
        bad(\"QoS 3 [MQTT-3.3.1-4, PUSH-out]\"); // and [RFC9112 6.3], [RFC 9293 3.4] [x]\n\
        }\n\
        #[cfg(test)]\nmod tests {\n    /// [MQTT-3.3.1-4]\n    fn red() {}\n}\n\
        const NOT: [u8; PUSH-1] = [MQTT-3];\n";

    #[test]
    fn citations_are_found_with_their_places() {
        let found = of_file("mqtt/src/publish.rs", CODE, &[], &families(LIST));
        let places: Vec<(&str, usize, &str, bool)> =
            found.iter().map(|c| (&*c.text, c.line, &*c.function, c.test)).collect();
        let want = [
            ("MQTT-1.5.3-1", 1, "", false),
            ("MQTT-3.3.1-4", 3, "decode", false),
            ("PUSH-out", 3, "decode", false),
            ("RFC9112 6.3", 3, "decode", false),
            ("RFC 9293 3.4", 3, "decode", false),
            ("MQTT-3.3.1-4", 7, "red", true),
        ];
        assert_eq!(places, want);
    }

    #[test]
    fn a_file_can_be_a_test_as_a_whole() {
        let test = |path: &str, for_tests: &[String]| {
            of_file(path, "// [MQTT-3.3.1-4]\n", for_tests, &families(LIST))[0].test
        };
        assert!(test("mqtt/tests/a.rs", &[]) && test("mqtt/src/a/tests.rs", &[]));
        let declared = test_files("mqtt/src/a.rs", "#[cfg(test)]\nmod far;\nmod near;\n");
        assert_eq!(declared, ["mqtt/src/a/far"]);
        assert!(test("mqtt/src/a/far.rs", &declared) && !test("mqtt/src/a/near.rs", &declared));
        assert_eq!(test_files("mqtt/src/lib.rs", "#[cfg(test)]\nmod far;\n"), ["mqtt/src/far"]);
    }

    #[test]
    fn a_readme_argues_clauses_away_under_its_heading_alone() {
        let readme = "# MQTT\n| MQTT-1-1 | before |\n## Left out\n\n| Clause | Why |\n|---|---|\n\
                      | `MQTT-6.0.0-*` | no WebSocket |\n## Next\n| MQTT-2-2 | after |\n";
        let rows = left_out("mqtt/README.md", readme);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].clause.as_str(), rows[0].line), ("MQTT-6.0.0-*", 7));
        assert_eq!(rows[0].reason, "no WebSocket");
    }
}
