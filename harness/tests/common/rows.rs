//! The lab's acceptance table: what each exercise must show, row by row. M is MQTT, T the TCP echo,
//! R REST, Q REQ/REP, P PUSH/PULL, S PUB/SUB, G what holds for all.
//!
//! `explain` is held to the frame numbers of the captures under `tests/captures`, `tour` to the
//! same kind of line, whichever number its frame has this time.

/// A line of the report behind the frames, which says its frames' numbers itself.
pub const REPORT: u64 = 0;

/// One row.
pub struct Row {
    /// What the table calls it.
    pub id: &'static str,
    /// The capture under `tests/captures`, and by [`SCENES`] the exercise that is played.
    pub scene: &'static str,
    /// The number of a frame, or [`REPORT`], and what its line has.
    pub explain: &'static [(u64, &'static str)],
    /// What stands in the tour's account.
    pub tour: &'static [&'static str],
}

/// How a tour gets what the capture of this name shows.
pub const SCENES: [(&str, &[&str]); 9] = [
    ("tcp", &["tcp"]),
    ("mqtt", &["mqtt"]),
    ("early", &["mqtt"]),
    ("rest", &["rest"]),
    ("reqrep", &["reqrep"]),
    ("pushpull", &["pushpull"]),
    ("workers", &["pushpull", "--workers", "3", "-n", "7"]),
    ("pubsub", &["pubsub"]),
    ("topics", &["pubsub", "--also-publish", "OTHER"]),
];

const fn row(
    id: &'static str,
    scene: &'static str,
    explain: &'static [(u64, &'static str)],
    tour: &'static [&'static str],
) -> Row {
    Row { id, scene, explain, tour }
}

