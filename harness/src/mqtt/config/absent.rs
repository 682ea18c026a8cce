//! Keys of mosquitto that we cannot follow, and words that are none: what to do instead.
//!
//! It knows names. It does not know values.

use super::KEYS;

/// What is not here, the keys that ask for it (`…*`: all that begin so), and what to do.
const ABSENT: &[(&str, &[&str], &str)] = &[
    (
        "TLS",
        &[
            "cafile",
            "capath",
            "certfile",
            "keyfile",
            "ciphers",
            "ciphers_tls1.3",
            "crlfile",
            "dhparamfile",
            "require_certificate",
            "tls_*",
            "use_identity_as_username",
            "use_subject_as_username",
            "psk_file",
            "psk_hint",
        ],
        "put a TLS proxy (stunnel, haproxy) in front of a listener on 127.0.0.1",
    ),
    (
        "a bridge to another broker",
        &[
            "connection",
            "address",
            "addresses",
            "bridge_*",
            "cleansession",
            "clientid",
            "idle_timeout",
            "keepalive_interval",
            "local_*",
            "notifications",
            "notifications_local_only",
            "notification_topic",
            "password",
            "remote_*",
            "restart_timeout",
            "round_robin",
            "start_type",
            "threshold",
            "topic",
            "try_private",
            "username",
        ],
        "let mosquitto be the bridge, with this broker as its remote",
    ),
    (
        "MQTT over WebSockets",
        &["http_dir", "websockets_*"],
        "let the clients use TCP, or put a proxy in front of it",
    ),
    (
        "a plugin",
        &["plugin", "plugin_*", "auth_plugin", "auth_plugin_*", "auth_opt_*", "opt_*"],
        "use password_file and acl_file",
    ),
    ("syslog", &["log_facility"], "use log_dest stderr, or log_dest file PATH"),
    ("a limit on bytes of memory", &["memory_limit"], "use max_queued_messages and ulimit -v"),
    ("a prefix for a listener's topics", &["mount_point"], "use acl_file"),
    ("a listener by interface", &["bind_interface"], "use `listener PORT ADDRESS`"),
    ("a choice by client id", &["clientid_prefixes"], "use password_file and acl_file"),
];

/// What to say of a key that is not among ours.
pub fn unknown(name: &str) -> String {
    let shown = name.escape_debug();
    for (feature, names, advice) in ABSENT {
        if names.iter().any(|pattern| is(pattern, name)) {
            return format!("{shown}: {feature} is not here; take the line out and {advice}");
        }
    }
    if name.starts_with('#') {
        return "a comment begins in the first column: take the spaces before the # away"
            .to_owned();
    }
    if name.contains('\t') {
        return format!("{shown}: key and value are separated by a space, not by a tab");
    }
    match nearest(name) {
        Some(near) => format!("{shown}: there is no such key; is it {near}?"),
        None => format!("{shown}: there is no such key; `man mosquitto.conf` has them all"),
    }
}

fn is(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// The known key that needs the fewest changes, if it needs few.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let absent = ABSENT.iter().flat_map(|(_, names, _)| names.iter().copied());
    let known = KEYS.iter().map(|key| key.name).chain(absent.filter(|name| !name.ends_with('*')));
    let (changes, near) = known.map(|known| (distance(&name, known), known)).min()?;
    (changes <= near.len() / 3).then_some(near)
}

/// Letters to put in, take out or replace to make one of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, c) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, d) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(c != *d);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, unknown};

    #[test]
    fn the_nearest_key_is_named() {
        assert_eq!(distance("kitten", "sitting"), 3);
        for (name, want) in [
            ("alow_anonymous", "is it allow_anonymous?"),
            ("Allow_Anonymous", "is it allow_anonymous?"),
            ("max_inflight", "no such key"),
            ("persistance", "is it persistence?"),
            ("listner", "is it listener?"),
            ("xyz", "man mosquitto.conf"),
            ("certfile", "TLS is not here"),
            ("tls_version", "TLS is not here"),
            ("bridge_insecure", "a bridge to another broker is not here"),
            ("plugin_opt_x", "a plugin is not here"),
            ("listener\t1883", "not by a tab"),
            ("#", "first column"),
        ] {
            let text = unknown(name);
            assert!(text.contains(want), "{name}: {text}");
        }
    }
}
