//! Commands: what the two engines say to each other, beside the messages of their users.
//!
//! ```text
//!   body        | name-length, 1 | name: letters | data |
//!
//!   READY       properties                                       NULL, and the end of PLAIN
//!   ERROR       | length, 1 | reason |                           instead of going on
//!   SUBSCRIBE   prefix                                           3.1; CANCEL takes it back
//!   PING        | TTL, 2: tenths of a second | context: 0..16 |  3.1; PONG carries the context
//!   HELLO       | length, 1 | user name | length, 1 | password | PLAIN, from the client
//!   WELCOME     nothing                                          PLAIN, from the server
//!   INITIATE    properties                                       PLAIN, from the client
//! ```
//!
//! It knows octets. When a command may be said is the handshake's and the peer's business.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::Error;
use crate::frame::{COMMAND, put_header};
use crate::limits::CONTEXT_MAX;
use crate::metadata::Metadata;

/// What PLAIN servers of libzmq (4.3) say for ERROR: in their source stands `"\x5ERROR"`, and the
/// octet 5E is taken for the name's length. No command of that name fits its own body's length.
const LIBZMQS_ERROR: &[u8] = b"\x5eRROR\x03";

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The handshake is done on the sender's side.
    Ready(Metadata),
    /// The handshake has failed on the sender's side.
    Error {
        /// Why: octets as they came.
        reason: Bytes,
    },
    /// The sender wants the messages that begin so.
    Subscribe(Bytes),
    /// It wants them once less.
    Cancel(Bytes),
    /// Are you there?
    Ping {
        /// Tenths of a second after which the sender may be taken for dead; 0 says nothing.
        ttl: u16,
        /// To be sent back.
        context: Bytes,
    },
    /// I am.
    Pong {
        /// The PING's.
        context: Bytes,
    },
    /// PLAIN's first word.
    Hello {
        /// Octets.
        username: Bytes,
        /// Octets.
        password: Bytes,
    },
    /// The server takes the user's name and password.
    Welcome,
    /// The client's metadata.
    Initiate(Metadata),
    /// A name that we do not know.
    Other(Bytes),
}

impl Command {
    /// Reads a command frame's body.
    ///
    /// # Errors
    /// What is no command, or a known one with data that are not its own.
    pub fn decode(mut body: Bytes) -> Result<Self, Error> {
        if body.starts_with(LIBZMQS_ERROR) {
            body = [b"\x05ERROR", &body[LIBZMQS_ERROR.len() - 1..]].concat().into();
        }
        let name = split_name(&mut body)?;
        Ok(match &name[..] {
            b"READY" => Self::Ready(Metadata::decode(body)?),
            b"ERROR" => {
                let reason = split_short(&mut body, "[ZMTP-3.0-null-13]", "ERROR")?;
                end(&body, "[ZMTP-3.0-null-13]", "ERROR goes on after its reason")?;
                Self::Error { reason }
            }
            b"SUBSCRIBE" => Self::Subscribe(body),
            b"CANCEL" => Self::Cancel(body),
            b"PING" => {
                if body.len() < 2 {
                    return Err(Error::malformed("[ZMTP-3.1-ping-01]", "a PING without a TTL"));
                }
                let ttl = body.get_u16();
                Self::Ping { ttl, context: check_context(body)? }
            }
            b"PONG" => Self::Pong { context: check_context(body)? },
            b"HELLO" => {
                let username = split_short(&mut body, "[PLAIN-03]", "HELLO")?;
                let password = split_short(&mut body, "[PLAIN-03]", "HELLO")?;
                end(&body, "[PLAIN-03]", "HELLO goes on after the password")?;
                Self::Hello { username, password }
            }
            b"WELCOME" => {
                end(&body, "[PLAIN-04]", "WELCOME has data")?;
                Self::Welcome
            }
            b"INITIATE" => Self::Initiate(Metadata::decode(body)?),
            _ => Self::Other(name),
        })
    }

