//! Every key of the configuration file: what it takes, what it does, and how it is told apart
//! from mosquitto's.
//!
//! A table, and beside it the functions that are longer than a line.

use std::time::Duration;
use wirelab_mqtt::limits::{PACKET_MAX, REMAINING_LENGTH_MAX};

use super::Config;
use super::listener::{bind_address, default_port, listener, max_connections, socket_domain};
use super::values::{boolean, duration, limit, once, whole, word};

/// One key.
#[derive(Clone, Copy)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What it takes.
    pub values: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What is different here, to be told to whoever uses it.
    pub note: Option<&'static str>,
    /// Takes the value.
    pub set: fn(&mut Config, &str) -> Result<(), String>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const BOOL: &str = "true or false";
const NUMBER: &str = "a number; 0: no limit";

const fn key(
    name: &'static str,
    values: &'static str,
    default: &'static str,
    set: fn(&mut Config, &str) -> Result<(), String>,
) -> Key {
    Key { name, values, default, note: None, set }
}

const fn noted(key: Key, note: &'static str) -> Key {
    Key { note: Some(note), ..key }
}

/// Only the loop's own way is to be had, which is mosquitto's default too.
const EVERY_COMMIT: &str = "without effect: what is acknowledged is on disk already";

/// The keys, in the order of the alphabet.
pub const KEYS: &[Key] = &[
    key("acl_file", "a path", "none: all may do all", |c, v| once(&mut c.acl_file, v)),
    key("allow_anonymous", BOOL, "false; without a listener true", |c, v| {
        c.allow_anonymous = Some(boolean(v)?);
        Ok(())
    }),
    key("allow_duplicate_messages", BOOL, "false", |c, v| {
        c.broker.allow_duplicate_messages = boolean(v)?;
        Ok(())
    }),
    key("allow_zero_length_clientid", BOOL, "true", |c, v| {
        c.broker.allow_zero_length_clientid = boolean(v)?;
        Ok(())
    }),
    key("auto_id_prefix", "a text", "auto-", auto_id_prefix),
    noted(key("autosave_interval", "seconds", "1800", seconds_without_effect), EVERY_COMMIT),
    noted(key("autosave_on_changes", BOOL, "false", bool_without_effect), EVERY_COMMIT),
    key("bind_address", "an address or a name", "all addresses", bind_address),
    key("check_retain_source", "false", "false", only_false),
    key("connection_messages", BOOL, "true", |c, v| {
        c.log.connection_messages = boolean(v)?;
        Ok(())
    }),
    key("include_dir", "a directory", "none", |c, v| once(&mut c.include, v)),
    key("listener", "a port and an address", "the loopback alone, port 1883", listener),
    key("log_dest", "stdout, stderr, none, or file and a path", "stderr", |c, v| c.log.dest(v)),
    key("log_timestamp", BOOL, "true", |c, v| {
        c.log.timestamp = boolean(v)?;
        Ok(())
    }),
    key("log_timestamp_format", "such as %Y-%m-%dT%H:%M:%S", "seconds since 1970", |c, v| {
        super::super::log::clock::check(v)?;
        c.log.format = Some(v.to_owned());
        Ok(())
    }),
    key("log_type", "one type", "error, warning, notice, information", |c, v| {
        c.log.add_type(word(v)?)
    }),
    key("max_connections", "a number; -1: no limit", "-1", max_connections),
    key("max_inflight_bytes", "0", "0", only_zero),
    key("max_inflight_messages", NUMBER, "20", |c, v| {
        c.broker.max_inflight_messages = whole(v, 0, 65_535)? as usize;
        Ok(())
    }),
    noted(
        key("max_keepalive", "seconds", "65535", |_, v| whole(v, 10, 65_535).map(drop)),
        "without effect: only MQTT 5 clients can be told",
    ),
    key("max_packet_size", "bytes, from 20", "268435460", max_packet_size),
    key("max_qos", "2", "2", only_two),
    key("max_queued_bytes", "0", "0", only_zero),
    key("max_queued_messages", NUMBER, "1000", |c, v| {
        c.broker.max_queued_messages = limit(v)?;
        Ok(())
    }),
    noted(
        key("max_topic_alias", "a number", "10", |_, v| whole(v, 0, 65_535).map(drop)),
        "without effect: topic aliases are MQTT 5's",
    ),
    key("message_size_limit", "bytes; 0: no limit", "0", |c, v| {
        c.broker.message_size_limit = whole(v, 0, REMAINING_LENGTH_MAX as u64)? as usize;
        Ok(())
    }),
    key("password_file", "a path", "none", |c, v| once(&mut c.password_file, v)),
    key("per_listener_settings", "false", "false", only_false),
    key("persistence", BOOL, "false", |c, v| {
        c.persistence = boolean(v)?;
        Ok(())
    }),
    key("persistence_file", "a name", super::STORE, |c, v| once(&mut c.persistence_file, v)),
    key("persistence_location", "a directory", "the current one", |c, v| {
        once(&mut c.persistence_location, v)
    }),
    key("persistent_client_expiration", "such as 14d", "never", |c, v| {
        c.broker.persistent_client_expiration = Some(duration(v)?);
        Ok(())
    }),
    key("pid_file", "a path", "none", |c, v| once(&mut c.pid_file, v)),
    key("port", "a port", "1883", default_port),
    key("protocol", "mqtt", "mqtt", protocol),
    key("queue_qos0_messages", BOOL, "false", |c, v| {
        c.broker.queue_qos0_messages = boolean(v)?;
        Ok(())
    }),
    key("retain_available", BOOL, "true", |c, v| {
        c.broker.retain_available = boolean(v)?;
        Ok(())
    }),
    noted(
        key("retry_interval", "seconds", "none", seconds_without_effect),
        "without effect: nothing is sent again while a connection lasts [MQTT-4.4.0-1]",
    ),
    key("set_tcp_nodelay", BOOL, "true, always", bool_without_effect),
    key("socket_domain", "ipv4 or ipv6", "both", socket_domain),
    key("sys_interval", "seconds; 0: never", "10", |c, v| {
        c.broker.sys_interval = Duration::from_secs(whole(v, 0, 65_535)?);
        Ok(())
    }),
    key("upgrade_outgoing_qos", BOOL, "false", |c, v| {
        c.broker.upgrade_outgoing_qos = boolean(v)?;
        Ok(())
    }),
    key("use_username_as_clientid", "false", "false", only_false),
    key("user", "a user's name", "whoever starts it", |c, v| once(&mut c.user, v)),
];