/// The MQTT exercise.
const M: &[Row] = &[
    row(
        "M1",
        "mqtt",
        &[
            (1, "172.18.0.4 asks who has 172.18.0.2"),
            (2, "172.18.0.2 answers 5a:08:b2:bd:c3:ff"),
            (REPORT, "172.18.0.2 answers 5a:08:b2:bd:c3:ff (#13 #14)"),
        ],
        &[
            "== ARP  mqtt-sub asks who has 172.18.0.2; mqtt-broker answers 02:42:ac:12:00:02",
            "== ARP  mqtt-pub asks who has 172.18.0.2; mqtt-broker answers 02:42:ac:12:00:02",
        ],
    ),
    row(
        "M2",
        "mqtt",
        &[
            (REPORT, "handshake #3 #4 #5"),
            (REPORT, "handshake #15 #16 #17"),
            (6, "CONNECT v3.1.1 clean, keepalive 60, empty id"),
            (8, "CONNACK accepted, session present 0"),
            (18, "CONNECT v3.1.1 clean, keepalive 60, empty id"),
            (20, "CONNACK accepted, session present 0"),
        ],
        &[
            "== handshake #",
            "== CONNECT v3.1.1 clean, keepalive 60, empty id (#",
            "; CONNACK accepted, session present 0 (#",
        ],
    ),
    row(
        "M3",
        "mqtt",
        &[
            (10, "18 B  SUBSCRIBE id 1: filter sister/temp QoS 0"),
            (11, "SUBACK id 1: filter sister/temp QoS 0 granted 0"),
            (REPORT, "SUBSCRIBE #10 ↔ SUBACK #11: filter sister/temp QoS 0 granted 0"),
        ],
        &["filter sister/temp QoS 0 granted 0"],
    ),
    row(
        "M4",
        "mqtt",
        &[
            (22, "26 B  PUBLISH sister/temp \"Suhu: 28°C\" QoS 0 DUP 0 RETAIN 0"),
            (38, "26 B  PUBLISH sister/temp \"Suhu: 28°C\" QoS 0 DUP 0 RETAIN 0"),
            (REPORT, "PUBLISH sister/temp to server: 5 messages, mean interval 1.0005 s"),
            (REPORT, "QoS 0, DUP 0, RETAIN 0 (#22 #26 #30 #34 #38)"),
        ],
        &[
            "PUBLISH sister/temp \"Suhu: 28°C\" QoS 0 DUP 0 RETAIN 0",
            "PUBLISH sister/temp to mqtt-broker: 5 messages, mean interval 0.1",
        ],
    ),
    row(
        "M5",
        "mqtt",
        &[
            (25, "ACK covers the 26 bytes of frame 22"),
            (27, "ACK covers the 26 bytes of frame 26"),
            (39, "ACK covers the 26 bytes of frame 38"),
        ],
        &["ACK covers the 26 bytes of frame "],
    ),
    row(
        "M6",
        "mqtt",
        &[(REPORT, "note: TCP ACK ≠ MQTT acknowledgment"), (REPORT, "QoS 1 would add a PUBACK")],
        &["note: TCP ACK ≠ MQTT acknowledgment", "QoS 1 would add a PUBACK"],
    ),
    row(
        "M7",
        "mqtt",
        &[
            (23, "PUBLISH #22 → delivered as #23 (+60 µs)"),
            (28, "PUBLISH #26 → delivered as #28 (+52 µs)"),
            (REPORT, "PUBLISH #38 → delivered as #40 (+136 µs)"),
            (REPORT, "topology: 1 publisher → broker → 1 subscriber (client2 → server → client)"),
        ],
        &[
            "== PUBLISH #",
            " → delivered as #",
            "1 publisher → broker → 1 subscriber (mqtt-pub → mqtt-broker → mqtt-sub)",
        ],
    ),
    row(
        "M8",
        "mqtt",
        &[
            (42, "DISCONNECT"),
            (44, "RST,ACK"),
            (
                REPORT,
                "client2 sent DISCONNECT #42, then RST #44: its program never read CONNACK #20",
            ),
            (REPORT, "close: client FIN #46, server FIN #47, ACK #48"),
            (REPORT, "closed gracefully: client sent DISCONNECT #45, then FIN #46"),
        ],
        &[
            "closed gracefully: mqtt-pub sent DISCONNECT #",
            "closed gracefully: mqtt-sub sent DISCONNECT #",
        ],
    ),
    row(
        "M9",
        "mqtt",
        &[
            (49, "ARP re-check of a known neighbour (cache ageing), not a new peer"),
            (50, "172.18.0.3 answers 6a:9c:e1:37:85:b3"),
            (REPORT, "172.18.0.3 answers 6a:9c:e1:37:85:b3 (#49 #50)"),
        ],
        &["== ARP re-check of a known neighbour (cache ageing), not a new peer: mqtt-broker"],
    ),
    row(
        "M10",
        "early",
        &[
            (17, "PUBLISH sister/temp \"Suhu: 28°C\" QoS 0 DUP 0 RETAIN 0; before CONNACK: legal:"),
            (19, "CONNACK accepted"),
            (REPORT, "before CONNACK (#17): legal: a client need not wait (3.1.4)"),
        ],
        &["legal: a client need not wait (3.1.4)"],
    ),
];

