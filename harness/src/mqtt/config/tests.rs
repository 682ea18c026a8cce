//! Configuration files as a table: what is taken, and what is said of the rest.

use super::{Config, Family, KEYS, STORE};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file in a directory of its own, read.
fn read(text: &str) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("m.conf");
    fs::write(&file, text).unwrap();
    Config::read(&file)
        .map_err(|error| error.replace(&format!("{}/", directory.path().display()), ""))
}

fn good(text: &str) -> Config {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn an_empty_file_is_mosquittos_defaults() {
    for text in ["", "# nothing\n\n   \n"] {
        let config = good(text);
        assert_eq!(config.broker, wirelab_mqtt::broker::Settings::default());
        assert_eq!(config.listeners().count(), 0);
        assert!(config.allow_anonymous());
        assert_eq!(config.store(), None);
        assert_eq!(config.max_connections(), None);
    }
}

#[test]
fn every_key_sets_what_it_names() {
    let config = good(
        "listener 1884\nmax_connections 5\nlistener 1885 localhost # inside\nmax_connections 7\n\
         socket_domain ipv4\nallow_anonymous true\npassword_file a b\nacl_file /x/acl\n\
         persistence true\npersistence_location /var/lib\npersistence_file my.db\n\
         max_inflight_messages 0\nmax_queued_messages 7\nmessage_size_limit 268435455\n\
         max_packet_size 4294967295\npersistent_client_expiration 2m\n\
         allow_zero_length_clientid false\nauto_id_prefix x y\nretain_available false\n\
         sys_interval 0\nupgrade_outgoing_qos true\nallow_duplicate_messages 1\n\
         queue_qos0_messages true\r\nset_tcp_nodelay true\nuser nobody\npid_file p\n",
    );
    let [first, second] = &config.listeners[..] else { panic!("{:?}", config.listeners) };
    assert_eq!((first.port, first.host.as_deref(), first.family), (1884, None, None));
    assert_eq!((second.port, second.host.as_deref()), (1885, Some("localhost")));
    assert_eq!(second.family, Some(Family::V4));
    assert_eq!(config.max_connections(), Some(12));
    assert!(config.allow_anonymous());
    assert_eq!(config.password_file, Some(PathBuf::from("a b")));
    assert_eq!(config.acl_file, Some(PathBuf::from("/x/acl")));
    assert_eq!(config.store(), Some(PathBuf::from("/var/lib/my.db")));
    let broker = &config.broker;
    assert_eq!((broker.max_inflight_messages, broker.max_queued_messages), (0, 7));
    assert_eq!(broker.message_size_limit, 268_435_455);
    assert_eq!(broker.max_packet_size, wirelab_mqtt::limits::PACKET_MAX);
    assert_eq!(broker.persistent_client_expiration, Some(Duration::from_secs(60 * 24 * 3600)));
    assert_eq!(broker.auto_id_prefix, "x y");
    assert!(!broker.allow_zero_length_clientid && !broker.retain_available);
    assert!(broker.upgrade_outgoing_qos && broker.allow_duplicate_messages);
    assert!(broker.queue_qos0_messages && broker.sys_interval.is_zero());
    assert_eq!((config.user.as_deref(), config.pid_file), (Some("nobody"), Some("p".into())));
}

/// Mosquitto 2.0: who opens a port to others must say that everybody may use it.
#[test]
fn a_listener_asks_for_names() {
    for (text, anonymous) in [
        ("sys_interval 5\n", true),
        ("listener 1884 127.0.0.1\n", false),
        ("port 1884\n", false),
        ("bind_address 127.0.0.1\n", false),
        ("listener 1884\nallow_anonymous true\n", true),
        ("allow_anonymous false\n", false),
    ] {
        assert_eq!(good(text).allow_anonymous(), anonymous, "{text}");
    }
    let config = good("port 1884\nbind_address ::1\nlistener 1885\n");
    let places: Vec<_> = config.listeners().map(|l| (l.port, l.host.as_deref())).collect();
    assert_eq!(places, [(1884, Some("::1")), (1885, None)]);
    // Limits of two listeners, one without: no limit for both together.
    assert_eq!(good("listener 1\nmax_connections 5\nlistener 2\n").max_connections(), None);
    assert_eq!(good("listener 1\nmax_connections 0\n").max_connections(), None);
}

#[test]
fn what_cannot_be_followed_says_where_and_what_to_do() {
    for (text, want) in [
        ("alow_anonymous true\n", "m.conf:1: alow_anonymous: there is no such key; is it allow"),
        ("\n\ncertfile /x\n", "m.conf:3: certfile: TLS is not here; take the line out and put"),
        ("connection br\n", "m.conf:1: connection: a bridge to another broker is not here"),
        ("protocol websockets\n", "m.conf:1: protocol websockets: MQTT over WebSockets is not"),
        ("plugin /x.so\n", "m.conf:1: plugin: a plugin is not here; take the line out and use"),
        ("allow_anonymous True\n", "m.conf:1: allow_anonymous True: it is true or false"),
        ("allow_anonymous\n", "m.conf:1: allow_anonymous: it needs a value: true or false"),
        ("allow_anonymous true false\n", "m.conf:1: allow_anonymous true false: `false` is too"),
        ("max_inflight_messages abc\n", "m.conf:1: max_inflight_messages abc: it is a whole"),
        ("max_inflight_messages 65536\n", "m.conf:1: max_inflight_messages 65536: it is a whole"),
        ("message_size_limit -1\n", "m.conf:1: message_size_limit -1: it is a whole number"),
        ("max_packet_size 19\n", "m.conf:1: max_packet_size 19: it is a whole number from 20"),
        ("persistent_client_expiration 3s\n", "m.conf:1: persistent_client_expiration 3s: it is"),
        ("persistent_client_expiration 0d\n", "m.conf:1: persistent_client_expiration 0d: it is"),
        ("persistent_client_expiration 1é\n", "m.conf:1: persistent_client_expiration 1é: it is"),
        ("listener 70000\n", "m.conf:1: listener 70000: it is a whole number from 1 to 65535"),
        ("listener 0 /run/x\n", "m.conf:1: listener 0 /run/x: Unix sockets are not here"),
        ("listener 1 a b\n", "m.conf:1: listener 1 a b: one address at most"),
        ("acl_file a\nacl_file b\n", "m.conf:2: acl_file b: it was given before"),
        ("auto_id_prefix a\nauto_id_prefix b\n", "m.conf:2: auto_id_prefix b: it was given"),
        ("per_listener_settings true\n", "m.conf:1: per_listener_settings true: this is not"),
        ("max_qos 1\n", "m.conf:1: max_qos 1: a limit on the QoS is not here"),
        ("max_queued_bytes 9\n", "m.conf:1: max_queued_bytes 9: a limit on bytes is not here"),
        ("log_type info\n", "m.conf:1: log_type info: it is error, warning, notice"),
        ("log_dest syslog\n", "m.conf:1: log_dest syslog: syslog is not here: use stderr"),
        ("log_dest file\n", "m.conf:1: log_dest file: which file?"),
        ("log_dest file a\nlog_dest file b\n", "m.conf:2: log_dest file b: one file at most"),
        ("log_timestamp_format %A\n", "m.conf:1: log_timestamp_format %A: %A is not known"),
        (" # c\n", "m.conf:1: a comment begins in the first column"),
        ("port\t1883\n", "m.conf:1: port\\t1883: key and value are separated by a space"),
        ("include_dir none/such\n", "m.conf:1: include_dir none/such: No such file"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.starts_with(want), "{text}: {error}");
    }
    // All of them at once, and not without end.
    assert_eq!(read("a b\nc d\nsys_interval 5\ne f\n").unwrap_err().lines().count(), 3);
    let many = read(&"x y\n".repeat(30)).unwrap_err();
    assert!(many.ends_with("\nand 10 more like these"), "{many}");
    let error = Config::read(Path::new("no/such.conf")).unwrap_err();
    assert!(error.starts_with("the configuration file no/such.conf cannot be read"), "{error}");
}

#[test]
fn a_directory_is_read_where_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("d")).unwrap();
    for (name, value) in [("b.conf", 1), ("A.conf", 2), ("a.conf", 3), ("B.conf", 4), ("z.bak", 5)]
    {
        fs::write(path("d").join(name), format!("sys_interval {value}\n")).unwrap();
    }
    let write = |text: &str| {
        fs::write(path("m.conf"), text.replace("DIR", &path("d").display().to_string())).unwrap();
    };
    // A, a, B, b: the last one counts.
    write("sys_interval 9\ninclude_dir DIR\n");
    let config = Config::read(&path("m.conf")).unwrap();
    assert_eq!(config.broker.sys_interval, Duration::from_secs(1));
    write("include_dir DIR\nsys_interval 9\n");
    let config = Config::read(&path("m.conf")).unwrap();
    assert_eq!(config.broker.sys_interval, Duration::from_secs(9));
    // Only the main file includes.
    fs::write(path("d").join("c.conf"), "\ninclude_dir x\n").unwrap();
    let error = Config::read(&path("m.conf")).unwrap_err();
    assert!(error.ends_with("c.conf:2: include_dir: only the main file may include others"));
}

#[test]
fn the_table_is_sorted_and_without_doubles() {
    for pair in KEYS.windows(2) {
        assert!(pair[0].name < pair[1].name);
    }
    assert_eq!(good("persistence true\n").store(), Some(Path::new(".").join(STORE)));
}

#[test]
fn notes_tell_what_has_no_effect() {
    let config = good("autosave_interval 60\nsys_interval 5\nretry_interval 20\n");
    let [autosave, retry] = &config.notes[..] else { panic!("{:?}", config.notes) };
    assert!(autosave.contains("m.conf:1: autosave_interval: without effect"), "{autosave}");
    assert!(retry.contains("m.conf:3: retry_interval: without effect"), "{retry}");
}
