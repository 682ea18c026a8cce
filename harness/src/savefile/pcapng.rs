//! pcapng: sections of blocks, each with its own byte order, interfaces, names and comments.
//!
//! It knows this format alone. It cuts the file into blocks, checks their lengths and hands each
//! to `pcap-parser` for its fields; clocks and padding are worked out here.
//!
//! ```text
//! block      type(4) total length(4) body… total length(4)     every block ends on 4 bytes
//! option     code(2) length(2) value, padded to 4 bytes        a body's last part; code 0 ends it
//!
//! bodies, by type:
//! 0a0d0d0a   byte-order magic 1a2b3c4d(4) major(2) minor(2) section length(8) options
//! 1          link type(2) reserved(2) snaplen(4) options       interface description
//! 3          original length(4) bytes                          simple packet
//! 4          records: type(2) length(2) address(4 or 16) name 0 name 0 …    name resolution
//! 6          interface(4) ticks, high(4) and low(4) captured length(4) original length(4)
//!            bytes, padded to 4; options                       enhanced packet
//! ```
//!
//! The magic tells the byte order of its section. Ticks are of the interface's clock: if_tsresol.

use super::{
    BLOCK_MAX, COMMENT_LEN_MAX, Error, INTERFACES_MAX, NAME_LEN_MAX, NAMES_MAX, Shared, Source,
    nanoseconds,
};
use crate::frame::{CapturedFrame, LinkType};
use bytes::Bytes;
use pcap_parser::{
    Block, EnhancedPacketBlock, InterfaceDescriptionBlock, NameResolutionBlock, OptionCode,
    PcapNGOption, SimplePacketBlock, parse_block_be, parse_block_le,
};
use std::io::Read;
use std::net::IpAddr;

const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAME_RESOLUTION: u32 = 4;
const ENHANCED_PACKET: u32 = 6;
/// The smallest block: type, length, length again.
const BLOCK_MIN: usize = 12;

#[derive(Debug)]
struct Interface {
    link_type: LinkType,
    snaplen: u32,
    ticks_per_second: u128,
    offset_seconds: i64,
}

/// What the current section said so far.
#[derive(Debug)]
pub(super) struct State {
    big_endian: bool,
    interfaces: Vec<Interface>,
}

impl State {
    /// Reads the first section header; its type has been read already.
    pub(super) fn open<R: Read>(
        source: &mut Source<R>,
        shared: &mut Shared,
    ) -> Result<Self, Error> {
        let mut state = Self { big_endian: false, interfaces: Vec::new() };
        shared.buffer.clear();
        shared.buffer.extend_from_slice(&SECTION_HEADER);
        source.fill(&mut shared.buffer, 4)?;
        state.read_section_header(source, shared, 0)?;
        Ok(state)
    }

    pub(super) fn next_frame<R: Read>(
        &mut self,
        source: &mut Source<R>,
        shared: &mut Shared,
    ) -> Result<Option<CapturedFrame>, Error> {
        loop {
            let start = source.offset();
            let error = |what: String| Error { offset: start, what };
            shared.buffer.clear();
            match source.fill(&mut shared.buffer, 8)? {
                0 => return Ok(None),
                8 => {}
                got => {
                    return Err(error(format!(
                        "the file ends within a block header \
                                              ({got} of 8 bytes)"
                    )));
                }
            }
            if shared.buffer[..4] == SECTION_HEADER {
                self.read_section_header(source, shared, start)?;
                continue;
            }
            let kind = self.u32_at(&shared.buffer, 0);
            let len = self.u32_at(&shared.buffer, 4) as usize;
            if len < BLOCK_MIN || !len.is_multiple_of(4) {
                return Err(error(format!(
                    "block of type {kind:#x} claims a length of {len} bytes, \
                                          which no block can have"
                )));
            }
            if !matches!(kind, INTERFACE | SIMPLE_PACKET | NAME_RESOLUTION | ENHANCED_PACKET) {
                if kind == OLD_PACKET {
                    shared.remark("obsolete Packet Blocks were left out; editcap converts them");
                }
                let rest = (len - 8) as u64;
                if source.skip(rest)? < rest {
                    return Err(error(format!("the file ends within a block of type {kind:#x}")));
                }
                continue;
            }
            read_rest(source, shared, len, start)?;
            let buffer = std::mem::take(&mut shared.buffer);
            let frame = self.take_block(&buffer, shared, start);
            shared.buffer = buffer;
            if let Some(frame) = frame? {
                return Ok(Some(frame));
            }
        }
    }

