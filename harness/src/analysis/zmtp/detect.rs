//! Are these bytes ZMTP? By their content alone, never by a port. And how a direction's bytes are
//! divided.
//!
//! It knows how a connection begins, and what clear commands look like.

use crate::analysis::assemble::Format;
use crate::dissect::Extent;
use crate::dissect::zmtp::{
    Contents, Data, Frame, Reading, SIGNATURE_LEN, frame, frame_extent, greeting_extent,
    may_be_greeting,
};

/// Is this the beginning of a connection?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum Begins {
    /// A whole signature.
    Yes,
    /// It may become one.
    Perhaps,
    /// No.
    No,
}

/// [ZMTP-3.0-greeting-02] Either side may be heard first, so it is asked of both.
pub(in crate::analysis) fn begins(bytes: &[u8]) -> Begins {
    match bytes.len() {
        0 => Begins::Perhaps,
        _ if !may_be_greeting(bytes) => Begins::No,
        len if len < SIGNATURE_LEN => Begins::Perhaps,
        _ => Begins::Yes,
    }
}

/// Are these bytes, from the middle of a connection, clearly ZMTP: whole frames up to their end,
/// and a known command among them? Messages alone say nothing: two small bytes and then anything.
pub(in crate::analysis) fn are_commands(bytes: &[u8]) -> bool {
    whole_frames(bytes).is_some_and(|frames| frames.iter().any(is_clear))
}

fn is_clear(frame: &Frame) -> bool {
    let Contents::Command(command) = &frame.contents else { return false };
    match &command.data {
        Data::Ready(metadata) | Data::Initiate(metadata) => metadata.socket_type().is_some(),
        Data::Unread => false,
        _ => true,
    }
}

/// The first of the frames up to the end of the bytes, if there is nothing wrong with any.
fn whole_frames(bytes: &[u8]) -> Option<Vec<Frame>> {
    /// Frames that are looked at to find a command; of further ones only the borders are.
    const LOOKED_AT: usize = 64;
    let mut frames = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let seen = frame(&bytes[at..], Reading::default());
        if seen.cut || !seen.flaws.is_empty() {
            return None;
        }
        at += seen.len;
        if frames.len() < LOOKED_AT {
            frames.push(seen);
        }
    }
    (at > 0).then_some(frames)
}

/// What comes next in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// The greeting.
    Greeting,
    /// Frames.
    Frames,
    /// Another version, whose bytes are not divided here.
    Older,
}

impl Format for Framing {
    fn extent(&self, bytes: &[u8]) -> Extent {
        match self {
            Self::Greeting => greeting_extent(bytes),
            Self::Frames => frame_extent(bytes),
            Self::Older => Extent::Boundless,
        }
    }

    /// The connection is known for one; so frames that fill the segment will do.
    fn are_units(&self, bytes: &[u8]) -> bool {
        *self == Self::Frames && whole_frames(bytes).is_some()
    }

    fn advance(&mut self, unit: &[u8]) {
        // After its major version an older peer goes on in its own way.
        let older = *self == Self::Greeting && greeting_extent(unit) == OLDER;
        *self = if older { Self::Older } else { Self::Frames };
    }
}

/// How long a greeting is of which only the signature and the version can be read.
const OLDER: Extent = Extent::Known(SIGNATURE_LEN + 1);

#[cfg(test)]
mod tests {
    use super::{Begins, are_commands, begins};

    #[test]
    fn a_connection_begins_with_a_signature() {
        let signature = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f";
        for len in 0..10 {
            assert_eq!(begins(&signature[..len]), Begins::Perhaps, "{len}");
        }
        assert_eq!(begins(signature), Begins::Yes);
        assert_eq!(begins(b"\xffanythin?\x7f\x03"), Begins::Yes);
        // Telnet's negotiation begins with the same byte.
        assert_eq!(begins(b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff"), Begins::No);
        assert_eq!(begins(b"GET / HTTP/1.1"), Begins::No);
    }

    #[test]
    fn only_clear_commands_are_known_by_their_look() {
        let ready = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03REP";
        let ping = b"\x04\x07\x04PING\x00\x0a\x00\x02hi";
        let good: [&[u8]; 3] = [ready, ping, b"\x04\x0e\x09SUBSCRIBEabcd"];
        for bytes in good {
            assert!(are_commands(bytes), "{bytes:02x?}");
        }
        let bad: [&[u8]; 6] = [
            b"",
            b"\x00\x05World",
            &ready[..20],
            b"\x04\x05\x04NOPE",
            b"\x04\x08\x05READY\x00\x00",
            b"halo",
        ];
        for bytes in bad {
            assert!(!are_commands(bytes), "{bytes:02x?}");
        }
    }
}
