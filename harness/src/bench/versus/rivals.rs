//! Who takes part: our own servers, and those of others that are found on this machine.
//!
//! It knows how each is started, and how it says where it listens. What is asked of them it does
//! not know.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks whether it does.
const GLANCE: Duration = Duration::from_millis(5);

/// A server that is compared.
#[derive(Clone, Debug)]
pub struct Rival {
    /// As in the tables.
    pub name: &'static str,
    /// What it says of its version, and how it was set up.
    pub about: String,
    program: PathBuf,
    start: Start,
}

/// Somebody who could take part, and is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// As it would be in the tables.
    pub name: &'static str,
    /// What brings it here.
    pub remedy: &'static str,
}

/// Those who take part, ours first, and those who are not here.
#[derive(Clone, Debug)]
pub struct Field {
    /// At the start.
    pub rivals: Vec<Rival>,
    /// Named, so that nobody takes a page for the whole.
    pub absent: Vec<Absent>,
}

impl Field {
    fn of(all: impl IntoIterator<Item = Result<Rival, Absent>>) -> Self {
        let (mut rivals, mut absent) = (Vec::new(), Vec::new());
        for one in all {
            match one {
                Ok(rival) => rivals.push(rival),
                Err(missing) => absent.push(missing),
            }
        }
        Self { rivals, absent }
    }
}

/// How it is started, and found.
#[derive(Clone, Copy, Debug)]
enum Start {
    /// With these arguments; the address stands at the end of its first line.
    Says(&'static [&'static str]),
    /// With a file of its own, in which PORT and DIR are filled in; FILE stands for it.
    Configured(&'static [&'static str], &'static str),
    /// A program for Python, which prints its port.
    Python(&'static str),
}

/// A server at work; it ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Running {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const MOSQUITTO: &str = "listener PORT 127.0.0.1\nallow_anonymous true\npersistence false\n\
    log_type none\nset_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 0\n";
const RUMQTTD: &str = "id = 0\n[router]\nid = 0\nmax_connections = 20010\n\
    max_outgoing_packet_count = 200\nmax_segment_size = 104857600\nmax_segment_count = 10\n\
    [v4.1]\nname = \"v4-1\"\nlisten = \"127.0.0.1:PORT\"\nnext_connection_delay_ms = 0\n\
    [v4.1.connections]\nconnection_timeout_ms = 60000\nmax_payload_size = 2097152\n\
    max_inflight_count = 100\ndynamic_filters = true\n";
const NGINX: &str = "worker_processes 1;\npid DIR/pid;\ndaemon off;\nmaster_process off;\n\
    error_log DIR/errors;\nevents { worker_connections 16384; }\nhttp {\naccess_log off;\n\
    keepalive_requests 100000000;\nclient_body_temp_path DIR/a;\nproxy_temp_path DIR/b;\n\
    fastcgi_temp_path DIR/c;\nuwsgi_temp_path DIR/d;\nscgi_temp_path DIR/e;\n\
    server { listen 127.0.0.1:PORT backlog=4096; location / { default_type application/json; \
    return 200 '{\n  \"result\": 14\n}\n'; } }\n}\n";
/// libzmq's own proxy between a ROUTER and itself: what comes goes back, and Python only starts it.
const PYZMQ: &str = "import zmq\nsocket = zmq.Context().socket(zmq.ROUTER)\n\
    print(socket.bind_to_random_port('tcp://127.0.0.1'), flush=True)\n\
    zmq.proxy(socket, socket)\n";

/// The brokers.
pub fn brokers() -> Field {
    let mosquitto = "no limits of queues, no persistence, TCP_NODELAY";
    let rumqttd = "its example's configuration, 100 in flight";
    let configured = |text| Start::Configured(&["-c", "FILE"], text);
    let [debian, cargo] = ["apt-get install mosquitto", "cargo install rumqttd"];
    Field::of([
        ours(&["mqtt", "broker", "-p", "0"]),
        found(absent("mosquitto", debian), &["-h"], mosquitto, configured(MOSQUITTO)),
        found(absent("rumqttd", cargo), &["--version"], rumqttd, configured(RUMQTTD)),
    ])
}

/// The HTTP servers. The same answer for all; ours and the peers' compute it.
pub fn web_servers() -> Field {
    let nginx = "one worker, a constant answer, no access log";
    let start = Start::Configured(&["-p", "DIR", "-c", "FILE", "-e", "DIR/errors"], NGINX);
    Field::of([
        ours(&["rest", "serve", "-p", "0"]),
        found(absent("nginx", "apt-get install nginx-light"), &["-v"], nginx, start),
        peer("hyper-add", absent("hyper", "cargo build --release -p hyper-add in benches/peers")),
        peer("axum-add", absent("axum", "cargo build --release -p axum-add in benches/peers")),
        peer("actix-add", absent("actix", "cargo build --release -p actix-add in benches/peers")),
    ])
}