    fn u32_at(&self, buffer: &[u8], at: usize) -> u32 {
        let bytes: [u8; 4] =
            buffer.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or_default();
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// A new section: byte order and interfaces begin anew.
    fn read_section_header<R: Read>(
        &mut self,
        source: &mut Source<R>,
        shared: &mut Shared,
        start: u64,
    ) -> Result<(), Error> {
        source.fill(&mut shared.buffer, 4)?;
        self.big_endian = match shared.buffer.get(8..12) {
            Some([0x4d, 0x3c, 0x2b, 0x1a]) => false,
            Some([0x1a, 0x2b, 0x3c, 0x4d]) => true,
            Some(_) => {
                let what = "a section header without the byte-order magic 1a2b3c4d".to_owned();
                return Err(Error { offset: start + 8, what });
            }
            None => {
                let what = "the file ends within a section header".to_owned();
                return Err(Error { offset: source.offset(), what });
            }
        };
        let len = self.u32_at(&shared.buffer, 4) as usize;
        if len < 28 || !len.is_multiple_of(4) {
            let what = format!("a section header claims a length of {len} bytes");
            return Err(Error { offset: start + 4, what });
        }
        read_rest(source, shared, len, start)?;
        self.interfaces.clear();
        let buffer = std::mem::take(&mut shared.buffer);
        let block = self.parse(&buffer, start);
        if let Ok(Block::SectionHeader(section)) = &block {
            if let Some(comment) = comment(&section.options) {
                shared.remark(&comment);
            }
            if section.major_version != 1 {
                let what = format!("pcapng version {}, only 1 is known", section.major_version);
                return Err(Error { offset: start + 12, what });
            }
        }
        let result = block.map(|_| ());
        shared.buffer = buffer;
        result
    }

    fn parse<'a>(&self, buffer: &'a [u8], start: u64) -> Result<Block<'a>, Error> {
        let parse = if self.big_endian { parse_block_be } else { parse_block_le };
        if let Ok((_, block)) = parse(buffer) {
            return Ok(block);
        }
        let kind = self.u32_at(buffer, 0);
        let what = format!("a block of type {kind:#x} contradicts its own lengths");
        Err(Error { offset: start, what })
    }

    fn take_block(
        &mut self,
        buffer: &[u8],
        shared: &mut Shared,
        start: u64,
    ) -> Result<Option<CapturedFrame>, Error> {
        match self.parse(buffer, start)? {
            Block::InterfaceDescription(block) => self.add_interface(&block, shared, start)?,
            Block::NameResolution(block) => add_names(&block, shared),
            Block::EnhancedPacket(block) => return self.enhanced(&block, shared, start).map(Some),
            Block::SimplePacket(block) => return self.simple(&block, shared, start).map(Some),
            _ => {}
        }
        Ok(None)
    }

    fn add_interface(
        &mut self,
        block: &InterfaceDescriptionBlock<'_>,
        shared: &mut Shared,
        start: u64,
    ) -> Result<(), Error> {
        if self.interfaces.len() >= INTERFACES_MAX {
            let what = format!("more than {INTERFACES_MAX} interfaces in one section");
            return Err(Error { offset: start, what });
        }
        let link_type = LinkType(block.linktype.0.cast_unsigned() & 0xffff);
        shared.saw_link_type(link_type);
        // if_tsresol: the high bit chooses powers of two over powers of ten.
        let exponent = u32::from(block.if_tsresol & 0x7f);
        let ticks = if block.if_tsresol & 0x80 == 0 {
            10u128.checked_pow(exponent)
        } else {
            1u128.checked_shl(exponent)
        };
        let Some(ticks_per_second) = ticks else {
            let what = format!("if_tsresol {:#x} is no resolution", block.if_tsresol);
            return Err(Error { offset: start, what });
        };
        self.interfaces.push(Interface {
            link_type,
            snaplen: block.snaplen,
            ticks_per_second,
            offset_seconds: self.time_offset(&block.options),
        });
        Ok(())
    }

    /// if_tsoffset: seconds to add, in the section's byte order.
    fn time_offset(&self, options: &[PcapNGOption<'_>]) -> i64 {
        let option = options.iter().find(|o| o.code == OptionCode::IfTsoffset);
        let bytes: Option<[u8; 8]> = option.and_then(|o| o.value().get(..8)?.try_into().ok());
        bytes.map_or(
            0,
            |b| {
                if self.big_endian { i64::from_be_bytes(b) } else { i64::from_le_bytes(b) }
            },
        )
    }

    fn enhanced(
        &self,
        block: &EnhancedPacketBlock<'_>,
        shared: &mut Shared,
        start: u64,
    ) -> Result<CapturedFrame, Error> {
        let Some(interface) = self.interfaces.get(block.if_id as usize) else {
            let what = format!(
                "frame {} names interface {}, which no block described",
                shared.frames + 1,
                block.if_id
            );
            return Err(Error { offset: start, what });
        };
        let ticks = (u64::from(block.ts_high) << 32) | u64::from(block.ts_low);
        let offset = interface.offset_seconds.saturating_mul(1_000_000_000);
        let time_ns = nanoseconds(ticks, interface.ticks_per_second).saturating_add_signed(offset);
        // The parser leaves the padding in its slice.
        let len = (block.caplen as usize).min(block.data.len());
        shared.frames += 1;
        Ok(CapturedFrame {
            number: shared.frames,
            time_ns,
            link_type: interface.link_type,
            bytes: Bytes::copy_from_slice(&block.data[..len]),
            original_len: block.origlen.max(len as u32),
            comment: comment(&block.options),
        })
    }

    /// A simple packet has no time and belongs to the first interface.
    fn simple(
        &self,
        block: &SimplePacketBlock<'_>,
        shared: &mut Shared,
        start: u64,
    ) -> Result<CapturedFrame, Error> {
        let Some(interface) = self.interfaces.first() else {
            let what = "a simple packet before any interface description".to_owned();
            return Err(Error { offset: start, what });
        };
        let mut len = block.data.len().min(block.origlen as usize);
        if interface.snaplen > 0 {
            len = len.min(interface.snaplen as usize);
        }
        shared.frames += 1;
        Ok(CapturedFrame {
            number: shared.frames,
            time_ns: 0,
            link_type: interface.link_type,
            bytes: Bytes::copy_from_slice(&block.data[..len]),
            original_len: block.origlen.max(len as u32),
            comment: None,
        })
    }
}

