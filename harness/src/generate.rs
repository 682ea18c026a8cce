//! What is made from the command tree itself: completion scripts, manual pages, the version.
//!
//! It knows the tree as a whole (`cli::tree`). It does not know what any command does.

use clap::Args;
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;
use std::path::{Path, PathBuf};

use crate::cli;
use crate::exit::Failure;
use crate::output::Output;

/// For which shell.
#[derive(Debug, Args)]
pub struct CompletionArguments {
    /// The shell that is to read the script.
    #[arg(value_enum)]
    shell: Shell,
}

/// Where the pages go.
#[derive(Debug, Args)]
pub struct ManualArguments {
    /// A directory for the pages of all commands; without one, the main page goes to stdout.
    directory: Option<PathBuf>,
}

/// Nothing of its own; `--json` is every command's.
#[derive(Debug, Args)]
pub struct VersionArguments {}

/// Prints the completion script of one shell.
pub fn completions(arguments: &CompletionArguments, output: &Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut shown(&cli::tree()), "wirelab", &mut script);
    output.data(&String::from_utf8_lossy(&script))
}

/// The tree without its hidden commands, which the scripts would offer all the same.
fn shown(tree: &clap::Command) -> clap::Command {
    clap::Command::new("wirelab")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .args(tree.get_arguments().cloned())
        .subcommands(tree.get_subcommands().filter(|command| !command.is_hide_set()).cloned())
}

/// Prints the main manual page, or writes one per command into a directory.
pub fn manual(arguments: &ManualArguments, output: &Output) -> Result<(), Failure> {
    if let Some(directory) = &arguments.directory {
        return all_pages(directory, output);
    }
    let mut page = Vec::new();
    // `help` would be listed as a command with a page of its own, which it has not.
    let made = Man::new(cli::tree().disable_help_subcommand(true)).render(&mut page);
    made.map_err(|error| Failure::failed(format!("no manual page: {error}")))?;
    output.data(&String::from_utf8_lossy(&page))
}

fn all_pages(directory: &Path, output: &Output) -> Result<(), Failure> {
    let place = directory.display();
    let made = std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(cli::tree(), directory));
    made.map_err(|error| {
        Failure::failed(format!("manual pages cannot be written into {place}: {error}"))
    })?;
    output.say(&format!("The manual pages are in {place}; read one with `man -l FILE`."));
    Ok(())
}

/// Prints the version.
pub fn version(_arguments: &VersionArguments, output: &Output) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    if !output.json {
        return output.data(&format!("wirelab {version}\n"));
    }
    let object = json!({
        "v": 1, "name": "wirelab", "version": version,
        "os": std::env::consts::OS, "arch": std::env::consts::ARCH,
    });
    output.data(&format!("{object}\n"))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn hidden_commands_are_not_offered() {
        let hidden = clap::Command::new("inner").hide(true);
        let tree = clap::Command::new("wirelab")
            .arg(clap::Arg::new("json").long("json"))
            .subcommand(clap::Command::new("outer"))
            .subcommand(hidden);
        let shown = shown(&tree);
        let names: Vec<&str> = shown.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, ["outer"]);
        assert!(shown.get_arguments().any(|argument| argument.get_id() == "json"));
    }
}
