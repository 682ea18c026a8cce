//! A pcapng file as another reader sees it.

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, OptionCode, PcapBlockOwned, PcapError, PcapNGReader};
use std::fs::File;
use std::path::Path;

/// One frame as read back.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub time_ns: u64,
    pub bytes: Vec<u8>,
    pub original_len: u32,
    pub comment: String,
}

/// A whole file as read back.
#[derive(Debug, Default)]
pub struct Contents {
    pub program: String,
    pub section_comment: String,
    pub interfaces: Vec<(String, u32, u32, u8)>,
    pub names: Vec<Vec<u8>>,
    pub frames: Vec<Read>,
    pub statistics: Vec<(u64, u64)>,
}

/// Reads it whole; any fault is a panic.
pub fn read(path: &Path) -> Contents {
    let mut reader = PcapNGReader::new(1 << 20, File::open(path).unwrap()).unwrap();
    let mut contents = Contents::default();
    loop {
        match reader.next() {
            Ok((length, block)) => {
                if let PcapBlockOwned::NG(block) = block {
                    contents.take(&block);
                }
                reader.consume(length);
            }
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(PcapError::Eof) => return contents,
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
}

impl Contents {
    fn take(&mut self, block: &Block<'_>) {
        let comment = |options: &[pcap_parser::PcapNGOption<'_>]| {
            let found = options.iter().find(|option| option.code == OptionCode::Comment);
            found.map_or(String::new(), |option| option.as_str().unwrap().to_owned())
        };
        match block {
            Block::SectionHeader(header) => {
                header.shb_userappl().unwrap().unwrap().clone_into(&mut self.program);
                self.section_comment = comment(&header.options);
            }
            Block::InterfaceDescription(interface) => self.interfaces.push((
                interface.if_name().unwrap().unwrap().to_owned(),
                interface.linktype.0.cast_unsigned(),
                interface.snaplen,
                interface.if_tsresol,
            )),
            Block::NameResolution(names) => {
                // The reader counts the padding to the value; a name's own NUL goes with it.
                let value = |value: &[u8]| {
                    value
                        .iter()
                        .rposition(|b| *b != 0)
                        .map_or(Vec::new(), |last| value[..=last].to_vec())
                };
                self.names.extend(names.nr.iter().map(|name| value(name.record_value)));
            }
            Block::EnhancedPacket(packet) => self.frames.push(Read {
                time_ns: u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low),
                bytes: packet.data[..packet.caplen as usize].to_vec(),
                original_len: packet.origlen,
                comment: comment(&packet.options),
            }),
            Block::InterfaceStatistics(statistics) => self.statistics.push((
                statistics.isb_ifrecv().unwrap().unwrap(),
                statistics.isb_ifdrop().unwrap().unwrap(),
            )),
            other => panic!("an unexpected block: {other:?}"),
        }
    }
}
