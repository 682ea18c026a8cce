//! `HTTP-version`, and how far an incomplete one is still right.

use crate::{HttpError, Status};

/// The version of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1. [9110-6.2-04] A later minor one is read as this.
    Http11,
}

impl Version {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

/// Octets of a version.
pub(super) const VERSION_LEN: usize = 8;

/// Reads `HTTP/x.y` at the front of `octets`; `None`: so far it is right, and not complete.
///
/// [9112-2.3-01] `HTTP/` is case-sensitive, and each number is one digit.
pub(super) fn version(octets: &[u8]) -> Result<Option<Version>, HttpError> {
    if octets.starts_with(b"HTTP/1.1") {
        return Ok(Some(Version::Http11));
    }
    for (at, octet) in octets.iter().take(VERSION_LEN).enumerate() {
        let right = match at {
            0..=4 => *octet == b"HTTP/"[at],
            6 => *octet == b'.',
            _ => octet.is_ascii_digit(),
        };
        if !right {
            return Err(HttpError::malformed("[9112-2.3-01]", "this is no HTTP-version"));
        }
    }
    let (Some(major), Some(minor)) = (octets.get(5), octets.get(7)) else { return Ok(None) };
    match (major, minor) {
        (b'1', b'0') => Ok(Some(Version::Http10)),
        // [9110-6.2-04] HTTP/1.2 and later are read as HTTP/1.1.
        (b'1', _) => Ok(Some(Version::Http11)),
        // [9110-6.2-05] [9110-15.6.6-01] Another major version; the answer names ours.
        _ => Err(HttpError::refused(
            Status::HTTP_VERSION_NOT_SUPPORTED,
            "[9110-15.6.6-01]",
            "only HTTP/1.1 and HTTP/1.0 are spoken here",
        )),
    }
}