/// The TCP exercise.
const T: &[Row] = &[
    row(
        "T1",
        "tcp",
        &[
            (3, "handshake 1 of 3"),
            (4, "handshake 2 of 3"),
            (5, "handshake 3 of 3"),
            (REPORT, "handshake #3 #4 #5, MSS 1460, window scale 10"),
        ],
        &["== handshake #", ", MSS 1460, window scale "],
    ),
    row(
        "T2",
        "tcp",
        &[
            (1, "172.18.0.3 asks who has 172.18.0.2"),
            (REPORT, "172.18.0.2 answers 7e:93:56:6e:82:97 (#1 #2)"),
        ],
        &["== ARP  tcp-client asks who has 172.18.0.2; tcp-server answers 02:42:ac:12:00:02"],
    ),
    row(
        "T3",
        "tcp",
        &[
            (6, "4 B   \"halo\""),
            (8, "response 1 (+1.5 ms)"),
            (REPORT, "request 1 #6 4 B \"halo\" ↔ response 1 #8 10 B \"Echo: halo\" (+1.5 ms)"),
            (REPORT, "request 2 #10 34 B"),
            (REPORT, "request 3 #13 15 B \"apakah berhasil\" ↔ response 3 #14 21 B"),
        ],
        &["== request 1 #", " 4 B \"halo\" ↔ response 1 #", "== request 3 #"],
    ),
    row(
        "T4",
        "tcp",
        &[
            (7, "acknowledges #6 (4 bytes), ACK alone"),
            (11, "ACK rides on data: acknowledges #10"),
            (14, "ACK rides on data: acknowledges #13"),
        ],
        &["ACK alone", "ACK rides on data"],
    ),
    row(
        "T5",
        "tcp",
        &[
            (REPORT, "3 exchanges on one connection: 3 requests, 3 responses"),
            (REPORT, "client waits for each reply"),
        ],
        &["3 exchanges on one connection", "client waits for each reply"],
    ),
    row(
        "T6",
        "tcp",
        &[
            (16, "client closes: FIN"),
            (17, "acknowledges the FIN #16; server closes: FIN"),
            (18, "acknowledges the FIN #17"),
            (REPORT, "FIN #16, server FIN #17, ACK #18 (3 segments; client closed first)"),
            (REPORT, "bye not sent: the client closed (#16)"),
        ],
        &["== close: tcp-client FIN #", "; tcp-client closed first)", "bye not sent"],
    ),
    row(
        "T7",
        "tcp",
        &[(REPORT, "summary: 18 frames (2 ARP, 16 TCP), 1 TCP conversation")],
        &["== summary: ", " frames (2 ARP, ", " TCP), 1 TCP conversation"],
    ),
];

/// The REST exercise.
const R: &[Row] = &[
    row(
        "R1",
        "rest",
        &[
            (REPORT, "handshake #3 #4 #5"),
            (REPORT, "handshake #13 #14 #15"),
            (REPORT, "8 requests on 8 connections, one connection per request"),
            (REPORT, "the responses say Connection: close: #8 #20 #32 #44 #56 #66 #80 #90"),
        ],
        &[
            "7 requests on 7 connections, one connection per request",
            "the responses say Connection: close: #",
        ],
    ),
    row(
        "R2",
        "rest",
        &[
            (6, "158 B"),
            (6, "request 1: GET /add, query a=5 b=9, HTTP/1.1; Host, User-Agent,"),
            (REPORT, "request 1 fields: Host: rest-server:5151 | User-Agent: python-requests/"),
        ],
        &["request 1: GET /add, query a=5 b=9, HTTP/1.1; Host, ", "== request 1 fields: Host: "],
    ),
    row(
        "R3",
        "rest",
        &[
            (8, "PSH,ACK 165 B"),
            (8, "response 1 to #6 (+1.9 ms): HTTP/1.1 200 OK, application/json"),
            (10, "body \"{\\n  \\\"result\\\": 14\\n}\\n\" Content-Length 19 = body"),
            (10, "message completes in #10"),
        ],
        &[
            "HTTP/1.1 200 OK, application/json",
            "Content-Length 19 = body \"{\\n  \\\"result\\\": 14\\n}\\n\"",
        ],
    ),
    row(
        "R4",
        "rest",
        &[
            (18, "request 1: GET /mul, query a=5 b=9"),
            (20, "response 1 to #18"),
            (22, "body \"{\\n  \\\"result\\\": 45\\n}\\n\" Content-Length 19 = body"),
        ],
        &["request 1: GET /mul, query a=5 b=9", "body \"{\\n  \\\"result\\\": 45\\n}\\n\""],
    ),
    row(
        "R5",
        "rest",
        &[
            (12, "client closes: FIN"),
            (REPORT, "FIN #12, server FIN #16, ACK #17 (3 segments; client closed first)"),
            (REPORT, "closed because response #8 says Connection: close (RFC 9112 9.6); client"),
        ],
        &["== close: rest-", "says Connection: close (RFC 9112 9.6); rest-"],
    ),
    row(
        "R6",
        "rest",
        &[
            (REPORT, "10 to 12 frames each"),
            (REPORT, "summary: 94 frames (2 ARP, 92 TCP), 8 TCP conversations"),
        ],
        &[" frames each", "== summary: ", " TCP), 7 TCP conversations"],
    ),
    row(
        "R7",
        "rest",
        &[
            (44, "HTTP/1.1 400 BAD REQUEST"),
            (56, "HTTP/1.1 404 NOT FOUND"),
            (66, "HTTP/1.1 405 METHOD NOT ALLOWED"),
            (66, "Allow: HEAD, OPTIONS, GET"),
            (80, "Content-Length 18 and no body: a response to HEAD has none (RFC 9110 9.3.2)"),
            (90, "Allow: HEAD, OPTIONS, GET"),
        ],
        &[
            "HTTP/1.1 400 Bad Request",
            "HTTP/1.1 404 Not Found",
            "HTTP/1.1 405 Method Not Allowed",
            "Allow: GET, HEAD, OPTIONS",
            "Content-Length 18 and no body: a response to HEAD has none (RFC 9110 9.3.2)",
            ": OPTIONS /add",
        ],
    ),
];

