//! What the next bytes of one direction are, and where a section of them ends.
//!
//! ```text
//!            ┌── no body ──────────────────────────────┐
//!   Head ────┼── Body(n) ──────────────────────────────┼──► Head
//!            ├── ChunkLine ──► Chunk(n) ──► ChunkEnd   │
//!            │     ▲  └ 0 ──► Trailers ────────────────┘
//!            │     └────────────────────────┘
//!            ├── UntilClose, Tunnel                         to the end
//!            └── Lost                                       until a message begins again
//! ```
//!
//! It knows borders. What a section says is read by `head` and `chunked`.

use super::framing::Framing;
use super::sheet::is_token_byte;

/// The longest word that begins a line and may be a method.
pub const METHOD_MAX: usize = 64;

/// The place in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Between messages, or in a head.
    #[default]
    Head,
    /// So many bytes of a body are left.
    Body(u64),
    /// At the line before a chunk.
    ChunkLine,
    /// So many bytes of a chunk are left.
    Chunk(u64),
    /// Behind a chunk's data.
    ChunkEnd,
    /// Behind the last chunk.
    Trailers,
    /// In a body that the close of the connection ends.
    UntilClose,
    /// In another protocol.
    Tunnel,
    /// Nobody knows.
    Lost,
}

impl Mode {
    /// Behind a head: the first mode of its body, or nothing if the message ends there.
    pub fn of_body(framing: Framing) -> Option<Self> {
        match framing {
            Framing::Nothing | Framing::Length(0) => None,
            Framing::Length(length) => Some(Self::Body(length)),
            Framing::Chunked => Some(Self::ChunkLine),
            Framing::UntilClose => Some(Self::UntilClose),
            Framing::Tunnel => Some(Self::Tunnel),
            Framing::Broken => Some(Self::Lost),
        }
    }

    /// Behind a chunk line.
    pub fn of_chunk(size: Option<u64>) -> Self {
        match size {
            // [9112-7.1-01]
            Some(0) => Self::Trailers,
            Some(size) => Self::Chunk(size),
            None => Self::Lost,
        }
    }

    /// How many of `there` bytes are data here; nothing where a section stands.
    pub fn data(self, there: u64) -> Option<u64> {
        match self {
            Self::Body(left) | Self::Chunk(left) => Some(left.min(there)),
            Self::UntilClose | Self::Tunnel | Self::Lost => Some(there),
            Self::Head | Self::ChunkLine | Self::ChunkEnd | Self::Trailers => None,
        }
    }

    /// After so many bytes of data; `Head` is the end of the message.
    #[must_use]
    pub fn after(self, data: u64) -> Self {
        match self {
            Self::Body(left) if left <= data => Self::Head,
            Self::Body(left) => Self::Body(left - data),
            Self::Chunk(left) if left <= data => Self::ChunkEnd,
            Self::Chunk(left) => Self::Chunk(left - data),
            other => other,
        }
    }
}

/// A search for the end of a section, which may go on when more bytes are there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search {
    /// Where the line that is looked at begins.
    line: usize,
    /// The bytes before have no LF since then.
    looked: usize,
    /// Was there a line that is not empty?
    begun: bool,
}

impl Search {
    /// Was there a whole line that is not empty?
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Where the section ends, if it does; `bytes` begin where they began before.
    pub fn end(&mut self, mode: Mode, bytes: &[u8]) -> Option<usize> {
        if mode == Mode::ChunkEnd {
            return match bytes {
                [] | [b'\r'] => None,
                [b'\r', b'\n', ..] => Some(2),
                [b'\n', ..] => Some(1),
                _ => Some(0),
            };
        }
        loop {
            let lf = bytes[self.looked..].iter().position(|byte| *byte == b'\n');
            let Some(lf) = lf.map(|lf| self.looked + lf) else {
                self.looked = bytes.len();
                return None;
            };
            let empty = matches!(&bytes[self.line..lf], b"" | b"\r");
            (self.line, self.looked) = (lf + 1, lf + 1);
            let ends = match mode {
                Mode::ChunkLine => true,
                Mode::Trailers => empty,
                // Empty lines may stand before a message.
                _ => empty && self.begun,
            };
            if ends {
                return Some(lf + 1);
            }
            self.begun |= !empty;
        }
    }
}

/// What bytes are, as the beginning of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// A request line.
    Request,
    /// A status line.
    Response,
    /// They may become one of both.
    Perhaps,
    /// Neither.
    No,
}

/// Is this the beginning of a message? The start line may be wrong in itself, but says what it is.
pub fn begins(bytes: &[u8]) -> Begins {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let bytes = &bytes[blank..];
    let version = b"HTTP/";
    if bytes.starts_with(version) || version.starts_with(bytes) {
        return match bytes.get(version.len()..).unwrap_or_default() {
            [b'0'..=b'9', b'.', b'0'..=b'9', b' ', ..] => Begins::Response,
            [] | [b'0'..=b'9'] | [b'0'..=b'9', b'.'] | [b'0'..=b'9', b'.', b'0'..=b'9'] => {
                Begins::Perhaps
            }
            _ => Begins::No,
        };
    }
    let method = bytes.iter().take_while(|byte| is_token_byte(**byte)).count();
    if method > METHOD_MAX {
        return Begins::No;
    }
    match bytes.get(method) {
        None => return Begins::Perhaps,
        Some(b' ') if method > 0 => {}
        Some(_) => return Begins::No,
    }
    let Some(lf) = bytes.iter().position(|byte| *byte == b'\n') else {
        return if could_be_target(bytes, method) { Begins::Perhaps } else { Begins::No };
    };
    let line = bytes[..lf].trim_ascii_end();
    let last = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    if last.starts_with(version) && last.len() < line.len() { Begins::Request } else { Begins::No }
}

/// May more bytes make this a message of a method that is known? Any word may be a method, but
/// not any word is worth waiting for.
pub fn may_begin(bytes: &[u8]) -> bool {
    const METHODS: [&[u8]; 10] = [
        b"GET ",
        b"HEAD ",
        b"POST ",
        b"PUT ",
        b"DELETE ",
        b"CONNECT ",
        b"OPTIONS ",
        b"TRACE ",
        b"PATCH ",
        b"HTTP/",
    ];
    let alike = |method: &[u8]| method.starts_with(bytes) || bytes.starts_with(method);
    begins(bytes) == Begins::Perhaps && METHODS.into_iter().any(alike)
}

/// Is what stands behind the method printable?
fn could_be_target(bytes: &[u8], method: usize) -> bool {
    bytes[method..].iter().all(|byte| !byte.is_ascii_control() || *byte == b'\r')
}
