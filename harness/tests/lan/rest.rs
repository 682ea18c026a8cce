//! `wirelab tour rest` from end to end: what its analysis must show, wherever it is played, and
//! with the lab's own programs in its roles.

use libtest_mimic::{Failed, Trial};

use crate::lab::{AS_USER, Machine, Room, assert_has, words};
use crate::trial;

pub fn trials(machine: &Machine) -> Vec<Trial> {
    let lan = machine.namespaces.clone();
    let lan_as_user = machine.other_user.clone().or(lan.clone());
    let raw = machine.raw_sockets.clone();
    let flask = lan.clone().or(machine.flask.clone());
    let requests = lan.clone().or(machine.requests.clone());
    let both = flask.clone().or(machine.requests.clone());
    vec![
        trial("tour rest netns: rows R1 to R7", lan.clone(), || on_a_lan(&[])),
        trial("tour rest netns: the same as an ordinary user", lan_as_user, || on_a_lan(&AS_USER)),
        trial("tour rest lo: the same but ARP", raw, || elsewhere("lo")),
        trial("tour rest tap: the same but ARP", None, || elsewhere("tap")),
        trial("tour rest netns: the lab's own server", flask, flask_server),
        trial("tour rest netns: the lab's own client", requests, requests_client),
        trial("tour rest netns: the lab's own capture, played again", both, the_labs_own),
        trial("tour rest netns: -n pairs, or none", lan.clone(), pairs),
        trial("tour rest netns: a server on its loopback alone is reached", lan.clone(), loopback),
        trial("tour rest netns: a server that fails is the tour's failure", lan, failing_server),
    ]
}

/// How many requests there are behind the pairs.
const OTHERS: usize = 5;

/// What the client's screen has in the end, whichever client of the two it is.
const SUMS: [&str; 2] = ["add(5,9) = 14", "mul(5,9) = 45"];

/// The rows of the lab's table, as far as they have no frame numbers; `host` is what the client
/// calls the server.
fn rows(said: &str, requests: usize) {
    let connections = format!("{requests} requests on {requests} connections, one connection per");
    let conversations = format!("{requests} TCP conversations");
    assert_has(
        said,
        &[
            // R1
            &connections,
            "the responses say Connection: close: #",
            // R2
            "request 1: GET /add, query a=5 b=9, HTTP/1.1; Host, User-Agent, Accept",
            "== request 1 fields: Host: ",
            // R3
            "HTTP/1.1 200 OK, application/json",
            "Content-Length 19 = body \"{\\n  \\\"result\\\": 14\\n}\\n\"",
            // R4
            "request 1: GET /mul, query a=5 b=9, HTTP/1.1",
            "Content-Length 19 = body \"{\\n  \\\"result\\\": 45\\n}\\n\"",
            // R6
            "frames each; ",
            &conversations,
        ],
    );
    // R1, R5: each connection's beginning and end, who was first, and why.
    for (line, closes) in [
        ("== handshake #", requests),
        ("== 1 request, 1 response on this connection", requests),
        ("== close: rest-", requests),
        (" closed first)", requests),
        ("says Connection: close (RFC 9112 9.6); rest-", requests),
    ] {
        assert_eq!(said.matches(line).count(), closes, "{line}\n{said}");
    }
}

/// Row R7, with these reasons in its status lines.
fn row_r7(said: &str, [bad, absent, refused]: [&str; 3]) {
    let pair = |request: &str, response: &str| {
        // == request 1 #6: GET /add, … ↔ response 1 #8: …
        let asks = format!(": {request}");
        let is_pair = |line: &&str| line.starts_with(" == request 1 #") && line.contains(&asks);
        let line = said.lines().find(is_pair);
        let line = line.unwrap_or_else(|| panic!("nobody asks {request}\n{said}"));
        assert!(line.contains(response), "{response}\n{line}");
        line.to_owned()
    };
    let invalid =
        "application/json, Content-Length 31 = body \"{\\n  \\\"error\\\": \\\"Invalid input";
    pair("GET /add, query a=x b=1", &format!("HTTP/1.1 400 {bad}, {invalid}"));
    pair("GET /div, query a=1 b=1", &format!("HTTP/1.1 404 {absent}, text/"));
    let refusal = pair("POST /add,", &format!("HTTP/1.1 405 {refused}, text/"));
    let no_body = "Content-Length 18 and no body: a response to HEAD has none (RFC 9110 9.3.2)";
    pair("HEAD /add, query a=1 b=2", no_body);
    let options = pair("OPTIONS /add,", "HTTP/1.1 200 OK");
    // Flask names them in an order of its own, another one each time.
    for line in [refusal, options] {
        let allow = line.split_once("Allow: ").map(|(_, rest)| rest).unwrap_or_default();
        let end = allow.find(", Content-Length").unwrap_or(allow.len());
        let mut methods: Vec<&str> = allow[..end].split(", ").collect();
        methods.sort_unstable();
        assert_eq!(methods, ["GET", "HEAD", "OPTIONS"], "{line}");
    }
}

const OURS: [&str; 3] = ["Bad Request", "Not Found", "Method Not Allowed"];
const FLASKS: [&str; 3] = ["BAD REQUEST", "NOT FOUND", "METHOD NOT ALLOWED"];

