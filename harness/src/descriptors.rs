//! File descriptors: as many as the system lets us have, for ten thousand clients are ten thousand
//! sockets.
//!
//! It knows the process's limits. What the descriptors are for is not known.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io;

/// Descriptors that are not connections: listeners, files, the loops' own.
const RESERVED: usize = 64;

/// Raises the limit as far as may be, and says how far that is.
///
/// # Errors
/// When the system does not let us ask.
pub fn raise() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_err() {
        return Ok(soft);
    }
    Ok(hard)
}

/// How many connections there can be at once when the limit is raised.
pub fn for_connections() -> usize {
    let all = raise().map_or(1024, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    all.saturating_sub(RESERVED).max(1)
}