fn auto_id_prefix(config: &mut Config, value: &str) -> Result<(), String> {
    if config.broker.auto_id_prefix != wirelab_mqtt::broker::Settings::default().auto_id_prefix {
        return Err("it was given before; keep one of them".to_owned());
    }
    // The longest client id is as long, with 16 characters of ours behind it.
    if value.len() > 65_535 - 16 {
        return Err("a client id has at most 65535 bytes".to_owned());
    }
    value.clone_into(&mut config.broker.auto_id_prefix);
    Ok(())
}

fn max_packet_size(config: &mut Config, value: &str) -> Result<(), String> {
    let bytes = whole(value, 20, 4_294_967_295)? as usize;
    config.broker.max_packet_size = bytes.min(PACKET_MAX);
    Ok(())
}

fn protocol(_: &mut Config, value: &str) -> Result<(), String> {
    match word(value)? {
        "mqtt" => Ok(()),
        "websockets" => Err("MQTT over WebSockets is not here: let the clients use TCP".to_owned()),
        _ => Err("it is mqtt".to_owned()),
    }
}

fn seconds_without_effect(_: &mut Config, value: &str) -> Result<(), String> {
    whole(value, 0, 4_294_967_295).map(drop)
}

fn bool_without_effect(_: &mut Config, value: &str) -> Result<(), String> {
    boolean(value).map(drop)
}

fn only_false(_: &mut Config, value: &str) -> Result<(), String> {
    if boolean(value)? {
        return Err("this is not here: take the line out, or say false".to_owned());
    }
    Ok(())
}

fn only_zero(_: &mut Config, value: &str) -> Result<(), String> {
    if limit(value)? != 0 {
        return Err(
            "a limit on bytes is not here: take the line out, or use the limit on messages"
                .to_owned(),
        );
    }
    Ok(())
}

fn only_two(_: &mut Config, value: &str) -> Result<(), String> {
    if whole(value, 0, 2)? != 2 {
        return Err("a limit on the QoS is not here: take the line out".to_owned());
    }
    Ok(())
}