/// The REQ/REP exercise.
const Q: &[Row] = &[
    row(
        "Q1",
        "reqrep",
        &[(REPORT, "handshake #3 #4 #5"), (REPORT, "REQ connected to REP; REP (server) had bound")],
        &["REQ connected to REP; REP (zmq-rep) had bound"],
    ),
    row(
        "Q2",
        "reqrep",
        &[
            (6, "ZMTP greeting: signature (10 of 64 bytes)"),
            (8, "ZMTP greeting: signature, version 3 (11 of 64 bytes)"),
            (10, "ZMTP greeting: version 3.1, mechanism NULL, as-server 0"),
            (11, "ZMTP greeting: version 3.1, mechanism NULL, as-server 0"),
            (REPORT, "as-server 0 (client #6 #10; server #8 #11)"),
            (REPORT, "the first message is in #14"),
        ],
        &[
            "ZMTP greeting of both: signature, version 3.1, mechanism NULL, as-server 0",
            "the first message is in #",
        ],
    ),
    row(
        "Q3",
        "reqrep",
        &[
            (12, "READY Socket-Type=REP"),
            (14, "READY Socket-Type=REQ, Identity=\"\""),
            (REPORT, "READY tells the roles, never the port"),
        ],
        &[
            "READY Socket-Type=REQ, Identity=\"\" from zmq-req",
            "READY Socket-Type=REP from zmq-rep",
            "READY tells the roles, never the port",
        ],
    ),
    row(
        "Q4",
        "reqrep",
        &[
            (14, "request 1: empty delimiter MORE | \"Hello\""),
            (14, "one segment carries a command and a message: TCP keeps no message borders"),
            (15, "reply 1: empty delimiter MORE | \"World\""),
            (REPORT, "request 1 #14 \"Hello\" ↔ reply 1 #15 \"World\""),
        ],
        &[
            "request 5: empty delimiter MORE | \"Hello\"",
            "reply 5: empty delimiter MORE | \"World\"",
        ],
    ),
    row(
        "Q5",
        "reqrep",
        &[(REPORT, "1 request, 1 reply, +2.1 ms on average; lock-step: never two requests in")],
        &["5 requests, 5 replies", "lock-step: never two requests in flight (checked)"],
    ),
    row(
        "Q6",
        "reqrep",
        &[(REPORT, "close: client FIN #16, server FIN #17, ACK #18")],
        &["== close: zmq-req FIN #", "zmq-req closed first)"],
    ),
];

