//! Writing a pcapng file: who made it, on which interface, what the hosts are called, and each
//! frame with a comment of its own, so that Wireshark shows what the lab knows.
//!
//! It may name frames and host names. It does not know protocols, and it never reads a file: that
//! is `pcap-parser`'s work, behind `explain`. Clauses are those of draft-ietf-opsawg-pcapng.
//!
//! Every block has the same frame, and is padded to 32 bits. All numbers are little-endian here;
//! the byte-order magic says so to the reader.
//!
//! ```text
//!  0               4               8                        len-4           len
//!  | block type    | total length  | body, padded to 4 bytes | total length  |
//! ```

use crate::frame::{CapturedFrame, HostNames, LinkType};
use std::io::{self, Write};
use std::net::IpAddr;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const NAME_RESOLUTION: u32 = 4;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// The section's byte order, as the reader finds it out. [pcapng 4.1]
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

const OPT_END: u16 = 0;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const ISB_STARTTIME: u16 = 2;
const ISB_ENDTIME: u16 = 3;
const ISB_IFRECV: u16 = 4;
const ISB_IFDROP: u16 = 5;
const NRB_RECORD_END: u16 = 0;
const NRB_RECORD_IPV4: u16 = 1;
const NRB_RECORD_IPV6: u16 = 2;

/// The longest text of one option: its length field has 16 bits. Longer ones are cut.
pub const OPTION_MAX: usize = 65_535;

/// An interface, as its description block says it.
#[derive(Clone, Copy, Debug)]
pub struct Interface<'a> {
    /// Its name, `br-lab`.
    pub name: &'a str,
    /// What is to be known about it, when the name does not say it all.
    pub description: Option<&'a str>,
    /// How the frames' first bytes are to be read.
    pub link_type: LinkType,
    /// The most bytes kept of a frame; 0 means no limit. [pcapng 4.2]
    pub snap_len: u32,
}

/// What the interface saw, for its statistics block. Times in nanoseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// When the capture began.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Frames that came, the dropped ones included.
    pub received: u64,
    /// Frames that the kernel could not keep for want of room.
    pub dropped: u64,
}

/// A frame's comment: what is said of it, and what it says of itself.
pub fn comment_on(frame: &CapturedFrame, said: &str) -> String {
    match (&frame.comment, said) {
        (Some(own), "") => own.clone(),
        (Some(own), said) => format!("{said} ({own})"),
        (None, said) => said.to_owned(),
    }
}

/// One pcapng section, written as it goes.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    interfaces: u32,
}

impl<W: Write> Writer<W> {
    /// Begins the section. [pcapng 4.1]
    ///
    /// ```text
    ///  0            4            6            8                    16
    ///  | 1A2B3C4D   | major (1)  | minor (0)  | section length (-1) | options: comment, userappl
    /// ```
    pub fn new(out: W, comment: Option<&str>) -> io::Result<Self> {
        let mut body = Vec::new();
        body.extend_from_slice(&BYTE_ORDER_MAGIC.to_le_bytes());
        body.extend_from_slice(&1u16.to_le_bytes());
        body.extend_from_slice(&0u16.to_le_bytes());
        // Not known before the end: -1. The reader goes by the blocks.
        body.extend_from_slice(&(-1i64).to_le_bytes());
        if let Some(comment) = comment {
            option(&mut body, OPT_COMMENT, comment.as_bytes());
        }
        let program = concat!("wirelab ", env!("CARGO_PKG_VERSION"));
        option(&mut body, SHB_USERAPPL, program.as_bytes());
        option(&mut body, OPT_END, b"");
        let mut writer = Self { out, interfaces: 0 };
        writer.block(SECTION_HEADER, &body)?;
        Ok(writer)
    }

