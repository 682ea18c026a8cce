//! Writing a classic pcap file, as `tcpdump -w` does: what every tool reads, and what a pipe to
//! one expects.
//!
//! It may name frames. It has no place for names and comments; that is `pcapng`'s.
//!
//! ```text
//!  0           4       6       8        12       16         20        24
//!  | A1B2C3D4  | 2     | 4     | zone 0 | 0      | snap len | link type |      once
//!  | seconds   | microseconds  | captured length   | original length | bytes   each frame
//! ```

use crate::frame::{CapturedFrame, LinkType};
use std::io::{self, Write};

/// Little-endian, times in microseconds: tcpdump's default.
const MAGIC: u32 = 0xa1b2_c3d4;

/// A classic capture file, written as it goes.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Writes the file's header. `snap_len`: the most bytes kept of a frame.
    pub fn new(mut out: W, link_type: LinkType, snap_len: u32) -> io::Result<Self> {
        let mut head = Vec::with_capacity(24);
        head.extend_from_slice(&MAGIC.to_le_bytes());
        head.extend_from_slice(&2u16.to_le_bytes());
        head.extend_from_slice(&4u16.to_le_bytes());
        head.extend_from_slice(&[0; 8]);
        head.extend_from_slice(&snap_len.to_le_bytes());
        head.extend_from_slice(&link_type.0.to_le_bytes());
        out.write_all(&head)?;
        Ok(Self { out })
    }

    /// Writes one frame. Its time loses what is finer than a microsecond.
    pub fn frame(&mut self, frame: &CapturedFrame) -> io::Result<()> {
        let seconds = (frame.time_ns / 1_000_000_000) as u32;
        let micros = (frame.time_ns % 1_000_000_000 / 1_000) as u32;
        for word in [seconds, micros, frame.bytes.len() as u32, frame.original_len] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        self.out.write_all(&frame.bytes)
    }

    /// Hands on what is still in the buffer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
