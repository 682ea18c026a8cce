//! What the tests against other programs share: finding those programs, running them and ours,
//! reading what they say with a deadline, and leaving none of them behind.

pub mod process;
pub mod reference;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long anything that should happen at once may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a test answers; `?` takes any error.
pub type Outcome = Result<(), libtest_mimic::Failed>;

/// The binary under test.
pub fn wirelab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(arguments);
    // The caller's taste must not change what a test sees.
    for name in ["WIRELAB_COLOR", "WIRELAB_LANG", "WIRELAB_NET", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

/// One of the lab's own programs, under `tests/lab`.
pub fn lab(program: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab").join(program)
}

/// An error unless `left` is `right`; shows both.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, left: T, right: T) -> Outcome {
    if left == right {
        return Ok(());
    }
    Err(format!("{what}:\n  seen {left:?}\n  want {right:?}").into())
}
