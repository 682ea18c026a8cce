//! Stop 6, HTTP's bodies: the chunked coding (RFC 9112, 7.1), strictly.
//!
//! ```text
//!   chunk  = 1*HEXDIG CRLF that many octets CRLF     5 CRLF hello CRLF
//!   last   = "0" CRLF CRLF                           no extensions and no trailers here
//! ```
//! Whoever is lenient here lets requests be smuggled: ` 5`, `0x5`, `+5`, a lone LF and a size that
//! does not fit 64 bits are all errors.

/// The whole body, and how many octets of the input it took; `Ok(None)`: there is more to come.
///
/// # Errors
/// What is no chunked coding, as soon as it can be seen.
pub fn decode(input: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    todo!("http/src/body/chunked.rs does it without a copy, and octet by octet")
}
