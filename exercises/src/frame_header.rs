//! Stop 5, ZMTP's frames: the header in front of each.
//!
//! ```text
//!   0       1                              flags: bit 0 MORE, bit 1 LONG, bit 2 COMMAND, others 0
//!   | flags | size: one octet |            LONG 0
//!   | flags | size: eight octets, BE |     LONG 1; its top bit is 0
//! ```

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Another frame of the message follows.
    pub more: bool,
    /// The body is a command. Commands are never MORE.
    pub command: bool,
    /// Octets of the body.
    pub size: u64,
    /// Octets of the header itself.
    pub len: usize,
}

/// Reads a header; `Ok(None)`: more octets are needed.
///
/// # Errors
/// A reserved flag, a command with MORE, a size with its top bit: as soon as that is seen.
pub fn decode(input: &[u8]) -> Result<Option<Header>, &'static str> {
    todo!("zmtp/src/frame.rs")
}
