//! Frames: what all traffic after the greeting is cut into.
//!
//! ```text
//!   short   | flags | size, 1 octet  | body: size octets |
//!   long    | flags | size, 8 octets, the most significant first | body: size octets |
//!
//!   flags   | 0 0 0 0 0 | COMMAND | LONG | MORE |                                   (23/ZMTP)
//!                         bit 2     bit 1  bit 0
//! ```
//!
//! It knows octets. What a body means, and how large a message may be, is not its business.

use bytes::{BufMut, BytesMut};

use crate::Error;
use crate::limits::{LONG_BODY_MAX, SHORT_BODY_MAX};

/// Bit 0: another frame of the same message follows [ZMTP-3.0-frame-07].
pub const MORE: u8 = 1;
/// Bit 1: the size has 8 octets [ZMTP-3.0-frame-06].
pub const LONG: u8 = 2;
/// Bit 2: the body is a command [ZMTP-3.0-frame-05].
pub const COMMAND: u8 = 4;

/// Octets before the body of a long frame.
pub const LONG_HEADER: usize = 9;
/// Octets before the body of a short frame.
pub const SHORT_HEADER: usize = 2;

/// What stands before a body [ZMTP-3.0-frame-01] [ZMTP-3.0-wire-02].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The flags octet.
    pub flags: u8,
    /// Octets of the header itself: 2 or 9.
    pub len: usize,
    /// Octets of the body.
    pub size: u64,
}

impl Header {
    /// Reads a header from the front of `input`; `None` when more bytes are needed.
    ///
    /// # Errors
    /// Reserved bits, MORE on a command, a size of 2^63 or more: as soon as they are seen.
    #[inline]
    pub fn decode(input: &[u8]) -> Result<Option<Self>, Error> {
        let Some(&flags) = input.first() else { return Ok(None) };
        if flags > COMMAND | LONG || flags & (COMMAND | MORE) == COMMAND | MORE {
            return Err(bad_flags(flags));
        }
        if flags & LONG == 0 {
            let header = |&size| Self { flags, len: SHORT_HEADER, size: u64::from(size) };
            return Ok(input.get(1).map(header));
        }
        // [ZMTP-3.0-frame-03] The top bit is the first of the second octet.
        if input.get(1).is_some_and(|&first| first >= 0x80) {
            return Err(Error::malformed("[ZMTP-3.0-frame-03]", "a frame's size is over 2^63 - 1"));
        }
        let Some(size) = input.get(1..).and_then(|rest| rest.first_chunk()) else {
            return Ok(None);
        };
        // [ZMTP-3.0-frame-12] A long frame may be as small as it likes.
        Ok(Some(Self { flags, len: LONG_HEADER, size: u64::from_be_bytes(*size) }))
    }

    /// Is the body a command?
    pub fn is_command(&self) -> bool {
        self.flags & COMMAND != 0
    }

    /// Does another frame of the same message follow?
    pub fn has_more(&self) -> bool {
        self.flags & MORE != 0
    }
}

/// How long the frame at the front of `input` will be, header and body, if its header is there and
/// good.
pub fn announced(input: &[u8]) -> Option<usize> {
    let header = Header::decode(input).ok().flatten()?;
    usize::try_from(header.size).ok()?.checked_add(header.len)
}

#[cold]
fn bad_flags(flags: u8) -> Error {
    if flags > COMMAND | LONG | MORE {
        return Error::malformed("[ZMTP-3.0-frame-04]", "a reserved bit of a frame's flags is set");
    }
    Error::malformed("[ZMTP-3.0-frame-08]", "a command with the MORE bit")
}

/// Writes a header: the short form wherever the body fits it [ZMTP-3.0-mech-07].
#[inline]
pub fn put_header(out: &mut BytesMut, flags: u8, size: usize) {
    if size <= SHORT_BODY_MAX {
        out.put_slice(&[flags, size as u8]);
    } else {
        debug_assert!(size as u64 <= LONG_BODY_MAX, "no memory holds such a body");
        let mut header = [0; LONG_HEADER];
        header[0] = flags | LONG;
        header[1..].copy_from_slice(&(size as u64).to_be_bytes());
        out.put_slice(&header);
    }
}

/// Writes a whole frame.
#[inline]
pub fn put(out: &mut BytesMut, flags: u8, body: &[u8]) {
    out.reserve(LONG_HEADER + body.len());
    put_header(out, flags, body.len());
    out.put_slice(body);
}
