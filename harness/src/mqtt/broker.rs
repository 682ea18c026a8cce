//! `wirelab mqtt broker`: the broker as a program.
//!
//! It knows the loop's settings, the disk and the signals. It does not know a packet.

use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use wirelab_mqtt::broker::{self, Broker};
use wirelab_mqtt::limits::{HIGH_WATER, LOW_WATER, PACKET_MAX};
use wirelab_reactor::limits::READ_MAX;
use wirelab_reactor::{EventLoop, MioNet, Settings};

use super::{PORT, log, store::RedbStore};
use crate::exit::Failure;
use crate::output::Output;
use crate::signals;

/// Bytes that may be queued for one client: what lags behind, and one packet of the longest.
const OUTBOX_MAX: usize = 2 * PACKET_MAX;

/// Arguments of `mqtt broker`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port; 0 takes a free one.
    #[arg(short, long, default_value_t = PORT, env = "WIRELAB_PORT")]
    pub port: u16,
    /// The address to listen on; 0.0.0.0 or :: for all.
    #[arg(long, default_value = "127.0.0.1", env = "WIRELAB_BIND")]
    pub bind: IpAddr,
    /// Keep sessions, queues and retained messages in this file, over restarts and crashes.
    #[arg(long, value_name = "FILE")]
    pub persist: Option<PathBuf>,
    /// Unacknowledged messages of QoS 1 and 2 to one client; 0: no limit.
    #[arg(long, value_name = "N", default_value_t = wirelab_mqtt::limits::INFLIGHT_MAX)]
    pub max_inflight_messages: usize,
    /// Messages of QoS 1 and 2 that wait for one client; 0: no limit.
    #[arg(long, value_name = "N", default_value_t = wirelab_mqtt::limits::QUEUED_MAX)]
    pub max_queued_messages: usize,
    /// The longest payload in bytes; 0: no limit but the packet's own, 256 MB.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub message_size_limit: usize,
    /// Seconds between publications of $SYS; 0: never.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub sys_interval: u64,
}

/// Serves until a signal.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let file_limit = raise_file_limit();
    let settings = loop_settings(file_limit);
    let mut broker = Broker::new(broker_settings(arguments)?).observed_by(log::observer(output));
    broker = broker.telling_messages(output.verbose > 1);
    if let Some(file) = &arguments.persist {
        let store = RedbStore::open(file).map_err(Failure::failed)?;
        broker = broker.with_store(Box::new(store)).map_err(Failure::failed)?;
    }
    let mut event_loop = EventLoop::new(MioNet::new().map_err(Failure::failed)?, settings);
    let addr = SocketAddr::new(arguments.bind, arguments.port);
    let (_, addr) = event_loop.listen(addr).map_err(|error| {
        Failure::failed(format!("cannot listen on {addr}: {error}; choose another with -p"))
    })?;
    announce(output, addr);
    signals::stop_loops(vec![event_loop.stopper()]).map_err(Failure::failed)?;
    event_loop.run(&mut broker).map_err(Failure::failed)?;
    broker.finish().map_err(Failure::failed)
}

fn announce(output: &Output, addr: SocketAddr) {
    if output.json {
        output.record(&json!({"v": 1, "kind": "listening", "addr": addr.to_string()}).to_string());
    } else {
        output.record(&format!("listening on {addr}"));
    }
}

fn broker_settings(arguments: &Arguments) -> Result<broker::Settings, Failure> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let started_at =
        since_1970.map_err(|_| Failure::failed("the clock stands before 1970: set it"))?.as_secs();
    Ok(broker::Settings {
        max_inflight_messages: arguments.max_inflight_messages,
        max_queued_messages: arguments.max_queued_messages,
        message_size_limit: arguments.message_size_limit,
        sys_interval: Duration::from_secs(arguments.sys_interval),
        started_at,
        ..broker::Settings::default()
    })
}

fn loop_settings(file_limit: usize) -> Settings {
    Settings {
        high_water: HIGH_WATER,
        low_water: LOW_WATER,
        outbox_max: OUTBOX_MAX,
        input_max: PACKET_MAX + READ_MAX,
        // Some descriptors are not connections.
        connections_max: file_limit.saturating_sub(64).max(1),
        ..Settings::default()
    }
}

/// As many descriptors as the system lets us have: ten thousand clients are ten thousand sockets.
fn raise_file_limit() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1024 };
    let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    usize::try_from(if raised.is_ok() { hard } else { soft }).unwrap_or(usize::MAX)
}
