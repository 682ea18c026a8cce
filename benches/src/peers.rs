//! The programs of others: those that the machine has, and those of `peers/`, a workspace of
//! their own, which are built when missing.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program on the PATH, or where Debian keeps servers.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let places = std::env::split_paths(&path).chain(usual);
    places.map(|place| place.join(program)).find(|path| path.is_file())
}

/// A program of `peers/`.
///
/// # Errors
/// When it is not there and does not build.
pub fn program(name: &str) -> io::Result<PathBuf> {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let program = peers.join("target/release").join(name);
    if !program.exists() {
        build(&peers, name)?;
    }
    Ok(program)
}

fn build(peers: &Path, name: &str) -> io::Result<()> {
    eprintln!("building {name} in {}", peers.display());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--target-dir", "target", "-p", name])
        .current_dir(peers)
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{name} does not build; see above, or leave it out")))
    }
}