    /// Adds an interface and returns the number that its frames name it by. [pcapng 4.2]
    ///
    /// ```text
    ///  0            2            4            8
    ///  | link type  | reserved   | snap length | options: name, description, tsresol
    /// ```
    pub fn interface(&mut self, interface: &Interface<'_>) -> io::Result<u32> {
        let mut body = Vec::new();
        body.extend_from_slice(&(interface.link_type.0 as u16).to_le_bytes());
        body.extend_from_slice(&0u16.to_le_bytes());
        body.extend_from_slice(&interface.snap_len.to_le_bytes());
        option(&mut body, IF_NAME, interface.name.as_bytes());
        if let Some(description) = interface.description {
            option(&mut body, IF_DESCRIPTION, description.as_bytes());
        }
        // Times count units of 10^-9 s.
        option(&mut body, IF_TSRESOL, &[9]);
        option(&mut body, OPT_END, b"");
        self.block(INTERFACE_DESCRIPTION, &body)?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Says what the hosts are called. [pcapng 4.5]
    ///
    /// ```text
    ///  0              2               4         8 (or 20)
    ///  | 1 IPv4, 2 IPv6 | value length | address | name, NUL |   ...   | 0 | 0 |  (end record)
    /// ```
    pub fn names(&mut self, names: &HostNames) -> io::Result<()> {
        let mut body = Vec::new();
        for (address, name) in names {
            let mut value = Vec::new();
            let kind = match address {
                IpAddr::V4(address) => {
                    value.extend_from_slice(&address.octets());
                    NRB_RECORD_IPV4
                }
                IpAddr::V6(address) => {
                    value.extend_from_slice(&address.octets());
                    NRB_RECORD_IPV6
                }
            };
            // A NUL ends the name, so it cannot stand within it.
            value.extend(name.bytes().filter(|b| *b != 0));
            value.push(0);
            option(&mut body, kind, &value);
        }
        option(&mut body, NRB_RECORD_END, b"");
        self.block(NAME_RESOLUTION, &body)
    }

    /// Writes one frame. [pcapng 4.3]
    ///
    /// ```text
    ///  0           4           8          12             16              20
    ///  | interface | time high | time low | captured len | original len | bytes, padded | comment
    /// ```
    pub fn frame(
        &mut self,
        interface: u32,
        frame: &CapturedFrame,
        comment: Option<&str>,
    ) -> io::Result<()> {
        let mut body = Vec::with_capacity(frame.bytes.len() + 64);
        body.extend_from_slice(&interface.to_le_bytes());
        body.extend_from_slice(&((frame.time_ns >> 32) as u32).to_le_bytes());
        body.extend_from_slice(&(frame.time_ns as u32).to_le_bytes());
        body.extend_from_slice(&(frame.bytes.len() as u32).to_le_bytes());
        body.extend_from_slice(&frame.original_len.to_le_bytes());
        body.extend_from_slice(&frame.bytes);
        pad(&mut body);
        if let Some(comment) = comment.filter(|c| !c.is_empty()) {
            option(&mut body, OPT_COMMENT, comment.as_bytes());
            option(&mut body, OPT_END, b"");
        }
        self.block(ENHANCED_PACKET, &body)
    }

    /// Says at the end what the interface saw. [pcapng 4.6]
    ///
    /// ```text
    ///  0           4           8          12
    ///  | interface | time high | time low | options: start, end, received, dropped
    /// ```
    pub fn statistics(&mut self, interface: u32, statistics: &Statistics) -> io::Result<()> {
        let mut body = Vec::new();
        body.extend_from_slice(&interface.to_le_bytes());
        body.extend_from_slice(&((statistics.end_ns >> 32) as u32).to_le_bytes());
        body.extend_from_slice(&(statistics.end_ns as u32).to_le_bytes());
        for (code, time) in [(ISB_STARTTIME, statistics.start_ns), (ISB_ENDTIME, statistics.end_ns)]
        {
            let mut value = ((time >> 32) as u32).to_le_bytes().to_vec();
            value.extend_from_slice(&(time as u32).to_le_bytes());
            option(&mut body, code, &value);
        }
        option(&mut body, ISB_IFRECV, &statistics.received.to_le_bytes());
        option(&mut body, ISB_IFDROP, &statistics.dropped.to_le_bytes());
        option(&mut body, OPT_END, b"");
        self.block(INTERFACE_STATISTICS, &body)
    }

    /// Hands on what is still in the buffer, and gives the stream back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// Hands on what is still in the buffer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn block(&mut self, kind: u32, body: &[u8]) -> io::Result<()> {
        let total = u32::try_from(body.len() + 12)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a block above 4 GiB"))?;
        self.out.write_all(&kind.to_le_bytes())?;
        self.out.write_all(&total.to_le_bytes())?;
        self.out.write_all(body)?;
        self.out.write_all(&total.to_le_bytes())
    }
}

/// Appends one option; a name record has the same shape. [pcapng 3.5]
///
/// ```text
///  0      2        4
///  | code | length | value, padded to 4 bytes; the length counts no padding
/// ```
fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = cut(value);
    body.extend_from_slice(&code.to_le_bytes());
    body.extend_from_slice(&(value.len() as u16).to_le_bytes());
    body.extend_from_slice(value);
    pad(body);
}

/// At most [`OPTION_MAX`] bytes, and no character cut in two.
fn cut(value: &[u8]) -> &[u8] {
    if value.len() <= OPTION_MAX {
        return value;
    }
    let mut end = OPTION_MAX;
    // A UTF-8 continuation byte is 10xxxxxx.
    while end > 0 && value[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &value[..end]
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
