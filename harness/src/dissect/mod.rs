//! What the bytes of one frame mean: every header, field by field, with offset and length.
//!
//! It knows layouts. It does not know what came before or after the frame; that is
//! `conversation`'s. A header that is cut or lies yields what could be read, and a note that says
//! what is wrong and at which byte. One file per protocol.

mod arp;
pub(crate) mod checksum;
mod ethernet;
pub mod http;
mod icmp;
mod ipv4;
mod ipv6;
mod linux_sll;
pub mod mqtt;
mod null;
mod tcp;
mod tcp_options;
mod udp;
mod unit;
pub mod zmtp;

use crate::frame::{CapturedFrame, LinkType};
use crate::lang::{Text, both};
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

pub use arp::{Arp, ArpOperation};
pub use checksum::Checksum;
pub use tcp::{Flags, Segment};
pub use tcp_options::{SACK_BLOCKS_MAX, TcpOptions};
pub use unit::{Extent, Flaw};

/// VLAN tags that are followed; more are named and left.
pub const VLAN_TAGS_MAX: usize = 4;
/// IPv6 extension headers that are followed.
pub const EXTENSION_HEADERS_MAX: usize = 8;

/// One header, or the data at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// `ethernet`, `ipv4`, `tcp`, `data`…
    pub proto: &'static str,
    /// Bytes from the start of the frame.
    pub off: usize,
    /// Bytes, as far as they were captured.
    pub len: usize,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// One field of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The specification's name, in lower case.
    pub name: &'static str,
    /// Bytes from the start of the frame; a field of some bits stands at its first byte.
    pub off: usize,
    /// Bytes that it touches, in this frame.
    pub len: usize,
    /// The bits that it has of a single byte; 0xff where it has whole bytes, or its dissector
    /// does not tell.
    pub mask: u8,
    /// What it says.
    pub value: Value,
    /// Where it is specified.
    pub spec: &'static str,
    /// The earlier frame in which it begins, if it does not begin in this one.
    pub begins: Option<u64>,
}

impl Field {
    /// `7-4`: the bits that it has of its byte, or nothing if it has whole bytes.
    pub fn bits(&self) -> Option<String> {
        let (high, low) = (7 - self.mask.leading_zeros().min(7), self.mask.trailing_zeros());
        match self.mask {
            0xff => None,
            _ if high == low => Some(high.to_string()),
            _ => Some(format!("{high}-{low}")),
        }
    }
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number as such.
    Number(u64),
    /// An address, flags, or a number with its meaning.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Something that is wrong with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Bytes from the start of the frame.
    pub off: usize,
    /// What is wrong.
    pub text: Text,
}

/// A hardware address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if i == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the frame carries, with the values that the next stage works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A TCP segment.
    Tcp(Box<Segment>),
    /// An ARP packet.
    Arp(Arp),
    /// A UDP datagram from one port to another, with that many bytes of data.
    Udp(u16, u16, usize),
    /// An ICMP or ICMPv6 message, named.
    Icmp(String),
    /// A fragment of an IP packet that is not the first: it has no header of the layer above.
    Fragment(usize),
    /// Something that is named and no more.
    Other(Text),
}

/// A dissected frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissection {
    /// The headers in order; empty if only the values were asked for.
    pub layers: Vec<Layer>,
    /// What is wrong with them.
    pub notes: Vec<Note>,
    /// Hardware source and destination.
    pub link: Option<(Mac, Mac)>,
    /// IP source and destination.
    pub addresses: Option<(IpAddr, IpAddr)>,
    /// What the IP header's own checksum is; IPv6 has none.
    pub ip_checksum: Checksum,
    /// What it carries.
    pub content: Content,
}

/// How much is wanted of a dissection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The values that conversations need, and notes.
    Values,
    /// Every field as well.
    Fields,
}

/// Reads a frame's headers.
pub fn dissect(frame: &CapturedFrame, detail: Detail) -> Dissection {
    let mut sheet = Sheet::new(&frame.bytes, frame.is_cut(), detail);
    match frame.link_type {
        LinkType::ETHERNET => ethernet::dissect(&mut sheet),
        LinkType::LINUX_SLL => linux_sll::version1(&mut sheet),
        LinkType::LINUX_SLL2 => linux_sll::version2(&mut sheet),
        LinkType::NULL => null::dissect(&mut sheet, null::Order::Host),
        LinkType::LOOP => null::dissect(&mut sheet, null::Order::Network),
        LinkType::RAW => null::raw(&mut sheet, 0),
        // IPv4 alone, and IPv6 alone.
        LinkType(228) => ipv4::dissect(&mut sheet, 0),
        LinkType(229) => ipv6::dissect(&mut sheet, 0),
        LinkType(other) => {
            sheet.content = Content::Other(both!("link type {other}", "tipe link {other}"));
            sheet.data(0);
        }
    }
    sheet.finish()
}

