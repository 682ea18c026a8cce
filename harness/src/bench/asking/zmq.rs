//! Requests to a REP socket, as a DEALER that may have several on the way.
//!
//! ```text
//!   | number, BE: an address | empty: the delimiter | the request |
//! ```
//! The envelope comes back with the reply, whatever the program replies: so each is known.
//! It may name the zmtp crate's codec. It does not know connections, nor the time.

use bytes::{Buf, Bytes, BytesMut};
use wirelab_zmtp::SocketType;
use wirelab_zmtp::command::Command;
use wirelab_zmtp::frame::{self, Header};
use wirelab_zmtp::greeting::Greeting;
use wirelab_zmtp::mechanism::MechanismName;
use wirelab_zmtp::metadata::{Metadata, SOCKET_TYPE};

use super::dialect::{Heard, Talk};

/// Octets of a greeting.
const GREETING: usize = 64;
/// The largest frame that is taken.
const FRAME_MAX: u64 = 64 << 20;

/// One connection.
pub struct Dealer {
    size: usize,
    greeted: bool,
    /// The frames of the reply that is being read: how many, and the first one.
    frames: usize,
    first: Bytes,
    content: usize,
}

impl Dealer {
    /// Requests of so many octets.
    pub fn new(size: usize) -> Self {
        Self { size, greeted: false, frames: 0, first: Bytes::new(), content: 0 }
    }

    fn command(body: Bytes) -> Result<Option<Heard>, String> {
        match Command::decode(body).map_err(|error| error.to_string())? {
            Command::Ready(metadata) => {
                let kind = metadata.get(SOCKET_TYPE).and_then(|name| SocketType::from_name(name));
                match kind {
                    Some(SocketType::Rep | SocketType::Router) => Ok(Some(Heard::Ready)),
                    Some(other) => Err(format!("the socket is no REP, but a {}", other.as_str())),
                    None => Err("the socket does not say that it is a REP".to_owned()),
                }
            }
            Command::Error { reason } => Err(format!("refused: {}", reason.escape_ascii())),
            _ => Ok(None),
        }
    }

    /// A frame of a reply; an answer, if it is the last one.
    fn frame(&mut self, body: Bytes, has_more: bool) -> Option<Heard> {
        match self.frames {
            0 => self.first = body,
            1 => {}
            _ => self.content += body.len(),
        }
        self.frames += 1;
        if has_more {
            return None;
        }
        let is_reply = self.frames > 2 && self.first.len() == 8;
        let to = is_reply.then(|| self.first.get_u64());
        let content = std::mem::take(&mut self.content);
        self.frames = 0;
        Some(Heard::Answer { to, content })
    }
}

impl Talk for Dealer {
    fn greet(&mut self, out: &mut BytesMut) -> bool {
        out.extend_from_slice(&Greeting::new(1, MechanismName::Null, false).encode());
        let metadata = Metadata::new().with(SOCKET_TYPE, SocketType::Dealer.as_str());
        Command::Ready(metadata.unwrap_or_default()).encode(out);
        false
    }

    fn ask(&mut self, number: u64, out: &mut BytesMut) {
        frame::put(out, frame::MORE, &number.to_be_bytes());
        frame::put(out, frame::MORE, b"");
        frame::put_header(out, 0, self.size);
        out.resize(out.len() + self.size, b'x');
    }

    fn hear(&mut self, input: &mut BytesMut) -> Result<Option<Heard>, String> {
        if !self.greeted {
            if Greeting::decode(input).map_err(|error| error.to_string())?.is_none() {
                return Ok(None);
            }
            input.advance(GREETING);
            self.greeted = true;
        }
        loop {
            let header = Header::decode(input).map_err(|error| error.to_string())?;
            let Some(header) = header else { return Ok(None) };
            if header.size > FRAME_MAX {
                return Err(format!("a frame of {} octets", header.size));
            }
            let len = header.len + header.size as usize;
            if input.len() < len {
                return Ok(None);
            }
            input.advance(header.len);
            let body = input.split_to(len - header.len).freeze();
            let heard = if header.is_command() {
                Self::command(body)?
            } else {
                self.frame(body, header.has_more())
            };
            if heard.is_some() {
                return Ok(heard);
            }
        }
    }
}
