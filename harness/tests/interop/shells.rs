//! The completion script, read by the shell that it is for.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, wirelab};
use std::process::Command;

pub fn add(trials: &mut Trials) {
    trials.add("shells::bash_completes_our_commands", &[Need::Bash], bash_completes_our_commands);
}

/// Asks bash what may follow `wirelab cap`, as the tab key would.
fn bash_completes_our_commands() -> Outcome {
    let generate = Process::start("completions", wirelab(&["completions", "bash"]))?;
    let script = generate.finish(PATIENCE)?.stdout;
    let ask = "COMP_WORDS=(wirelab cap); COMP_CWORD=1; _wirelab wirelab cap wirelab; \
               echo \"${COMPREPLY[@]}\"";
    // In a file: an argument holds no more than 128 KiB.
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("wirelab.bash");
    std::fs::write(&file, format!("{script}\n{ask}\n"))?;
    let mut command = Command::new("bash");
    command.arg("--norc").arg(&file);
    let bash = Process::start("bash", command)?.finish(PATIENCE)?;
    if !bash.status.success() || bash.stdout.trim() != "capture" {
        return Err(format!("bash offers {:?}: {}", bash.stdout, bash.stderr).into());
    }
    Ok(())
}
