//! An interface's frames, as the kernel hands them out through a packet socket (`AF_PACKET`,
//! packet(7)). Linux only.
//!
//! It may name sockets and interfaces. It does not know files, and not what a frame means. The
//! socket belongs to the network namespace it was opened in, whatever thread reads it later.

use bytes::Bytes;
use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, bind,
    recvmsg, setsockopt, socket, sockopt,
};
use nix::{cmsg_space, getsockopt_impl, setsockopt_impl, sockopt_impl};
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use crate::filter::Filter;
use crate::frame::{CapturedFrame, LinkType};
use crate::sieve::sieve;

/// The most bytes of one frame that are read: an IP packet, its link header, and room for what
/// segmentation offload hands over in one piece. tcpdump's default too.
pub const FRAME_MAX: usize = 262_144;
/// How much the kernel is asked to hold for us until we read; it gives what it may. A frame of
/// the loopback can be 64 KiB long, so that a busy one fills a smaller room in no time.
const RECEIVE_BUFFER: usize = 64 << 20;

/// The bytes of the kernel's auxiliary data.
const AUXILIARY_LEN: usize = 20;
/// In its status: the tag is there; and its EtherType is, too.
const VLAN_VALID: u32 = 1 << 4;
const VLAN_TPID_VALID: u32 = 1 << 6;
/// [IEEE 802.1Q] The EtherType of a tag, unless another is given.
const VLAN_TPID: u16 = 0x8100;
/// Where a tag stands in a frame: after both addresses.
const TAG_PLACE: usize = 12;

// The options of packet(7) that the library does not know.
sockopt_impl!(
    /// Joins a group of the interface; here, all that passes by.
    AddMembership,
    SetOnly,
    libc::SOL_PACKET,
    libc::PACKET_ADD_MEMBERSHIP,
    libc::packet_mreq
);
sockopt_impl!(
    /// What does not stand in the frame itself: the VLAN tag, which the kernel takes out.
    AuxiliaryData,
    SetOnly,
    libc::SOL_PACKET,
    libc::PACKET_AUXDATA,
    bool
);
sockopt_impl!(
    /// A program that drops frames before they are queued.
    AttachFilter,
    SetOnly,
    libc::SOL_SOCKET,
    libc::SO_ATTACH_FILTER,
    libc::sock_fprog
);
sockopt_impl!(
    /// Frames received and frames dropped since last asked.
    PacketStatistics,
    GetOnly,
    libc::SOL_PACKET,
    libc::PACKET_STATISTICS,
    [u32; 2]
);

