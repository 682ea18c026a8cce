//! What the side-by-side runs have in common: the rows that were asked for, and the file of all
//! samples.
//!
//! It knows names and JSON. It does not know what is measured.

use serde_json::Value;
use std::io;
use std::path::Path;

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
