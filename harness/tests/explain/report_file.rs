//! `explain --report`: the page that a student hands in.

use crate::build::{ACK, CAPTURES, FIN, PSH, Pcapng, SERVER, capture, handshake, pcap, tcp};
use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output};

/// Explains a capture with this report; returns what was said, and the report.
fn report(bytes: &[u8], name: &str, more: &[&str]) -> (Output, String) {
    let room = tempfile::tempdir().expect("a directory");
    std::fs::write(room.path().join("test.pcap"), bytes).expect("a file");
    let output = explain(room.path(), &[&["test.pcap", "--report", name][..], more].concat());
    let left: Vec<_> = std::fs::read_dir(room.path()).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| entry.path().extension().unwrap() != "part"), "{left:?}");
    (output, std::fs::read_to_string(room.path().join(name)).unwrap_or_default())
}

fn explain(room: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .arg("explain")
        .args(arguments)
        .current_dir(room)
        .env("TZ", "UTC")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("WIRELAB_COLOR")
        .output()
        .expect("the binary starts")
}

fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

/// The tags of a page as they come; what is no tag is no concern of this.
fn tags(page: &str) -> Vec<&str> {
    let starts = page.match_indices('<').map(|(at, _)| &page[at + 1..]);
    starts.map(|rest| rest.split_once('>').expect("a tag ends").0).collect()
}

