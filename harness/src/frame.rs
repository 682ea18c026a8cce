//! A captured frame, as it comes from a file or an interface: bytes, a time, a number.
//!
//! It does not know what the bytes mean; that is `dissect`'s.

use bytes::Bytes;

/// How the first bytes of a frame are to be read: the `LINKTYPE_` numbers of capture files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: a 4-byte address family in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP, version 4 or 6 by the first nibble.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: a 4-byte address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1: what `-i any` gave for long.
    pub const LINUX_SLL: Self = Self(113);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}

/// One frame as captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedFrame {
    /// Its place in the capture, from 1.
    pub number: u64,
    /// Nanoseconds since 1970-01-01 UTC.
    pub time_ns: u64,
    /// How to read the first bytes.
    pub link_type: LinkType,
    /// The bytes that were kept; the snap length may have cut them.
    pub bytes: Bytes,
    /// How many bytes it had on the wire; never less than `bytes.len()`.
    pub original_len: u32,
    /// What the capture file itself says about it.
    pub comment: Option<String>,
}

impl CapturedFrame {
    /// Was it cut by the snap length?
    pub fn is_cut(&self) -> bool {
        (self.bytes.len() as u64) < u64::from(self.original_len)
    }
}

/// What the hosts are called: from the lab's own plan, or a capture file's name records.
pub type HostNames = std::collections::BTreeMap<std::net::IpAddr, String>;
