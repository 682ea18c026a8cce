//! What was found, told case by case, and the sum of it.
//!
//! It knows outcomes. It does not know how they were come by.

use serde_json::json;
use std::io::{self, Write};

use super::Case;
use crate::exit::Failure;
use crate::explain::{Options, live::Live};
use crate::output::{Output, Tone, escape_controls, json_line};
use crate::tap::relay::Happening;
use crate::tap::synthesise::Wire;

/// Lines of an exchange that are shown from its beginning, and from its end.
const SHOWN: usize = 16;

/// What became of a case.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// As it should be.
    Kept,
    /// The second time. The first time it was this.
    KeptAtLast(String),
    /// It does not fit the program.
    LeftOut(String),
    /// Not kept, twice; and what passed the second time.
    Broken(String, Vec<Happening>),
}

/// A case, and what became of it.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The case.
    pub case: Case,
    /// What became of it.
    pub outcome: Outcome,
}

/// Tells, and counts.
pub struct Account<'a> {
    output: &'a Output,
    results: Vec<Examined>,
}

impl<'a> Account<'a> {
    pub fn new(output: &'a Output) -> Self {
        Self { output, results: Vec::new() }
    }

    /// All that was told.
    pub fn results(&self) -> &[Examined] {
        &self.results
    }

    /// Tells of a case.
    pub fn tell(&mut self, result: Examined) -> Result<(), Failure> {
        let mut out = Vec::new();
        if self.output.json {
            json_line(&mut out, &object(&result)).map_err(Failure::failed)?;
        } else {
            self.text(&result, &mut out).map_err(Failure::failed)?;
        }
        self.results.push(result);
        self.output.data(&String::from_utf8_lossy(&out))
    }

    fn text(&self, result: &Examined, out: &mut Vec<u8>) -> io::Result<()> {
        let (word, tone) = match result.outcome {
            Outcome::Kept | Outcome::KeptAtLast(_) => ("ok  ", Tone::Good),
            Outcome::LeftOut(_) => ("--  ", Tone::Faint),
            Outcome::Broken(..) => ("FAIL", Tone::Bad),
        };
        let Case { clauses, name, .. } = result.case;
        writeln!(out, "{}  {:<20} {name}", self.output.paint(tone, word), clauses[0])?;
        match &result.outcome {
            Outcome::Kept => Ok(()),
            Outcome::KeptAtLast(first) => {
                writeln!(out, "      at the second try; at first: {}", say(first))
            }
            Outcome::LeftOut(why) => writeln!(out, "      left out: {}", say(why)),
            Outcome::Broken(why, record) => {
                writeln!(out, "      {}", say(why))?;
                let lines = exchange(record)?;
                let left_out = lines.len().saturating_sub(2 * SHOWN);
                for (n, line) in lines.iter().enumerate() {
                    if n < SHOWN || n >= SHOWN + left_out {
                        writeln!(out, "     {line}")?;
                    } else if n == SHOWN {
                        writeln!(out, "      … {left_out} frames more …")?;
                    }
                }
                Ok(())
            }
        }
    }

    /// The sum; a failure, if a rule was not kept.
    pub fn end(self) -> Result<(), Failure> {
        let count = |is: fn(&Outcome) -> bool| {
            self.results.iter().filter(|result| is(&result.outcome)).count()
        };
        let broken = count(|outcome| matches!(outcome, Outcome::Broken(..)));
        let left_out = count(|outcome| matches!(outcome, Outcome::LeftOut(_)));
        let kept = self.results.len() - broken - left_out;
        if self.output.json {
            let line = json!({"v": 1, "kind": "sum", "kept": kept, "broken": broken,
                "left_out": left_out});
            self.output.data(&format!("{line}\n"))?;
        } else {
            let line = format!("{kept} kept, {broken} broken, {left_out} left out");
            self.output.data(&format!("{}\n", self.output.paint(Tone::Heading, &line)))?;
        }
        // What was wrong has been said.
        if broken > 0 { Err(Failure::failed("")) } else { Ok(()) }
    }
}

/// The cases, without an outcome.
pub fn list(cases: &[Case], output: &Output) -> Result<(), Failure> {
    for case in cases {
        if output.json {
            let line = json!({"v": 1, "kind": "case", "clauses": case.clauses, "name": case.name});
            output.data(&format!("{line}\n"))?;
        } else {
            output.data(&format!("{:<20} {}\n", case.clauses[0], case.name))?;
        }
    }
    Ok(())
}

fn object(result: &Examined) -> serde_json::Value {
    let Case { clauses, name, .. } = result.case;
    let (outcome, why) = match &result.outcome {
        Outcome::Kept => ("kept", ""),
        Outcome::KeptAtLast(first) => ("kept", first.as_str()),
        Outcome::LeftOut(why) => ("left out", why.as_str()),
        Outcome::Broken(why, _) => ("broken", why.as_str()),
    };
    let mut object = json!({"v": 1, "kind": "check", "clauses": clauses, "name": name,
        "outcome": outcome, "why": why});
    if let Outcome::Broken(_, record) = &result.outcome {
        object["frames"] = exchange(record).unwrap_or_default().into();
    }
    object
}

fn say(text: &str) -> String {
    escape_controls(text.as_bytes())
}

/// What has passed, a line for each frame: the data is real, the headers are made up.
pub fn exchange(record: &[Happening]) -> io::Result<Vec<String>> {
    let lang = crate::lang::Lang::En;
    let plain = Output { json: false, color: false, quiet: true, verbose: 0, lang };
    let options = Options { frames: true, ..Options::default() };
    let (mut text, mut wire) = (Vec::new(), Wire::default());
    let mut live = Live::begin("", "", &options, &plain, &mut text)?;
    for happening in record {
        for mut frame in wire.carry(happening) {
            frame.comment = None;
            live.frame(&frame)?;
        }
    }
    live.end()?;
    Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
}