/// Every tag is one of ours, is closed in its order, loads nothing, runs nothing, and leads
/// nowhere but to a place in the page.
fn assert_is_one_page(page: &str) {
    let known = "html head meta title style body header nav section article h1 h2 h3 p a b code \
                 pre div span ul li table caption thead tr th td details summary svg g text line \
                 path rect";
    let mut open = Vec::new();
    let ids = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let ids: HashSet<_> = ids.collect();
    for tag in tags(page) {
        let (end, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name = tag.split([' ', '/']).next().unwrap();
        if name == "!DOCTYPE" || name == "meta" || tag.ends_with('/') {
            continue;
        }
        assert!(known.split_whitespace().any(|one| one == name), "<{tag}>");
        if end {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another");
        } else {
            open.push(name);
        }
        assert!(!tag.contains("src=") && !tag.contains(" on"), "<{tag}>");
        if let Some((_, to)) = tag.split_once("href=\"") {
            let to = to.split('"').next().unwrap();
            let id = to.strip_prefix('#').unwrap_or_else(|| panic!("leads out: {to}"));
            assert!(ids.contains(id), "leads nowhere: {to}");
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
    has(page, &["default-src 'none'", "prefers-color-scheme: dark", "@media print"]);
}

#[test]
fn a_page_of_each_capture_needs_nothing_else() {
    for name in CAPTURES {
        let bytes = capture(&format!("{name}.pcap"));
        let (output, page) = report(&bytes, "r.html", &[]);
        assert!(output.status.success(), "{output:?}");
        assert_is_one_page(&page);
        let frames = String::from_utf8(output.stdout).unwrap();
        let frames = frames.lines().filter(|l| l.trim_start().starts_with('#')).count();
        // Each frame is in the table, in the ladder, and explained with its fields.
        assert_eq!(page.matches("<article ").count(), frames, "{name}");
        assert_eq!(page.matches("<details>").count(), frames, "{name}");
        assert_eq!(page.matches("class=\"number\"").count(), frames, "{name}");
        assert!(page.matches("<a href=\"#testpcap-1\">").count() >= 2, "{name}");
    }
}

#[test]
fn html_has_all_parts() {
    let (output, page) = report(&capture("tcp.pcap"), "r.html", &[]);
    has(
        &page,
        &[
            "<h2>test.pcap</h2>",
            "<th scope=\"row\">First frame</th><td>2026-11-22 11:05:57 +00:00</td>",
            "<th scope=\"row\">Frames</th><td>18</td>",
            "<td>server</td><td>172.18.0.2</td><td>listens on 2222</td>",
            "<svg class=\"ladder\"",
            ">handshake</text>",
            ">exchanges</text>",
            ">close</text>",
            // Colours by kind, as on the terminal.
            "<g class=\"faint\"><title>#1 ",
            "<g class=\"control\"><title>#3 ",
            "<g class=\"data\"><title>#6 request 1</title>",
            "<g class=\"close\"><title>#16 ",
            "TCP 2222 PSH,ACK 4 B &quot;halo&quot;</text>",
            "<li class=\"close\">close: client FIN <a href=\"#testpcap-16\">#16</a>",
            "<b>Note:</b> TCP checksums do not match in 16 of 16 frames",
            "<b>Summary:</b> 18 frames (2 ARP, 16 TCP), 1 TCP conversation",
            "<article class=\"data\" id=\"testpcap-6\">",
            "<td>47+1</td><td>flags</td><td>PSH,ACK</td><td>RFC 9293 3.1</td>",
            "0040  f0 13 68 61 6c 6f",
        ],
    );
    // The account on stdout is as without a report.
    let text = String::from_utf8(output.stdout).unwrap();
    has(&text, &[" #18 ", "== summary: 18 frames"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "wrote r.html\n");
}

#[test]
fn markdown_has_the_same_parts() {
    let (_, page) = report(&capture("tcp.pcap"), "r.md", &[]);
    has(
        &page,
        &[
            "## test.pcap\n",
            "| First frame | 2026-11-22 11:05:57 +00:00 |\n",
            "| server | 172.18.0.2 | listens on 2222 |\n",
            "handshake        │                                           │\n",
            "  #16  2.0013    │──────────── TCP 2222 FIN,ACK ────────────>│  client closes: FIN\n",
            "  #17  2.0014    │<──────────────── FIN,ACK ─────────────────│  ack",
            "| 6 | 0.4818 | client | server | TCP 2222 PSH,ACK 4 B | \"halo\" · request 1 |\n",
            "\n- close: client FIN #16, server FIN #17, ACK #18 (3 segments; client closed ",
            "\nSummary: 18 frames (2 ARP, 16 TCP), 1 TCP conversation, 2.0014 s\n",
            "\n- **#6** TCP 2222 PSH,ACK 4 B · \"halo\" · request 1\n  <details><summary>",
            "\n    47+1    flags                    PSH,ACK  [RFC 9293 3.1]\n",
        ],
    );
    assert_eq!(page.matches("<details>").count(), 18);
}

/// What a page must not take for its own, in the data, in a host's name, in a comment.
const HOSTILE: &str = "</pre><script>alert(1)</script>|`*x*[y](http://evil.example/)![z](//w)";

#[test]
fn nothing_from_the_wire_becomes_part_of_the_page() {
    let mut file = Pcapng::new(false);
    file.interface(1, None, 0);
    file.names(&[(SERVER.into(), HOSTILE)]);
    let mut frames = handshake(0, 0);
    frames.push(tcp(true, 1, 1, PSH | ACK, HOSTILE.as_bytes()));
    frames.push(tcp(true, 1 + HOSTILE.len() as u32, 1, PSH | ACK, b"```\n\x1b[2J\n# head"));
    for (n, frame) in (0..).zip(&frames) {
        file.frame(0, n, frame, Some(HOSTILE));
    }
    let (output, page) = report(&file.bytes, "r.html", &[]);
    assert!(output.status.success(), "{output:?}");
    assert_is_one_page(&page);
    has(&page, &["&lt;script&gt;alert(1)&lt;/script&gt;"]);
    let (_, page) = report(&file.bytes, "r.md", &[]);
    // Within a fence a text may stand as it is; that is, on lines that no HTML can begin on.
    let mut fence: Option<&str> = None;
    let mut outside = String::new();
    for line in page.lines() {
        let ticks = line.trim_start();
        let ticks = &ticks[..ticks.len() - ticks.trim_start_matches('`').len()];
        match fence {
            Some(open) if ticks.len() >= open.len() => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                outside.push_str(line);
                outside.push('\n');
            }
        }
    }
    assert!(fence.is_none(), "a fence is open");
    let own = ["<details>", "</details>", "<summary>", "</summary>"];
    let left = own.iter().fold(outside, |text, tag| text.replace(tag, ""));
    for bad in ["<", "](", "http:", " *x", "`*", "\x1b"] {
        let unescaped = left.match_indices(bad).find(|(at, _)| !left[..*at].ends_with('\\'));
        assert_eq!(unescaped, None, "{left}");
    }
    has(&left, &["&lt;script&gt;alert(1)&lt;/script&gt;"]);
}

#[test]
fn a_long_capture_is_cut_and_says_so() {
    let mut frames = handshake(0, 0);
    for n in 0..3000 {
        frames.push(tcp(true, 1 + n, 1, PSH | ACK, b"x"));
    }
    frames.push(tcp(true, 3001, 1, FIN | ACK, b""));
    let (output, page) = report(&pcap(&frames), "r.html", &["--summary"]);
    assert!(output.status.success());
    assert_is_one_page(&page);
    assert_eq!(page.matches("<article ").count(), 1000);
    assert_eq!(page.matches("class=\"number\"").count(), 200);
    has(
        &page,
        &[
            "2804 frames not drawn, #161 to #2964: 2804 with data",
            "The report lists 1000 frames at most: 2004 frames behind #1000 not listed.",
            "<title>#3004 ",
            "<th scope=\"row\">Frames</th><td>3004</td>",
        ],
    );
    let (_, page) = report(&pcap(&frames), "r.md", &["-n", "2990-"]);
    has(&page, &["\n- **#2990** ", "\n- **#3004** "]);
    assert!(!page.contains("**#2989**") && !page.contains("not listed"));
}

#[test]
fn an_empty_capture_has_a_report_too() {
    for (name, line) in [("r.html", "</th><td>0</td>"), ("r.md", "| Frames | 0 |")] {
        let (output, page) = report(&pcap(&[]), name, &[]);
        assert!(output.status.success(), "{output:?}");
        has(&page, &[line, "0 frames"]);
    }
}

/// Frames that no host sent, at times that do not follow each other.
#[test]
fn odd_frames_have_a_place_too() {
    let mut file = Pcapng::new(false);
    file.interface(1, Some(9), 0).interface(147, Some(9), 0);
    let frames = [
        (0, u64::MAX, tcp(true, 0, 0, 2, b"")),
        (0, 0, vec![0xff; 60]),
        (1, 1 << 63, b"of an unknown link".to_vec()),
        (0, 5, vec![2, 0]),
        (0, 1 << 62, [&[1, 0, 0x5e, 0, 0, 1][..], &[2; 6], &[0x88, 0xcc], &[0; 20]].concat()),
    ];
    for (interface, time, frame) in &frames {
        file.frame(*interface, *time, frame, None);
    }
    let (output, page) = report(&file.bytes, "r.html", &[]);
    assert!(output.status.success(), "{output:?}");
    assert_is_one_page(&page);
    assert_eq!(page.matches("<article ").count(), frames.len());
    has(&page, &["2 frames not drawn"]);
    let (_, page) = report(&file.bytes, "r.md", &[]);
    has(&page, &["- **#5** ", "···>"]);
}

#[test]
fn hosts_beyond_the_lanes_are_counted() {
    let mut frames = Vec::new();
    for host in 0..30 {
        let mut frame = tcp(true, 0, 0, 2, b"");
        frame[29] = 100 + host;
        frames.push(frame);
    }
    for name in ["r.html", "r.md"] {
        let (_, page) = report(&pcap(&frames), name, &[]);
        has(&page, &["21 frames not drawn: of hosts that have no line here, or of none"]);
        has(&page, &["10.0.0.107"]);
    }
}

#[test]
fn a_damaged_capture_is_reported_as_far_as_it_goes() {
    let whole = capture("tcp.pcap");
    let (output, page) = report(&whole[..whole.len() - 10], "r.md", &[]);
    assert_eq!(output.status.code(), Some(1));
    has(&page, &["- **#17** ", "Note: test.pcap: ", "what stands before it is explained"]);
    assert!(!page.contains("**#18**"));
}

#[test]
fn reports_that_cannot_be() {
    let bytes = capture("tcp.pcap");
    let absent = ["no/such/r.md", "."];
    for (name, code, what) in [
        ("r.pdf", 2, "--report r.pdf: a name in .md or .html says which it is"),
        ("md", 2, "--report md: a name in .md"),
        (absent[0], 1, "--report no/such/r.md: cannot be written: "),
    ] {
        let (output, page) = report(&bytes, name, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}: {said}");
        assert!(said.contains(what), "{said}");
        assert!(output.stdout.is_empty() && page.is_empty(), "{name}: before anything else");
    }
    let room = tempfile::tempdir().unwrap();
    std::fs::write(room.path().join("r.md"), "what was there").unwrap();
    let output = explain(room.path(), &["r.md", "--report", "r.md"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = explain(room.path(), &["absent.pcap", "--report", "r.md"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(std::fs::read_to_string(room.path().join("r.md")).unwrap(), "what was there");
    assert_eq!(std::fs::read_dir(room.path()).unwrap().count(), 1);
}

#[test]
fn a_reader_that_goes_away_takes_nothing_from_the_report() {
    let room = tempfile::tempdir().unwrap();
    std::fs::write(room.path().join("test.pcap"), capture("rest.pcap")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .args(["explain", "test.pcap", "--bytes", "--report", "r.md"])
        .current_dir(room.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let page = std::fs::read_to_string(room.path().join("r.md")).unwrap();
    has(&page, &["- **#94** ", "Summary: 94 frames"]);
}

/// Captures with lies in them have pages, too: bytes are changed, and the end is cut off.
#[test]
fn damaged_captures_have_whole_pages() {
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        // Knuth's numbers: any sequence will do that is always the same.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for round in 0..30 {
        let mut bytes = capture(&format!("{}.pcap", CAPTURES[round % CAPTURES.len()]));
        // The file's own header stays, or there would be nothing to tell of.
        for _ in 0..20 {
            let at = 24 + random(bytes.len() - 24);
            bytes[at] = random(256) as u8;
        }
        bytes.truncate(bytes.len() - random(400));
        let (output, page) = report(&bytes, "r.html", &["--summary"]);
        assert!(matches!(output.status.code(), Some(0 | 1)), "round {round}: {output:?}");
        assert_is_one_page(&page);
        let (output, page) = report(&bytes, "r.md", &["--summary"]);
        assert!(matches!(output.status.code(), Some(0 | 1)), "round {round}: {output:?}");
        has(&page, &["\nSummary: "]);
    }
}