/// The echoes.
pub fn echoes() -> Field {
    let tokio = absent("tokio", "cargo build --release -p tokio-echo in benches/peers");
    Field::of([ours(&["echo", "serve", "-p", "0", "--raw"]), peer("tokio-echo", tokio)])
}

/// Sockets that give back what they are asked.
pub fn replies() -> Field {
    let about = "a ROUTER that zmq_proxy joins with itself: no Python for a message";
    let check = &["-c", "import zmq; print('libzmq', zmq.zmq_version(), 'pyzmq', zmq.__version__)"];
    let libzmq = version("python3", check).ok_or(absent("libzmq", "pip install pyzmq"));
    let libzmq = libzmq.map(|version| Rival {
        name: "libzmq",
        about: format!("{version}; {about}"),
        program: PathBuf::from("python3"),
        start: Start::Python(PYZMQ),
    });
    Field::of([ours(&["zmq", "rep", "--silent", "--bind", "tcp://127.0.0.1:*"]), libzmq])
}

const fn absent(name: &'static str, remedy: &'static str) -> Absent {
    Absent { name, remedy }
}

/// Our own server; not where nobody knows what our own program is.
fn ours(arguments: &'static [&'static str]) -> Result<Rival, Absent> {
    let program = std::env::current_exe();
    let program = program.map_err(|_| absent("ours", "a system that names its programs"))?;
    let about = format!("wirelab {}; wirelab {}", env!("CARGO_PKG_VERSION"), arguments.join(" "));
    Ok(Rival { name: "ours", about, program, start: Start::Says(arguments) })
}

/// A program of the name that it has in the tables.
fn found(absent: Absent, check: &[&str], about: &str, start: Start) -> Result<Rival, Absent> {
    let name = absent.name;
    let version = version(name, check).ok_or(absent)?;
    let about = format!("{version}; {about}");
    Ok(Rival { name, about, program: PathBuf::from(name), start })
}

/// One of `benches/peers`, if it was built: on the PATH, or where its workspace has it.
fn peer(program: &'static str, absent: Absent) -> Result<Rival, Absent> {
    let built = Path::new("benches/peers/target/release").join(program);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&paths).map(|path| path.join(program));
    let place = if built.is_file() { Some(built) } else { places.find(|place| place.is_file()) };
    let about = format!("benches/peers/{program}, one thread");
    Ok(Rival { name: absent.name, about, program: place.ok_or(absent)?, start: Start::Says(&[]) })
}

/// The first line that a program says of its version; `None`: it does not start.
fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8_lossy(&said);
    text.lines().next().map(|line| line.trim().to_owned())
}

impl Rival {
    /// Starts it. `directory` is its own.
    ///
    /// # Errors
    /// When it does not start, or does not say where it listens.
    pub fn start(&self, directory: &Path) -> io::Result<Running> {
        let mut command = Command::new(&self.program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        match self.start {
            Start::Says(arguments) => said(command.args(arguments).spawn()?),
            Start::Python(program) => said(command.args(["-c", program]).spawn()?),
            Start::Configured(arguments, text) => {
                let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
                let place = directory.display().to_string();
                let text = text.replace("PORT", &port.to_string()).replace("DIR", &place);
                // rumqttd knows what a file is by its name.
                let file = directory.join("configuration.toml");
                std::fs::write(&file, text)?;
                let file = file.display().to_string();
                let fill = |word: &&str| word.replace("FILE", &file).replace("DIR", &place);
                command.stdout(Stdio::null()).args(arguments.iter().map(fill));
                listening(command.spawn()?, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            }
        }
    }
}

/// Waits for the line that says where.
fn said(child: Child) -> io::Result<Running> {
    // Dropped, it ends: also when it says something else.
    let mut running = Running { child, addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) };
    let (sender, lines) = mpsc::channel();
    if let Some(out) = running.child.stdout.take() {
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(out).read_line(&mut line);
            // Whoever does not listen any more has lost his patience.
            let _ = sender.send(line);
        });
    }
    let late = |_| io::Error::other("it does not say in time where it listens");
    let line = lines.recv_timeout(PATIENCE).map_err(late)?;
    let word = line.trim().rsplit(' ').next().unwrap_or_default().trim_start_matches("tcp://");
    let port = word.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok();
    let addr = word.parse().ok().or(port);
    running.addr = addr.ok_or_else(|| io::Error::other(format!("{line:?} is no address")))?;
    Ok(running)
}

/// Waits until somebody listens there.
fn listening(child: Child, addr: SocketAddr) -> io::Result<Running> {
    let mut running = Running { child, addr };
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(addr).is_err() {
        if let Some(status) = running.child.try_wait()? {
            return Err(io::Error::other(format!("it has ended: {status}")));
        }
        if Instant::now() > deadline {
            return Err(io::Error::other("it does not listen in time"));
        }
        thread::sleep(GLANCE);
    }
    Ok(running)
}
