//! The client's conversations in exact bytes, on a simulated network: whole, and split at every
//! byte. The server is a script: what it hears it compares, then it says its next line.

use bytes::{Bytes, BytesMut};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;
use wirelab_mqtt::QoS::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use wirelab_mqtt::client::event::Arrived;
use wirelab_mqtt::client::{Client, Command, Ended, Event, Lost, Message, Observer, Options};
use wirelab_mqtt::packet::Will;
use wirelab_reactor::sim::{Faults, Node, World};
use wirelab_reactor::{Closed, ConnId, Io, Origin, Service, Settings, Timer};

/// Longer than any way through the simulated network: pieces do not meet.
const APART: Duration = Duration::from_millis(10);

/// Virtual time in which every conversation must have come to its end.
const LONG: Duration = Duration::from_secs(3600);

fn addr() -> SocketAddr {
    "10.0.0.1:1883".parse().unwrap()
}

/// `10 0c 00 04` and the like; a text in quotes stands for its bytes.
fn bytes(hex: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, part) in hex.split('\'').enumerate() {
        if n % 2 == 1 {
            out.extend_from_slice(part.as_bytes());
            continue;
        }
        let digits: Vec<char> = part.chars().filter(|c| !c.is_whitespace()).collect();
        for pair in digits.chunks(2) {
            let pair: String = pair.iter().collect();
            out.push(u8::from_str_radix(&pair, 16).unwrap_or_else(|_| panic!("{pair} in {hex}")));
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// One line of a script.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// The client is to say exactly this.
    Hears(&'static str),
    /// The server says this.
    Says(&'static str),
    /// The server breaks the connection; the rest is for the next one.
    Breaks,
    /// The server closes it.
    Closes,
}
use Line::{Breaks, Closes, Hears, Says};

/// A server that goes through its script, piece by piece of what it says.
struct Script {
    lines: Vec<Line>,
    /// Where what it says is cut; 0: nowhere.
    split: usize,
    heard: Vec<u8>,
    pieces: Vec<Bytes>,
    /// What the client said and no line expected.
    complaints: Rc<RefCell<Vec<String>>>,
    /// The script has been gone through.
    done: Rc<Cell<bool>>,
}

impl Script {
    /// Goes on as far as it can.
    fn go_on(&mut self, io: &mut Io, conn: ConnId) {
        while self.pieces.is_empty() {
            let Some(line) = self.lines.first().copied() else { break };
            if let Hears(expected) = line
                && self.heard.len() < bytes(expected).len()
            {
                return;
            }
            self.lines.remove(0);
            self.done.set(self.lines.is_empty());
            match line {
                Hears(expected) => self.compare(&bytes(expected)),
                Says(text) => {
                    let all = Bytes::from(bytes(text));
                    let cut = self.split.min(all.len());
                    self.pieces = vec![all.slice(..cut), all.slice(cut..)];
                    self.pieces.retain(|piece| !piece.is_empty());
                    self.say(io, conn);
                }
                Breaks => return io.reset(conn),
                Closes => return io.close(conn),
            }
        }
    }

    fn compare(&mut self, expected: &[u8]) {
        let heard: Vec<u8> = self.heard.drain(..expected.len()).collect();
        if heard != expected {
            let complaint = format!("heard {}\n want {}", hex(&heard), hex(expected));
            self.complaints.borrow_mut().push(complaint);
        }
    }

    fn say(&mut self, io: &mut Io, conn: ConnId) {
        io.send(conn, self.pieces.remove(0));
        io.set_timer(Timer::Conn(conn, 0), io.now() + APART);
    }
}

impl Service for Script {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        self.heard.clear();
        self.pieces.clear();
        self.go_on(io, conn);
    }
    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        self.heard.extend_from_slice(&input.split());
        self.go_on(io, conn);
    }
    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        if let Timer::Conn(conn, _) = timer {
            if self.pieces.is_empty() { self.go_on(io, conn) } else { self.say(io, conn) }
        }
    }
    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {
        if !self.heard.is_empty() {
            self.complaints.borrow_mut().push(format!("unexpected: {}", hex(&self.heard)));
        }
    }
}

