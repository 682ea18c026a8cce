//! `wirelab mqtt broker`: the broker as a program.
//!
//! It knows the command line, and in which order a broker is put together. What the configuration
//! says stands in `config`, where it listens in `listening`, what a signal does in `reload`.

use clap::Args;
use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use wirelab_mqtt::broker::Broker;
use wirelab_mqtt::limits::{HIGH_WATER, LOW_WATER, PACKET_MAX};
use wirelab_reactor::limits::READ_MAX;
use wirelab_reactor::{EventLoop, MioNet, Settings};

use super::access::Rules;
use super::config::{self, Config};
use super::log::{Kind, Log};
use super::{listening, reload, store::RedbStore, user};
use crate::descriptors;
use crate::exit::Failure;
use crate::output::Output;
use crate::signals;

/// Bytes that may be queued for one client: what lags behind, and one packet of the longest.
const OUTBOX_MAX: usize = 2 * PACKET_MAX;

/// Sets of rules that wait for the loop to take them.
const COMMANDS_MAX: usize = 4;

/// Arguments of `mqtt broker`. What is given here counts more than the file.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// A configuration file, in mosquitto.conf's syntax.
    #[arg(short, long = "config-file", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The port [default: 1883]; 0 takes a free one. The file's listeners are then left out.
    #[arg(short, long, env = "WIRELAB_PORT")]
    pub port: Option<u16>,
    /// The address to listen on [default: 127.0.0.1]; 0.0.0.0 or :: for all.
    #[arg(long, env = "WIRELAB_BIND")]
    pub bind: Option<IpAddr>,
    /// Let in only the users of this password file (see `wirelab mqtt passwd`).
    #[arg(long, value_name = "FILE")]
    pub passwd: Option<PathBuf>,
    /// The rules of this ACL file say who may read and write which topics.
    #[arg(long, value_name = "FILE")]
    pub acl: Option<PathBuf>,
    /// Keep sessions, queues and retained messages in this file, or in wirelab.db in this
    /// directory, over restarts and crashes.
    #[arg(long, value_name = "FILE|DIR")]
    pub persist: Option<PathBuf>,
    /// Unacknowledged messages of QoS 1 and 2 to one client [default: 100]; 0: no limit.
    #[arg(long, value_name = "N")]
    pub max_inflight_messages: Option<usize>,
    /// Messages of QoS 1 and 2 that wait for one client [default: 1000]; 0: no limit.
    #[arg(long, value_name = "N")]
    pub max_queued_messages: Option<usize>,
    /// The longest payload in bytes [default: 0]; 0: no limit but the packet's own, 256 MB.
    #[arg(long, value_name = "BYTES")]
    pub message_size_limit: Option<usize>,
    /// Seconds between publications of $SYS [default: 10]; 0: never.
    #[arg(long, value_name = "SECONDS")]
    pub sys_interval: Option<u64>,
    /// Print the keys that a configuration file may hold, and end.
    #[arg(long)]
    pub keys: bool,
}

impl Arguments {
    /// The file with what was said on the command line put over it.
    pub fn read(&self) -> Result<Config, String> {
        let mut config = match &self.config {
            Some(file) => Config::read(file)?,
            None => Config::default(),
        };
        if let Some(passwords) = &self.passwd {
            config.password_file = Some(passwords.clone());
            // Without a word on it, whoever names a password file wants passwords.
            config.allow_anonymous.get_or_insert(false);
        }
        if let Some(acl) = &self.acl {
            config.acl_file = Some(acl.clone());
        }
        let broker = &mut config.broker;
        let set = |slot: &mut usize, value: Option<usize>| *slot = value.unwrap_or(*slot);
        set(&mut broker.max_inflight_messages, self.max_inflight_messages);
        set(&mut broker.max_queued_messages, self.max_queued_messages);
        set(&mut broker.message_size_limit, self.message_size_limit);
        if let Some(seconds) = self.sys_interval {
            broker.sys_interval = Duration::from_secs(seconds);
        }
        config.broker.max_connections = config.max_connections();
        Ok(config)
    }

    /// The rules that this configuration asks for.
    pub fn rules(config: &Config) -> Result<Rules, String> {
        let (passwords, acl) = (config.password_file.as_deref(), config.acl_file.as_deref());
        Rules::read(config.allow_anonymous(), passwords, acl)
    }

