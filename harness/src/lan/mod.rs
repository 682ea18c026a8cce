//! The lab's LAN: a bridge, and on it one host per role, each in a network namespace of its own.
//! Linux only; as an ordinary user where the machine allows it.
//!
//! ```text
//!   172.18.0.2          172.18.0.3
//!   +--------+          +--------+         network namespaces of the roles
//!   |  eth0  |          |  eth0  |
//!   +---||---+          +---||---+
//!     port0     br-lab    port1
//!   =====||================||==========    the LAN's own network namespace,
//!              ^ capture                   where the frames are captured
//! ```
//!
//! It may name namespaces and netlink. It does not know exercises, and not what the roles say.

pub mod agent;
pub mod listen;
pub mod namespaces;
pub mod netlink;
pub mod role;

use nix::net::if_::if_nametoindex;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use namespaces::{NetworkNamespace, Refused};
use netlink::{Mac, Netlink};

/// The bridge's name; it is what the capture file says the interface is called.
pub const BRIDGE: &str = "br-lab";
/// The lab's network has this many bits.
pub const PREFIX: u8 = 16;
/// The hosts that fit into one LAN; more than any exercise has.
pub const HOSTS_MAX: usize = 64;
/// How long the cables may take until frames pass.
const UP_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the kernel is asked meanwhile.
const UP_POLL: Duration = Duration::from_millis(2);

/// The address of host `n` (from 0), as the lab's containers have them: 172.18.0.2 and on.
pub fn address(n: usize) -> Ipv4Addr {
    Ipv4Addr::new(172, 18, 0, 2 + n as u8)
}

/// The MAC address of host `n`: locally administered, and it ends in the IP address.
pub fn mac(n: usize) -> Mac {
    let ip = address(n).octets();
    [0x02, 0x42, ip[0], ip[1], ip[2], ip[3]]
}

/// The LAN, as long as this lives.
#[derive(Debug)]
pub struct Lan {
    hosts: Vec<NetworkNamespace>,
}

impl Lan {
    /// Builds it in the calling thread's network namespace, which should be a new one, and tells
    /// `done` each step. When this returns, frames pass between all hosts.
    pub fn build(hosts: usize, mut done: impl FnMut(&str)) -> Result<Self, Refused> {
        let hosts = hosts.min(HOSTS_MAX);
        let at = |step: &'static str| move |errno: nix::Error| Refused::new(step, errno);
        let mut netlink = Netlink::open().map_err(at("netlink socket"))?;
        netlink.create_bridge(BRIDGE, [0x02, 0x42, 172, 18, 0, 1]).map_err(at("bridge"))?;
        let bridge = if_nametoindex(BRIDGE).map_err(at("bridge"))?;
        netlink.no_ipv6(bridge).map_err(at("bridge without IPv6"))?;
        netlink.up(bridge).map_err(at("bridge up"))?;
        done("bridge");
        let mut lan = Self { hosts: Vec::new() };
        let mut ports = vec![bridge];
        for n in 0..hosts {
            ports.push(lan.attach(&mut netlink, bridge, n)?);
        }
        done("virtual Ethernet");
        lan.wait_until_up(&mut netlink, &ports)?;
        done("frames pass");
        Ok(lan)
    }

    /// Host `n`'s network namespace.
    pub fn host(&self, n: usize) -> &NetworkNamespace {
        &self.hosts[n]
    }

    /// Lets host `n`'s knowledge of its neighbours grow old within a play of messages that are
    /// `gap` apart, so that it asks for them again as it would within a long one: the kernel's own
    /// times are 30 s until a neighbour is in doubt, and 5 s more until it is asked for.
    pub fn let_neighbours_age(&self, n: usize, gap: Duration) {
        let (reachable, delay) = (gap, gap / 5);
        let outcome = self.host(n).within(|| -> nix::Result<()> {
            let eth0 = if_nametoindex("eth0")?;
            Netlink::open()?.neighbour_times(eth0, reachable, delay)
        });
        log::debug!("neighbours grow old: {outcome:?}");
    }

    /// One more host: its namespace, its cable to the bridge, its address. Returns the index of
    /// its port.
    fn attach(&mut self, netlink: &mut Netlink, bridge: u32, n: usize) -> Result<u32, Refused> {
        let at = |step: &'static str| move |errno: nix::Error| Refused::new(step, errno);
        let host = NetworkNamespace::create()
            .map_err(|e| Refused::new("network namespace of a host", e))?;
        let port_name = format!("port{n}");
        let port_mac = [0x02, 0x42, 0xff, 0, 0, n as u8];
        netlink
            .create_veth((&port_name, port_mac), ("eth0", mac(n)), host.fd())
            .map_err(at("virtual Ethernet"))?;
        let port = if_nametoindex(port_name.as_str()).map_err(at("virtual Ethernet"))?;
        netlink.no_ipv6(port).map_err(at("port without IPv6"))?;
        netlink.plug(port, bridge).map_err(at("port into the bridge"))?;
        netlink.up(port).map_err(at("port up"))?;
        let inside = host.within(|| -> nix::Result<()> {
            let mut netlink = Netlink::open()?;
            netlink.up(if_nametoindex("lo")?)?;
            let eth0 = if_nametoindex("eth0")?;
            netlink.no_ipv6(eth0)?;
            netlink.address(eth0, address(n), PREFIX)?;
            netlink.up(eth0)
        });
        inside
            .map_err(|e| Refused::new("entering a host's network namespace", e))?
            .map_err(at("address of a host"))?;
        self.hosts.push(host);
        Ok(port)
    }

    /// A frame sent before the kernel has noticed both ends of a cable would be lost.
    fn wait_until_up(&self, netlink: &mut Netlink, ports: &[u32]) -> Result<(), Refused> {
        let deadline = Instant::now() + UP_TIMEOUT;
        let at = |errno: nix::Error| Refused::new("waiting for the bridge", errno);
        loop {
            let mut up = true;
            for port in ports {
                up &= netlink.is_up(*port).map_err(at)?;
            }
            for host in &self.hosts {
                up &= host
                    .within(|| Netlink::open()?.is_up(if_nametoindex("eth0")?))
                    .map_err(|e| Refused::new("entering a host's network namespace", e))?
                    .map_err(at)?;
            }
            if up {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Refused::new("waiting for the bridge", "no frame passes after 5 s"));
            }
            std::thread::sleep(UP_POLL);
        }
    }
}
