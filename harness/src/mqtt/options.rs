//! The letters that `mqtt pub` and `mqtt sub` share: which broker, who we are, our will.
//!
//! Letters, defaults and rules are those of mosquitto's clients. It knows the command line and
//! what a client may be told; it does not know what is published or printed.

use clap::Args;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::unix::ffi::OsStrExt;
use wirelab_mqtt::QoS;
use wirelab_mqtt::client::Options;
use wirelab_mqtt::packet::Will;
use wirelab_mqtt::topic::check_name;

use super::PORT;
use crate::exit::Failure;

/// Where to, and as whom.
#[derive(Debug, Args)]
pub struct Connection {
    /// The broker's name or address.
    #[arg(short = 'h', long, env = "WIRELAB_HOST", default_value = "localhost")]
    #[arg(help_heading = "Connection")]
    pub host: String,
    /// The broker's port.
    #[arg(short, long, env = "WIRELAB_PORT", default_value_t = PORT, help_heading = "Connection")]
    pub port: u16,
    /// Host, port, user, password and topic at once: mqtt://[user[:password]@]host[:port]/topic.
    #[arg(short = 'L', long, help_heading = "Connection")]
    pub url: Option<String>,
    /// Our end of the connection is bound to this address.
    #[arg(short = 'A', value_name = "ADDRESS", help_heading = "Connection")]
    pub bind: Option<IpAddr>,
    /// The client id; without one the broker chooses.
    #[arg(short, long, conflicts_with = "id_prefix", help_heading = "Connection")]
    pub id: Option<String>,
    /// A client id of this and our process id.
    #[arg(short = 'I', long, help_heading = "Connection")]
    pub id_prefix: Option<String>,
    /// Keep Alive, in seconds; 0 for none.
    #[arg(short, long, value_name = "SECONDS", default_value_t = 60, help_heading = "Connection")]
    pub keepalive: u16,
    /// Keep the session: the broker remembers subscriptions, and what comes while we are away.
    #[arg(short = 'c', long, help_heading = "Connection")]
    pub disable_clean_session: bool,
    /// The user's name.
    #[arg(short, long, env = "WIRELAB_USER", help_heading = "Connection")]
    pub username: Option<String>,
    /// The user's password.
    #[arg(short = 'P', long = "pw", env = "WIRELAB_PASSWORD", hide_env_values = true)]
    #[arg(value_name = "PASSWORD", allow_hyphen_values = true, help_heading = "Connection")]
    pub password: Option<OsString>,
    /// The protocol's version: mqttv311, or 311 for short.
    #[arg(short = 'V', long, value_name = "VERSION", default_value = "mqttv311")]
    #[arg(help_heading = "Connection")]
    pub protocol_version: String,
    /// PUBLISH packets of QoS 1 and 2 that may be unacknowledged at once.
    #[arg(short = 'M', value_name = "COUNT", default_value_t = 20, help_heading = "Connection")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub max_inflight: u16,
    /// Small packets go out at once; they always do, the flag is there for mosquitto's users.
    #[arg(long, help_heading = "Connection")]
    pub nodelay: bool,
    /// Print each packet that is sent or received, as mosquitto's clients do.
    #[arg(short, long)]
    pub debug: bool,
    /// Print no complaints while running.
    // Its id is that of the global flag, whose letter means another thing here.
    #[arg(long)]
    pub quiet: bool,
    /// Print help.
    #[arg(long, action = clap::ArgAction::Help)]
    pub help: Option<bool>,
    #[command(flatten)]
    will: WillArguments,
}

/// What the broker is to publish when we are gone without a DISCONNECT.
#[derive(Debug, Args)]
struct WillArguments {
    /// The topic of our will.
    #[arg(id = "will_topic", long = "will-topic", value_name = "TOPIC", help_heading = "Will")]
    topic: Option<String>,
    /// Its payload.
    #[arg(id = "will_payload", long = "will-payload", value_name = "PAYLOAD")]
    #[arg(allow_hyphen_values = true, help_heading = "Will")]
    payload: Option<OsString>,
    /// Its QoS.
    #[arg(id = "will_qos", long = "will-qos", value_name = "QOS", value_parser = qos)]
    #[arg(help_heading = "Will")]
    qos: Option<QoS>,
    /// It is to be retained.
    #[arg(id = "will_retain", long = "will-retain", help_heading = "Will")]
    retain: bool,
}

/// A broker, found; and what is said to it.
#[derive(Debug)]
pub struct Target {
    /// As the user wrote it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What the client is told.
    pub options: Options,
    /// The topic of `-L`.
    pub topic: Option<String>,
    /// Our end.
    pub bind: Option<IpAddr>,
}

impl Connection {
    /// What all of this says.
    ///
    /// # Errors
    /// What does not go together, as wrong usage.
    pub fn target(&self) -> Result<Target, Failure> {
        let version = self.protocol_version.as_str();
        if !matches!(version, "mqttv311" | "311") {
            let message = format!("-V {version}: MQTT 3.1.1 is spoken here, and no other (-V 311)");
            return Err(Failure::usage(message));
        }
        let mut options = Options::new(self.client_id());
        options.window = self.max_inflight.into();
        options.connect.keep_alive = self.keepalive;
        options.connect.clean_session = !self.disable_clean_session;
        options.connect.user_name.clone_from(&self.username);
        options.connect.password = self.password.as_ref().map(bytes_of);
        options.connect.will = self.will()?;
        let mut target = Target {
            host: self.host.clone(),
            port: self.port,
            options,
            topic: None,
            bind: self.bind,
        };
        if let Some(url) = &self.url {
            target.read_url(url)?;
        }
        let connect = &target.options.connect;
        if connect.client_id.is_empty() && !connect.clean_session {
            return Err(Failure::usage("-c keeps a session, and that needs a client id: give -i"));
        }
        target.options.check().map_err(Failure::usage)?;
        Ok(target)
    }