    /// The name on the wire.
    pub fn name(&self) -> &[u8] {
        match self {
            Self::Ready(_) => b"READY",
            Self::Error { .. } => b"ERROR",
            Self::Subscribe(_) => b"SUBSCRIBE",
            Self::Cancel(_) => b"CANCEL",
            Self::Ping { .. } => b"PING",
            Self::Pong { .. } => b"PONG",
            Self::Hello { .. } => b"HELLO",
            Self::Welcome => b"WELCOME",
            Self::Initiate(_) => b"INITIATE",
            Self::Other(name) => name,
        }
    }

    /// Writes the whole frame: short up to 255 octets, long above [ZMTP-3.0-mech-08].
    pub fn encode(&self, out: &mut BytesMut) {
        let mut body = BytesMut::with_capacity(64);
        let name = self.name();
        body.put_u8(name.len() as u8);
        body.put_slice(name);
        match self {
            Self::Ready(metadata) | Self::Initiate(metadata) => metadata.encode(&mut body),
            Self::Error { reason } => put_short(&mut body, reason),
            Self::Subscribe(prefix) | Self::Cancel(prefix) => body.put_slice(prefix),
            Self::Ping { ttl, context } => {
                body.put_u16(*ttl);
                body.put_slice(context);
            }
            // [ZMTP-3.1-ping-02] The same context, and no TTL.
            Self::Pong { context } => body.put_slice(context),
            Self::Hello { username, password } => {
                put_short(&mut body, username);
                put_short(&mut body, password);
            }
            Self::Welcome | Self::Other(_) => {}
        }
        put_header(out, COMMAND, body.len());
        out.put_slice(&body);
    }
}

/// [ZMTP-3.0-frame-09] The name: 1 to 255 letters.
fn split_name(body: &mut Bytes) -> Result<Bytes, Error> {
    let wrong = |what| Error::malformed("[ZMTP-3.0-frame-09]", what);
    let len = usize::from(*body.first().ok_or_else(|| wrong("an empty command"))?);
    if len == 0 {
        return Err(wrong("a command without a name"));
    }
    if body.len() <= len {
        return Err(wrong("a command ends within its name"));
    }
    body.advance(1);
    let name = body.split_to(len);
    // [ZMTP-3.0-wire-04] So that they can be read in a capture.
    if !name.iter().all(u8::is_ascii_alphabetic) {
        return Err(wrong("a command's name has other characters than letters"));
    }
    Ok(name)
}

/// Octets with their length, one octet, before them.
fn split_short(body: &mut Bytes, clause: &'static str, name: &str) -> Result<Bytes, Error> {
    let what = if name == "ERROR" {
        "ERROR ends within its reason"
    } else {
        "HELLO ends within the user name or the password"
    };
    let wrong = || Error::malformed(clause, what);
    let len = usize::from(*body.first().ok_or_else(wrong)?);
    if body.len() <= len {
        return Err(wrong());
    }
    body.advance(1);
    Ok(body.split_to(len))
}

fn put_short(body: &mut BytesMut, octets: &[u8]) {
    let len = octets.len().min(usize::from(u8::MAX));
    body.put_u8(len as u8);
    body.put_slice(&octets[..len]);
}

/// [ZMTP-3.1-ping-03]
fn check_context(context: Bytes) -> Result<Bytes, Error> {
    if context.len() > CONTEXT_MAX {
        let what = "a PING's context of more than 16 octets";
        return Err(Error::malformed("[ZMTP-3.1-ping-03]", what));
    }
    Ok(context)
}

fn end(body: &Bytes, clause: &'static str, what: &'static str) -> Result<(), Error> {
    if body.is_empty() { Ok(()) } else { Err(Error::malformed(clause, what)) }
}

#[cfg(test)]
mod tests {
    use super::Command;
    use crate::Error;
    use bytes::Bytes;

    /// [PLAIN-04] [ZMTP-3.0-error-01] Refused by a server of libzmq, by its own spelling.
    #[test]
    fn libzmqs_error_is_an_error() {
        let refused = Command::Error { reason: "400".into() };
        assert_eq!(Command::decode(Bytes::from_static(b"\x5eRROR\x03400")), Ok(refused));
        for other in [&b"\x5eRROR\x02400"[..], b"\x5eRROR\x0340", b"\x5eRROR\x034000"] {
            let decoded = Command::decode(Bytes::copy_from_slice(other));
            assert!(matches!(decoded, Err(Error::Malformed { .. })), "{decoded:?}");
        }
    }
}
