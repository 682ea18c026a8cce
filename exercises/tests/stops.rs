//! What an answer to each exercise must pass; that there is one; and that a wrong one is found out.
//!
//! Your own are ignored until you ask for one: `cargo test -p wirelab-exercises -- --ignored
//! capitals`.

#[path = "stops/mod.rs"]
mod answers;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;
use wirelab_exercises::frame_header::Header;
use wirelab_exercises::{
    capitals, chunked, frame_header, patience, remaining_length, topic_filter,
};
use wirelab_reactor::sim::{Faults, Node, World};
use wirelab_reactor::{Closed, ConnId, Io, Now, Origin, Service, Settings, Timer};

/// What a client has heard, and when its connection ended.
#[derive(Debug, Default)]
struct Heard {
    octets: Vec<u8>,
    ended: Option<Now>,
}

/// Says its pieces at their times, and listens.
struct Client {
    server: std::net::SocketAddr,
    pieces: Vec<(Now, &'static [u8])>,
    conn: Option<ConnId>,
    heard: Rc<RefCell<Heard>>,
}

impl Service for Client {
    fn on_start(&mut self, io: &mut Io) {
        io.connect(self.server);
    }

    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        self.conn = Some(conn);
        for (n, (at, _)) in self.pieces.iter().enumerate() {
            io.set_timer(Timer::Service(n as u64), io.now() + *at);
        }
    }

    fn on_data(&mut self, _: &mut Io, _: ConnId, input: &mut bytes::BytesMut) {
        self.heard.borrow_mut().octets.extend_from_slice(&input.split());
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        if let (Timer::Service(n), Some(conn)) = (timer, self.conn) {
            io.send(conn, bytes::Bytes::from_static(self.pieces[n as usize].1));
        }
    }

    fn on_close(&mut self, io: &mut Io, _: ConnId, _: Closed) {
        self.heard.borrow_mut().ended = Some(io.now());
    }
}