fn on_a_lan(before: &[&str]) -> Result<(), Failed> {
    let said = Room::new().play(before, "rest", &["--net", "netns"])?;
    rows(&said, 2 + OTHERS);
    row_r7(&said, OURS);
    assert_has(
        &said,
        &[
            SUMS[0],
            SUMS[1],
            // Narrow columns are folded.
            "$ wirelab rest get -i",
            "$ wirelab rest options -i",
            "Allow: GET, HEAD, OPTIONS",
            "== ARP  rest-client asks who has 172.18.0.2; rest-server answers 02:42:ac:12:00:02",
            "== request 1 fields: Host: 172.18.0.2:5151 | User-Agent: wirelab/",
        ],
    );
    Ok(())
}

fn elsewhere(net: &str) -> Result<(), Failed> {
    let said = Room::new().play(&[], "rest", &["--net", net])?;
    rows(&said, 2 + OTHERS);
    row_r7(&said, OURS);
    assert_has(&said, &["HTTP to rest-server "]);
    Ok(())
}

/// `--foreign=server=` the lab's own, on Flask.
fn flask(room: &Room) -> Result<String, Failed> {
    let server = room.lab_program("rest/server.py")?;
    Ok(format!("--foreign=server=exec python3 -u '{server}' $WIRELAB_HOST $WIRELAB_PORT"))
}

/// `--foreign=client=` the lab's own, with requests: a pair, and what comes behind it.
fn requests(room: &Room) -> Result<String, Failed> {
    let (client, others) =
        (room.lab_program("rest/client.py")?, room.lab_program("rest/others.py")?);
    // A proxy of the machine's has no business on the lab's LAN.
    let begin = "export NO_PROXY='*'; base=http://$WIRELAB_HOST:$WIRELAB_PORT";
    let pair = format!("python3 -u '{client}' --op both -a 5 -b 9 --base $base");
    Ok(format!("--foreign=client={begin}; {pair}; exec python3 -u '{others}' $base"))
}

/// R3 as the lab has it: its server sends head and body apart.
fn in_two_segments(said: &str) {
    assert_has(said, &["its body of 19 bytes is to come", "message completes in #"]);
    assert_has(said, &["== response 1 fields: Server: Werkzeug/"]);
}

fn flask_server() -> Result<(), Failed> {
    let room = Room::new();
    let said = room.play(&[], "rest", &["--net", "netns", &flask(&room)?])?;
    rows(&said, 2 + OTHERS);
    row_r7(&said, FLASKS);
    in_two_segments(&said);
    // Its own words for a request; narrow columns are folded.
    assert_has(&said, &["/add?a=5&b=9", SUMS[0], SUMS[1]]);
    Ok(())
}

fn requests_client() -> Result<(), Failed> {
    let room = Room::new();
    let said = room.play(&[], "rest", &["--net", "netns", &requests(&room)?])?;
    rows(&said, 2 + OTHERS);
    row_r7(&said, OURS);
    assert_has(&said, &["| User-Agent: python-requests/", SUMS[0], SUMS[1]]);
    assert_has(&said, &["POST /add 405 GET, HEAD, OPTIONS"]);
    Ok(())
}

fn the_labs_own() -> Result<(), Failed> {
    let room = Room::new();
    let options = ["--net", "netns", &flask(&room)?, &requests(&room)?];
    let said = room.play(&[], "rest", &options)?;
    rows(&said, 2 + OTHERS);
    row_r7(&said, FLASKS);
    in_two_segments(&said);
    assert_has(&said, &["| User-Agent: python-requests/", SUMS[0], SUMS[1]]);
    Ok(())
}

fn pairs() -> Result<(), Failed> {
    let said = Room::new().play(&[], "rest", &["--net", "netns", "-n", "3"])?;
    rows(&said, 6 + OTHERS);
    for sum in SUMS {
        assert_eq!(said.matches(sum).count(), 3, "{said}");
    }
    let said = Room::new().play(&[], "rest", &["--net", "netns", "-n", "0"])?;
    row_r7(&said, OURS);
    assert!(!said.contains(SUMS[0]) && !said.contains("GET /mul"), "{said}");
    Ok(())
}

/// As Flask does it if nobody tells it otherwise.
fn loopback() -> Result<(), Failed> {
    let room = Room::new();
    let wirelab = room.path("wirelab");
    let line = "rest serve --close -p $WIRELAB_PORT --bind 127.0.0.1";
    let server = format!("--foreign=server=exec '{}' {line}", wirelab.display());
    let said = room.play(&[], "rest", &["--net", "netns", &server])?;
    rows(&said, 2 + OTHERS);
    assert_has(&said, &["(reached at 172.18.0.2", SUMS[0], SUMS[1]]);
    Ok(())
}

fn failing_server() -> Result<(), Failed> {
    let room = Room::new();
    let output = room
        .wirelab(&[])
        .args(["tour", "rest", "--net", "netns"])
        .arg("--foreign=server=echo out of order >&2; exit 3")
        .output()?;
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("rest-server ended (exit status: 3)"), "{said}");
    assert!(said.contains("out of order"), "{said}");
    room.is_left()?;
    Ok(())
}
