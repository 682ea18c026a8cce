//! ZMTP's units one at a time: every field, what is wrong with each, and any bytes at all; and
//! `wirelab decode zmtp`.

use crate::build::{ACK, SYN, cases};
use crate::languages;
use crate::mqtt::Lan;
use crate::zmtp::{command, greeting, message, ready};
use proptest::prelude::*;
use wirelab::dissect::Field;
use wirelab::dissect::zmtp::pickle::{self, Pickle};
use wirelab::dissect::zmtp::{
    Contents, Data, Extent, Reading, frame, frame_extent, greeting as read_greeting,
};

const FIELDS: Reading = Reading { with_fields: true, sealed: false, subscriber: false };

/// Every bit of the first `len` bytes belongs to exactly one field, and the fields are in order.
fn assert_tiled(fields: &[Field], len: usize) {
    let mut covered = vec![0u8; len];
    for field in fields {
        for byte in &mut covered[field.off..field.off + field.len] {
            assert_eq!(*byte & field.mask, 0, "{} overlaps: {fields:?}", field.name);
            *byte |= field.mask;
        }
    }
    assert_eq!(covered, vec![0xff; len], "a gap: {fields:?}");
    assert!(fields.is_sorted_by_key(|field| field.off), "out of order: {fields:?}");
}

/// `name off+len value`.
fn listed(fields: &[Field]) -> Vec<String> {
    fields.iter().map(|f| format!("{} {}+{} {}", f.name, f.off, f.len, f.value)).collect()
}

/// [ZMTP-3.0-greeting-01], [ZMTP-3.0-greeting-02], [ZMTP-3.0-mech-04]
#[test]
fn a_greeting_has_eight_fields() {
    let seen = read_greeting(&greeting(1, b"PLAIN", 1), true);
    assert_eq!(seen.flaws, []);
    let fields = [
        "signature 0+1 ff",
        "signature padding 1+8 \\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01",
        "signature 9+1 7f",
        "version major 10+1 3",
        "version minor 11+1 1",
        "mechanism 12+20 PLAIN",
        "as-server 32+1 1",
        "filler 33+31 zeros",
    ];
    assert_eq!(listed(&seen.fields), fields);
}

/// [ZMTP-3.0-frame-01] to [ZMTP-3.0-frame-07], [ZMTP-3.0-null-07], [ZMTP-3.0-null-11]
#[test]
fn frames_and_commands_have_these_fields() {
    let table: [(Vec<u8>, &str); 9] = [
        (
            ready("REP"),
            "property name 9+11 Socket-Type|property value length 20+4 3|\
                        property value 24+3 REP",
        ),
        (message(&[b"", b"x"]), "command 0+1 0|long 0+1 0|more 0+1 1|size 1+1 0|body 2+0 "),
        (message(&[&[b'y'; 256]])[..10].to_vec(), "long 0+1 1|more 0+1 0|size 1+8 256"),
        (command("ERROR", b"\x03bad"), "reason length 8+1 3|reason 9+3 bad"),
        (command("SUBSCRIBE", b"a"), "command name 3+9 SUBSCRIBE|subscription 12+1 a"),
        (command("CANCEL", b""), "command name 3+6 CANCEL|subscription 9+0 "),
        (command("PING", b"\x00\x05hi"), "ttl 7+2 5 (0.5 s)|context 9+2 hi"),
        (command("PONG", b"hi"), "command name 3+4 PONG|context 7+2 hi"),
        (
            command("HELLO", b"\x01u\x03abc"),
            "user name 9+1 u|password length 10+1 3|\
                                             password 11+3 3 bytes, not shown",
        ),
    ];
    for (bytes, fields) in table {
        let seen = frame(&bytes, FIELDS);
        assert_eq!(seen.flaws, [], "{bytes:02x?}");
        let shown = listed(&seen.fields).join("|");
        assert!(shown.contains(fields), "{fields}\n{shown}");
        assert_tiled(&seen.fields, bytes.len().min(seen.len));
    }
    // [ZMTP-3.0-pubsub-02] Only of who subscribes.
    let seen = frame(b"\x00\x02\x01a", Reading { subscriber: true, ..FIELDS });
    assert_eq!(seen.contents, Contents::Subscription { subscribe: true, prefix: b"a".to_vec() });
    // [ZMTP-3.0-wire-03]
    let seen = frame(&command("HELLO", &[7; 100]), Reading { sealed: true, ..FIELDS });
    assert!(matches!(seen.contents, Contents::Command(c) if c.data == Data::Unread));
    assert_eq!(seen.flaws, []);
}

