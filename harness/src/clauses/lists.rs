//! The clauses of the specifications, and what a citation of them means.
//!
//! It knows the lists under `specs/` and the table that the build script found. It does not know
//! how they are shown.

use clap::ValueEnum;

/// A protocol with a list of clauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// MQTT 3.1.1.
    Mqtt,
    /// ZMTP 3.0 with its socket patterns, PLAIN, and 3.1's differences.
    Zmtp,
    /// HTTP/1.1 and its semantics.
    Http,
    /// The echo service, and the TCP below it.
    #[value(alias = "tcp")]
    Echo,
}

impl Protocol {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Mqtt, Self::Zmtp, Self::Http, Self::Echo];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Zmtp => "zmtp",
            Self::Http => "http",
            Self::Echo => "echo",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::Mqtt => include_str!("../../specs/mqtt.tsv"),
            Self::Zmtp => include_str!("../../specs/zmtp.tsv"),
            Self::Http => include_str!("../../specs/http.tsv"),
            Self::Echo => include_str!("../../specs/echo.tsv"),
        }
    }

    /// Its clauses, in the specification's order.
    pub fn clauses(self) -> Vec<Clause> {
        let lines = self.list().lines();
        let rows = lines.filter(|line| !line.starts_with('#') && !line.starts_with("id\t"));
        rows.filter_map(Clause::from_row).collect()
    }
}

/// One rule of a specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// As it is cited: `MQTT-` and so on, or an RFC's number, section and a number of our own.
    pub id: &'static str,
    /// Where it stands in the specification.
    pub section: &'static str,
    /// `MUST`, `SHOULD`, `MAY`…, or `definition`.
    pub level: &'static str,
    /// Whom it binds.
    pub binds: &'static str,
    /// What it says, in our own short words.
    pub rule: &'static str,
    /// Where keeping it can be seen: `wire`, `api`, or `internal` alone.
    pub testable: &'static str,
}

impl Clause {
    fn from_row(row: &'static str) -> Option<Self> {
        let columns: Vec<&str> = row.split('\t').collect();
        let [id, section, level, binds, rule, testable] = columns[..] else { return None };
        Some(Self { id, section, level, binds, rule, testable })
    }

    /// Does `citation` name this clause: by its id, by a prefix of it up to a `-` (a space may
    /// stand for one), or by the RFC and the section?
    pub fn is_named_by(&self, citation: &str) -> bool {
        if let Some(rfc) = citation.strip_prefix("RFC") {
            let mut words = rfc.split_whitespace();
            let mut own = self.section.split_whitespace().skip(1);
            if !self.section.starts_with("RFC ") || words.next() != own.next() {
                return false;
            }
            return words.next().is_none_or(|section| own.next() == Some(section));
        }
        let rest = self.id.strip_prefix(citation.replace(' ', "-").as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

/// A clause, or several under one prefix, named at one place of the source.
#[derive(Debug)]
pub struct Citation {
    /// What stands between the brackets.
    pub text: &'static str,
    /// The file, from the workspace's root.
    pub file: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The function around it; empty outside of any.
    pub function: &'static str,
    /// In a test, or in code?
    pub test: bool,
}

impl Citation {
    /// `file:line (function)`.
    pub fn place(&self) -> String {
        let Self { file, line, function, .. } = self;
        if function.is_empty() {
            format!("{file}:{line}")
        } else {
            format!("{file}:{line} ({function})")
        }
    }
}

/// A clause, or with `*` at the end all that begin so, that a crate's README argues away.
#[derive(Debug)]
pub struct LeftOut {
    /// The clause or prefix.
    pub clause: &'static str,
    /// Why.
    pub reason: &'static str,
    /// The README.
    pub file: &'static str,
    /// The line, from 1.
    pub line: usize,
}

impl LeftOut {
    /// Does it speak of this clause?
    pub fn names(&self, clause: &Clause) -> bool {
        match self.clause.strip_suffix('*') {
            Some(prefix) => clause.id.starts_with(prefix),
            None => clause.id == self.clause,
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/citations.rs"));

/// Every citation in the source that this binary was built from.
pub fn citations() -> &'static [Citation] {
    CITATIONS
}

/// Every clause that the READMEs argue away.
pub fn left_out() -> &'static [LeftOut] {
    LEFT_OUT
}

/// What is wrong with the citations: those that name no clause, one line each.
pub fn unknown(clauses: &[Clause], citations: &[Citation], left_out: &[LeftOut]) -> Vec<String> {
    let mut complaints = Vec::new();
    for cite in citations {
        if is_ours(cite.text, clauses) && !clauses.iter().any(|c| c.is_named_by(cite.text)) {
            let Citation { text, file, line, .. } = cite;
            complaints.push(format!(
                "{file}:{line}: [{text}] is in no list: correct it, or add the clause to \
                 harness/specs"
            ));
        }
    }
    for out in left_out {
        let LeftOut { clause, file, line, .. } = out;
        if !clauses.iter().any(|clause| out.names(clause)) {
            complaints.push(format!("{file}:{line}: {clause} is in no list: correct it"));
        }
        let named = clauses.iter().filter(|clause| out.names(clause));
        for clause in named {
            let cited = citations.iter().find(|c| !c.test && c.text == clause.id);
            if let Some(cite) = cited {
                let (id, place) = (clause.id, cite.place());
                complaints.push(format!("{file}:{line}: {id} is left out, but cited: {place}"));
            }
        }
    }
    complaints
}

/// Citations of RFCs that no list speaks of (ARP's, IPv4's) are nobody's concern here.
fn is_ours(citation: &str, clauses: &[Clause]) -> bool {
    let Some(rfc) = citation.strip_prefix("RFC") else { return true };
    let number = rfc.split_whitespace().next();
    clauses.iter().any(|clause| {
        clause.section.starts_with("RFC ") && clause.section.split_whitespace().nth(1) == number
    })
}
