//! Bodies: from octets on the connection to pieces of content.
//!
//! It knows lengths and chunks. Whose body it is, and what is done with it, it does not.

mod chunked;

use bytes::{Bytes, BytesMut};

use crate::framing::Length;
use crate::{Fields, HttpError};
pub use chunked::ChunkedReader;
pub(crate) use chunked::{LAST_CHUNK, chunk_head};

/// What of a body has come.
#[derive(Debug)]
pub enum Piece {
    /// Content, never empty.
    Data(Bytes),
    /// That was all. Trailers, if there were any.
    End(Option<Box<Fields>>),
}

/// A body that is being read.
#[derive(Debug)]
pub enum BodyReader {
    /// So many octets are still to come.
    Exact {
        /// How many.
        left: u64,
    },
    /// In chunks.
    Chunked(Box<ChunkedReader>),
    /// All that comes.
    UntilClose,
}

impl BodyReader {
    /// For a body of this length.
    pub fn new(length: Length) -> Self {
        match length {
            Length::Exact(left) => Self::Exact { left },
            Length::Chunked => Self::Chunked(Box::default()),
            Length::UntilClose => Self::UntilClose,
        }
    }

    /// Takes what there is of the body off the input. `None`: more octets are needed.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Piece>, HttpError> {
        match self {
            Self::Exact { left: 0 } => Ok(Some(Piece::End(None))),
            Self::Exact { left } => Ok(take(input, left).map(Piece::Data)),
            Self::Chunked(reader) => reader.next(input),
            Self::UntilClose if input.is_empty() => Ok(None),
            Self::UntilClose => Ok(Some(Piece::Data(input.split().freeze()))),
        }
    }

    /// The peer will send no more. Is that a good end?
    ///
    /// [9112-8-03] Not before the length, nor before the last chunk. [9112-8-04] Without either,
    /// it is the only end that there can be.
    pub fn ends_with_connection(&self) -> Result<(), HttpError> {
        match self {
            Self::UntilClose | Self::Exact { left: 0 } => Ok(()),
            // [9112-6.3-10]
            Self::Exact { .. } => Err(HttpError::Truncated("fewer octets than Content-Length")),
            Self::Chunked(_) => Err(HttpError::Truncated("the last chunk is missing")),
        }
    }

    /// How many octets of content are still to come, where that is known.
    pub fn left(&self) -> Option<u64> {
        match self {
            Self::Exact { left } => Some(*left),
            Self::Chunked(_) | Self::UntilClose => None,
        }
    }
}

/// Takes at most `left` octets.
fn take(input: &mut BytesMut, left: &mut u64) -> Option<Bytes> {
    if input.is_empty() {
        return None;
    }
    let len = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    *left -= len as u64;
    Some(input.split_to(len).freeze())
}
