//! Every JSON line is as the checked-in schema says.
//!
//! The validator knows the keywords that the schema uses, and refuses any other, so that nothing
//! in the schema goes unchecked.

use crate::build::{CAPTURES, PSH, capture, explain, handshake, pcap, tcp};
use serde_json::{Value, json};
use wirelab::explain::Options;

const SCHEMA: &str = include_str!("../../schema/event-v1.schema.json");

pub fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

/// What is wrong with `value`, if anything is.
pub fn check(root: &Value, rule: &Value, value: &Value) -> Result<(), String> {
    for (keyword, argument) in rule.as_object().expect("a schema is an object") {
        let good = match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "$defs"
            // Below, in `members`.
            | "required" | "properties" | "additionalProperties" => true,
            "const" => value == argument,
            "enum" => argument.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|v| v >= argument.as_f64().unwrap()),
            "type" => match argument {
                Value::Array(types) => types.iter().any(|t| is(t, value)),
                one => is(one, value),
            },
            "$ref" => {
                let pointer = argument.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(pointer).expect("a definition"), value)?;
                true
            }
            "oneOf" => {
                let rules = argument.as_array().unwrap();
                rules.iter().filter(|r| check(root, r, value).is_ok()).count() == 1
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(root, argument, item)?;
                }
                true
            }
            other => panic!("the schema uses {other:?}, which is not checked here"),
        };
        if !good {
            return Err(format!("{value} is not {keyword} {argument}"));
        }
    }
    members(root, rule, value)
}

fn members(root: &Value, rule: &Value, value: &Value) -> Result<(), String> {
    let Some(object) = value.as_object() else { return Ok(()) };
    for required in rule["required"].as_array().into_iter().flatten() {
        if !object.contains_key(required.as_str().unwrap()) {
            return Err(format!("{required} is missing"));
        }
    }
    for (name, member) in object {
        match (rule["properties"].get(name), rule.get("additionalProperties")) {
            (None, Some(Value::Bool(false))) => return Err(format!("{name} is unknown")),
            (Some(rule), _) | (None, Some(rule)) => check(root, rule, member)?,
            (None, None) => {}
        }
    }
    Ok(())
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other:?} is not checked here"),
    }
}

