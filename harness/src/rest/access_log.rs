//! `rest serve --log`: a line for each answer, in the Common Log Format or as JSON.
//!
//! ```text
//!   loop 0 ─► Pen ─┐  lines, in a bounded channel
//!   loop 1 ─► Pen ─┴─► writer: all that wait, in one write ─► stderr, or stdout for JSON
//! ```
//! A lone request's line is out at once, and many requests share a write. A reader that is too slow
//! holds the loops back rather than lose a line; one that has gone costs the lines, not the server.
//!
//! ```text
//!   127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /add?a=5&b=9 HTTP/1.1" 200 19
//!   {"v":1,"kind":"access","time":"2000-10-10T13:55:36.204-07:00","peer":"127.0.0.1:40214",
//!    "method":"GET","target":"/add?a=5&b=9","version":"HTTP/1.1","agent":"curl/8.14.1",
//!    "status":200,"bytes":19}                                                  (in one line)
//! ```
//! It knows answers as they are told. Which handler gave them is not known.

use clap::ValueEnum;
use jiff::ZonedDateTime;
use serde_json::json;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use wirelab_http::server::{Observer, Record};

use crate::output::{escape, json_line};

/// Lines that wait to be written; a loop waits for room.
const LINES_MAX: usize = 4096;
/// Octets that are written at once.
const WRITE_MAX: usize = 64 * 1024;

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The Common Log Format, on stderr.
    Common,
    /// One object a line, on stdout.
    Json,
}

/// What each loop is given to write with.
#[derive(Clone, Debug)]
pub struct Pen {
    format: Format,
    lines: SyncSender<Vec<u8>>,
}

/// The log's other end: what was told of and is not written yet.
#[derive(Debug)]
pub struct Sheet {
    format: Format,
    lines: Receiver<Vec<u8>>,
}

/// A log that is not written yet: whoever starts it may say something first.
pub fn open(format: Format) -> (Pen, Sheet) {
    let (sender, receiver) = sync_channel(LINES_MAX);
    (Pen { format, lines: sender }, Sheet { format, lines: receiver })
}

impl Pen {
    /// Writes a line for each answer.
    pub fn observer(self) -> Observer {
        let mut clock = Clock::default();
        Box::new(move |record| {
            let now = ZonedDateTime::now();
            let line = match self.format {
                Format::Common => common(record, clock.stamp(&now)).into_bytes(),
                Format::Json => object(record, &now),
            };
            // A log that has ended is no reason not to answer.
            let _ = self.lines.send(line);
        })
    }
}

impl Sheet {
    /// Writes until all pens are gone.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn write(self) -> io::Result<JoinHandle<()>> {
        let out: Box<dyn Write + Send> = match self.format {
            Format::Common => Box::new(io::stderr()),
            Format::Json => Box::new(io::stdout()),
        };
        let name = "access-log".to_owned();
        thread::Builder::new().name(name).spawn(move || write_all(&self.lines, out))
    }
}

fn write_all(lines: &Receiver<Vec<u8>>, mut out: impl Write) {
    while let Ok(mut text) = lines.recv() {
        while text.len() < WRITE_MAX
            && let Ok(line) = lines.try_recv()
        {
            text.extend_from_slice(&line);
        }
        // Nobody reads it: the server is for its clients. SIGPIPE is an error here, and no end.
        let _ = out.write_all(&text).and_then(|()| out.flush());
    }
}

/// The time as the Common Log Format has it, written once a second.
#[derive(Debug, Default)]
struct Clock {
    second: i64,
    text: String,
}

impl Clock {
    fn stamp(&mut self, now: &ZonedDateTime) -> &str {
        let second = now.timestamp().as_second();
        if self.text.is_empty() || self.second != second {
            self.second = second;
            self.text = now.strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        }
        &self.text
    }
}

/// What came from the wire stands within quotes, and can neither end them nor act on a terminal.
fn common(record: &Record<'_>, time: &str) -> String {
    let host = record.peer.map_or("-".to_owned(), |peer| peer.ip().to_canonical().to_string());
    let request = record.head.map_or("-".to_owned(), |head| {
        let (method, target) = (escape(head.method_name()), escape(head.target()));
        format!("{method} {target} {}", head.version().name())
    });
    let (status, content) = (record.status.code(), record.content);
    let content = if content == 0 { "-".to_owned() } else { content.to_string() };
    format!("{host} - - [{time}] \"{request}\" {status} {content}\n")
}