/// Which step of opening failed, and with what.
#[derive(Debug)]
pub enum OpenError {
    /// No interface of this name; these there are.
    NoSuchInterface(Vec<String>),
    /// The kernel does not let us have a packet socket.
    Refused(io::Error),
    /// Frames of this kind of hardware (an `ARPHRD_` number) are not understood.
    UnknownLink(u16),
    /// Another step failed: its name, and why.
    Failed(&'static str, io::Error),
}

/// An open capture of one interface.
#[derive(Debug)]
pub struct PacketSocket {
    socket: OwnedFd,
    index: usize,
    loopback: bool,
    link_type: LinkType,
    buffer: Vec<u8>,
    seen: u64,
    received: u64,
    dropped: u64,
}

impl PacketSocket {
    /// Captures `interface`, what is addressed to others included. When this returns, every
    /// frame that passes from now on will be read.
    pub fn open(interface: &str) -> Result<Self, OpenError> {
        let address = find(interface)?;
        let loopback = address.hatype() == libc::ARPHRD_LOOPBACK;
        let link_type = match address.hatype() {
            libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => LinkType::ETHERNET,
            // A tunnel without link header: the frame begins with IP.
            libc::ARPHRD_NONE | libc::ARPHRD_PPP => LinkType::RAW,
            other => return Err(OpenError::UnknownLink(other)),
        };
        let socket = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
            SockProtocol::EthAll,
        )
        .map_err(|errno| OpenError::Refused(errno.into()))?;
        let failed = |step| move |errno: Errno| OpenError::Failed(step, errno.into());
        // With privilege beyond the system's limit, else up to it.
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)
                .map_err(failed("receive buffer"))?;
        }
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true).map_err(failed("timestamps"))?;
        setsockopt(&socket, AuxiliaryData, &true).map_err(failed("auxiliary data"))?;
        bind(socket.as_raw_fd(), &address).map_err(failed("bind to the interface"))?;
        let everything = libc::packet_mreq {
            mr_ifindex: (address.ifindex() as libc::c_uint).cast_signed(),
            mr_type: libc::PACKET_MR_PROMISC as libc::c_ushort,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        setsockopt(&socket, AddMembership, &everything).map_err(failed("promiscuous mode"))?;
        Ok(Self {
            socket,
            index: address.ifindex(),
            loopback,
            link_type,
            buffer: vec![0; FRAME_MAX],
            seen: 0,
            received: 0,
            dropped: 0,
        })
    }

    /// Has the kernel drop what `filter` would turn down, as far as its sieve can tell: what is
    /// read must still be asked for. What passed before stays.
    ///
    /// # Errors
    /// When the kernel does not take the program.
    pub fn sift(&self, filter: &Filter) -> io::Result<()> {
        let sieve = sieve(filter).filter(|_| self.link_type == LinkType::ETHERNET);
        let Some(mut steps) = sieve else { return Ok(()) };
        let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
        Ok(setsockopt(&self.socket, AttachFilter, &program)?)
    }

    /// How the frames' first bytes are to be read.
    pub fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Waits for a frame for at most `timeout`; `None` when none came, or a signal did.
    pub fn wait(&mut self, timeout: Duration) -> io::Result<Option<CapturedFrame>> {
        if let Some(frame) = self.take()? {
            return Ok(Some(frame));
        }
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) | Err(Errno::EINTR) => Ok(None),
            Ok(_) => self.take(),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The next frame that is already there.
    pub fn take(&mut self) -> io::Result<Option<CapturedFrame>> {
        loop {
            let mut control = cmsg_space!(libc::timespec, [u8; AUXILIARY_LEN]);
            let mut parts = [IoSliceMut::new(&mut self.buffer)];
            // With MSG_TRUNC the length is the frame's, not what fitted.
            let message = match recvmsg::<LinkAddr>(
                self.socket.as_raw_fd(),
                &mut parts,
                Some(&mut control),
                MsgFlags::MSG_TRUNC,
            ) {
                Ok(message) => message,
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            let length = message.bytes;
            let (mut time, mut tag) = (None, None);
            for one in message.cmsgs().into_iter().flatten() {
                match one {
                    ControlMessageOwned::ScmTimestampns(at) => time = Some(at),
                    ControlMessageOwned::Unknown(other) => tag = vlan_tag(&other.data_bytes),
                    _ => {}
                }
            }
            let from = message.address;
            // Before `bind` the socket heard every interface; and on the loopback each frame
            // passes twice, out and in: it is kept once, on its way in.
            let wanted = from.is_some_and(|from| {
                from.ifindex() == self.index
                    && !(self.loopback && from.pkttype() == libc::PACKET_OUTGOING)
            });
            if !wanted {
                continue;
            }
            self.seen += 1;
            let bytes = &self.buffer[..length.min(FRAME_MAX)];
            let (bytes, length) = match tag {
                Some(tag) if bytes.len() >= TAG_PLACE => {
                    let (addresses, rest) = bytes.split_at(TAG_PLACE);
                    (Bytes::from([addresses, &tag, rest].concat()), length + tag.len())
                }
                _ => (Bytes::copy_from_slice(bytes), length),
            };
            return Ok(Some(CapturedFrame {
                number: self.seen,
                time_ns: time.map_or_else(now_ns, |t| {
                    (t.tv_sec() * 1_000_000_000 + t.tv_nsec()).max(0).cast_unsigned()
                }),
                link_type: self.link_type,
                bytes,
                original_len: length as u32,
                comment: None,
            }));
        }
    }

    /// Frames that the kernel counted so far, the dropped ones included, and those it dropped
    /// because nobody read them in time.
    pub fn statistics(&mut self) -> (u64, u64) {
        // The kernel starts again from 0 with each question.
        if let Ok([received, dropped]) =
            nix::sys::socket::getsockopt(&self.socket, PacketStatistics)
        {
            self.received += u64::from(received);
            self.dropped += u64::from(dropped);
        }
        (self.received, self.dropped)
    }
}

/// The VLAN tag that the kernel took out of a frame, as it stood there: EtherType, then tag.
///
/// ```text
///  0        4        8             12        14        16         18
///  | status | length | kept length | at link | at net | VLAN tag | its EtherType |
/// ```
fn vlan_tag(auxiliary: &[u8]) -> Option<[u8; 4]> {
    let status = u32::from_ne_bytes(auxiliary.get(0..4)?.try_into().ok()?);
    let half = |at: usize| -> Option<u16> {
        Some(u16::from_ne_bytes(auxiliary.get(at..at + 2)?.try_into().ok()?))
    };
    if status & VLAN_VALID == 0 {
        return None;
    }
    let kind = if status & VLAN_TPID_VALID == 0 { VLAN_TPID } else { half(18)? };
    let ([a, b], [c, d]) = (kind.to_be_bytes(), half(16)?.to_be_bytes());
    Some([a, b, c, d])
}

/// The names of the interfaces there are.
pub fn interfaces() -> Vec<String> {
    let mut names: Vec<String> =
        getifaddrs().map(|all| all.map(|one| one.interface_name).collect()).unwrap_or_default();
    names.sort();
    names.dedup();
    names
}

/// Nanoseconds since 1970 UTC.
pub fn now_ns() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos() as u64)
}

fn find(interface: &str) -> Result<LinkAddr, OpenError> {
    let all =
        getifaddrs().map_err(|errno| OpenError::Failed("list of interfaces", errno.into()))?;
    all.filter(|one| one.interface_name == interface)
        .find_map(|one| one.address.and_then(|address| address.as_link_addr().copied()))
        .ok_or_else(|| OpenError::NoSuchInterface(interfaces()))
}
