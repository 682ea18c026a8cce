//! Asking the kernel for interfaces: the messages of rtnetlink(7), put together by hand.
//!
//! It may name a netlink socket and the numbers of the kernel's headers. It does not know what
//! the lab wants with a bridge. Every request asks for an acknowledgement and waits for it, so
//! when a call returns the kernel has done it.
//!
//! All numbers are in the byte order of the machine, except addresses, which are in the network's.
//!
//! ```text
//!  0         4      6       8          12     16
//!  | length  | type | flags | sequence | port | payload, then attributes          nlmsghdr
//!
//!  0        2      4
//!  | length | type | value, padded to 4 bytes; the length counts the 4 bytes       rtattr
//! ```

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, sendto,
    setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

const NLMSG_ERROR: u16 = 2;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_SETNEIGHTBL: u16 = 67;

const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_ACK: u16 = 0x4;
const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MASTER: u16 = 10;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_LINKINFO: u16 = 18;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_BR_MCAST_SNOOPING: u16 = 23;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const IN6_ADDR_GEN_MODE_NONE: u8 = 1;
const VETH_INFO_PEER: u16 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const NDTA_NAME: u16 = 1;
const NDTA_PARMS: u16 = 6;
const NDTPA_IFINDEX: u16 = 1;
const NDTPA_BASE_REACHABLE_TIME: u16 = 4;
const NDTPA_DELAY_PROBE_TIME: u16 = 7;
/// The attribute holds attributes.
const NLA_F_NESTED: u16 = 0x8000;

const IFF_UP: u32 = 1;
/// [RFC 2863 ifOperStatus] The kernel's number for "up": frames will pass.
const IF_OPER_UP: u8 = 6;
const AF_INET: u8 = 2;
const AF_INET6: u16 = 10;

/// The most bytes of one answer that are read; the kernel's own advice is 8 KiB or more.
const ANSWER_MAX: usize = 65_536;
/// How long an answer may take: the kernel answers from within the call.
const ANSWER_SECONDS: i64 = 5;

/// A MAC address.
pub type Mac = [u8; 6];

/// One question to the kernel under way.
struct Request {
    bytes: Vec<u8>,
}

impl Request {
    fn new(kind: u16, flags: u16) -> Self {
        let mut bytes = vec![0; 16];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&(flags | NLM_F_REQUEST | NLM_F_ACK).to_ne_bytes());
        Self { bytes }
    }

    /// ```text
    ///  0        1       2               4               8       12
    ///  | family | 0     | hardware type | index         | flags | which flags    ifinfomsg
    /// ```
    fn link(&mut self, index: u32, up: bool) {
        let flags = if up { IFF_UP } else { 0 };
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&index.to_ne_bytes());
        self.bytes.extend_from_slice(&flags.to_ne_bytes());
        self.bytes.extend_from_slice(&flags.to_ne_bytes());
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.bytes.extend_from_slice(&(value.len() as u16 + 4).to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn name(&mut self, kind: u16, name: &str) {
        let mut value = name.as_bytes().to_vec();
        value.push(0);
        self.attribute(kind, &value);
    }

    /// An attribute whose value `fill` appends; the length is put in when it is known.
    fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.attribute(kind, &[]);
        fill(self);
        let length = (self.bytes.len() - start) as u16;
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    }
}

/// A netlink socket: it speaks for the network namespace that it was opened in.
#[derive(Debug)]
pub struct Netlink {
    socket: OwnedFd,
    sequence: u32,
}

