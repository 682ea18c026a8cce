//! What the side-by-side runs have in common: the rows that were asked for, the file of all
//! samples, being the lab itself, and the end.
//!
//! It knows names, JSON and processes. It does not know what is measured.

use serde_json::Value;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Those of `rows` whose name holds one of `parts`; all of them where there are no parts.
///
/// # Errors
/// A part that no name holds, with the names that there are.
pub fn choose<R>(
    mut rows: Vec<R>,
    parts: &[String],
    name: impl Fn(&R) -> &str,
) -> io::Result<Vec<R>> {
    if let Some(part) = parts.iter().find(|part| !rows.iter().any(|r| name(r).contains(*part))) {
        let names: Vec<&str> = rows.iter().map(&name).collect();
        let names = names.join(", ");
        return Err(io::Error::other(format!(
            "no row has `{part}` in its name; there are {names}"
        )));
    }
    rows.retain(|row| parts.is_empty() || parts.iter().any(|part| name(row).contains(part)));
    Ok(rows)
}

/// Writes every sample to a file, if one was named.
///
/// # Errors
/// A file that cannot be written, by its name.
pub fn write_json(path: Option<&Path>, samples: impl FnOnce() -> Value) -> io::Result<()> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, format!("{:#}\n", samples()))
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// How `program` ends: with a word of what went wrong, if anything did.
pub fn end(program: &str, result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The runner's end is ours, however it ends.
///
/// # Errors
/// When the kernel does not agree.
pub fn end_with_runner() -> io::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?)
}

/// Is the lab, with these words behind its name: the runner starts our servers so.
pub fn lab(program: &str, words: Vec<OsString>) -> ExitCode {
    if let Err(error) = end_with_runner() {
        eprintln!("{program}: {error}");
    }
    wirelab::cli::main_from([OsString::from("wirelab")].into_iter().chain(words))
}
