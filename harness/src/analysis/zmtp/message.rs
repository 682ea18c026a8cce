//! A message: its frames, up to the first without MORE; and the messages of one direction,
//! counted.
//!
//! It knows counts, times and the first bytes. It does not know what a message is for.

use bytes::Bytes;

use crate::analysis::assemble::Assembled;
use crate::analysis::records::At;
use crate::analysis::texts::{Listed, PREVIEW_MAX};
use crate::dissect::zmtp::Frame;
use std::ops::Range;

/// Frames of a message that are shown.
pub const FRAMES_MAX: usize = 8;
/// Frames of the capture that are named as a message's.
pub const CARRIERS_MAX: usize = 16;

/// The body of a frame: its bytes as far as they are kept, and its length.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Body {
    pub(in crate::analysis) bytes: Bytes,
    pub(in crate::analysis) len: u64,
}

/// A message, perhaps not whole yet.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Message {
    /// The first frames.
    pub(in crate::analysis) frames: Vec<Body>,
    /// How many there are.
    pub(in crate::analysis) count: u64,
    /// The capture's frames that carried it.
    pub(in crate::analysis) carriers: Vec<u64>,
}

impl Message {
    /// One more frame of it.
    pub(super) fn add(&mut self, frame: &Frame, body: Range<usize>, assembled: &Assembled) {
        let len = (frame.len - body.start.min(frame.len)) as u64;
        if self.frames.len() < FRAMES_MAX {
            let end = body.end.min(assembled.bytes.len());
            let bytes = assembled.bytes.slice(body.start.min(end)..end);
            self.frames.push(Body { bytes, len });
        }
        self.count += 1;
        for carrier in assembled.frames() {
            if self.carriers.last() != Some(&carrier) && self.carriers.len() < CARRIERS_MAX {
                self.carriers.push(carrier);
            }
        }
    }

    /// Does it begin with the empty frame that REQ puts before a request? [REQ-fmt-01]
    pub(in crate::analysis) fn is_delimited(&self) -> bool {
        self.count > 1 && self.frames.first().is_some_and(|first| first.len == 0)
    }

    /// The first frame's bytes, which subscriptions are compared with. [PUB-out-04]
    pub(super) fn head(&self) -> &[u8] {
        self.frames.first().map_or(&[], |first| &first.bytes)
    }
}

/// Messages of one direction, or of one topic.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Flow {
    count: u64,
    /// The frames in which they were complete, each once.
    pub(in crate::analysis) frames: Listed,
    last_frame: u64,
    first_ns: u64,
    last_ns: u64,
    /// The first message.
    pub(in crate::analysis) first: Message,
    /// Were all like it?
    pub(in crate::analysis) alike: bool,
}

impl Flow {
    pub(super) fn add(&mut self, message: &Message, at: At) {
        self.last_ns = at.time_ns;
        if self.count == 0 {
            self.first_ns = at.time_ns;
            self.alike = true;
            self.first = shortened(message);
        } else if self.alike {
            self.alike = is_like(&self.first, message);
        }
        self.count += 1;
        if self.last_frame != at.frame {
            self.frames.push(at.frame);
        }
        self.last_frame = at.frame;
    }

    pub(in crate::analysis) fn count(&self) -> u64 {
        self.count
    }

    /// Seconds from one to the next, on average; nothing for less than two.
    pub(in crate::analysis) fn mean_interval(&self) -> Option<f64> {
        let span = self.last_ns.cast_signed().wrapping_sub(self.first_ns.cast_signed());
        let steps = self.count.checked_sub(1).filter(|steps| *steps > 0)?;
        Some(span as f64 / steps as f64 / 1e9)
    }
}

fn head(bytes: &Bytes) -> &[u8] {
    &bytes[..bytes.len().min(PREVIEW_MAX + 1)]
}

/// With bytes of its own, and no more than are shown: a capture's frame is not kept for them.
fn shortened(message: &Message) -> Message {
    let own = |body: &Body| Body { bytes: Bytes::copy_from_slice(head(&body.bytes)), ..*body };
    let frames = message.frames.iter().map(own).collect();
    Message { frames, count: message.count, carriers: Vec::new() }
}

fn is_like(first: &Message, message: &Message) -> bool {
    let same = |(a, b): (&Body, &Body)| a.len == b.len && head(&a.bytes) == head(&b.bytes);
    first.count == message.count && first.frames.iter().zip(&message.frames).all(same)
}
