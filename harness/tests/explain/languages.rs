//! The analysis in the lab's own language: as complete as in English, and the same facts.

use crate::build::{
    self, CAPTURES, PSH, Pcapng, assert_alike, capture, explain_in, handshake, pcap, tcp,
};
use crate::schema;
use serde_json::Value;
use std::process::Command;
use wirelab::dissect::Flaw;
use wirelab::explain::Options;
use wirelab::lang::Lang;

/// Is what is wrong told in both languages?
pub fn assert_told(flaws: &[Flaw]) {
    for flaw in flaws {
        let [en, id] = Lang::ALL.map(|lang| flaw.text(lang));
        assert_ne!(en, id, "told in one language alone");
        assert_alike(&en, &id);
    }
}

fn indonesian(name: &str) -> String {
    let (text, result) =
        explain_in(Lang::Id, &capture(&format!("{name}.pcap")), &Options::default(), false);
    result.expect("no failure");
    text
}

fn wirelab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_remove("CLICOLOR_FORCE").env_remove("WIRELAB_COLOR").env_remove("WIRELAB_LANG");
    command
}

fn stdout(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_whole_output_in_indonesian_is_as_checked_in() {
    for name in ["tcp", "mqtt", "pubsub"] {
        let file = format!("tests/captures/{name}.pcap");
        let text = stdout(&mut wirelab(&["--lang", "id", "explain", &file]));
        let expected = String::from_utf8(capture(&format!("{name}.id.expected"))).unwrap();
        for (i, (is, should)) in text.lines().zip(expected.lines()).enumerate() {
            assert_eq!(is, should, "{name}, line {}", i + 1);
        }
        assert_eq!(text, expected);
    }
}

#[test]
fn the_language_is_an_option_or_the_environments() {
    let file = "tests/captures/tcp.pcap";
    let english = stdout(&mut wirelab(&["explain", file]));
    let indonesian = stdout(&mut wirelab(&["explain", file, "--lang", "id"]));
    assert_ne!(english, indonesian);
    let said = |arguments: &[&str]| stdout(wirelab(arguments).env("WIRELAB_LANG", "id"));
    assert_eq!(said(&["explain", file]), indonesian);
    assert_eq!(said(&["--lang", "en", "explain", file]), english);
    let output = wirelab(&["--lang", "de", "explain", file]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[possible values: en, id]"));
    let help = stdout(&mut wirelab(&["explain", "--help"]));
    assert!(help.contains("--lang <LANG>") && help.contains("WIRELAB_LANG"), "{help}");
}

/// A few lines of each exercise, so that a sentence that is changed in one language is looked at
/// in the other.
#[test]
fn each_exercise_is_told_in_indonesian() {
    let table: [(&str, &[&str]); 6] = [
        (
            "tcp",
            &[
                "jabat tangan 3 dari 3: ACK, koneksi terbuka",
                "(3 segmen; klien menutup lebih dulu)",
            ],
        ),
        (
            "mqtt",
            &[
                "CONNACK diterima, session present 0",
                "topologi: 1 penerbit → broker → 1 pelanggan (klien2 → server → klien)",
                "PUBLISH #22 → disampaikan sebagai #23 (+60 µs)",
                "catatan: ACK TCP ≠ konfirmasi MQTT:",
            ],
        ),
        (
            "rest",
            &[
                "permintaan 1: GET /add, query a=5 b=9, HTTP/1.1;",
                "Content-Length 19 = body; pesan lengkap di #10: 184 byte sejak #8",
                "dan tanpa body: balasan untuk HEAD tidak memilikinya (RFC 9110 9.3.2)",
                "ditutup karena balasan #8 menyatakan Connection: close (RFC 9112 9.6)",
                "8 permintaan dalam 8 koneksi, satu koneksi per permintaan",
            ],
        ),
        (
            "reqrep",
            &[
                "greeting ZMTP keduanya: signature, version 3.1, mechanism NULL, as-server 0",
                "permintaan 1 #14 \"Hello\" ↔ balasan 1 #15 \"World\" (+2.1 ms)",
                "bergantian (lock-step): tidak pernah ada dua permintaan sekaligus (diperiksa)",
                "satu segmen membawa satu perintah dan satu pesan: TCP tidak menjaga batas pesan",
            ],
        ),
        (
            "pushpull",
            &[
                "PULL melakukan connect ke PUSH: yang melakukan connect ≠ yang mengirim",
                "satu arah setelah jabat tangan: PUSH→PULL 7 pesan, PULL→PUSH 0",
                "== masih terbuka di akhir tangkapan",
            ],
        ),
        (
            "pubsub",
            &[
                "SUB berlangganan \"WAKTU\" (berupa perintah SUBSCRIBE, bentuk ZMTP 3.1)",
                "pesan untuk \"WAKTU\": 4 pesan, selang rata-rata 0.9999 s",
            ],
        ),
    ];
    for (name, lines) in table {
        let text = indonesian(name);
        for line in lines {
            assert!(text.contains(line), "{name}: {line} is not in\n{text}");
        }
    }
}

/// The same objects with the same keys, and other words.
#[test]
fn json_keeps_its_keys() {
    let schema = schema::schema();
    let keys = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for name in CAPTURES {
        let bytes = capture(&format!("{name}.pcap"));
        let [en, id] = Lang::ALL.map(|lang| explain_in(lang, &bytes, &Options::default(), true).0);
        assert_eq!(en.lines().count(), id.lines().count());
        for (en, id) in en.lines().zip(id.lines()) {
            let [en, id] = [en, id].map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
            schema::check(&schema, &schema, &id).expect("as the schema says");
            assert_eq!(keys(&en), keys(&id));
            for key in ["kind", "n", "t", "conn", "layers", "refs", "topic"] {
                assert_eq!(en[key], id[key], "{key}");
            }
            assert_alike(en["say"].as_str().unwrap_or(""), id["say"].as_str().unwrap_or(""));
        }
        assert!(id.contains("\"say\":\"jabat tangan 1 dari 3: SYN"), "{id}");
    }
}

#[test]
fn a_comment_in_another_language_that_repeats_what_is_said_is_not_printed() {
    let mut frames = handshake(5, 9);
    frames.push(tcp(true, 6, 10, PSH, b"halo"));
    let says = |lang| {
        let (text, _) = explain_in(lang, &pcap(&frames), &Options::default(), true);
        let events = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let frames = events.filter(|event| event["kind"] == "frame");
        frames.map(|frame| frame["say"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (own, other) in [(Lang::En, Lang::Id), (Lang::Id, Lang::En)] {
        let mut file = Pcapng::new(false);
        file.interface(1, Some(9), 0);
        for (n, (frame, say)) in (1..).zip(frames.iter().zip(says(own))) {
            let comment = if n == 4 { "halo juga".to_owned() } else { say };
            file.frame(0, n * 1_000_000, frame, Some(&comment));
        }
        let (text, result) = explain_in(other, &file.bytes, &Options::default(), false);
        result.expect("no failure");
        let comments: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("file says") || line.contains("kata berkas"))
            .collect();
        assert_eq!(comments.len(), 1, "{text}");
        assert!(comments[0].ends_with(": halo juga"), "{text}");
    }
}

#[test]
fn decode_follows_the_language() {
    let decode = |words: &[&str]| {
        let mut command = wirelab(&["--lang", "id", "decode"]);
        let output = command.args(words).output().expect("the program runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let text = decode(&["mqtt", "30", "05", "00", "03", "a".repeat(2).as_str(), "2f", "62"]);
    assert!(text.contains("(byte 0..7, 7 byte)"), "{text}");
    let text = decode(&["mqtt", "--from", "server", "82 08 00 01 00 03 61 2f 62 03"]);
    assert!(text.contains("salah pada byte 9: QoS yang diminta 0x03 [MQTT-3.8.3-4]"), "{text}");
    assert!(text.contains("hanya klien yang mengirim SUBSCRIBE (MQTT 2.2.1)"), "{text}");
    let text = decode(&["http", "474554202f20485454502f312e310d0a0d0a"]);
    assert!(text.contains("0 field; tanpa body"), "{text}");
    assert!(text.contains("salah pada byte 0: permintaan HTTP/1.1 tanpa Host"), "{text}");
    let text = decode(&["zmtp", "00 05 57 6f 72 6c 64"]);
    assert!(text.contains("pesan \"World\""), "{text}");
}

/// The report says line by line what the English one says; fields, in fences, keep their names.
#[test]
fn the_report_is_written_in_the_language() {
    let room = tempfile::tempdir().expect("a directory");
    let page = |lang: &str, name: &str| {
        let path = room.path().join(name);
        let to = path.to_str().expect("a name");
        stdout(&mut wirelab(&[
            "--lang",
            lang,
            "explain",
            "tests/captures/mqtt.pcap",
            "--report",
            to,
        ]));
        std::fs::read_to_string(path).expect("a report")
    };
    let [en, id] = ["en", "id"].map(|lang| page(lang, &format!("{lang}.md")));
    assert_eq!(en.lines().count(), id.lines().count());
    let mut fenced = false;
    for (en, id) in en.lines().zip(id.lines()) {
        fenced ^= id.trim_start().starts_with("```");
        // What is shortened ends elsewhere.
        let cut = en.contains('…') || id.contains('…');
        if !fenced && !cut && !en.starts_with("Made by") {
            assert_alike(en, id);
        }
    }
    for line in ["# Laporan Wirelab", "Dibuat oleh wirelab ", "| klien2 | 172.18.0.3 |"] {
        assert!(id.contains(line), "{id}");
    }
    let html = page("id", "id.html");
    for part in ["<html lang=\"id\">", ">jabat tangan</text>", "<h3>Analisis</h3>"] {
        assert!(html.contains(part), "{part}");
    }
}

/// What is cut, wrong or unknown below TCP is told in both languages as well.
#[test]
fn headers_that_lie_are_told_in_indonesian() {
    let mut frames = handshake(5, 9);
    let mut lie = tcp(true, 6, 10, PSH, b"halo");
    lie[46] = 0xf0;
    frames.push(lie);
    frames.push(vec![1, 2, 3]);
    let text = build::explained(&pcap(&frames));
    assert!(text.contains("note at byte 46: TCP data offset of 60 bytes"), "{text}");
    let (text, _) = explain_in(Lang::Id, &pcap(&frames), &Options::default(), false);
    assert!(
        text.contains("catatan pada byte 46: data offset TCP 60 byte melewati akhir"),
        "{text}"
    );
    assert!(text.contains("ethernet: frame berakhir setelah 3 dari 14 byte"), "{text}");
}