/// The dissection under way: the frame's bytes and what was found in them.
#[derive(Debug)]
struct Sheet<'a> {
    bytes: &'a [u8],
    /// Where the packet ends by its own word; what follows is padding.
    end: usize,
    cut: bool,
    fields: bool,
    layers: Vec<Layer>,
    notes: Vec<Note>,
    link: Option<(Mac, Mac)>,
    addresses: Option<(IpAddr, IpAddr)>,
    ip_checksum: Checksum,
    content: Content,
}

impl<'a> Sheet<'a> {
    fn new(bytes: &'a [u8], cut: bool, detail: Detail) -> Self {
        Self {
            bytes,
            end: bytes.len(),
            cut,
            fields: detail == Detail::Fields,
            layers: Vec::new(),
            notes: Vec::new(),
            link: None,
            addresses: None,
            ip_checksum: Checksum::Unknown,
            content: Content::Other(both!("nothing", "tidak ada")),
        }
    }

    /// Opens a layer and says whether its `need` bytes are all there; if not, notes it.
    fn layer(&mut self, proto: &'static str, off: usize, need: usize) -> bool {
        let there = self.end.saturating_sub(off).min(need);
        if self.fields {
            self.layers.push(Layer { proto, off, len: there, fields: Vec::new() });
        }
        if there == need {
            return true;
        }
        let text = if self.cut {
            both!(
                "{proto}: cut by the snap length after {there} of {need} bytes",
                "{proto}: terpotong oleh snap length setelah {there} dari {need} byte"
            )
        } else {
            both!(
                "{proto}: the frame ends after {there} of {need} bytes",
                "{proto}: frame berakhir setelah {there} dari {need} byte"
            )
        };
        self.note(off + there, text);
        self.content = Content::Other(both!("{proto}, cut short", "{proto}, terpotong"));
        false
    }

    /// A field of the layer opened last; the value is only made when fields are wanted.
    fn field<V: Into<Value>>(
        &mut self,
        name: &'static str,
        off: usize,
        len: usize,
        spec: &'static str,
        value: impl FnOnce() -> V,
    ) {
        if self.fields
            && let Some(layer) = self.layers.last_mut()
        {
            let value = value().into();
            layer.fields.push(Field { name, off, len, mask: 0xff, value, spec, begins: None });
        }
    }

    /// Grows the layer opened last: options that follow its fixed part.
    fn layer_len(&mut self, len: usize) {
        if let Some(layer) = self.layers.last_mut() {
            layer.len = len;
        }
    }

    fn note(&mut self, off: usize, text: Text) {
        self.notes.push(Note { off, text });
    }

    /// What is left from `off` is data.
    fn data(&mut self, off: usize) {
        let len = self.end.saturating_sub(off);
        if len > 0 && self.fields {
            self.layers.push(Layer { proto: "data", off, len, fields: Vec::new() });
            let text = crate::output::escape(&self.bytes[off..self.end]);
            self.field("text", off, len, "", || text);
        }
    }

    fn u8(&self, off: usize) -> u8 {
        self.bytes.get(off).copied().unwrap_or(0)
    }

    fn u16(&self, off: usize) -> u16 {
        u16::from_be_bytes([self.u8(off), self.u8(off + 1)])
    }

    fn u32(&self, off: usize) -> u32 {
        (u32::from(self.u16(off)) << 16) | u32::from(self.u16(off + 2))
    }

    fn array<const N: usize>(&self, off: usize) -> [u8; N] {
        std::array::from_fn(|i| self.u8(off + i))
    }

    fn mac(&self, off: usize) -> Mac {
        Mac(self.array(off))
    }

    fn finish(self) -> Dissection {
        Dissection {
            layers: self.layers,
            notes: self.notes,
            link: self.link,
            addresses: self.addresses,
            ip_checksum: self.ip_checksum,
            content: self.content,
        }
    }

    /// What the layer above Ethernet is, by its EtherType.
    fn network(&mut self, ether_type: u16, off: usize) {
        match ether_type {
            ethernet::IPV4 => ipv4::dissect(self, off),
            ethernet::IPV6 => ipv6::dissect(self, off),
            ethernet::ARP => arp::dissect(self, off),
            other => {
                self.content = Content::Other(ethernet::title(other));
                self.data(off);
            }
        }
    }

    /// What an IP packet carries, by its protocol number.
    fn transport(&mut self, protocol: u8, off: usize, claimed: Range<usize>) {
        match protocol {
            tcp::PROTOCOL => tcp::dissect(self, off, claimed.end),
            udp::PROTOCOL => udp::dissect(self, off),
            icmp::V4 => icmp::dissect(self, off, false),
            icmp::V6 => icmp::dissect(self, off, true),
            other => {
                self.content =
                    Content::Other(Text::name(&format!("IP {}", ipv4::describe_protocol(other))));
                self.data(off);
            }
        }
    }
}
