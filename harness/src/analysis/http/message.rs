//! What is remembered of one message: its head in words, and how far its body has come.
//!
//! It knows counts and first bytes, each up to a limit. It does not know other messages.

use crate::analysis::texts::{Listed, PREVIEW_MAX, http as texts};
use crate::dissect::http::{Framing, Head, Mode, Part};
use crate::lang::Lang;

/// Fields of a head that are remembered, each with so many bytes of its value.
pub const FIELDS_MAX: usize = 32;
/// Messages of one direction whose fields are remembered.
pub const FIELDS_OF_MAX: u64 = 4;
/// Chunk sizes that are listed.
pub const SIZES_MAX: usize = 6;
/// Trailer names that are listed.
pub const TRAILERS_MAX: usize = 8;

/// A request or a response.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Message {
    /// From 1, each direction for itself; a response has that of its request.
    pub(in crate::analysis) number: u64,
    /// `GET /add, query a=5 b=9, HTTP/1.1`, or `HTTP/1.1 200 OK`.
    pub(in crate::analysis) line: String,
    /// Of a request, cut to the longest that is taken for one.
    pub(in crate::analysis) method: Vec<u8>,
    /// Of a response.
    pub(in crate::analysis) status: u16,
    /// Of a response, the method of its request, if that is known.
    pub(in crate::analysis) answers: Vec<u8>,
    pub(in crate::analysis) version: Option<(u8, u8)>,
    /// The fields' names and values, of the first messages.
    pub(in crate::analysis) fields: Vec<(String, String)>,
    pub(in crate::analysis) more_fields: usize,
    /// Content-Type.
    pub(in crate::analysis) content_type: Option<String>,
    /// Content-Length as it stands in the head, whether it counts or not.
    pub(in crate::analysis) declared: Option<String>,
    pub(in crate::analysis) allow: Option<String>,
    pub(in crate::analysis) location: Option<String>,
    /// The token of another protocol that 101 switches to.
    pub(in crate::analysis) upgrade: Option<String>,
    /// Does a request wait for 100?
    pub(in crate::analysis) expects: bool,
    /// `Connection: close` stands in it.
    pub(in crate::analysis) says_close: bool,
    pub(in crate::analysis) says_keep_alive: bool,
    pub(in crate::analysis) transfer_encoding: bool,
    pub(in crate::analysis) framing: Framing,
    pub(in crate::analysis) frames: Listed,
    pub(in crate::analysis) first_ns: u64,
    pub(in crate::analysis) last_ns: u64,
    /// Bytes of all of it.
    pub(in crate::analysis) len: u64,
    /// Bytes of its body, those included that the capture missed.
    pub(in crate::analysis) body: u64,
    pub(in crate::analysis) missing: u64,
    pub(in crate::analysis) chunks: u64,
    pub(in crate::analysis) sizes: Vec<u64>,
    pub(in crate::analysis) trailers: Vec<String>,
    /// The first bytes of its body.
    pub(in crate::analysis) preview: Vec<u8>,
    pub(in crate::analysis) complete: bool,
}

impl Message {
    pub(super) fn new(lang: Lang, number: u64, head: &Head) -> Self {
        let first = |name: &str| head.values(name).next().map(|line| texts::short(&line.value));
        let mut method = head.method().to_vec();
        method.truncate(crate::dissect::http::METHOD_MAX);
        let mut fields = Vec::new();
        if number <= FIELDS_OF_MAX {
            let lines = head.lines.iter().take(FIELDS_MAX);
            fields = lines.map(|line| texts::field(lang, &line.name, &line.value)).collect();
        }
        let expects = head.version > Some((1, 0)) && head.lists("Expect", "100-continue");
        Self {
            number,
            line: texts::start_line(lang, head),
            method,
            status: head.status(),
            version: head.version,
            more_fields: head.lines.len() - fields.len(),
            fields,
            content_type: first("Content-Type"),
            declared: first("Content-Length"),
            allow: first("Allow"),
            location: first("Location"),
            upgrade: first("Upgrade"),
            expects,
            says_close: head.lists("Connection", "close"),
            says_keep_alive: head.lists("Connection", "keep-alive"),
            transfer_encoding: head.values("Transfer-Encoding").next().is_some(),
            ..Self::default()
        }
    }

    /// Does its sender mean to keep the connection? (RFC 9112 9.3)
    pub(in crate::analysis) fn persists(&self) -> bool {
        // [9112-9.3-02] The option first, then the version.
        let old = self.version.is_some_and(|version| version < (1, 1));
        !self.says_close && (!old || self.says_keep_alive)
    }

    /// A response that is not the last one to its request. (RFC 9110 15.2)
    pub(in crate::analysis) fn is_interim(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }

    /// `bytes` are there of `len` that a frame carried.
    pub(super) fn add_data(&mut self, bytes: &[u8], len: u64) {
        self.len += len;
        self.body += len;
        self.missing += len - bytes.len() as u64;
        if self.missing == 0 {
            let room = (PREVIEW_MAX + 1).saturating_sub(self.preview.len());
            self.preview.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// A chunk line, the end of a chunk, or its trailers.
    pub(super) fn add_part(&mut self, mode: Mode, part: &Part) {
        match (mode, part.size) {
            (Mode::ChunkLine, Some(size)) if size > 0 => {
                self.chunks += 1;
                if self.sizes.len() < SIZES_MAX {
                    self.sizes.push(size);
                }
            }
            (Mode::Trailers, _) => {
                let names = part.lines.iter().take(TRAILERS_MAX);
                self.trailers.extend(names.map(|line| texts::short(&line.name)));
            }
            _ => {}
        }
    }

    pub(super) fn touch(&mut self, frame: u64, time_ns: u64) {
        if self.frames.frames.last() != Some(&frame) {
            self.frames.push(frame);
        }
        self.first_ns = if self.first_ns == 0 { time_ns } else { self.first_ns };
        self.last_ns = self.last_ns.max(time_ns);
    }

    pub(in crate::analysis) fn first_frame(&self) -> u64 {
        self.frames.frames.first().copied().unwrap_or(0)
    }
}
