//! What is said about one frame, before anybody lays it out on a line.
//!
//! It knows words and fields. It does not know where they come from.

use crate::conversation::{Delivery, Side};
use crate::dissect::{Dissection, Layer, Note};
use crate::output::Tone;

/// What is said about one frame.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its number.
    pub number: u64,
    /// Nanoseconds since the first frame; negative if the file is not in order.
    pub since_start_ns: i64,
    /// The conversation it belongs to.
    pub conversation: Option<u64>,
    /// The end of the conversation that sent it.
    pub from: Option<Side>,
    /// Who sent it.
    pub src: String,
    /// To whom.
    pub dst: String,
    /// `TCP 2222 PSH,ACK 4 B`.
    pub what: String,
    /// Its data, escaped and shortened, in quotes; empty if it has none.
    pub text: String,
    /// `request 1`.
    pub say: String,
    /// The frames that `say` speaks of.
    pub refs: Vec<u64>,
    /// The layers above TCP, if fields were asked for; they take the place of the bare data.
    pub layers: Vec<Layer>,
    /// What is wrong with them.
    pub notes: Vec<Note>,
    /// How it is coloured.
    pub tone: Tone,
    /// The bytes of the streams that are in order now, for `--follow`.
    pub deliveries: Vec<(Side, Delivery)>,
}

impl Told {
    pub(super) fn new(number: u64, time_ns: u64, start_ns: u64) -> Self {
        Self {
            number,
            since_start_ns: time_ns.cast_signed().wrapping_sub(start_ns.cast_signed()),
            conversation: None,
            from: None,
            src: String::new(),
            dst: String::new(),
            what: String::new(),
            text: String::new(),
            say: String::new(),
            refs: Vec::new(),
            layers: Vec::new(),
            notes: Vec::new(),
            tone: Tone::Faint,
            deliveries: Vec::new(),
        }
    }

    /// All layers of the frame that was dissected, in order.
    pub fn all_layers<'a>(&'a self, dissection: &'a Dissection) -> impl Iterator<Item = &'a Layer> {
        let replaced = !self.layers.is_empty();
        let below = dissection.layers.iter();
        below.filter(move |layer| !replaced || layer.proto != "data").chain(&self.layers)
    }

    /// All that is wrong with the frame that was dissected.
    pub fn all_notes<'a>(&'a self, dissection: &'a Dissection) -> impl Iterator<Item = &'a Note> {
        dissection.notes.iter().chain(&self.notes)
    }
}