/// Bytes, where it breaks, the clause.
#[test]
fn what_is_wrong_is_told_with_its_place_and_its_clause() {
    let name = |len: usize| [&[4, len as u8 + 1, len as u8][..], &vec![b'a'; len]].concat();
    let property = |bytes: &[u8]| command("READY", bytes);
    let long_identity = {
        let mut data = b"\x08Identity\x00\x00\x01\x00".to_vec();
        data.extend([b'i'; 256]);
        let mut bytes = vec![6, 0, 0, 0, 0, 0, 0, 1, 19, 5];
        bytes.extend(b"READY");
        bytes.extend(data);
        bytes
    };
    let table: Vec<(Vec<u8>, usize, &str)> = vec![
        (b"\x08\x00".to_vec(), 0, "[ZMTP-3.0-frame-04]"),
        (b"\xf0\x01x".to_vec(), 0, "[ZMTP-3.0-frame-04]"),
        (b"\x05\x06\x05READY".to_vec(), 0, "[ZMTP-3.0-frame-08]"),
        (b"\x02\x80\0\0\0\0\0\0\0".to_vec(), 1, "[ZMTP-3.0-frame-03]"),
        (b"\x02\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), 1, "[ZMTP-3.0-frame-03]"),
        (b"\x06\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), 1, "[ZMTP-3.0-frame-03]"),
        (b"\x04\x00".to_vec(), 2, "[ZMTP-3.0-frame-09]"),
        (b"\x04\x01\x00".to_vec(), 2, "[ZMTP-3.0-frame-09]"),
        (b"\x04\x03\x05RE".to_vec(), 5, "[ZMTP-3.0-frame-09]"),
        (b"\x04\x04\x03A\x00B".to_vec(), 4, "[ZMTP-3.0-wire-04]"),
        (property(b"\x00\x00\x00\x00\x01x"), 8, "[ZMTP-3.0-null-08]"),
        (property(b"\x05a"), 10, "[ZMTP-3.0-null-07]"),
        (property(b"\x01a\x00\x00"), 12, "[ZMTP-3.0-null-07]"),
        (property(b"\x01a\x00\x00\x00\x09x"), 15, "[ZMTP-3.0-null-07]"),
        (property(b"\x01a\x80\x00\x00\x00"), 10, "[ZMTP-3.0-null-10]"),
        (property(b"\x01a\xff\xff\xff\xff"), 10, "[ZMTP-3.0-null-10]"),
        (property(b"\x0bSocket-Type\x00\x00\x00\x03FOO"), 24, "[ZMTP-3.0-meta-06]"),
        (property(b"\x0bsocket-type\x00\x00\x00\x03req"), 24, "[ZMTP-3.0-meta-06]"),
        (long_identity, 28, "[ZMTP-3.0-meta-10]"),
        (command("ERROR", b""), 8, "[ZMTP-3.0-null-13]"),
        (command("ERROR", b"\x05bad"), 12, "[ZMTP-3.0-null-13]"),
        (command("ERROR", b"\x02bad"), 11, "[ZMTP-3.0-null-13]"),
        (command("ERROR", b"\x03b\nd"), 10, "[ZMTP-3.0-null-13]"),
        (command("PING", b""), 7, "[ZMTP-3.1-ping-01]"),
        (command("PING", b"\x00"), 8, "[ZMTP-3.1-ping-01]"),
        (command("PING", &[0; 19]), 9, "[ZMTP-3.1-ping-03]"),
        (command("PONG", &[0; 17]), 7, "[ZMTP-3.1-ping-03]"),
        (command("HELLO", b""), 8, "[PLAIN-03]"),
        (command("HELLO", b"\x05u"), 10, "[PLAIN-03]"),
        (command("HELLO", b"\x01u"), 10, "[PLAIN-03]"),
        (command("HELLO", b"\x01u\x05p"), 12, "[PLAIN-03]"),
        (command("HELLO", b"\x01u\x01pp"), 12, "[PLAIN-03]"),
        (command("WELCOME", b"x"), 10, "[PLAIN-04]"),
        (command("INITIATE", b"\x05a"), 13, "[ZMTP-3.0-null-07]"),
    ];
    for (bytes, off, clause) in table {
        let seen = frame(&bytes, FIELDS);
        let found = seen.flaws.iter().any(|flaw| (flaw.off, flaw.clause) == (off, clause));
        assert!(found, "{bytes:02x?}: {clause} at {off}, not {:?}", seen.flaws);
        languages::assert_told(&seen.flaws);
        assert_tiled(&seen.fields, bytes.len().min(seen.len));
    }
    assert_eq!(frame(&name(254), FIELDS).flaws, [], "a name may be long");
    // [ZMTP-3.0-frame-12] A small body in a long frame is legal, and so is an unknown property.
    assert_eq!(frame(b"\x02\0\0\0\0\0\0\0\x01x", FIELDS).flaws, []);
    assert_eq!(frame(&property(b"\x03X-a\x00\x00\x00\x00"), FIELDS).flaws, []);
    greetings();
}

fn greetings() {
    let with = |at: usize, byte: u8| {
        let mut bytes = greeting(0, b"NULL", 0);
        bytes[at] = byte;
        bytes
    };
    let table = [
        (with(0, 1), 0, "[ZMTP-3.0-greeting-02]"),
        (with(9, 0), 9, "[ZMTP-3.0-greeting-02]"),
        (with(12, b'n'), 12, "[ZMTP-3.0-mech-03]"),
        (with(12, 0), 12, "[ZMTP-3.0-mech-03]"),
        (with(20, b'x'), 20, "[ZMTP-3.0-mech-04]"),
        (with(32, 1), 32, "[ZMTP-3.0-null-06]"),
        (with(32, 2), 32, "[ZMTP-3.0-greeting-05]"),
        (with(40, 1), 40, "[ZMTP-3.0-greeting-04]"),
    ];
    for (bytes, off, clause) in table {
        let flaws = read_greeting(&bytes, true).flaws;
        let found = flaws.iter().any(|flaw| (flaw.off, flaw.clause) == (off, clause));
        assert!(found, "{clause} at {off}, not {flaws:?}");
        languages::assert_told(&flaws);
    }
    // [ZMTP-3.0-greeting-09], [ZMTP-3.0-greeting-10] Padding is nobody's business; 3.9 is welcome.
    for (at, byte) in [(5, 0xaa), (11, 9), (10, 4)] {
        assert_eq!(read_greeting(&with(at, byte), true).flaws, []);
    }
    assert!(read_greeting(&with(10, 1), true).is_older());
}

/// As Python 3.11 wrote them.
#[test]
fn small_pickles_are_read() {
    let table: [(&[u8], Pickle<'_>); 13] = [
        (b"\x80\x04K\x03.", Pickle::Int(3)),
        (b"\x80\x02K\xff.", Pickle::Int(255)),
        (b"\x80\x04\x95\x04\0\0\0\0\0\0\0M,\x01.", Pickle::Int(300)),
        (b"\x80\x04\x95\x06\0\0\0\0\0\0\0J\xff\xff\xff\xff.", Pickle::Int(-1)),
        (b"\x80\x02\x8a\x06\0\0\0\0\0\x01.", Pickle::Int(1 << 40)),
        (b"\x80\x05\x88.", Pickle::Bool(true)),
        (b"\x80\x03\x89.", Pickle::Bool(false)),
        (b"\x80\x04N.", Pickle::None),
        (b"\x80\x02G?\xf8\0\0\0\0\0\0.", Pickle::Float(1.5)),
        (b"\x80\x04\x95\x08\0\0\0\0\0\0\0\x8c\x04halo\x94.", Pickle::Str("halo")),
        (b"\x80\x02X\x04\0\0\0haloq\0.", Pickle::Str("halo")),
        (b"\x80\x03C\x02hiq\0.", Pickle::Bytes(b"hi")),
        (b"\x80\x04\x95\x06\0\0\0\0\0\0\0C\x02hi\x94.", Pickle::Bytes(b"hi")),
    ];
    for (bytes, value) in table {
        assert_eq!(pickle::read(bytes), Some(value), "{bytes:02x?}");
    }
    let none: [&[u8]; 8] = [
        b"",
        b"\x80\x04",
        b"\x80\x01K\x03.",
        b"\x80\x06K\x03.",
        b"\x80\x04K\x03.x",
        b"\x80\x04K\x03",
        b"\x80\x04\x95\x05\0\0\0\0\0\0\0M,\x01.",
        // A reference to a function: it is not followed, and not named.
        b"\x80\x02cos\nsystem\nq\0.",
    ];
    for bytes in none {
        assert_eq!(pickle::read(bytes), None, "{bytes:02x?}");
    }
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let bytes = |n| prop::collection::vec(any::<u8>(), 0..n);
    prop_oneof![
        Just(ready("DEALER")),
        bytes(300).prop_map(|body| message(&[&body])),
        bytes(40).prop_map(|body| message(&[&body, b""])[..body.len() + 2].to_vec()),
        bytes(40).prop_map(|prefix| command("SUBSCRIBE", &prefix)),
        bytes(16).prop_map(|context| command("PING", &[b"\x00\x07", &context[..]].concat())),
        bytes(16).prop_map(|context| command("PONG", &context)),
        "[ -~]{0,50}".prop_map(|reason| {
            command("ERROR", &[&[reason.len() as u8][..], reason.as_bytes()].concat())
        }),
        Just(command("HELLO", b"\x05alice\x06secret")),
        Just(command("INITIATE", b"\x01a\x00\x00\x00\x02bc")),
    ]
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_frame_may_be_cut_anywhere(bytes in any_frame(), at in any::<prop::sample::Index>()) {
        prop_assert_eq!(frame_extent(&bytes), Extent::Known(bytes.len()));
        let seen = frame(&bytes, FIELDS);
        prop_assert_eq!(&seen.flaws, &[]);
        assert_tiled(&seen.fields, bytes.len());
        let cut = &bytes[..at.index(bytes.len())];
        let seen = frame(cut, FIELDS);
        prop_assert!(seen.cut);
        prop_assert_eq!(&seen.flaws, &[], "what is missing is no mistake");
        assert_tiled(&seen.fields, cut.len());
    }

    #[test]
    fn any_bytes_are_read(
        flags in 0u8..8,
        name in prop::sample::select(vec!["READY", "ERROR", "PING", "HELLO", "WELCOME", "X"]),
        body in prop::collection::vec(any::<u8>(), 0..60),
        sealed in any::<bool>(),
        subscriber in any::<bool>(),
    ) {
        let reading = Reading { with_fields: true, sealed, subscriber };
        for bytes in [body.clone(), [&[flags][..], &body].concat(), command(name, &body)] {
            let seen = frame(&bytes, reading);
            assert_tiled(&seen.fields, bytes.len().min(seen.len));
            prop_assert!(seen.flaws.iter().all(|flaw| flaw.off <= seen.len), "{:?}", seen);
            let values = frame(&bytes, Reading { with_fields: false, ..reading });
            prop_assert_eq!(values.contents, seen.contents);
            let seen = read_greeting(&bytes, true);
            assert_tiled(&seen.fields, bytes.len().min(seen.len));
            let _ = pickle::read(&body);
        }
    }

    #[test]
    fn a_greeting_may_be_cut_and_damaged(
        at in 0usize..65,
        damage in prop::option::of((0usize..64, any::<u8>())),
    ) {
        let mut bytes = greeting(1, b"NULL", 0);
        if let Some((place, byte)) = damage {
            bytes[place] = byte;
        }
        let seen = read_greeting(&bytes[..at], true);
        assert_tiled(&seen.fields, at.min(seen.len));
    }
}

/// A `wirelab decode zmtp` of these words: its output, its complaints and its code.
/// [ZMTP-3.0-frame-03] What no frame can be is not taken for one whose beginning was missed.
#[test]
fn an_impossible_size_is_told_as_such() {
    let start = |lan: &mut Lan| {
        lan.segment(1, true, SYN, b"").segment(1, false, SYN | ACK, b"");
        lan.segment(1, true, ACK, b"").client(1, &greeting(1, b"NULL", 0));
    };
    let says = "from a frame on that announces 2^63 bytes or more";
    let mut lan = Lan::default();
    start(&mut lan);
    lan.client(1, b"\x06\x80\0\0\0\0\0\0\0").client(1, &[0xff; 5]);
    assert_eq!(lan.says()[4..], [format!("9 bytes {says}"), format!("5 bytes {says}")]);
    // In two segments.
    let mut lan = Lan::default();
    start(&mut lan);
    lan.client(1, &[ready("REQ"), b"\x02".to_vec()].concat()).client(1, b"\xff\0\0\0\0\0\0\0");
    assert_eq!(lan.says()[5], format!("8 bytes {says}"));
}

fn decode(words: &[&str]) -> (String, String, i32) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .args(["decode", "zmtp"])
        .args(words)
        .env_remove("CLICOLOR_FORCE")
        .env_remove("WIRELAB_COLOR")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|d| char::from_digit(d.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}

#[test]
fn a_whole_direction_is_decoded() {
    let bytes = [greeting(1, b"NULL", 0), ready("SUB"), b"\x00\x06\x01WAKTU".to_vec()].concat();
    let (text, _, code) = decode(&[&hex(&bytes)]);
    assert_eq!(code, 0);
    let says = [
        "ZMTP greeting: signature, version 3.1, mechanism NULL, as-server 0  (bytes 0..64",
        "READY Socket-Type=SUB  (bytes 64..91, 27 bytes)",
        "SUB subscribes to \"WAKTU\" (a message, the form of ZMTP 3.0)  (bytes 91..99",
        "12+20   mechanism                NULL  [ZMTP-3.0-mech-04]",
        "94+5    subscription             WAKTU  [ZMTP-3.0-pubsub-02]",
    ];
    for say in says {
        assert!(text.contains(say), "{say}\n{text}");
    }
    let (text, _, code) = decode(&["--json", "000580044b032e"]);
    assert_eq!(code, 0);
    let event: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&event["kind"], &event["type"]), (&"packet".into(), &"message".into()));
    assert_eq!(event["say"], "message 80 04 4b 03 2e (Python pickle, int 3)");
    crate::schema::assert_valid(&event);
}

#[test]
fn what_is_wrong_is_the_exit_code_as_well() {
    let older = hex(&greeting(1, b"NULL", 0)).replace("7f03", "7f01");
    let server = hex(&greeting(1, b"PLAIN", 1));
    let hello = hex(&command("HELLO", b"\x01u\x01p"));
    let table: [(&[&str], i32, &str); 9] = [
        (&["0c00"], 1, "unit 1, byte 0: reserved flags in 0c [ZMTP-3.0-frame-04]"),
        (&["0000", "0505"], 1, "unit 2, byte 2: MORE on a command [ZMTP-3.0-frame-08]"),
        (&["0005 48"], 1, "unit 1 is not complete: 3 of its 7 bytes are there"),
        (&["02 00"], 1, "unit 1 is not complete: its size is not all there"),
        (&["ff00"], 1, "unit 1 is not complete: 2 of its 64 bytes are there"),
        (&[&older], 1, "version 2.0, which is not read here"),
        (&[&server, "--from", "client"], 1, "[PLAIN-02]"),
        (&[&hello, "--from", "server"], 1, "only a client sends HELLO [PLAIN-03]"),
        (&[&hello, "--from", "client"], 0, ""),
    ];
    for (words, code, complaint) in table {
        let (_, stderr, exit) = decode(words);
        assert_eq!(exit, code, "{words:?}: {stderr}");
        assert!(stderr.contains(complaint), "{words:?}: {stderr}");
    }
}
