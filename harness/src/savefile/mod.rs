//! Capture files as a stream of frames: classic pcap and pcapng, from a file or a pipe.
//!
//! It knows blocks, records, clocks and name records. It does not know what a frame means. One
//! block or record at a time is in memory, whatever the file's size; lengths that the file gives
//! are held against the limits below before anything is done with them.

mod pcap;
mod pcapng;
mod source;

use crate::frame::{CapturedFrame, HostNames, LinkType};
use std::io::Read;

pub use source::{Error, Source};

/// The longest record or block that is taken for one, in bytes. Longer blocks of a kind that is
/// not needed here are read past; longer packets are an error.
pub const BLOCK_MAX: usize = 16 << 20;
/// Interfaces that one section may describe.
pub const INTERFACES_MAX: usize = 4096;
/// Host names that are kept.
pub const NAMES_MAX: usize = 4096;
/// The longest host name that is kept, in bytes: a domain name has at most 255.
pub const NAME_LEN_MAX: usize = 255;
/// Remarks of a file on itself that are kept.
pub const REMARKS_MAX: usize = 64;
/// The longest comment that is kept, in bytes.
pub const COMMENT_LEN_MAX: usize = 4096;

/// Which of the two families a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One header, then records: what `tcpdump -w` writes.
    Pcap,
    /// Sections of blocks, with names and comments.
    Pcapng,
}

impl Format {
    /// Its name as the tools write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
        }
    }
}

#[derive(Debug)]
enum Reader {
    Pcap(pcap::State),
    Pcapng(pcapng::State),
}

/// An open capture file.
#[derive(Debug)]
pub struct Savefile<R> {
    source: Source<R>,
    reader: Reader,
    shared: Shared,
}

/// What both formats fill in.
#[derive(Debug, Default)]
struct Shared {
    frames: u64,
    names: HostNames,
    remarks: Vec<String>,
    link_types: Vec<LinkType>,
    buffer: Vec<u8>,
}

impl Shared {
    fn saw_link_type(&mut self, link_type: LinkType) {
        if !self.link_types.contains(&link_type) && self.link_types.len() < INTERFACES_MAX {
            self.link_types.push(link_type);
        }
    }

    fn remark(&mut self, remark: &str) {
        if self.remarks.len() < REMARKS_MAX && !self.remarks.iter().any(|r| r == remark) {
            self.remarks.push(remark.to_owned());
        }
    }
}

impl<R: Read> Savefile<R> {
    /// Reads the first header and says which format it is.
    ///
    /// # Errors
    /// The file is empty, compressed, or no capture.
    pub fn open(reader: R) -> Result<Self, Error> {
        let mut source = Source::new(reader);
        let mut shared = Shared::default();
        let mut magic = Vec::with_capacity(4);
        source.fill(&mut magic, 4)?;
        let reader = match magic.as_slice() {
            [0x0a, 0x0d, 0x0d, 0x0a] => {
                Reader::Pcapng(pcapng::State::open(&mut source, &mut shared)?)
            }
            [0xa1, 0xb2, 0xc3, 0xd4]
            | [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x4d, 0x3c, 0xb2, 0xa1] => {
                Reader::Pcap(pcap::State::open(&mut source, &mut shared, &magic)?)
            }
            other => return Err(Error { offset: 0, what: foreign(other) }),
        };
        Ok(Self { source, reader, shared })
    }

    /// The next frame, or `None` at the end of the file.
    ///
    /// # Errors
    /// The file is damaged from here on; there is no frame after an error.
    pub fn next_frame(&mut self) -> Result<Option<CapturedFrame>, Error> {
        match &mut self.reader {
            Reader::Pcap(state) => state.next_frame(&mut self.source, &mut self.shared),
            Reader::Pcapng(state) => state.next_frame(&mut self.source, &mut self.shared),
        }
    }

    /// pcap or pcapng.
    pub fn format(&self) -> Format {
        match self.reader {
            Reader::Pcap(_) => Format::Pcap,
            Reader::Pcapng(_) => Format::Pcapng,
        }
    }

    /// What the hosts are called, as far as the file has been read.
    pub fn names(&self) -> &HostNames {
        &self.shared.names
    }

    /// What the file says about itself (section comments), and what was left out, so far.
    pub fn remarks(&self) -> &[String] {
        &self.shared.remarks
    }

    /// The link types of the interfaces seen so far, in order.
    pub fn link_types(&self) -> &[LinkType] {
        &self.shared.link_types
    }
}

/// What to say of a file that does not begin as a capture does.
fn foreign(magic: &[u8]) -> String {
    match magic {
        [] => "the file is empty; was the capture stopped before the first frame?".to_owned(),
        [0x1f, 0x8b, ..] => "compressed with gzip; unpack it first: \
                             gzip -dc FILE | wirelab explain -"
            .to_owned(),
        [0x28, 0xb5, 0x2f, 0xfd] => "compressed with zstd; unpack it first: \
                                     zstd -dc FILE | wirelab explain -"
            .to_owned(),
        [0xfd, b'7', b'z', b'X'] => "compressed with xz; unpack it first: \
                                     xz -dc FILE | wirelab explain -"
            .to_owned(),
        [0x34, 0xcd, 0xb2, 0xa1] | [0xa1, 0xb2, 0xcd, 0x34] => {
            "a variant of pcap with other record headers; convert it with editcap".to_owned()
        }
        short if short.len() < 4 => {
            format!("only {} bytes long: too short for a capture file", short.len())
        }
        other => format!(
            "not a capture file: it begins with {:02x} {:02x} {:02x} {:02x}, which is neither \
             pcap nor pcapng",
            other[0], other[1], other[2], other[3]
        ),
    }
}

/// `units` of a clock that ticks `per_second` times a second, in nanoseconds.
fn nanoseconds(units: u64, per_second: u128) -> u64 {
    u64::try_from(u128::from(units) * 1_000_000_000 / per_second.max(1)).unwrap_or(u64::MAX)
}
