//! Classic pcap: one file header, then a record per frame.
//!
//! It knows this format alone; `pcap-parser` reads the fields, the lengths are checked here.
//!
//! ```text
//! file    magic(4) major(2) minor(2) thiszone(4) sigfigs(4) snaplen(4) linktype(4)
//! record  seconds(4) fraction(4) captured length(4) original length(4) bytes…
//! ```

use super::{BLOCK_MAX, Error, Shared, Source, nanoseconds};
use crate::frame::{CapturedFrame, LinkType};
use bytes::Bytes;
use pcap_parser::{parse_pcap_frame, parse_pcap_frame_be, parse_pcap_header};
use std::io::Read;

const FILE_HEADER_LEN: usize = 24;
const RECORD_HEADER_LEN: usize = 16;

/// What the file header said.
#[derive(Debug)]
pub(super) struct State {
    big_endian: bool,
    ticks_per_second: u128,
    link_type: LinkType,
}

impl State {
    pub(super) fn open<R: Read>(
        source: &mut Source<R>,
        shared: &mut Shared,
        magic: &[u8],
    ) -> Result<Self, Error> {
        let mut header = magic.to_vec();
        source.fill(&mut header, FILE_HEADER_LEN - magic.len())?;
        if header.len() < FILE_HEADER_LEN {
            let what =
                format!("the file ends within the pcap header ({} of 24 bytes)", header.len());
            return Err(Error { offset: source.offset(), what });
        }
        let (_, header) = parse_pcap_header(&header)
            .map_err(|_| Error { offset: 0, what: "the pcap header cannot be read".to_owned() })?;
        if header.version_major != 2 {
            let what = format!(
                "pcap version {}.{}, only 2.x is known",
                header.version_major, header.version_minor
            );
            return Err(Error { offset: 4, what });
        }
        // The upper half of the field tells of a frame check sequence; the type is below it.
        let link_type = LinkType(header.network.0.cast_unsigned() & 0xffff);
        shared.saw_link_type(link_type);
        let nanoseconds = matches!(magic, [0x4d, ..] | [_, _, 0x3c, _]);
        let ticks_per_second = if nanoseconds { 1_000_000_000 } else { 1_000_000 };
        Ok(Self { big_endian: magic[0] == 0xa1, ticks_per_second, link_type })
    }

    pub(super) fn next_frame<R: Read>(
        &mut self,
        source: &mut Source<R>,
        shared: &mut Shared,
    ) -> Result<Option<CapturedFrame>, Error> {
        let start = source.offset();
        let error = |what: String| Error { offset: start, what };
        let number = shared.frames + 1;
        let record = &mut shared.buffer;
        record.clear();
        match source.fill(record, RECORD_HEADER_LEN)? {
            0 => return Ok(None),
            RECORD_HEADER_LEN => {}
            got => {
                let what = format!(
                    "the file ends within the header of frame {number} \
                                    ({got} of 16 bytes)"
                );
                return Err(error(what));
            }
        }
        let len: [u8; 4] = record[8..12].try_into().unwrap_or_default();
        let len = if self.big_endian { u32::from_be_bytes(len) } else { u32::from_le_bytes(len) };
        if len as usize > BLOCK_MAX {
            let what = format!(
                "frame {number} claims {len} captured bytes, more than \
                                {BLOCK_MAX}: the file is damaged here"
            );
            return Err(error(what));
        }
        let got = source.fill(record, len as usize)?;
        if got < len as usize {
            let what = format!("the file ends within frame {number} ({got} of {len} bytes)");
            return Err(error(what));
        }
        let parse = if self.big_endian { parse_pcap_frame_be } else { parse_pcap_frame };
        let (_, frame) =
            parse(record).map_err(|_| error(format!("frame {number} cannot be read")))?;
        shared.frames = number;
        Ok(Some(CapturedFrame {
            number,
            time_ns: (u64::from(frame.ts_sec) * 1_000_000_000)
                .saturating_add(nanoseconds(u64::from(frame.ts_usec), self.ticks_per_second)),
            link_type: self.link_type,
            bytes: Bytes::copy_from_slice(frame.data),
            original_len: frame.origlen.max(frame.caplen),
            comment: None,
        }))
    }
}