/// Reads what is missing of a block of `len` bytes into the buffer.
fn read_rest<R: Read>(
    source: &mut Source<R>,
    shared: &mut Shared,
    len: usize,
    start: u64,
) -> Result<(), Error> {
    if len > BLOCK_MAX {
        let what = format!(
            "a block claims {len} bytes, more than {BLOCK_MAX}: \
                            the file is damaged here"
        );
        return Err(Error { offset: start, what });
    }
    let missing = len - shared.buffer.len();
    let got = source.fill(&mut shared.buffer, missing)?;
    if got < missing {
        let what = format!("the file ends within a block ({} of {len} bytes)", shared.buffer.len());
        return Err(Error { offset: start, what });
    }
    Ok(())
}

/// All opt_comment options, joined; cut at the limit.
fn comment(options: &[PcapNGOption<'_>]) -> Option<String> {
    let mut text = String::new();
    for option in options.iter().filter(|o| o.code == OptionCode::Comment) {
        let value = option.value();
        let value = &value[..value.len().min(usize::from(option.len)).min(COMMENT_LEN_MAX)];
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&String::from_utf8_lossy(value));
        if text.len() >= COMMENT_LEN_MAX {
            break;
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Each record is an address and the names it has; the first is the one that is shown.
fn add_names(block: &NameResolutionBlock<'_>, shared: &mut Shared) {
    for record in &block.nr {
        let value = record.record_value;
        let (address, names) = match record.record_type.0 {
            1 if value.len() >= 4 => {
                let (address, names) = value.split_at(4);
                let address: [u8; 4] = address.try_into().unwrap_or_default();
                (IpAddr::from(address), names)
            }
            2 if value.len() >= 16 => {
                let (address, names) = value.split_at(16);
                let address: [u8; 16] = address.try_into().unwrap_or_default();
                (IpAddr::from(address), names)
            }
            _ => continue,
        };
        let name = names.split(|b| *b == 0).next().unwrap_or_default();
        if name.is_empty() || name.len() > NAME_LEN_MAX || shared.names.len() >= NAMES_MAX {
            continue;
        }
        shared.names.entry(address).or_insert_with(|| String::from_utf8_lossy(name).into_owned());
    }
}
