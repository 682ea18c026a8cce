//! What was found as JUnit's XML, which build servers read.
//!
//! It knows elements and escapes. It does not know protocols.

use std::fmt::Write as _;
use std::path::Path;

use super::account::{Examined, Outcome, exchange};
use crate::exit::Failure;

/// Writes the file.
pub fn write(path: &Path, suite: &str, results: &[Examined]) -> Result<(), Failure> {
    let cannot = |error| Failure::failed(format!("cannot write {}: {error}", path.display()));
    std::fs::write(path, text(suite, results)).map_err(cannot)
}

fn text(suite: &str, results: &[Examined]) -> String {
    let count = |is: fn(&Outcome) -> bool| results.iter().filter(|r| is(&r.outcome)).count();
    let failures = count(|outcome| matches!(outcome, Outcome::Broken(..)));
    let skipped = count(|outcome| matches!(outcome, Outcome::LeftOut(_)));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        xml,
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">",
        escaped(suite),
        results.len()
    );
    for result in results {
        let (class, name) = (escaped(result.case.clauses[0]), escaped(result.case.name));
        let _ = write!(xml, "  <testcase classname=\"{class}\" name=\"{name}\"");
        let _ = match &result.outcome {
            Outcome::Kept | Outcome::KeptAtLast(_) => writeln!(xml, "/>"),
            Outcome::LeftOut(why) => {
                writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(why))
            }
            Outcome::Broken(why, record) => {
                let frames = exchange(record).unwrap_or_default().join("\n");
                let (why, frames) = (escaped(why), escaped(&frames));
                writeln!(xml, "><failure message=\"{why}\">{frames}</failure></testcase>")
            }
        };
    }
    xml.push_str("</testsuite>\n");
    xml
}

/// Fit for an attribute or an element. XML 1.0 has no control characters but three.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::check::Case;
    use crate::check::account::{Examined, Outcome};

    #[test]
    fn what_builds_read() {
        let case = Case { clauses: &["A-1"], name: "a < b", run: |_| Ok(()) };
        let outcomes = [
            Outcome::Kept,
            Outcome::LeftOut("\"no\" & \u{1}".to_owned()),
            Outcome::Broken("why".to_owned(), Vec::new()),
        ];
        let results = outcomes.map(|outcome| Examined { case, outcome });
        let wanted = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuite name=\"s\" tests=\"3\" failures=\"1\" skipped=\"1\">\n\
            \x20 <testcase classname=\"A-1\" name=\"a &lt; b\"/>\n\
            \x20 <testcase classname=\"A-1\" name=\"a &lt; b\"><skipped \
            message=\"&quot;no&quot; &amp; \\u{1}\"/></testcase>\n\
            \x20 <testcase classname=\"A-1\" name=\"a &lt; b\"><failure \
            message=\"why\"></failure></testcase>\n\
            </testsuite>\n";
        assert_eq!(text("s", &results), wanted);
    }
}