/// The PUSH/PULL exercise.
const P: &[Row] = &[
    row(
        "P1",
        "pushpull",
        &[(1, "172.18.0.3 asks who has 172.18.0.2"), (REPORT, "f2:84:58:a6:b4:20 (#1 #2)")],
        &["== ARP  zmq-pull asks who has 172.18.0.2; zmq-push answers 02:42:ac:12:00:02"],
    ),
    row(
        "P2",
        "pushpull",
        &[
            (3, "client→server  TCP 9999 SYN"),
            (12, "READY Socket-Type=PUSH"),
            (14, "READY Socket-Type=PULL"),
            (REPORT, "PULL connected to PUSH: who connects ≠ who sends; PUSH (server) had bound"),
        ],
        &["PULL connected to PUSH: who connects ≠ who sends; PUSH (zmq-push) had bound"],
    ),
    row(
        "P3",
        "pushpull",
        &[
            (15, "message 1 PUSH→PULL: 80 04 4b 03 2e (Python pickle, int 3)"),
            (27, "message 7 PUSH→PULL: 80 04 4b 03 2e (Python pickle, int 3)"),
            (REPORT, "one way after the handshake: PUSH→PULL 7 messages, PULL→PUSH 0"),
        ],
        &[
            "one way after the handshake: PUSH→PULL 5 messages, PULL→PUSH 0",
            "80 04 4b ",
            "(Python pickle, int ",
        ],
    ),
    row(
        "P4",
        "pushpull",
        &[(REPORT, "still open at end of capture")],
        // A tour has an end.
        &["(3 segments; zmq-pull closed first)"],
    ),
    row(
        "P5",
        "workers",
        &[
            (36, "server→client2 [1]"),
            (44, "server→client "),
            (46, "server→client3 [2]"),
            (50, "message 2 PUSH→PULL"),
            (62, "message 3 PUSH→PULL"),
            (REPORT, "round-robin: PUSH server handed out 7 messages to 3 PULLs: 3, 2, 2"),
        ],
        &["handed out 7 messages to 3 PULLs: ", "(even shares), strictly in turn"],
    ),
];

/// The PUB/SUB exercise.
const S: &[Row] = &[
    row(
        "S1",
        "pubsub",
        &[
            (1, "172.18.0.3 asks who has 172.18.0.2"),
            (3, "client→server  TCP 12345 SYN"),
            (REPORT, "handshake #3 #4 #5"),
            (REPORT, "SUB connected to PUB: who connects ≠ who sends"),
        ],
        &[
            "== ARP  zmq-sub asks who has 172.18.0.2; zmq-pub answers",
            "SUB connected to PUB: who connects ≠ who sends",
        ],
    ),
    row(
        "S2",
        "pubsub",
        &[
            (17, "32 B"),
            (23, "message 4 for \"WAKTU\""),
            (REPORT, "messages for \"WAKTU\": 4 messages, mean interval 0.9999 s"),
        ],
        &["messages for \"WAKTU\": 5 messages, mean interval 0.1"],
    ),
    row(
        "S3",
        "pubsub",
        &[
            (17, "message 1 for \"WAKTU\": \"WAKTU Sun Nov 22 11:05:59 2026\""),
            (19, "message 2 for \"WAKTU\": \"WAKTU Sun Nov 22 11:0"),
        ],
        &["message 1 for \"WAKTU\": \"WAKTU "],
    ),
    row(
        "S4",
        "pubsub",
        &[
            (8, "client→server"),
            (8, "ZMTP greeting"),
            (11, "ZMTP greeting"),
            (12, "READY Socket-Type=SUB"),
            (15, "17 B"),
            (15, "SUB subscribes to \"WAKTU\" (the command SUBSCRIBE, the form of ZMTP 3.1)"),
            (REPORT, "then one way: PUB→SUB 4 messages, SUB→PUB 0"),
        ],
        &[
            "SUB subscribes to \"WAKTU\" (the command SUBSCRIBE, the form of ZMTP 3.1)",
            "then one way: PUB→SUB 5 messages, SUB→PUB 0",
        ],
    ),
    row(
        "S5",
        "topics",
        &[
            (11, "SUB subscribes to \"WAKTU\""),
            (20, "message 5 for \"WAKTU\""),
            (REPORT, "one way: PUB→SUB 5 messages, SUB→PUB 0"),
            // All of them.
            (REPORT, "messages for \"WAKTU\": 5 messages, mean interval 0.1008 s"),
        ],
        &[
            "PUB→SUB 5 messages, SUB→PUB 0",
            "note: filtering at the publisher: \"OTHER\" was published, too, and is in none of the",
        ],
    ),
];

