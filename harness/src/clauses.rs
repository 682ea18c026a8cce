//! `wirelab clauses`: each clause of the specifications with the lines of code and the tests that
//! cite it, and what is still without.
//!
//! It knows how the lists are shown and judged; what a citation means is `clauses/lists.rs`'s.

pub(crate) mod lists;

use clap::Args;
use lists::{Citation, Clause, LeftOut, Protocol};
use serde_json::json;
use std::fmt::Write as _;

use crate::exit::Failure;
use crate::output::{Output, Tone};

/// What to list.
#[derive(Debug, Default, Args)]
pub struct Arguments {
    /// One protocol's clauses; without it, all.
    #[arg(value_enum)]
    protocol: Option<Protocol>,
    /// Only clauses without code, or without a test where one is possible, and not left out.
    #[arg(long)]
    missing: bool,
    /// Say nothing but what is wrong: citations of clauses that no list has; with --missing,
    /// clauses that are missing too. Anything wrong makes the exit code 1.
    #[arg(long)]
    check: bool,
}

/// A clause with all that speaks of it.
struct Entry {
    protocol: Protocol,
    clause: Clause,
    code: Vec<&'static Citation>,
    tests: Vec<&'static Citation>,
    left_out: Option<&'static LeftOut>,
}

impl Entry {
    fn new(protocol: Protocol, clause: Clause) -> Self {
        let left_out = lists::left_out().iter().find(|out| out.names(&clause));
        // Who cites the family of a clause that is left out does not mean that clause.
        let named = lists::citations().iter().filter(|cite| {
            cite.text == clause.id || left_out.is_none() && clause.is_named_by(cite.text)
        });
        let (tests, code) = named.partition(|cite| cite.test);
        Self { protocol, clause, code, tests, left_out }
    }

    /// Without code, or without a test although a test could show it.
    fn is_missing(&self) -> bool {
        let untested = self.tests.is_empty() && self.clause.testable != "internal";
        self.left_out.is_none() && (self.code.is_empty() || untested)
    }

    fn text(&self, output: &Output) -> String {
        let Clause { id, level, binds, rule, .. } = self.clause;
        let id = output.paint(Tone::Heading, id);
        let mut text = format!("{id}  {level}  {binds}: {rule}\n");
        for (kind, cites) in [("code", &self.code), ("test", &self.tests)] {
            for cite in cites {
                // A citation of a whole section says less than one of the clause itself.
                let family = if cite.text == self.clause.id { "" } else { cite.text };
                let how = if family.is_empty() { "" } else { ", as " };
                let _ = writeln!(text, "    {kind}  {}{how}{family}", cite.place());
            }
        }
        if let Some(LeftOut { reason, file, line, .. }) = self.left_out {
            let _ = writeln!(text, "    left out: {reason} ({file}:{line})");
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let place = |cite: &&Citation| {
            let Citation { text, file, line, function, .. } = cite;
            json!({"file": file, "line": line, "in": function, "as": text})
        };
        let places = |cites: &[&Citation]| cites.iter().map(place).collect::<Vec<_>>();
        let Clause { id, section, level, binds, rule, testable } = self.clause;
        json!({
            "v": 1, "protocol": self.protocol.name(), "clause": id, "section": section,
            "level": level, "binds": binds, "rule": rule, "testable": testable,
            "code": places(&self.code), "tests": places(&self.tests),
            "left_out": self.left_out.map(|out| out.reason),
        })
    }
}

/// Lists or judges the clauses.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let protocols = arguments.protocol.map_or(Protocol::ALL.to_vec(), |one| vec![one]);
    let entries: Vec<Entry> = protocols.iter().flat_map(|protocol| entries(*protocol)).collect();
    if arguments.check {
        return check(&entries, arguments.missing, output);
    }
    let mut text = String::new();
    for entry in entries.iter().filter(|entry| !arguments.missing || entry.is_missing()) {
        if output.json {
            let _ = writeln!(text, "{}", entry.json());
        } else {
            text += &entry.text(output);
        }
    }
    for protocol in protocols {
        text += &summary(protocol, &entries, output);
    }
    output.data(&text)
}

fn entries(protocol: Protocol) -> Vec<Entry> {
    protocol.clauses().into_iter().map(|clause| Entry::new(protocol, clause)).collect()
}

/// How many clauses, and how many with what.
fn summary(protocol: Protocol, entries: &[Entry], output: &Output) -> String {
    let own: Vec<&Entry> = entries.iter().filter(|entry| entry.protocol == protocol).collect();
    let count = |with: fn(&Entry) -> bool| own.iter().filter(|entry| with(entry)).count();
    let (clauses, code) = (own.len(), count(|entry| !entry.code.is_empty()));
    let tests = count(|entry| !entry.tests.is_empty());
    let (out, missing) = (count(|entry| entry.left_out.is_some()), count(Entry::is_missing));
    let name = protocol.name();
    if output.json {
        let line = json!({
            "v": 1, "protocol": name, "clauses": clauses, "with_code": code,
            "with_test": tests, "left_out": out, "missing": missing,
        });
        return format!("{line}\n");
    }
    format!(
        "{name}: {clauses} clauses, {code} with code, {tests} with test, {out} left out, \
         {missing} missing\n"
    )
}

/// Complains about citations that name nothing and, if asked, about what is missing.
fn check(entries: &[Entry], missing: bool, output: &Output) -> Result<(), Failure> {
    let mut complaints = complaints();
    for entry in entries.iter().filter(|entry| missing && entry.is_missing()) {
        let lacks = if entry.code.is_empty() { "code" } else { "test" };
        let Clause { id, rule, .. } = entry.clause;
        complaints.push(format!("{id}: no {lacks} cites it, and no README leaves it out: {rule}"));
    }
    for complaint in &complaints {
        output.error(complaint);
    }
    if complaints.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!("complaints about the clauses: {}", complaints.len())))
}

/// What is wrong with the citations of the whole tree.
fn complaints() -> Vec<String> {
    let clauses: Vec<Clause> =
        Protocol::ALL.iter().flat_map(|protocol| protocol.clauses()).collect();
    lists::unknown(&clauses, lists::citations(), lists::left_out())
}

#[cfg(test)]
#[path = "clauses/tests.rs"]
mod tests;