impl Netlink {
    /// Opens it in the calling thread's network namespace.
    pub fn open() -> nix::Result<Self> {
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkRoute,
        )?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
        setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::seconds(ANSWER_SECONDS))?;
        Ok(Self { socket, sequence: 0 })
    }

    /// A bridge that forwards at once (no spanning tree is the default) and floods multicast, so
    /// that it sends no queries of its own.
    pub fn create_bridge(&mut self, name: &str, mac: Mac) -> nix::Result<()> {
        let mut request = Request::new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
        request.link(0, false);
        request.name(IFLA_IFNAME, name);
        request.attribute(IFLA_ADDRESS, &mac);
        request.nested(IFLA_LINKINFO, |r| {
            r.name(IFLA_INFO_KIND, "bridge");
            r.nested(IFLA_INFO_DATA, |r| r.attribute(IFLA_BR_MCAST_SNOOPING, &[0]));
        });
        self.ask(request).map(drop)
    }

    /// A pair of Ethernet interfaces joined by a cable: `near` here, `far` with the address
    /// `mac` in the network namespace that `namespace` refers to.
    pub fn create_veth(
        &mut self,
        near: (&str, Mac),
        far: (&str, Mac),
        namespace: RawFd,
    ) -> nix::Result<()> {
        let mut request = Request::new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
        request.link(0, false);
        request.name(IFLA_IFNAME, near.0);
        request.attribute(IFLA_ADDRESS, &near.1);
        request.nested(IFLA_LINKINFO, |r| {
            r.name(IFLA_INFO_KIND, "veth");
            r.nested(IFLA_INFO_DATA, |r| {
                // The peer is described as if it had a message of its own.
                r.nested(VETH_INFO_PEER, |r| {
                    r.link(0, false);
                    r.name(IFLA_IFNAME, far.0);
                    r.attribute(IFLA_ADDRESS, &far.1);
                    r.attribute(IFLA_NET_NS_FD, &namespace.to_ne_bytes());
                });
            });
        });
        self.ask(request).map(drop)
    }

    /// Plugs the interface `port` into the bridge, both by index.
    pub fn plug(&mut self, port: u32, bridge: u32) -> nix::Result<()> {
        let mut request = Request::new(RTM_NEWLINK, 0);
        request.link(port, false);
        request.attribute(IFLA_MASTER, &bridge.to_ne_bytes());
        self.ask(request).map(drop)
    }

    /// Gives the interface no IPv6 address of its own, so that it announces nothing. On a
    /// kernel without IPv6 there is nothing to keep quiet.
    pub fn no_ipv6(&mut self, index: u32) -> nix::Result<()> {
        let mut request = Request::new(RTM_NEWLINK, 0);
        request.link(index, false);
        request.nested(IFLA_AF_SPEC | NLA_F_NESTED, |r| {
            r.nested(AF_INET6 | NLA_F_NESTED, |r| {
                r.attribute(IFLA_INET6_ADDR_GEN_MODE, &[IN6_ADDR_GEN_MODE_NONE]);
            });
        });
        match self.ask(request) {
            Ok(_) | Err(Errno::EAFNOSUPPORT | Errno::EOPNOTSUPP) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// Switches the interface on.
    pub fn up(&mut self, index: u32) -> nix::Result<()> {
        let mut request = Request::new(RTM_NEWLINK, 0);
        request.link(index, true);
        self.ask(request).map(drop)
    }

    /// Gives the interface an IPv4 address in a network of `prefix` bits.
    ///
    /// ```text
    ///  0        1        2       3       4
    ///  | family | prefix | flags | scope | index |        ifaddrmsg
    /// ```
    pub fn address(&mut self, index: u32, address: Ipv4Addr, prefix: u8) -> nix::Result<()> {
        let mut request = Request::new(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
        request.bytes.extend_from_slice(&[AF_INET, prefix, 0, 0]);
        request.bytes.extend_from_slice(&index.to_ne_bytes());
        request.attribute(IFA_LOCAL, &address.octets());
        request.attribute(IFA_ADDRESS, &address.octets());
        self.ask(request).map(drop)
    }

    /// Sets how long the interface's ARP entries count as fresh, and how long a stale one that is
    /// in use waits before its neighbour is asked again. Both in milliseconds in the message.
    ///
    /// ```text
    ///  0        1                4
    ///  | family | 0              | attributes        ndtmsg
    /// ```
    pub fn neighbour_times(
        &mut self,
        index: u32,
        reachable: Duration,
        delay: Duration,
    ) -> nix::Result<()> {
        let milliseconds = |time: Duration| (time.as_millis() as u64).to_ne_bytes();
        let mut request = Request::new(RTM_SETNEIGHTBL, 0);
        request.bytes.extend_from_slice(&[AF_INET, 0, 0, 0]);
        request.name(NDTA_NAME, "arp_cache");
        request.nested(NDTA_PARMS | NLA_F_NESTED, |r| {
            r.attribute(NDTPA_IFINDEX, &index.to_ne_bytes());
            r.attribute(NDTPA_BASE_REACHABLE_TIME, &milliseconds(reachable));
            r.attribute(NDTPA_DELAY_PROBE_TIME, &milliseconds(delay));
        });
        self.ask(request).map(drop)
    }

    /// Do frames pass the interface? A cable just plugged in takes the kernel a moment.
    pub fn is_up(&mut self, index: u32) -> nix::Result<bool> {
        let mut request = Request::new(RTM_GETLINK, 0);
        request.link(index, false);
        let answer = self.ask(request)?;
        // nlmsghdr and ifinfomsg, then the attributes.
        let state = find_attribute(answer.get(32..).unwrap_or_default(), IFLA_OPERSTATE);
        Ok(state.is_some_and(|value| value.first() == Some(&IF_OPER_UP)))
    }

    /// Sends it and waits for its acknowledgement: returns the answer that came before it, if
    /// any, or the kernel's error.
    ///
    /// ```text
    ///  0          16            20
    ///  | nlmsghdr | -errno or 0 | the request's header     NLMSG_ERROR: the acknowledgement
    /// ```
    fn ask(&mut self, mut request: Request) -> nix::Result<Vec<u8>> {
        self.sequence += 1;
        let length = request.bytes.len() as u32;
        request.bytes[0..4].copy_from_slice(&length.to_ne_bytes());
        request.bytes[8..12].copy_from_slice(&self.sequence.to_ne_bytes());
        let fd = self.socket.as_raw_fd();
        sendto(fd, &request.bytes, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
        let mut answer = Vec::new();
        let mut buffer = vec![0; ANSWER_MAX];
        loop {
            let got = match recv(fd, &mut buffer, MsgFlags::empty()) {
                Ok(got) => got,
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno),
            };
            let mut rest = &buffer[..got];
            while let Some(message) = next_message(&mut rest) {
                if word(message, 8) != Some(self.sequence) {
                    continue;
                }
                if half(message, 4) != Some(NLMSG_ERROR) {
                    answer = message.to_vec();
                    continue;
                }
                return match word(message, 16).ok_or(Errno::EBADMSG)?.cast_signed() {
                    0 => Ok(answer),
                    code => Err(Errno::from_raw(code.wrapping_neg())),
                };
            }
        }
    }
}

/// Takes the first message off `rest`.
fn next_message<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = word(rest, 0)? as usize;
    if length < 16 || length > rest.len() {
        return None;
    }
    let message = &rest[..length];
    *rest = &rest[length.next_multiple_of(4).min(rest.len())..];
    Some(message)
}

/// The value of the first attribute of this kind.
fn find_attribute(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let (length, kind) = (half(rest, 0)? as usize, half(rest, 2)?);
        if length < 4 || length > rest.len() {
            return None;
        }
        if kind == wanted {
            return Some(&rest[4..length]);
        }
        rest = &rest[length.next_multiple_of(4).min(rest.len())..];
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}
