//! `wirelab test PROTOCOL HOST:PORT`: does that program keep to the specification?
//!
//! ```text
//!   cases (mqtt, zmtp, http) ──► Desk ──► the program     each case asks, and says what it found
//!                                  └────► the record      which is shown as frames where it failed
//! ```
//! It runs cases and counts. What a case asks stands in the protocols' own folders.

mod account;
mod http;
mod junit;
mod mqtt;
mod talk;
mod zmtp;

use clap::{Args, ValueEnum};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use crate::exit::Failure;
use crate::output::Output;
use account::{Account, Examined, Outcome};
use talk::{Desk, Finding, Wrong};

/// Seconds that an answer may be given at most.
const PATIENCE_MAX: f64 = 600.0;

/// Arguments of `test`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What it should speak.
    #[arg(value_enum)]
    pub protocol: Protocol,
    /// The program that is checked.
    #[arg(value_name = "HOST:PORT", required_unless_present = "list")]
    pub target: Option<String>,
    /// Only these cases: clauses, or the beginnings of such.
    #[arg(long, value_name = "CLAUSE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// List the cases, and ask nobody.
    #[arg(long)]
    pub list: bool,
    /// Also write what was found as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Seconds that an answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    pub patience: f64,
    /// The path that HTTP's cases ask for.
    #[arg(long, default_value = "/")]
    pub path: String,
    /// A user name that a ZMTP socket with PLAIN lets in.
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// Its password.
    #[arg(long, value_name = "PASSWORD", default_value = "", requires = "username")]
    pub password: String,
}

/// What can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// An MQTT 3.1.1 broker that lets everybody in.
    Mqtt,
    /// A ZMTP 3 socket that listens, of any type, with NULL or PLAIN.
    Zmtp,
    /// An HTTP/1.1 server.
    Http,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::Mqtt => "MQTT 3.1.1",
            Self::Zmtp => "ZMTP 3",
            Self::Http => "HTTP/1.1",
        }
    }

    fn cases(self) -> Vec<Case> {
        match self {
            Self::Mqtt => mqtt::cases(),
            Self::Zmtp => zmtp::cases(),
            Self::Http => http::cases(),
        }
    }

    /// Does it speak the protocol at all?
    fn greet(self, desk: &mut Desk) -> Finding {
        match self {
            Self::Mqtt => mqtt::greet(desk),
            Self::Zmtp => zmtp::greet(desk),
            Self::Http => http::greet(desk),
        }
    }
}

/// One thing that is asked of a program.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The clauses that say so, the most important one first.
    pub clauses: &'static [&'static str],
    /// What should be seen.
    pub name: &'static str,
    /// Looks whether it is.
    pub run: fn(&mut Desk) -> Finding,
}

impl Case {
    fn is_one_of(&self, wanted: &[String]) -> bool {
        let begins = |word: &String| self.clauses.iter().any(|id| id.starts_with(word.as_str()));
        wanted.is_empty() || wanted.iter().any(begins)
    }
}

/// Checks, and says what was found.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let cases = chosen(arguments)?;
    if arguments.list {
        return account::list(&cases, output);
    }
    let patience = patience(arguments.patience)?;
    if !arguments.path.starts_with('/') || arguments.path.contains([' ', '\r', '\n']) {
        return Err(Failure::usage("--path begins with a slash, and has no spaces"));
    }
    let text = arguments.target.as_deref().unwrap_or_default();
    let authority = authority(text);
    let target = address(&authority)?;
    let mut desk = Desk::new(target, patience, &arguments.path, mark());
    desk.authority = authority;
    desk.credentials = arguments.username.clone().map(|name| (name, arguments.password.clone()));
    let protocol = arguments.protocol;
    if let Err(Wrong::Broken(why) | Wrong::LeftOut(why)) = protocol.greet(&mut desk) {
        return Err(Failure::failed(format!("{text} does not speak {}: {why}", protocol.name())));
    }
    let mut account = Account::new(output);
    for case in cases {
        let result = examine(&case, &mut desk);
        account.tell(result)?;
    }
    if let Some(path) = &arguments.junit {
        junit::write(path, &format!("{} at {target}", protocol.name()), account.results())?;
    }
    account.end()
}

/// Seconds, as they are given: more than none, and no more than anybody waits.
fn patience(seconds: f64) -> Result<Duration, Failure> {
    if (0.01..=PATIENCE_MAX).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    let message = format!("--patience is from 0.01 to {PATIENCE_MAX} seconds, not {seconds}");
    Err(Failure::usage(message))
}

fn chosen(arguments: &Arguments) -> Result<Vec<Case>, Failure> {
    let all = arguments.protocol.cases();
    for word in &arguments.only {
        if !all.iter().any(|case| case.is_one_of(std::slice::from_ref(word))) {
            let message = format!("--only {word}: no case is about that clause; see --list");
            return Err(Failure::usage(message));
        }
    }
    Ok(all.into_iter().filter(|case| case.is_one_of(&arguments.only)).collect())
}

/// Runs a case. One that fails is run again, so that a slow moment is not taken for a fault.
fn examine(case: &Case, desk: &mut Desk) -> Examined {
    desk.take_record();
    let outcome = match (case.run)(desk) {
        Ok(()) => Outcome::Kept,
        Err(Wrong::LeftOut(why)) => Outcome::LeftOut(why),
        Err(Wrong::Broken(first)) => {
            desk.take_record();
            match (case.run)(desk) {
                Ok(()) => Outcome::KeptAtLast(first),
                Err(Wrong::LeftOut(why)) => Outcome::LeftOut(why),
                Err(Wrong::Broken(why)) => Outcome::Broken(why, desk.take_record()),
            }
        }
    };
    Examined { case: *case, outcome }
}

/// A host and a port; `:PORT` is one of this machine.
fn authority(text: &str) -> String {
    text.strip_prefix(':').map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"))
}

fn address(authority: &str) -> Result<SocketAddr, Failure> {
    let unknown = |why: String| Failure::failed(format!("{authority} leads nowhere: {why}"));
    let mut found = authority.to_socket_addrs().map_err(|error| unknown(error.to_string()))?;
    found.next().ok_or_else(|| unknown("it has no address".to_owned()))
}

/// Eight letters that no other run has.
fn mark() -> String {
    let mut octets = [0; 4];
    // Without chance the names are those of other runs, too: no harm but to their cases.
    let _ = getrandom::fill(&mut octets);
    format!("{:08x}", u32::from_be_bytes(octets))
}

#[cfg(test)]
mod tests {
    use super::Protocol;
    use crate::clauses::lists;
    use clap::ValueEnum;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_is_about_a_clause_that_there_is() {
        let known: BTreeSet<&str> =
            lists::Protocol::ALL.iter().flat_map(|list| list.clauses()).map(|c| c.id).collect();
        for protocol in Protocol::value_variants() {
            let cases = protocol.cases();
            let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
            assert_eq!(names.len(), cases.len(), "each name once");
            for case in cases {
                assert!(!case.clauses.is_empty(), "{}", case.name);
                for id in case.clauses {
                    assert!(known.contains(id), "{id}: {}", case.name);
                }
            }
        }
    }
}
