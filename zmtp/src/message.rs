//! A message: one or more frames that travel together, or not at all [ZMTP-3.0-frame-11].

use bytes::{Bytes, BytesMut};
use std::fmt;

use crate::frame::{self, MORE};
use crate::limits::FRAME_OVERHEAD;

/// One or more frames. Cloning it clones no bytes.
///
/// ```
/// use wirelab_zmtp::Message;
///
/// let one = Message::from("Hello");
/// assert_eq!(one.first(), "Hello");
///
/// let two = Message::from("WAKTU").and("12:00");
/// assert_eq!(two.frames().collect::<Vec<_>>(), ["WAKTU", "12:00"]);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Message {
    first: Bytes,
    /// Most messages are one frame: then nothing is allocated here.
    rest: Vec<Bytes>,
}

impl Message {
    /// A message of one frame.
    pub fn new(frame: impl Into<Bytes>) -> Self {
        Self { first: frame.into(), rest: Vec::new() }
    }

    /// A message of these frames; `None` when there are none, for there is no message without a
    /// frame [ZMTP-3.0-frame-10].
    pub fn from_frames(frames: impl IntoIterator<Item = impl Into<Bytes>>) -> Option<Self> {
        let mut frames = frames.into_iter().map(Into::into);
        Some(Self { first: frames.next()?, rest: frames.collect() })
    }

    /// With one more frame.
    #[must_use]
    pub fn and(mut self, frame: impl Into<Bytes>) -> Self {
        self.push(frame);
        self
    }

    /// Appends a frame.
    pub fn push(&mut self, frame: impl Into<Bytes>) {
        self.rest.push(frame.into());
    }

    /// Puts a frame before all others.
    pub fn push_front(&mut self, frame: impl Into<Bytes>) {
        let first = std::mem::replace(&mut self.first, frame.into());
        self.rest.insert(0, first);
    }

    /// The first frame: what subscriptions are matched against.
    pub fn first(&self) -> &Bytes {
        &self.first
    }

    /// The frames in order.
    pub fn frames(&self) -> impl DoubleEndedIterator<Item = &Bytes> + Clone {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The frames in order, moved out.
    pub fn into_frames(self) -> impl DoubleEndedIterator<Item = Bytes> {
        std::iter::once(self.first).chain(self.rest)
    }

    /// How many frames; at least 1.
    pub fn len(&self) -> usize {
        1 + self.rest.len()
    }

    /// Never: a message has at least one frame.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Bytes of all bodies, and [`FRAME_OVERHEAD`] for each frame: what it is counted as against
    /// limits.
    pub fn size(&self) -> usize {
        if self.rest.is_empty() {
            return self.first.len() + FRAME_OVERHEAD;
        }
        self.frames().map(|frame| frame.len() + FRAME_OVERHEAD).sum()
    }

    /// Writes all frames, copying their bodies.
    pub fn encode(&self, out: &mut BytesMut) {
        let mut frames = self.frames().peekable();
        while let Some(body) = frames.next() {
            let flags = if frames.peek().is_some() { MORE } else { 0 };
            frame::put(out, flags, body);
        }
    }

    /// Is it one frame, of at most so many bytes?
    pub(crate) fn is_small(&self, max: usize) -> bool {
        self.rest.is_empty() && self.first.len() <= max
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.frames()).finish()
    }
}

macro_rules! one_frame_from {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Message {
            fn from(frame: $kind) -> Self {
                Self::new(frame)
            }
        }
    )*};
}

one_frame_from!(Bytes, &'static str, &'static [u8], String, Vec<u8>);