/// What the client is told, as text. It leaves after `most` messages, and when the connection is
/// lost and the script has no more lines.
struct Notes {
    told: Rc<RefCell<Vec<String>>>,
    most: usize,
    done: Rc<Cell<bool>>,
}

impl Observer for Notes {
    fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        let over = match event {
            Event::Message(_) => {
                self.most -= 1;
                self.most == 0
            }
            Event::Lost { .. } => self.done.get(),
            _ => false,
        };
        self.told.borrow_mut().push(match event {
            Event::Connected { session_present } => format!("connected {session_present}"),
            Event::Message(Arrived { message, dup, packet_id }) => format!(
                "{} {} q{} r{} d{} {}",
                message.topic,
                String::from_utf8_lossy(&message.payload),
                message.qos as u8,
                u8::from(message.retain),
                u8::from(dup),
                packet_id.map_or(0, std::num::NonZero::get),
            ),
            Event::Published(ticket) => format!("published {ticket}"),
            Event::Subscribed { ticket, codes, .. } => format!("subscribed {ticket} {codes:?}"),
            Event::Unsubscribed(ticket) => format!("unsubscribed {ticket}"),
            Event::Resubscribed(codes) => format!("resubscribed {codes:?}"),
            Event::Lost { .. } => "lost".to_owned(),
            Event::Ended(Ended::Disconnected) => "disconnected".to_owned(),
            Event::Ended(Ended::Lost(Lost::Refused(code))) => format!("refused {}", code as u8),
            Event::Ended(Ended::Lost(why)) => format!("ended: {why}"),
        });
        if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// What the client tells when it is asked for these things and the server keeps to this script,
/// wherever the server's words are cut.
fn told(options: &Options, commands: &[Command], lines: &[Line]) -> Vec<String> {
    let whole = told_split(options, commands, lines, usize::MAX, 0);
    let lengths = lines.iter().map(|line| if let Says(s) = line { bytes(s).len() } else { 0 });
    for split in 1..lengths.max().unwrap_or(0) {
        assert_eq!(told_split(options, commands, lines, usize::MAX, split), whole, "at {split}");
    }
    whole
}

fn told_split(
    options: &Options,
    commands: &[Command],
    lines: &[Line],
    most: usize,
    split: usize,
) -> Vec<String> {
    let world = World::new(1, Faults::none());
    let (complaints, done): (Rc<RefCell<Vec<String>>>, Rc<Cell<bool>>) = Default::default();
    let script = Script {
        lines: lines.to_vec(),
        split,
        heard: Vec::new(),
        pieces: Vec::new(),
        complaints: complaints.clone(),
        done: done.clone(),
    };
    let mut server = Node::new(world.host(addr().ip()), Settings::default(), script);
    server.event_loop.listen(addr()).unwrap();
    let told: Rc<RefCell<Vec<String>>> = Rc::default();
    let notes = Notes { told: told.clone(), most, done };
    let client = Client::new(vec![addr()], options.clone(), notes);
    let net = world.host([10, 0, 0, 2].into());
    let mut client = Node::new(net, Settings::default(), client);
    for command in commands {
        client.service.command(client.event_loop.io(), command.clone());
    }
    world.run(&mut [&mut server, &mut client], LONG, || false).unwrap();
    assert_eq!(complaints.take(), [] as [String; 0], "split at {split}");
    assert!(server.service.lines.is_empty(), "not gone through: {:?}", server.service.lines);
    assert_eq!(world.connections(), 0, "nothing is left open");
    told.take()
}

fn options() -> Options {
    let mut options = Options::new("a");
    options.connect.keep_alive = 0;
    options
}

fn persistent() -> Options {
    let mut options = options();
    options.connect.clean_session = false;
    options
}

fn publish(ticket: u64, payload: &'static str, qos: QoS) -> Command {
    Command::Publish(ticket, Message::new("t", payload).qos(qos))
}

fn subscribe(filter: &str, qos: QoS) -> Command {
    Command::Subscribe(9, vec![(filter.to_owned(), qos)])
}

const CONNECT: Line = Hears("10 0d 00 04 'MQTT' 04 02 0000 0001 'a'");
const CONNECT_KEPT: Line = Hears("10 0d 00 04 'MQTT' 04 00 0000 0001 'a'");
const CONNACK: Line = Says("20 02 00 00");
const CONNACK_PRESENT: Line = Says("20 02 01 00");
const DISCONNECT: Line = Hears("e0 00");

/// [MQTT-3.1.0-1], [MQTT-3.14.4-1], [MQTT-3.14.4-2] CONNECT first, DISCONNECT last, then the FIN.
#[test]
fn a_client_comes_and_goes() {
    let commands = [publish(1, "x", AtMostOnce), Command::Finish];
    let lines = [CONNECT, CONNACK, Hears("30 04 0001 't' 'x'"), DISCONNECT];
    let said = told(&options(), &commands, &lines);
    assert_eq!(said, ["connected false", "published 1", "disconnected"]);
}

/// [MQTT-3.1.2-9], [MQTT-3.1.2-19], [MQTT-3.1.2-21], [MQTT-3.1.3-1] All that a CONNECT can say.
#[test]
fn a_connect_says_everything_in_its_order() {
    let mut all = persistent();
    all.connect.keep_alive = 300;
    all.connect.user_name = Some("u".to_owned());
    all.connect.password = Some(Bytes::from_static(b"\xff\x00"));
    all.connect.will = Some(Will {
        topic: "w".to_owned(),
        payload: Bytes::from_static(b"gone"),
        qos: ExactlyOnce,
        retain: true,
    });
    let connect = "10 1d 00 04 'MQTT' 04 f4 012c 0001 'a' 0001 'w' 0004 'gone' 0001 'u' 0002 ff00";
    let commands = [publish(1, "", AtMostOnce), Command::Finish];
    let lines = [Hears(connect), CONNACK, Hears("30 03 0001 't'"), DISCONNECT];
    let said = told(&all, &commands, &lines);
    assert_eq!(said, ["connected false", "published 1", "disconnected"]);
}

/// [MQTT-4.3.1-1], [MQTT-4.3.2-1], [MQTT-4.3.3-1], [MQTT-2.3.1-1], [MQTT-2.3.1-2],
/// [MQTT-2.3.1-6] Each QoS has its own conversation.
#[test]
fn messages_are_published_at_every_qos() {
    let commands = [
        publish(1, "x", AtLeastOnce),
        publish(2, "y", ExactlyOnce),
        publish(3, "z", AtMostOnce),
        Command::Finish,
    ];
    let lines = [
        CONNECT,
        CONNACK,
        Hears("32 06 0001 't' 0001 'x'  34 06 0001 't' 0002 'y'  30 04 0001 't' 'z'"),
        Says("50 02 0002"),
        Hears("62 02 0002"),
        Says("70 02 0002  40 02 0001"),
        DISCONNECT,
    ];
    let said = told(&options(), &commands, &lines);
    assert_eq!(said[1..], ["published 3", "published 2", "published 1", "disconnected"]);
}

/// What is unacknowledged stays within the window, and order is kept behind it.
#[test]
fn the_window_holds_up_what_stands_behind_it() {
    let narrow = Options { window: 1, ..options() };
    let commands = [
        publish(1, "x", AtLeastOnce),
        publish(2, "y", AtLeastOnce),
        publish(3, "z", AtMostOnce),
        Command::Finish,
    ];
    let lines = [
        CONNECT,
        CONNACK,
        Hears("32 06 0001 't' 0001 'x'"),
        Says("40 02 0001"),
        Hears("32 06 0001 't' 0002 'y'  30 04 0001 't' 'z'"),
        Says("40 02 0002"),
        DISCONNECT,
    ];
    let said = told(&narrow, &commands, &lines);
    assert_eq!(said[1..4], ["published 1", "published 3", "published 2"]);
}

/// Section 3.1.4, non-normative: a client need not wait for the CONNACK.
#[test]
fn an_eager_client_does_not_wait() {
    let eager = Options { eager: true, ..options() };
    let commands = [publish(1, "x", AtMostOnce), Command::Finish];
    let said = told(&eager, &commands, &[CONNECT, Hears("30 04 0001 't' 'x' e0 00")]);
    assert_eq!(said, ["published 1", "disconnected"]);
}

/// [MQTT-3.8.4-5], [MQTT-3.10.4-4], [MQTT-2.3.1-3] Identifiers of their own, and free afterwards.
#[test]
fn subscriptions_are_made_and_taken_back() {
    let commands = [
        Command::Subscribe(1, vec![("a/#".to_owned(), ExactlyOnce), ("b".to_owned(), AtMostOnce)]),
        Command::Unsubscribe(2, vec!["b".to_owned()]),
        Command::Finish,
    ];
    let lines = [
        CONNECT,
        CONNACK,
        Hears("82 0c 0001 0003 'a/#' 02 0001 'b' 00   a2 05 0002 0001 'b'"),
        Says("90 04 0001 01 80   b0 02 0002"),
        DISCONNECT,
    ];
    let said = told(&options(), &commands, &lines);
    let granted = "subscribed 1 [Some(AtLeastOnce), None]";
    assert_eq!(said, ["connected false", granted, "unsubscribed 2", "disconnected"]);
}

/// [MQTT-3.3.4-1], [MQTT-4.3.2-2], [MQTT-4.3.3-2], [MQTT-4.5.0-2], [MQTT-4.6.0-2],
/// [MQTT-4.6.0-3] Each is answered by its QoS, in order; what comes twice at QoS 2 is told once.
#[test]
fn messages_that_come_are_acknowledged_in_order() {
    let lines = [
        CONNECT,
        CONNACK,
        Says(
            "31 05 0001 't' 'ab'  32 05 0001 't' 0007  3a 06 0001 't' 0007 'c'
             34 06 0001 't' 0008 'd'  3c 06 0001 't' 0008 'd'  34 06 0001 't' 0009 'e'",
        ),
        Hears("40 02 0007  40 02 0007  50 02 0008  50 02 0008  50 02 0009"),
        Says("62 02 0008  62 02 0009  62 02 0063  34 06 0001 't' 0008 'f'"),
        Hears("70 02 0008  70 02 0009  70 02 0063  50 02 0008"),
        Closes,
    ];
    let said = told(&options(), &[], &lines);
    let messages = [
        "t ab q0 r1 d0 0",
        "t  q1 r0 d0 7",
        "t c q1 r0 d1 7",
        "t d q2 r0 d0 8",
        "t e q2 r0 d0 9",
        "t f q2 r0 d0 8",
        "lost",
        "disconnected",
    ];
    assert_eq!(said[1..], messages);
}

/// Whoever wants two messages gets two; the third is not acknowledged, and stays the server's.
#[test]
fn what_is_not_told_is_not_acknowledged() {
    let lines = [
        CONNECT,
        CONNACK,
        Says("32 05 0001 't' 0001  32 05 0001 't' 0002  32 05 0001 't' 0003"),
        Hears("40 02 0001  40 02 0002  e0 00"),
    ];
    let said = told_split(&options(), &[], &lines, 2, 0);
    assert_eq!(said[1..], ["t  q1 r0 d0 1", "t  q1 r0 d0 2", "disconnected"]);
}

/// [MQTT-4.4.0-1], [MQTT-3.3.1-1], [MQTT-2.3.1-3], [MQTT-4.6.0-1], [MQTT-4.6.0-4] After a loss,
/// PUBRELs and PUBLISHes go out again, in their order, with DUP and the same identifiers.
#[test]
fn a_kept_session_is_gone_on_with() {
    let commands = [
        publish(1, "x", AtLeastOnce),
        publish(2, "y", ExactlyOnce),
        publish(3, "z", ExactlyOnce),
        subscribe("s", AtLeastOnce),
        Command::Finish,
    ];
    let lines = [
        CONNECT_KEPT,
        CONNACK,
        Hears("32 06 0001 't' 0001 'x'  34 06 0001 't' 0002 'y'  34 06 0001 't' 0003 'z'"),
        Hears("82 06 0004 0001 's' 01"),
        Says("50 02 0003"),
        Hears("62 02 0003"),
        Breaks,
        CONNECT_KEPT,
        CONNACK_PRESENT,
        Hears("62 02 0003  3a 06 0001 't' 0001 'x'  3c 06 0001 't' 0002 'y'"),
        Hears("82 06 0005 0001 's' 01"),
        Says("70 02 0003  40 02 0001  50 02 0002  90 03 0005 01"),
        Hears("62 02 0002"),
        Says("70 02 0002"),
        DISCONNECT,
    ];
    let said = told(&persistent(), &commands, &lines);
    let rest = [
        "lost",
        "connected true",
        "published 3",
        "published 1",
        "subscribed 9 [Some(AtLeastOnce)]",
        "published 2",
        "disconnected",
    ];
    assert_eq!(said[1..], rest);
}

/// [MQTT-3.1.2-6] A clean session begins anew: new identifiers, no DUP, subscriptions again.
#[test]
fn a_clean_session_begins_anew() {
    let commands = [subscribe("s", ExactlyOnce), publish(1, "x", ExactlyOnce)];
    let lines = [
        CONNECT,
        CONNACK,
        Hears("82 06 0001 0001 's' 02  34 06 0001 't' 0002 'x'"),
        Says("90 03 0001 00  34 06 0001 't' 0005 'm'"),
        Hears("50 02 0005"),
        Breaks,
        CONNECT,
        CONNACK,
        Hears("34 06 0001 't' 0003 'x'  82 06 0004 0001 's' 02"),
        // Identifier 5 is another message now.
        Says("90 03 0004 01  34 06 0001 't' 0005 'n'  50 02 0003"),
        Hears("50 02 0005  62 02 0003"),
        Says("70 02 0003"),
        Closes,
    ];
    let said = told(&options(), &commands, &lines);
    let again = ["resubscribed [(\"s\", Some(AtLeastOnce))]", "t n q2 r0 d0 5", "published 1"];
    assert_eq!(said[5..8], again, "{said:?}");
}

/// [MQTT-3.1.2-6], [MQTT-4.3.3-1] What the server had taken over is done with its session, also
/// where nothing is left to send: no client waits for a PUBCOMP that cannot come.
#[test]
fn a_clean_session_takes_its_pubrels_along() {
    let commands = [publish(1, "x", ExactlyOnce), Command::Finish];
    let lines = [
        CONNECT,
        CONNACK,
        Hears("34 06 0001 't' 0001 'x'"),
        Says("50 02 0001"),
        Hears("62 02 0001"),
        Breaks,
        CONNECT,
        DISCONNECT,
    ];
    let said = told(&options(), &commands, &lines);
    assert_eq!(said, ["connected false", "lost", "published 1", "disconnected"]);
}

/// [MQTT-3.1.2-4], [MQTT-4.3.3-2] The server has kept the session: identifier 5 is still the same
/// message, and subscriptions are not made again.
#[test]
fn a_message_of_a_kept_session_is_told_once() {
    let lines = [
        CONNECT_KEPT,
        CONNACK,
        Hears("82 06 0001 0001 's' 02"),
        Says("90 03 0001 02  34 06 0001 't' 0005 'm'"),
        Hears("50 02 0005"),
        Breaks,
        CONNECT_KEPT,
        CONNACK_PRESENT,
        Says("3c 06 0001 't' 0005 'm'  62 02 0005"),
        Hears("50 02 0005  70 02 0005"),
        Closes,
    ];
    let said = told(&persistent(), &[subscribe("s", ExactlyOnce)], &lines);
    let granted = "subscribed 9 [Some(ExactlyOnce)]";
    let once = ["connected false", granted, "t m q2 r0 d0 5", "lost", "connected true", "lost"];
    assert_eq!(said[..6], once, "{said:?}");
}

/// [MQTT-3.1.2-23] PINGREQ goes out when there is nothing else, and a server that does not answer
/// is left.
#[test]
fn keep_alive_is_kept() {
    let mut options = persistent();
    options.connect.keep_alive = 10;
    options.reconnect = false;
    let connect = Hears("10 0d 00 04 'MQTT' 04 00 000a 0001 'a'");
    let (ping, pong) = (Hears("c0 00"), Says("d0 00"));
    let said = told(&options, &[], &[connect, CONNACK, ping, pong, ping, pong, ping, ping]);
    assert_eq!(said, ["connected false", "ended: the server does not answer"]);
}

#[test]
fn a_connack_that_does_not_come_is_not_waited_for_for_ever() {
    assert_eq!(told(&options(), &[], &[CONNECT]), ["ended: the server does not answer"]);
}

/// Nothing of ours is sent to a server that refuses us.
#[test]
fn a_refusal_is_told_with_its_code() {
    let says = ["20 02 00 01", "20 02 00 02", "20 02 00 03", "20 02 00 04", "20 02 00 05"];
    for (code, says) in (1..).zip(says) {
        let commands = [publish(1, "x", AtMostOnce)];
        let said = told(&options(), &commands, &[CONNECT, Says(says)]);
        assert_eq!(said, [format!("refused {code}")]);
    }
}

/// What a server must not send before CONNACK, or instead of it, and what the error says.
const BEFORE: &[(&str, &str)] = &[
    ("d0 00", "[MQTT-3.2.0-1]"),
    ("30 03 0001 't'", "[MQTT-3.2.0-1]"),
    ("90 03 0001 00", "[MQTT-3.2.0-1]"),
    ("20 02 01 00", "[MQTT-3.2.2-1]"),
    ("20 02 01 05", "[MQTT-3.2.2-4]"),
    ("20 02 02 00", "reserved bits"),
    ("20 02 00 06", "reserved connect return code"),
    ("20 03 00 00 00", "bytes follow"),
    ("20 01 00", "ends within"),
    ("21 02 00 00", "[MQTT-2.2.2-2]"),
    ("00 00", "[MQTT-4.8.0-1]"),
    ("f0 00", "[MQTT-4.8.0-1]"),
    ("20 80 80 80 80 01", "[MQTT-4.8.0-1]"),
    ("10 00", "[MQTT-4.8.0-1]"),
];

/// And after it.
const AFTER: &[(&str, &str)] = &[
    ("20 02 00 00", "[MQTT-4.8.0-1]"),
    ("10 00", "[MQTT-4.8.0-1]"),
    ("82 06 0001 0001 's' 01", "[MQTT-4.8.0-1]"),
    ("a2 05 0001 0001 's'", "[MQTT-4.8.0-1]"),
    ("c0 00", "[MQTT-4.8.0-1]"),
    ("e0 00", "[MQTT-4.8.0-1]"),
    ("80 06 0001 0001 's' 01", "[MQTT-3.8.1-1]"),
    ("36 06 0001 't' 0001 'x'", "[MQTT-3.3.1-4]"),
    ("3e 06 0001 't' 0001 'x'", "[MQTT-3.3.1-4]"),
    ("38 04 0001 't' 'x'", "[MQTT-3.3.1-2]"),
    ("32 06 0001 't' 0000 'x'", "[MQTT-2.3.1-1]"),
    ("30 02 0000", "[MQTT-4.7.3-1]"),
    ("30 03 0001 '#'", "[MQTT-3.3.2-2]"),
    ("30 05 0003 'a/+'", "[MQTT-3.3.2-2]"),
    ("30 03 0001 ff", "[MQTT-1.5.3-1]"),
    ("30 05 0003 eda080", "[MQTT-1.5.3-1]"),
    ("30 03 0001 00", "[MQTT-1.5.3-2]"),
    ("30 02 0001", "ends within"),
    ("32 03 0001 't'", "ends within"),
    ("40 02 0000", "[MQTT-2.3.1-1]"),
    ("40 03 0001 00", "bytes follow"),
    ("42 02 0001", "[MQTT-2.2.2-2]"),
    ("60 02 0001", "[MQTT-3.6.1-1]"),
    ("90 03 0001 00", "[MQTT-3.8.4-2]"),
    ("90 03 0001 03", "[MQTT-3.9.3-2]"),
    ("90 02 0001", "[MQTT-3.8.4-5]"),
    ("b0 02 0001", "[MQTT-3.10.4-4]"),
    ("d0 01 00", "bytes follow"),
    ("d1 00", "[MQTT-2.2.2-2]"),
    ("f0 00", "[MQTT-4.8.0-1]"),
];

/// [MQTT-4.8.0-1] The connection is closed, the error names the clause, nobody comes back.
#[test]
fn a_servers_violation_ends_the_connection() {
    for (says, clause) in BEFORE {
        let said = told(&options(), &[publish(1, "x", AtMostOnce)], &[CONNECT, Says(says)]);
        assert_eq!(said.len(), 1, "{says}: {said:?}");
        assert!(said[0].starts_with("ended: the server's fault: "), "{says}: {said:?}");
        assert!(said[0].contains(clause), "{says}: {said:?}");
    }
    for (says, clause) in AFTER {
        let said = told(&options(), &[], &[CONNECT, CONNACK, Says(says)]);
        assert_eq!(said.len(), 2, "{says}: {said:?}");
        assert!(said[1].contains(clause), "{says}: {said:?}");
    }
}

/// A length from the wire is bounded before anything is kept for it.
#[test]
fn a_packet_over_our_limit_is_refused_at_its_header() {
    let small = Options { max_packet_size: 100, ..options() };
    let said = told(&small, &[], &[CONNECT, CONNACK, Says("30 ff ff ff 7f")]);
    assert!(said[1].contains("over the limit of 100"), "{said:?}");
}

/// [MQTT-3.8.4-5] A return code for each filter; [MQTT-4.3.2-1], [MQTT-4.3.3-1] and the
/// acknowledgement that belongs to the QoS.
#[test]
fn an_answer_must_fit_its_question() {
    let asked = "82 06 0001 0001 's' 00";
    let (first, second) = ("32 06 0001 't' 0001 'x'", "34 06 0001 't' 0001 'x'");
    let table = [
        (subscribe("s", AtMostOnce), asked, "90 04 0001 00 00", "[MQTT-3.8.4-5]"),
        (subscribe("s", AtMostOnce), asked, "b0 02 0001", "[MQTT-3.10.4-4]"),
        (publish(1, "x", AtLeastOnce), first, "50 02 0001", "[MQTT-4.3.2-1]"),
        (publish(1, "x", ExactlyOnce), second, "40 02 0001", "[MQTT-4.3.3-1]"),
    ];
    for (command, hears, says, clause) in table {
        let said = told(&options(), &[command], &[CONNECT, CONNACK, Hears(hears), Says(says)]);
        assert!(said[1].contains(clause), "{says}: {said:?}");
    }
}