    fn client_id(&self) -> String {
        match (&self.id, &self.id_prefix) {
            (Some(id), _) => id.clone(),
            (None, Some(prefix)) => format!("{prefix}{}", std::process::id()),
            (None, None) => String::new(),
        }
    }

    fn will(&self) -> Result<Option<Will>, Failure> {
        let WillArguments { topic, payload, qos, retain } = &self.will;
        let Some(name) = topic else {
            let given = payload.is_some() || qos.is_some() || *retain;
            let message = "a will needs a topic: --will-topic";
            return if given { Err(Failure::usage(message)) } else { Ok(None) };
        };
        check_name(name)
            .map_err(|error| Failure::usage(format!("--will-topic {name}: {error}")))?;
        Ok(Some(Will {
            topic: name.clone(),
            payload: payload.as_ref().map(bytes_of).unwrap_or_default(),
            qos: qos.unwrap_or_default(),
            retain: *retain,
        }))
    }
}

impl Target {
    /// `mqtt://[user[:password]@]host[:port]/topic`, nothing of it decoded, as mosquitto reads it.
    fn read_url(&mut self, url: &str) -> Result<(), Failure> {
        let bad = |what: &str| Failure::usage(format!("-L {url}: {what}"));
        let rest = match url.split_once("://") {
            Some(("mqtt", rest)) => rest,
            Some(("mqtts", _)) => return Err(bad("TLS is not spoken here; use mqtt://")),
            _ => return Err(bad("the form is mqtt://[user[:password]@]host[:port]/topic")),
        };
        let (place, topic) = rest.split_once('/').ok_or_else(|| bad("it needs a /topic"))?;
        let (user, place) = match place.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, place),
        };
        if let Some(user) = user {
            let (name, password) = match user.split_once(':') {
                Some((name, password)) => (name, Some(password)),
                None => (user, None),
            };
            self.options.connect.user_name = Some(name.to_owned());
            self.options.connect.password = password.map(|p| p.as_bytes().to_vec().into());
        }
        let (host, port) = split_port(place).ok_or_else(|| bad("that port is no number"))?;
        if host.is_empty() {
            return Err(bad("it has no host"));
        }
        host.clone_into(&mut self.host);
        self.port = port.unwrap_or(PORT);
        self.topic = (!topic.is_empty()).then(|| topic.to_owned());
        Ok(())
    }

    /// The broker's addresses.
    ///
    /// # Errors
    /// When the name has none.
    pub fn addrs(&self) -> Result<Vec<SocketAddr>, Failure> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let found = (host, self.port).to_socket_addrs();
        let all =
            found.map_err(|e| Failure::failed(format!("cannot find the host {host}: {e}")))?;
        // From one of our addresses only its own kind can be reached.
        let reachable = |addr: &SocketAddr| self.bind.is_none_or(|b| b.is_ipv4() == addr.is_ipv4());
        let addrs: Vec<_> = all.filter(reachable).collect();
        if addrs.is_empty() {
            return Err(Failure::failed(format!("the host {host} has no address we can use")));
        }
        Ok(addrs)
    }

    /// For words about it: `localhost:1883`.
    pub fn place(&self) -> String {
        if self.host.contains(':') && !self.host.starts_with('[') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
fn split_port(place: &str) -> Option<(&str, Option<u16>)> {
    let end = place.rfind(']').map_or(0, |end| end + 1);
    match place[end..].find(':') {
        None => Some((place, None)),
        Some(colon) => {
            let port = place[end + colon + 1..].parse().ok()?;
            Some((&place[..end + colon], Some(port)))
        }
    }
}

/// `-q`.
pub fn qos(text: &str) -> Result<QoS, String> {
    let bits = text.parse().ok().and_then(QoS::from_bits);
    bits.ok_or_else(|| "a QoS is 0, 1 or 2".to_owned())
}

/// An argument as the bytes it is.
pub fn bytes_of(argument: &OsString) -> bytes::Bytes {
    argument.as_bytes().to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::{Target, split_port};
    use wirelab_mqtt::client::Options;

    fn read(url: &str) -> Result<Target, String> {
        let (host, options) = ("h".to_owned(), Options::new(""));
        let mut target = Target { host, port: 1, options, topic: None, bind: None };
        target.read_url(url).map_err(|failure| failure.message)?;
        Ok(target)
    }

    #[test]
    fn a_url_says_everything_at_once() {
        let target = read("mqtt://ani:p:w@example.org:1884/a/b").unwrap();
        assert_eq!((target.host.as_str(), target.port), ("example.org", 1884));
        assert_eq!(target.topic.as_deref(), Some("a/b"));
        assert_eq!(target.options.connect.user_name.as_deref(), Some("ani"));
        assert_eq!(target.options.connect.password.as_deref(), Some(&b"p:w"[..]));
        let target = read("mqtt://[::1]/t").unwrap();
        assert_eq!((target.place().as_str(), target.port), ("[::1]:1883", 1883));
        for bad in ["mqtts://h/t", "http://h/t", "h", "mqtt://h", "mqtt://h:x/t", "mqtt:///t"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_ipv6_address_has_colons_of_its_own() {
        assert_eq!(split_port("[::1]:5"), Some(("[::1]", Some(5))));
        assert_eq!(split_port("[::1]"), Some(("[::1]", None)));
        assert_eq!(split_port("h:5"), Some(("h", Some(5))));
    }
}