/// Checks every line and returns the kinds in order.
fn kinds(bytes: &[u8], options: &Options) -> Vec<String> {
    let schema = schema();
    let (text, _) = explain(bytes, options, true);
    text.lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            check(&schema, &schema, &event).unwrap_or_else(|what| {
                let kind = event["kind"].as_str().unwrap_or("?");
                let exact = schema.pointer(&format!("/$defs/{kind}"));
                panic!("{what}; {:?}", exact.map(|rule| check(&schema, rule, &event)));
            });
            event["kind"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn every_line_is_valid() {
    for name in CAPTURES {
        let bytes = capture(&format!("{name}.pcap"));
        let kinds = kinds(&bytes, &Options::default());
        assert_eq!(kinds[0], "capture");
        assert_eq!(kinds.last().unwrap(), "summary");
        assert!(kinds.iter().any(|k| k == "block") && kinds.iter().any(|k| k == "note"));
    }
    let tcp = capture("tcp.pcap");
    assert_eq!(kinds(&tcp, &Options { frames: true, ..Options::default() }), vec!["frame"; 18]);
    assert_eq!(kinds(&tcp, &Options { follow: Some(0), ..Options::default() }), vec!["stream"; 6]);
    // Damaged frames, so that notes stand in their lines.
    let mut frames = handshake(1, 2);
    frames.push(tcp_with_a_lie());
    frames.push(vec![1, 2, 3]);
    let kinds = kinds(&pcap(&frames), &Options::default());
    assert_eq!(kinds.iter().filter(|k| *k == "frame").count(), 5);
}

#[test]
fn the_commands_of_a_tour_are_valid_too() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .args(["tour", "--split", "--net", "tap", "--json"])
        .output()
        .expect("the binary starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let schema = schema();
    let events: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for event in &events {
        check(&schema, &schema, event).unwrap_or_else(|what| panic!("{what}"));
    }
    let of_tcp = events.iter().filter(|event| event["exercise"] == "tcp");
    let roles: Vec<_> = of_tcp.map(|event| event["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["recorder", "server", "client", "then"]);
}

fn tcp_with_a_lie() -> Vec<u8> {
    let mut frame = tcp(true, 2, 3, PSH, b"x");
    frame[46] = 0x40;
    frame
}

#[test]
fn the_frame_line_is_the_one_that_was_agreed() {
    let (text, _) = explain(&capture("tcp.pcap"), &Options::default(), true);
    let event: Value = serde_json::from_str(text.lines().nth(7).unwrap()).unwrap();
    let keys: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["v", "kind", "n", "t", "conn", "src", "dst", "layers", "say", "refs"]);
    assert_eq!(event["n"], 7);
    assert_eq!(event["refs"], json!([6]));
    assert_eq!(event["src"], "server");
    let flags =
        json!({"name": "flags", "off": 47, "len": 1, "value": "ACK", "spec": "RFC 9293 3.1"});
    assert!(event["layers"][2]["fields"].as_array().unwrap().contains(&flags));
}

#[test]
fn the_validator_can_fail() {
    let schema = schema();
    let good = json!({"v": 1, "kind": "note", "say": "x"});
    assert_eq!(check(&schema, &schema, &good), Ok(()));
    let bad = [
        json!({"v": 2, "kind": "note", "say": "x"}),
        json!({"v": 1, "kind": "note"}),
        json!({"v": 1, "kind": "note", "say": 7}),
        json!({"v": 1, "kind": "note", "say": "x", "more": 1}),
        json!({"v": 1, "kind": "other", "say": "x"}),
    ];
    for event in bad {
        assert!(check(&schema, &schema, &event).is_err(), "{event}");
    }
}

/// A `wirelab decode` of these words: its output, its complaints and its code.
fn decode(words: &[&str]) -> (String, String, i32) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wirelab"))
        .args(["decode", "mqtt"])
        .args(words)
        .env_remove("CLICOLOR_FORCE")
        .env_remove("WIRELAB_COLOR")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn decoded_packets_are_valid_and_keep_their_offsets() {
    let schema = schema();
    let (text, _, code) = decode(&["--json", "c000", "32 09 0003 612f62 0007 6869"]);
    assert_eq!(code, 0);
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        assert_eq!(check(&schema, &schema, event), Ok(()), "{event}");
    }
    assert_eq!(events.len(), 2);
    assert_eq!(events[1]["say"], "PUBLISH a/b \"hi\" QoS 1 DUP 0 RETAIN 0 id 7");
    let id = json!({"name": "packet identifier", "off": 9, "len": 2, "value": 7,
        "spec": "MQTT 3.3.2.2"});
    assert!(events[1]["layers"][0]["fields"].as_array().unwrap().contains(&id), "{text}");
}

#[test]
fn what_is_wrong_with_a_packet_is_the_exit_code_as_well() {
    let table: [(&[&str], i32, &str); 7] = [
        (&["36 05 0001 61 0001"], 1, "packet 1, byte 0: a PUBLISH of QoS 3 [MQTT-3.3.1-4]"),
        (&["c000 e100"], 1, "packet 2, byte 2: fixed header flags 0001, not 0000 [MQTT-3.14.1-1]"),
        (&["3018"], 1, "packet 1 is not complete: 2 of its 26 bytes are there"),
        (&["d000", "--from", "client"], 1, "only a server sends PINGRESP (MQTT 2.2.1)"),
        (&["d000", "--from", "server"], 0, ""),
        (&["3z"], 2, "'z' at character 2 is not hexadecimal"),
        (&["@no/such/file"], 1, "no/such/file: cannot open"),
    ];
    for (words, code, complaint) in table {
        let (_, stderr, exit) = decode(words);
        assert_eq!(exit, code, "{words:?}: {stderr}");
        assert!(stderr.contains(complaint), "{words:?}: {stderr}");
    }
}

/// Asserts that a line is as the schema says.
pub fn assert_valid(event: &Value) {
    let schema = schema();
    assert_eq!(check(&schema, &schema, event), Ok(()), "{event}");
}