const CAPTURE: &[&str] = &[".pcapng: pcapng, Ethernet, ", " frames, ", " TCP conversation"];
const OFFLOAD: &[&str] =
    &["note: TCP checksums do not match in ", ": checksum offload, ", "not an error"];

/// What holds for all: the facts of the capture, and the checksums.
const G: &[Row] = &[
    row(
        "G1",
        "tcp",
        &[(REPORT, "tcp.pcap: pcap, Ethernet, 18 frames, 2.0014 s, 1 TCP conv")],
        CAPTURE,
    ),
    row(
        "G1",
        "mqtt",
        &[(REPORT, "mqtt.pcap: pcap, Ethernet, 50 frames, 6.5829 s, 2 TCP conv")],
        CAPTURE,
    ),
    row(
        "G1",
        "rest",
        &[(REPORT, "rest.pcap: pcap, Ethernet, 94 frames, 1.0688 s, 8 TCP conv")],
        CAPTURE,
    ),
    row(
        "G1",
        "reqrep",
        &[(REPORT, "p.pcap: pcap, Ethernet, 18 frames, 0.0095 s, 1 TCP conv")],
        CAPTURE,
    ),
    row(
        "G1",
        "pushpull",
        &[(REPORT, "l.pcap: pcap, Ethernet, 27 frames, 3.6042 s, 1 TCP conv")],
        CAPTURE,
    ),
    row(
        "G1",
        "pubsub",
        &[(REPORT, "b.pcap: pcap, Ethernet, 24 frames, 4.3801 s, 1 TCP conv")],
        CAPTURE,
    ),
    row("G2", "tcp", &[(REPORT, "note: TCP checksums do not match in 16 of 16 frames")], OFFLOAD),
    row("G2", "mqtt", &[(REPORT, "note: TCP checksums do not match in 44 of 44 frames")], OFFLOAD),
    row("G2", "rest", &[(REPORT, "note: TCP checksums do not match in 92 of 92 frames")], OFFLOAD),
    row(
        "G2",
        "reqrep",
        &[(REPORT, "note: TCP checksums do not match in 16 of 16 frames")],
        OFFLOAD,
    ),
    row(
        "G2",
        "pushpull",
        &[(REPORT, "note: TCP checksums do not match in 25 of 25 frames")],
        OFFLOAD,
    ),
    row(
        "G2",
        "pubsub",
        &[(REPORT, "note: TCP checksums do not match in 22 of 22 frames")],
        OFFLOAD,
    ),
];

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    [M, T, R, Q, P, S, G].into_iter().flatten()
}

/// Nothing of the account calls a checksum an error; one note tells why they do not match.
pub fn assert_checksums_are_no_error(account: &str) {
    let lines: Vec<_> = account.lines().filter(|line| line.contains("checksum")).collect();
    let [only] = lines[..] else { panic!("{} lines of checksums: {lines:?}", lines.len()) };
    assert!(only.starts_with(" == note: ") && only.ends_with("not an error"), "{only}");
    for word in ["note at byte", "malformed", "violation"] {
        assert!(!account.contains(word), "{word}\n{account}");
    }
}