    fn store(&self, config: &Config) -> Option<PathBuf> {
        match &self.persist {
            Some(path) if path.is_dir() => Some(path.join(config::STORE)),
            Some(path) => Some(path.clone()),
            None => config.store(),
        }
    }
}

/// Serves until a signal.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    if arguments.keys {
        return output.data(&config::reference(output.json));
    }
    serve(arguments, output).map_err(Failure::failed)
}

fn serve(arguments: &Arguments, output: &Output) -> Result<(), String> {
    let mut config = arguments.read()?;
    config.broker.started_at = time_of_day()?;
    let log = Log::open(arguments.config.as_ref().map(|_| &config.log), output)?;
    log.tell(Kind::Information, &format!("{} starting", config.broker.version));
    for note in &config.notes {
        log.tell(Kind::Warning, note);
    }
    let settings = loop_settings(&config, &log);
    let net = MioNet::new().map_err(|error| error.to_string())?;
    let mut event_loop = EventLoop::new(net, settings);
    let (commands, mailbox) = event_loop.mailbox(COMMANDS_MAX);
    let (addrs, broker) = if let Some(user) = &config.user {
        // Ports may need the superuser; the files are then read as whom we stay.
        let addrs = listening::listen(&mut event_loop, &config, arguments, &log)?;
        user::become_user(user)?;
        (addrs, assemble(arguments, &config, &log)?)
    } else {
        // Nobody is to connect to a broker that will not start.
        let broker = assemble(arguments, &config, &log)?;
        (listening::listen(&mut event_loop, &config, arguments, &log)?, broker)
    };
    let mut broker = broker.commanded_by(mailbox);
    let _pid_file = config.pid_file.as_deref().map(PidFile::write).transpose()?;
    signals::stop_loops(vec![event_loop.stopper()]).map_err(|error| error.to_string())?;
    reload::on_hangup(arguments.clone(), commands, log.clone())?;
    listening::announce(output, &addrs);
    event_loop.run(&mut broker).map_err(|error| error.to_string())?;
    broker.finish().map_err(|error| error.to_string())?;
    log.tell(Kind::Information, &format!("{} terminating", config.broker.version));
    Ok(())
}

/// The broker with its rules, its store and its log.
fn assemble(arguments: &Arguments, config: &Config, log: &Log) -> Result<Broker, String> {
    let rules = Arguments::rules(config)?;
    for warning in rules.warnings() {
        log.tell(Kind::Warning, warning);
    }
    let mut broker = Broker::new(config.broker.clone())
        .with_access(Box::new(rules))
        .observed_by(log.observer())
        .telling_messages(log.wants(Kind::Debug));
    if let Some(file) = arguments.store(config) {
        let store = RedbStore::open(&file).map_err(|error| error.to_string())?;
        broker = broker.with_store(Box::new(store)).map_err(|error| error.to_string())?;
    }
    Ok(broker)
}

fn time_of_day() -> Result<u64, String> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(since_1970.map_err(|_| "the clock stands before 1970: set it")?.as_secs())
}

fn loop_settings(config: &Config, log: &Log) -> Settings {
    let most = descriptors::for_connections();
    if let Some(wanted) = config.broker.max_connections.filter(|wanted| *wanted > most) {
        let what = format!(
            "max_connections is {wanted}, but the system gives us descriptors for {most}; raise \
             the hard limit (ulimit -Hn, or LimitNOFILE= in a unit of systemd)"
        );
        log.tell(Kind::Warning, &what);
    }
    Settings {
        high_water: HIGH_WATER,
        low_water: LOW_WATER,
        outbox_max: OUTBOX_MAX,
        input_max: PACKET_MAX + READ_MAX,
        connections_max: most,
        ..Settings::default()
    }
}

/// `pid_file`: there while the broker runs.
struct PidFile(PathBuf);

impl PidFile {
    fn write(path: &Path) -> Result<Self, String> {
        let write = || writeln!(fs::File::create(path)?, "{}", std::process::id());
        match write() {
            Ok(()) => Ok(Self(path.to_owned())),
            Err(error) => Err(format!("pid_file {} cannot be written: {error}", path.display())),
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