fn object(record: &Record<'_>, now: &ZonedDateTime) -> Vec<u8> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let head = record.head;
    let object = json!({
        "v": 1, "kind": "access",
        "time": now.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        "peer": record.peer.map(|peer| peer.to_string()),
        "method": head.map(|head| text(head.method_name())),
        "target": head.map(|head| text(head.target())),
        "version": head.map(|head| head.version().name()),
        "agent": head.and_then(|head| head.fields().get("user-agent")).map(text),
        "status": record.status.code(), "bytes": record.content,
    });
    let mut line = Vec::new();
    // Into memory: that cannot fail.
    let _ = json_line(&mut line, &object);
    line
}

#[cfg(test)]
mod tests {
    use super::{Clock, common, object, write_all};
    use bytes::BytesMut;
    use jiff::tz::{Offset, TimeZone};
    use jiff::{Timestamp, ZonedDateTime};
    use std::io::{self, Write};
    use std::sync::mpsc::sync_channel;
    use std::sync::{Arc, Mutex};
    use wirelab_http::connection::{Connection, Event};
    use wirelab_http::server::Record;
    use wirelab_http::{RequestHead, Status};

    fn moment(second: i64) -> ZonedDateTime {
        let zone = TimeZone::fixed(Offset::from_hours(-7).unwrap());
        Timestamp::new(second, 204_000_000).unwrap().to_zoned_datetime(zone)
    }

    fn head(octets: &[u8]) -> Connection {
        let mut connection = Connection::default();
        let event = connection.next(&mut BytesMut::from(octets));
        assert!(matches!(event, Ok(Some(Event::Request))), "{event:?}");
        connection
    }

    fn record(head: Option<&RequestHead>, status: Status, content: u64) -> Record<'_> {
        let peer = Some("[::ffff:127.0.0.1]:40214".parse().unwrap());
        Record { peer, head, status, content, now: std::time::Duration::ZERO }
    }

    #[test]
    fn a_line_of_the_common_log_format() {
        let mut clock = Clock::default();
        let time = clock.stamp(&moment(971_211_336)).to_owned();
        let add = head(b"GET /add?a=5&b=9 HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(
            common(&record(Some(add.head()), Status::OK, 19), &time),
            "127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /add?a=5&b=9 HTTP/1.1\" 200 19\n"
        );
        assert_eq!(clock.stamp(&moment(971_211_337)), "10/Oct/2000:13:55:37 -0700");
        assert_eq!(
            common(&record(None, Status::BAD_REQUEST, 0), &time),
            "127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"-\" 400 -\n"
        );
    }

    #[test]
    fn nothing_from_the_wire_ends_the_quotes_or_reaches_the_terminal() {
        // The engine takes neither quotes nor controls in a target; this does not rely on it.
        let odd = "GET /%1b\\x HTTP/1.1\r\nHost: a\r\nUser-Agent: \u{9b}x\r\n\r\n";
        let odd = head(odd.as_bytes());
        let line = common(&record(Some(odd.head()), Status::OK, 1), "");
        assert!(line.contains(r#""GET /%1b\\x HTTP/1.1""#), "{line}");
        let line = object(&record(Some(odd.head()), Status::OK, 1), &moment(0));
        let text = String::from_utf8(line).unwrap();
        assert!(text.contains(r#""agent":"\u009bx""#), "{text}");
        assert!(!text.trim_end().chars().any(char::is_control), "{text}");
    }

    #[test]
    fn a_line_of_json() {
        let add = head(b"GET /add?a=5&b=9 HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8\r\n\r\n");
        let line = object(&record(Some(add.head()), Status::OK, 19), &moment(971_211_336));
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"v\":1,\"kind\":\"access\",\"time\":\"2000-10-10T13:55:36.204-07:00\",\
             \"peer\":\"[::ffff:127.0.0.1]:40214\",\"method\":\"GET\",\
             \"target\":\"/add?a=5&b=9\",\"version\":\"HTTP/1.1\",\"agent\":\"curl/8\",\
             \"status\":200,\"bytes\":19}\n"
        );
        let line = object(&record(None, Status::BAD_REQUEST, 7), &moment(0));
        let line: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert!(line["method"].is_null() && line["agent"].is_null(), "{line}");
    }

    /// Takes lines until it is full, as a pipe whose reader goes.
    #[derive(Clone, Default)]
    struct Pipe(Arc<Mutex<Vec<u8>>>);

    impl Write for Pipe {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let mut all = self.0.lock().unwrap();
            if all.len() > 10 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            all.extend_from_slice(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_goes_ends_nothing() {
        let (sender, receiver) = sync_channel(1);
        let pipe = Pipe::default();
        let ours = pipe.clone();
        let writer = std::thread::spawn(move || write_all(&receiver, ours));
        for n in 0..1000 {
            sender.send(format!("line {n}\n").into_bytes()).unwrap();
        }
        drop(sender);
        writer.join().unwrap();
        let all = pipe.0.lock().unwrap();
        assert!(all.starts_with(b"line 0\n") && all.len() < 1000);
    }
}