/// A client of this service on a simulated network, for so long.
fn talk<S: Service>(
    service: S,
    pieces: Vec<(Now, &'static [u8])>,
    time: Duration,
) -> Rc<RefCell<Heard>> {
    let world = World::new(7, Faults::mild());
    let place = |last| std::net::IpAddr::from([10, 0, 0, last]);
    let mut server = Node::new(world.host(place(1)), Settings::default(), service);
    let (_, addr) = server.event_loop.listen((place(1), 80).into()).expect("a port");
    let heard = Rc::<RefCell<Heard>>::default();
    let client = Client { server: addr, pieces, conn: None, heard: heard.clone() };
    let mut client = Node::new(world.host(place(2)), Settings::default(), client);
    world.run(&mut [&mut server, &mut client], time, || false).expect("no loop fails");
    heard
}

const SECOND: Duration = Duration::from_secs(1);

fn capitals_answers<S: Service>(make: fn() -> S) {
    for (pieces, wanted) in [
        (&[&b"halo\n"[..]][..], &b"HALO\n"[..]),
        (&[b"ha", b"lo\nap", b"a\nkab", b"ar?\n"], b"HALO\nAPA\nKABAR?\n"),
        (&[b"1\n\n2\n", b"never ended"], b"1\n\n2\n"),
    ] {
        let at = (0..).map(|n| SECOND * n);
        let heard = talk(make(), at.zip(pieces.iter().copied()).collect(), 10 * SECOND);
        assert_eq!(heard.borrow().octets, wanted);
    }
}

fn patience_ends<S: Service>(make: fn() -> S) {
    let silence = patience::SILENCE;
    for (said, ends) in [
        (vec![], silence),
        (vec![(SECOND, &b"x"[..])], silence + SECOND),
        (
            vec![(silence - SECOND, b"x"), (2 * silence - 2 * SECOND, b"y")],
            3 * silence - 2 * SECOND,
        ),
    ] {
        let heard = talk(make(), said, 10 * silence);
        let ended = heard.borrow().ended.expect("the connection ends");
        // What goes over the network takes its time.
        assert!(ended >= ends && ended < ends + SECOND, "{ended:?}, not {ends:?}");
    }
}

type DecodeLength = fn(&[u8]) -> Result<Option<(u32, usize)>, &'static str>;

fn lengths_are_read_and_written(decode: DecodeLength, encode: fn(u32, &mut Vec<u8>)) {
    for (length, bytes) in [
        (0, &[0][..]),
        (127, &[0x7f]),
        (128, &[0x80, 1]),
        (321, &[0xc1, 2]),
        (16_383, &[0xff, 0x7f]),
        (2_097_152, &[0x80, 0x80, 0x80, 1]),
        (268_435_455, &[0xff, 0xff, 0xff, 0x7f]),
    ] {
        let mut out = Vec::new();
        encode(length, &mut out);
        assert_eq!(out, bytes, "{length}");
        for len in 0..bytes.len() {
            assert_eq!(decode(&bytes[..len]), Ok(None), "{length}");
        }
        out.push(0x55);
        assert_eq!(decode(&out), Ok(Some((length, bytes.len()))), "{length}");
    }
    assert!(decode(&[0xff, 0xff, 0xff, 0xff]).is_err());
}

fn filters_match(matches: fn(&str, &str) -> bool) {
    for (filter, yes, no) in [
        ("a/b", &["a/b"][..], &["a", "a/b/", "/a/b", "a/B"][..]),
        ("a/+", &["a/b", "a/"], &["a", "a/b/c", "b/a"]),
        ("+", &["a", ""], &["/a", "$SYS"]),
        ("+/+", &["a/b", "/"], &["a", "$SYS/x", "a/b/c"]),
        ("a/#", &["a", "a/b", "a/b/c", "a/"], &["b", "ab"]),
        ("#", &["a", "/", "a/b"], &["$SYS", "$SYS/a"]),
        ("$SYS/#", &["$SYS", "$SYS/a"], &["SYS"]),
        ("a/+/c/#", &["a/b/c", "a//c/d"], &["a/b/d", "a/c"]),
    ] {
        for topic in yes {
            assert!(matches(filter, topic), "{filter} {topic}");
        }
        for topic in no {
            assert!(!matches(filter, topic), "{filter} {topic}");
        }
    }
}

fn headers_are_read(decode: fn(&[u8]) -> Result<Option<Header>, &'static str>) {
    let header = |more, command, size, len| Header { more, command, size, len };
    for (octets, wanted) in [
        (&b"\x00\x05"[..], header(false, false, 5, 2)),
        (b"\x01\x00", header(true, false, 0, 2)),
        (b"\x04\xff", header(false, true, 255, 2)),
        (b"\x02\0\0\0\0\0\0\x01\x00", header(false, false, 256, 9)),
        (b"\x03\x7f\xff\xff\xff\xff\xff\xff\xff", header(true, false, u64::MAX >> 1, 9)),
        (b"\x06\0\0\0\0\0\0\0\x01", header(false, true, 1, 9)),
    ] {
        for len in 0..octets.len() {
            assert_eq!(decode(&octets[..len]), Ok(None), "{octets:x?} {len}");
        }
        assert_eq!(decode(octets), Ok(Some(wanted)));
    }
    for wrong in [&b"\x08"[..], b"\xff", b"\x05", b"\x07", b"\x02\x80"] {
        assert!(decode(wrong).is_err(), "{wrong:x?}");
    }
}

type DecodeChunked = fn(&[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str>;

fn chunks_are_read(decode: DecodeChunked) {
    for (octets, body) in [
        (&b"0\r\n\r\n"[..], &b""[..]),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5\r\nhello\r\n00a\r\n0123456789\r\n0\r\n\r\n", b"hello0123456789"),
    ] {
        for len in 0..octets.len() {
            assert_eq!(decode(&octets[..len]), Ok(None), "{len} of {octets:?}");
        }
        let whole = Ok(Some((body.to_vec(), octets.len())));
        assert_eq!(decode(&[octets, b"GET"].concat()), whole);
    }
    for wrong in [
        &b"x"[..],
        b" 5\r\n",
        b"+5\r\n",
        b"0x5\r\n",
        b"5\n",
        b"5 \r\n",
        b"\r\n",
        b"5\r\nhello!",
        b"5\r\nhello\n",
        b"10000000000000000\r\n",
    ] {
        assert!(decode(wrong).is_err(), "{wrong:?}");
    }
}

/// A check that everything passes would teach nothing.
fn is_found_out(check: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(check)).is_err(), "a wrong answer passes");
}

#[test]
fn there_are_answers() {
    capitals_answers(answers::Capitals::default);
    patience_ends(answers::Patience::default);
    lengths_are_read_and_written(answers::decode_length, answers::encode_length);
    filters_match(answers::matches);
    headers_are_read(answers::decode_header);
    chunks_are_read(answers::decode_chunked);
}

#[test]
fn wrong_answers_are_found_out() {
    is_found_out(|| capitals_answers(answers::Patience::default));
    is_found_out(|| patience_ends(answers::Capitals::default));
    let shorter: DecodeLength = |input| answers::decode_length(&input[..input.len().min(2)]);
    is_found_out(|| lengths_are_read_and_written(shorter, answers::encode_length));
    is_found_out(|| filters_match(|filter, topic| filter == topic));
    is_found_out(|| headers_are_read(|input| answers::decode_header(&input[..input.len().min(2)])));
    let lenient: DecodeChunked = |input| answers::decode_chunked(input).or(Ok(None));
    is_found_out(|| chunks_are_read(lenient));
}

#[test]
#[ignore = "exercise 1: src/capitals.rs"]
fn capitals() {
    capitals_answers(capitals::Capitals::default);
}

#[test]
#[ignore = "exercise 2: src/patience.rs"]
fn patience() {
    patience_ends(patience::Patience::default);
}

#[test]
#[ignore = "exercise 3: src/remaining_length.rs"]
fn remaining_length() {
    lengths_are_read_and_written(remaining_length::decode, remaining_length::encode);
}

#[test]
#[ignore = "exercise 4: src/topic_filter.rs"]
fn topic_filter() {
    filters_match(topic_filter::matches);
}

#[test]
#[ignore = "exercise 5: src/frame_header.rs"]
fn frame_header() {
    headers_are_read(frame_header::decode);
}

#[test]
#[ignore = "exercise 6: src/chunked.rs"]
fn chunked() {
    chunks_are_read(chunked::decode);
}
