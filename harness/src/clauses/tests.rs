//! The lists are whole, citations find their clauses, and the tree cites nothing unknown.

use super::lists::{Citation, Clause, LeftOut, Protocol, unknown};
use super::{Entry, complaints};
use std::collections::BTreeSet;

fn all() -> Vec<Clause> {
    Protocol::ALL.iter().flat_map(|protocol| protocol.clauses()).collect()
}

fn named(citation: &str) -> Vec<&'static str> {
    all().iter().filter(|clause| clause.is_named_by(citation)).map(|clause| clause.id).collect()
}

fn cite(text: &'static str, test: bool) -> Citation {
    Citation { text, file: "mqtt/src/a.rs", line: 7, function: "decode", test }
}

#[test]
fn the_tree_cites_only_clauses_that_exist() {
    let complaints = complaints();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_row_of_the_lists_is_a_clause() {
    let (mut ids, mut rows) = (BTreeSet::new(), 0);
    for text in [
        include_str!("../../specs/mqtt.tsv"),
        include_str!("../../specs/zmtp.tsv"),
        include_str!("../../specs/http.tsv"),
        include_str!("../../specs/echo.tsv"),
    ] {
        rows += text.lines().filter(|line| !line.starts_with('#')).count() - 1;
    }
    for clause in all() {
        let Clause { id, section, level, binds, rule, testable } = clause;
        assert!(ids.insert(id), "{id} stands twice");
        assert!([section, binds, rule].iter().all(|text| !text.trim().is_empty()), "{clause:?}");
        let levels = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"];
        let others = ["definition", "ought", "NOTE"];
        assert!(levels.contains(&level) || others.contains(&level), "{clause:?}");
        assert!(["wire", "api", "internal"].contains(&testable), "{clause:?}");
    }
    assert_eq!(ids.len(), rows, "some row has not six columns");
    assert!(rows > 600, "{rows} rows");
}

#[test]
fn a_citation_names_one_clause_or_a_family() {
    assert_eq!(named("MQTT-3.3.1-4"), ["MQTT-3.3.1-4"]);
    assert_eq!(named("MQTT-3.3.1-1"), ["MQTT-3.3.1-1"], "not -10, -11, -12");
    assert_eq!(named("ZMTP-3.0 greeting").len(), 16);
    assert_eq!(named("ZMTP-3.0-greeting-01"), ["ZMTP-3.0-greeting-01"]);
    assert_eq!(named("PUSH-out").len(), 5);
    assert_eq!(named("9112-2.2-01"), ["9112-2.2-01"]);
    assert_eq!(named("RFC9112 6.3").len(), 18);
    assert_eq!(named("RFC 9112 6.3"), named("RFC9112 6.3"));
    assert_eq!(named("RFC9112 9.3").len(), 7, "the section alone, not those below it");
    assert_eq!(named("RFC862").len(), 4);
    for nothing in ["MQTT-3.3.1-99", "MQTT-3.3.1-", "RFC9112 6.9", "RFC 826", "PUSH-o", ""] {
        assert_eq!(named(nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn unknown_citations_are_complained_about() {
    let row = |clause| LeftOut { clause, reason: "Why.", file: "mqtt/README.md", line: 3 };
    let bad = [
        cite("MQTT-3.3.1-99", false),
        cite("RFC9112 6.9", true),
        cite("RFC 826", false),
        cite("MQTT-3.3.1-4", false),
    ];
    let rows = [row("MQTT-6.0.0-*"), row("MQTT-9*"), row("MQTT-3.3.1-4")];
    let found = unknown(&all(), &bad, &rows);
    let starts = [
        "mqtt/src/a.rs:7: [MQTT-3.3.1-99] is in no list",
        "mqtt/src/a.rs:7: [RFC9112 6.9] is in no list",
        "mqtt/README.md:3: MQTT-9* is in no list",
        "mqtt/README.md:3: MQTT-3.3.1-4 is left out, but cited: mqtt/src/a.rs:7 (decode)",
    ];
    assert_eq!(found.len(), starts.len(), "{found:?}");
    for (complaint, start) in found.iter().zip(starts) {
        assert!(complaint.starts_with(start), "{complaint}");
    }
}

#[test]
fn a_clause_is_missing_without_code_or_a_possible_test() {
    let clause = Clause {
        id: "MQTT-1-1",
        section: "1",
        level: "MUST",
        binds: "both",
        rule: "Be.",
        testable: "wire",
    };
    let leak = |test| -> &'static Citation { Box::leak(Box::new(cite("MQTT-1-1", test))) };
    let entry = |testable, code: bool, test: bool| Entry {
        protocol: Protocol::Mqtt,
        clause: Clause { testable, ..clause },
        code: code.then(|| leak(false)).into_iter().collect(),
        tests: test.then(|| leak(true)).into_iter().collect(),
        left_out: None,
    };
    assert!(entry("wire", false, true).is_missing() && entry("wire", true, false).is_missing());
    assert!(!entry("wire", true, true).is_missing());
    assert!(!entry("internal", true, false).is_missing());
    let row = LeftOut { clause: "MQTT-1-*", reason: "Why.", file: "a", line: 1 };
    let out = Some(&*Box::leak(Box::new(row)));
    assert!(!Entry { left_out: out, ..entry("wire", false, false) }.is_missing());
}
