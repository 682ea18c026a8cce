//! A broker under test: its configuration, its process, and when it is ready.
//!
//! It knows how each broker is started. It does not know what is then asked of it.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::peers::find;

/// How long a broker may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// `wirelab mqtt broker`, with its default settings.
    Ours,
    /// mosquitto with its default queues: 20 messages in flight, 1,000 that wait.
    Mosquitto,
    /// mosquitto without limits to its queues.
    MosquittoUnlimited,
    /// rumqttd, where it is on the PATH.
    Rumqttd,
}

/// rumqttd's configuration, with a place for the address.
const RUMQTTD: &str = r#"
id = 0

[router]
id = 0
max_connections = 20010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v4.1]
name = "v4-1"
listen = ""
next_connection_delay_ms = 0

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 65536
max_inflight_count = 100
dynamic_filters = true
"#;

impl Kind {
    /// As on the command line and in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Mosquitto => "mosquitto",
            Self::MosquittoUnlimited => "mosquitto-unlimited",
            Self::Rumqttd => "rumqttd",
        }
    }

    /// The program of others, if it is one.
    fn program(self) -> Option<&'static str> {
        match self {
            Self::Ours => None,
            Self::Mosquitto | Self::MosquittoUnlimited => Some("mosquitto"),
            Self::Rumqttd => Some("rumqttd"),
        }
    }

    /// Can it be started here?
    pub fn is_there(self) -> bool {
        self.program().is_none_or(|program| find(program).is_some())
    }

    /// The configuration, to listen on this port alone.
    fn configuration(self, port: u16) -> String {
        let limits = match self {
            Self::MosquittoUnlimited => "max_queued_messages 0\nmax_inflight_messages 0\n",
            _ => "",
        };
        match self {
            Self::Ours => String::new(),
            Self::Mosquitto | Self::MosquittoUnlimited => format!(
                "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n\
                 set_tcp_nodelay true\nlog_dest none\nconnection_messages false\n{limits}"
            ),
            // Its own example's values, where they do not limit what is measured.
            Self::Rumqttd => {
                let place = format!("listen = \"127.0.0.1:{port}\"");
                RUMQTTD.replace("listen = \"\"", &place)
            }
        }
    }

    fn command(self, port: u16, configuration: &Path) -> io::Result<Command> {
        let Some(program) = self.program() else {
            // This program is the lab, too: see `Role` in `mqtt-versus`.
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["lab", "--quiet", "mqtt", "broker", "-p", &port.to_string()]);
            return Ok(command);
        };
        let missing = || io::Error::other(format!("{program} is not on the PATH"));
        let mut command = Command::new(find(program).ok_or_else(missing)?);
        command.arg("-c").arg(configuration);
        Ok(command)
    }
}

/// A running broker; it ends when this is dropped.
#[derive(Debug)]
pub struct Broker {
    child: Child,
    configuration: PathBuf,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Broker {
    /// Starts one on a free port, and waits until it listens.
    ///
    /// # Errors
    /// When it is not there, or does not listen in time.
    pub fn start(kind: Kind) -> io::Result<Self> {
        let addr = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        // rumqttd knows a configuration by its name.
        let name = format!("mqtt-versus-{}-{}.toml", std::process::id(), addr.port());
        let configuration = std::env::temp_dir().join(name);
        std::fs::write(&configuration, kind.configuration(addr.port()))?;
        let mut command = kind.command(addr.port(), &configuration)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        let mut broker = Self { child, configuration, addr };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(addr).is_err() {
            if let Some(status) = broker.child.try_wait()? {
                return Err(io::Error::other(format!("{} ended: {status}", kind.name())));
            }
            if Instant::now() > until {
                return Err(io::Error::other(format!("{} does not listen", kind.name())));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(broker)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.configuration);
    }
}
