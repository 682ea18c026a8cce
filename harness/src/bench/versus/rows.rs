//! What is compared: rows for tables, and points for curves.
//!
//! Each is a load of `wirelab bench` with its arguments. It does not know who carries it.

use super::rivals::{self, Field};

/// One load.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is.
    pub title: String,
    /// The arguments of `wirelab bench`, but for the target and the time.
    pub arguments: Vec<String>,
    /// Where it stands on its curve's axis.
    pub x: f64,
    /// Topic filters that somebody else subscribes to before.
    pub subscriptions: usize,
}

/// Rows with the same rivals.
#[derive(Debug)]
pub struct Contest {
    /// As on the command line.
    pub name: &'static str,
    /// For the page.
    pub title: &'static str,
    /// Who takes part.
    pub field: Field,
    /// What is compared.
    pub rows: Vec<Row>,
    /// A curve: what grows, and the figures that are drawn against it.
    pub curve: Option<Curve>,
}

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    /// The axis.
    pub axis: &'static str,
    /// Figures by their names, and what they are.
    pub figures: &'static [(&'static str, &'static str)],
}

fn row(title: &str, arguments: &[&str]) -> Row {
    let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
    Row { title: title.to_owned(), arguments, x: 0.0, subscriptions: 0 }
}

fn point(x: usize, arguments: &[&str]) -> Row {
    Row { x: x as f64, ..row(&x.to_string(), arguments) }
}

/// The path that all web servers answer alike.
const SUM: [&str; 2] = ["--path", "/add?a=5&b=9"];

/// All contests.
pub fn contests(quick: bool) -> Vec<Contest> {
    let mut all = tables();
    all.extend(curves());
    all.extend(holdings());
    if quick {
        for contest in &mut all {
            contest.rows.truncate(2);
        }
    }
    all
}

fn tables() -> Vec<Contest> {
    let table = |name, title, field, rows| Contest { name, title, field, rows, curve: None };
    let pairs = |qos| ["mqtt", "thr", "--publishers", "50", "--subscribers", "50", "--qos", qos];
    let rest = |c, window| [&["rest", "-c", c, "--window", window][..], &SUM].concat();
    vec![
        table(
            "mqtt",
            "MQTT: messages through a broker",
            rivals::brokers(),
            vec![
                row("50 pairs, QoS 0, 64 B", &pairs("0")),
                row("50 pairs, QoS 1, 64 B", &pairs("1")),
                row("50 pairs, QoS 2, 64 B", &pairs("2")),
                row("1 to 100, QoS 0, 64 B", &["mqtt", "thr", "--subscribers", "100"]),
                row("1 to 1, QoS 0, 16 KiB", &["mqtt", "thr", "-s", "16384"]),
            ],
        ),
        table(
            "http",
            "HTTP/1.1: a sum for each request",
            rivals::web_servers(),
            vec![
                row("1 connection", &rest("1", "1")),
                row("64 connections", &rest("64", "1")),
                row("256 connections", &rest("256", "1")),
                row("64 connections, 16 requests at once", &rest("64", "16")),
            ],
        ),
        table(
            "zmq",
            "ZeroMQ: requests that come back",
            rivals::replies(),
            vec![
                row("1 connection, 64 B", &["zmq", "-c", "1"]),
                row("16 connections, 64 B", &["zmq", "-c", "16"]),
                row("16 connections, 16 requests at once", &["zmq", "-c", "16", "--window", "16"]),
            ],
        ),
        table(
            "echo",
            "TCP: octets that come back",
            rivals::echoes(),
            vec![
                row("1 connection, 64 B", &["echo", "-c", "1"]),
                row("64 connections, 64 B", &["echo", "-c", "64"]),
                row("1,000 connections, 64 B", &["echo", "-c", "1000"]),
                row("8 connections, 256 KiB", &["echo", "-c", "8", "-s", "262144"]),
            ],
        ),
    ]
}

const COST: &[(&str, &str)] = &[("rate", "a second"), ("cpu", "µs of the server's CPU for each")];

fn curve(
    name: &'static str,
    title: &'static str,
    field: Field,
    rows: &[Row],
    axis: &'static str,
    figures: &'static [(&'static str, &'static str)],
) -> Contest {
    let curve = Some(Curve { axis, figures });
    Contest { name, title, field, rows: rows.to_vec(), curve }
}

fn curves() -> Vec<Contest> {
    let text = |n: usize| n.to_string();
    let http = [1, 10, 100, 1000, 10_000]
        .map(|n| point(n, &[&["rest", "-c", &text(n)][..], &SUM].concat()));
    let sizes = [1, 24, 256, 4096, 65_536, 1_048_576];
    let mqtt = sizes.map(|n| point(n, &["mqtt", "thr", "-s", &text(n), "--window", "20"]));
    let zmq = [1, 64, 1024, 16_384, 262_144, 1_048_576]
        .map(|n| point(n, &["zmq", "-c", "1", "-s", &text(n)]));
    vec![
        curve(
            "http-connections",
            "HTTP: how cost grows with connections",
            rivals::web_servers(),
            &http,
            "connections",
            COST,
        ),
        curve(
            "mqtt-sizes",
            "MQTT: how cost grows with messages",
            rivals::brokers(),
            &mqtt,
            "bytes of a message",
            COST,
        ),
        curve(
            "zmq-sizes",
            "ZeroMQ: how cost grows with requests",
            rivals::replies(),
            &zmq,
            "bytes of a request",
            COST,
        ),
    ]
}

/// Curves of what is held, and not of what passes.
fn holdings() -> Vec<Contest> {
    let subscriptions = [1, 100, 10_000, 1_000_000].map(|n| {
        let point = point(n, &["mqtt", "thr"]);
        Row { subscriptions: n, ..point }
    });
    let idle =
        |protocol| [100, 1000, 10_000].map(|n| point(n, &[protocol, "conn", "-c", &n.to_string()]));
    let memory = &[("rss", "bytes of memory for each")];
    vec![
        curve(
            "mqtt-subscriptions",
            "MQTT: how cost grows with subscriptions",
            rivals::brokers(),
            &subscriptions,
            "topic filters of somebody else",
            &[("cpu", "µs of the broker's CPU for each message"), ("resident", "bytes of memory")],
        ),
        curve(
            "mqtt-idle",
            "MQTT: memory of idle clients",
            rivals::brokers(),
            &idle("mqtt"),
            "clients",
            memory,
        ),
        curve(
            "http-idle",
            "HTTP: memory of idle connections",
            rivals::web_servers(),
            &idle("rest"),
            "connections",
            memory,
        ),
    ]
}
