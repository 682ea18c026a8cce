//! Stop 3, MQTT's fixed header: the Remaining Length (section 2.2.3).
//!
//! ```text
//!   one to four bytes, the least significant seven bits first; bit 7 says that another follows
//!   321 = 0x141  ->  c1 02
//! ```

/// Reads a Remaining Length from the front of the input: its value, and how many bytes it has.
/// `Ok(None)`: more bytes are needed.
///
/// # Errors
/// A fifth byte would be needed: then it is none, whatever follows.
pub fn decode(input: &[u8]) -> Result<Option<(u32, usize)>, &'static str> {
    todo!("mqtt/src/packet/fixed_header.rs")
}

/// Appends a Remaining Length in as few bytes as possible. It is at most 268,435,455.
pub fn encode(length: u32, out: &mut Vec<u8>) {
    todo!("section 2.2.3 has it in pseudo code; without it is more fun")
}
