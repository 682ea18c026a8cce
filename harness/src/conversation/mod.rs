//! TCP conversations: who opened, what each segment did, the bytes of each direction in order.
//!
//! It knows sequence numbers and states as they can be seen from outside. It does not know what
//! the bytes mean, nor any words for what it found; those are `analysis`'s. Per conversation the
//! memory is bounded by the limits here and in `stream`, and so is the number of conversations.

mod direction;
mod stream;
mod table;
mod track;

pub use direction::{Direction, SENT_MAX, Sent};
pub use stream::{Arrival, Chunk, Delivery, Stream, WAITING_BYTES_MAX, WAITING_SEGMENTS_MAX};
pub use table::{CONVERSATIONS_MAX, Conversations, WAITING_TOTAL_MAX};

use std::net::SocketAddr;

/// One of the two ends. Where nobody was seen to open, `Client` is who was seen first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who sent the SYN.
    Client,
    /// Who answered it.
    Server,
}

impl Side {
    /// The opposite end.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 1,
        }
    }
}

/// The frames of the three-way handshake [9293-3.5-01].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The SYN.
    pub syn: Option<u64>,
    /// The SYN,ACK.
    pub syn_ack: Option<u64>,
    /// The ACK of it.
    pub ack: Option<u64>,
    /// The server's own SYN, where both opened at once [RFC 9293 3.5].
    pub crossing: Option<u64>,
}

/// Why a connection was reset, as far as it can be seen on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// The answer to a SYN: nothing listens there.
    Refused,
    /// The program closed while bytes that it had not read were waiting [9293-3.6.1-01],
    /// [RFC 2525 2.17].
    UnreadInput,
    /// The program gave up without a FIN, and nothing had come in for it.
    Aborted,
    /// Data came after the program had closed.
    DataAfterClose,
    /// The answer to a segment of a connection that the host does not know any more.
    Unknown,
}

/// A reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// The frame.
    pub frame: u64,
    /// Who sent it.
    pub by: Side,
    /// Why.
    pub reason: ResetReason,
}

/// A conversation.
#[derive(Debug)]
pub struct Conversation {
    /// Its number, from 0, in the order of first frames.
    pub id: u64,
    /// Who opened, or was seen first.
    pub client: SocketAddr,
    /// The other end.
    pub server: SocketAddr,
    /// Was the SYN, or at least its answer, seen? If not, who is client is not known.
    pub opener_known: bool,
    /// The handshake's frames; all empty when the capture starts in the middle.
    pub handshake: Handshake,
    /// What the client sent, and what the server sent.
    pub directions: [Direction; 2],
    /// Frames so far.
    pub frames: u64,
    /// When the first frame was captured, in nanoseconds since 1970.
    pub first_ns: u64,
    /// When the last one was.
    pub last_ns: u64,
    /// The first reset.
    pub reset: Option<Reset>,
}

impl Conversation {
    /// What one end sent.
    pub fn direction(&self, side: Side) -> &Direction {
        &self.directions[side.index()]
    }

    /// The address of one end.
    pub fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// Bytes of both directions that wait for an earlier segment.
    fn waiting_bytes(&self) -> usize {
        self.directions.iter().map(|d| d.stream.waiting_bytes()).sum()
    }

    /// Was the SYN seen, so that the streams are there from their first byte?
    pub fn seen_from_start(&self) -> bool {
        self.handshake.syn.is_some()
    }

    /// Is it over: reset, or closed on both sides?
    pub fn is_over(&self) -> bool {
        self.reset.is_some() || self.directions.iter().all(|d| d.fin_acked.is_some())
    }

    /// Who sent the first FIN.
    pub fn closed_first(&self) -> Option<Side> {
        let fin = |side: Side| self.direction(side).fin.map(|(frame, _)| frame);
        match (fin(Side::Client), fin(Side::Server)) {
            (Some(client), Some(server)) if server < client => Some(Side::Server),
            (None, Some(_)) => Some(Side::Server),
            (Some(_), _) => Some(Side::Client),
            (None, None) => None,
        }
    }
}

/// What a segment did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first frame of a conversation whose beginning is not in the capture.
    StartsInTheMiddle,
    /// The same port pair as an earlier conversation, opened anew.
    PortReused(u64),
    /// Step 1, 2 or 3 of the handshake.
    Handshake(u8),
    /// A SYN or SYN,ACK that was sent before.
    HandshakeAgain(u64),
    /// Both ends open at once: a SYN that crosses the SYN in that frame, or the client's SYN,ACK
    /// that answers it.
    SimultaneousOpen(u64),
    /// Data that was sent before, with the frames that carried it as far as they are known.
    Retransmission(Vec<u64>),
    /// Data with some bytes missing before it.
    Early(u64),
    /// Data whose first bytes had been sent before.
    Overlapping(u64),
    /// It fills a hole: bytes that had arrived early are in order now.
    FillsHole,
    /// It acknowledges bytes: the frames that carried them, how many bytes, and whether the
    /// segment carries nothing itself.
    Acknowledges {
        /// The frames that carried the bytes.
        frames: Vec<u64>,
        /// How many bytes.
        bytes: u64,
        /// Without data, SYN or FIN of its own?
        alone: bool,
    },
    /// It acknowledges more than the capture has.
    AcknowledgesUnseen,
    /// The same acknowledgment once more, while data is under way.
    DuplicateAck,
    /// A probe of a connection that is idle [9293-3.8.4-01].
    KeepAlive,
    /// A probe of a window that is shut [9293-3.8.6.1-01].
    WindowProbe,
    /// The same acknowledgment with another window.
    WindowUpdate,
    /// The receiver's buffer is full.
    ZeroWindow,
    /// The end of this direction.
    Fin,
    /// A FIN that was sent before.
    FinAgain(u64),
    /// It acknowledges the other end's FIN, which stood in that frame.
    FinAcknowledged(u64),
    /// The connection is reset.
    Reset(Reset),
}

/// What one segment did to its conversation.
#[derive(Debug)]
pub struct Step {
    /// The conversation's number.
    pub id: u64,
    /// Who sent the segment.
    pub from: Side,
    /// What it did, in the order in which it is told.
    pub events: Vec<Event>,
    /// What is in order now. Mostly the segment's own data; an acknowledgment can also give up a
    /// hole in the other direction.
    pub deliveries: Vec<(Side, Delivery)>,
    /// A conversation that was forgotten to make room.
    pub evicted: Option<u64>,
}
