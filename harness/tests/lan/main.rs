//! The lab's LAN and everything around it, as a user meets it: the binary is run, and what it
//! leaves behind is looked at with other programs' eyes.
//!
//! Trials that need what this machine does not allow are ignored, with the reason as their kind;
//! with `WIRELAB_REQUIRE_REFERENCES=1` they fail instead.

mod capture;
mod file;
mod formats;
mod lab;
mod mqtt;
mod report;
mod rest;
mod roles;
mod rows;
mod split;
mod step;
mod tour;
mod zmq;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if let [_, flag, role] = &words[..]
        && flag == "--role"
    {
        return roles::play(role);
    }
    let machine = lab::Machine::look();
    let mut trials = Vec::new();
    trials.extend(formats::trials(&machine));
    trials.extend(capture::trials(&machine));
    trials.extend(tour::trials(&machine));
    trials.extend(report::trials(&machine));
    trials.extend(rows::trials(&machine));
    trials.extend(step::trials());
    trials.extend(split::trials(&machine));
    trials.extend(mqtt::trials(&machine));
    trials.extend(rest::trials(&machine));
    trials.extend(zmq::trials(&machine));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A trial that needs something: `missing` says what this machine lacks for it.
fn trial(
    name: &str,
    missing: Option<String>,
    work: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let Some(reason) = missing else { return Trial::test(name, work) };
    if std::env::var_os("WIRELAB_REQUIRE_REFERENCES").is_some_and(|value| value == "1") {
        return Trial::test(name, move || Err(Failed::from(format!("needs {reason}"))));
    }
    Trial::test(name, work).with_ignored_flag(true).with_kind(format!("needs {reason}"))
}
