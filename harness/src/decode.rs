//! `wirelab decode`: packets given as bytes, told field by field.
//!
//! It may name the dissectors and their words. It does not know captures: who sent a packet is
//! said by `--from`, and what came before it is not known.

mod http;
mod zmtp;

use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::{self, Read, Write};

use crate::analysis::texts::mqtt as texts;
use crate::dissect::mqtt::{Packet, extent, only_the_client_sends, packet};
use crate::dissect::{Extent, Field, Flaw, Layer};
use crate::exit::Failure;
use crate::explain::{dump, json};
use crate::lang::{Lang, Text, both, say};
use crate::output::{Output, Tone, json_line};

/// The most bytes that are read; a packet of MQTT has at most 256 MiB.
pub const INPUT_MAX: u64 = 512 << 20;

/// Whose packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// MQTT 3.1.1.
    Mqtt,
    /// ZMTP 3.0 and 3.1: a greeting, frames, or both.
    Zmtp,
}

/// Who sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sender {
    /// The one who connected; in ZMTP's PLAIN, who says HELLO.
    Client,
    /// The one who answers: the broker, the server; in ZMTP's PLAIN, who has as-server set.
    Server,
}

/// Arguments.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Whose packets.
    pub protocol: Protocol,
    /// The bytes: in hexadecimal, in a file (`@FILE`), or on stdin (`-`, the default); a file and
    /// stdin may hold hexadecimal text or the bytes themselves.
    #[arg(value_name = "HEX|@FILE|-", num_args = 0..)]
    pub input: Vec<String>,
    /// Who sent them; a packet that this side does not send is then told as wrong.
    #[arg(long, value_name = "WHO")]
    pub from: Option<Sender>,
}

/// Does it.
///
/// # Errors
/// The input cannot be read, or something is wrong with a packet; all that could be read of it
/// was told.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let bytes = input(&arguments.input)?;
    let mut text = Vec::new();
    let decode = match arguments.protocol {
        Protocol::Http => http::messages,
        Protocol::Mqtt => mqtt,
        Protocol::Zmtp => zmtp::units,
    };
    let outcome = decode(&bytes, arguments.from, output, &mut text)
        .map_err(|e| Failure::failed(format!("cannot write: {e}")))?;
    output.data(&String::from_utf8_lossy(&text))?;
    outcome.map_or(Ok(()), |why| Err(Failure::failed(why)))
}

/// The bytes that are meant.
fn input(words: &[String]) -> Result<Vec<u8>, Failure> {
    let limited = |from: &mut dyn Read, title: &str| {
        let mut bytes = Vec::new();
        from.take(INPUT_MAX)
            .read_to_end(&mut bytes)
            .map_err(|e| Failure::failed(format!("{title}: cannot read: {e}")))?;
        Ok(bytes)
    };
    let bytes = match words {
        [] => limited(&mut io::stdin().lock(), "stdin")?,
        [one] if one == "-" => limited(&mut io::stdin().lock(), "stdin")?,
        [one] if one.starts_with('@') => {
            let path = &one[1..];
            let mut file = std::fs::File::open(path)
                .map_err(|e| Failure::failed(format!("{path}: cannot open: {e}")))?;
            limited(&mut file, path)?
        }
        words => {
            let text = words.join(" ");
            return hex(text.as_bytes()).map_err(|(at, c)| {
                Failure::usage(format!(
                    "{c} at character {at} is not hexadecimal; write pairs of digits, \
                     @FILE, or - for stdin"
                ))
            });
        }
    };
    // Text of pairs of digits is meant as such: no packet begins like that.
    Ok(hex(&bytes).unwrap_or(bytes))
}

/// Pairs of digits; between them spaces, colons, commas, and `0x` or `\x` before them. If it is
/// something else: at which character, and what stands there.
fn hex(text: &[u8]) -> Result<Vec<u8>, (usize, String)> {
    let mut bytes = Vec::new();
    let mut at = 0;
    let shown = |at: usize| match text.get(at) {
        Some(byte) => (at + 1, format!("'{}'", crate::output::escape(&[*byte]))),
        None => (at, "the end of half a byte".to_owned()),
    };
    while let Some(byte) = text.get(at) {
        if byte.is_ascii_whitespace() || matches!(byte, b':' | b',' | b'-') {
            at += 1;
            continue;
        }
        if matches!(text.get(at..at + 2), Some(b"0x" | b"0X" | b"\\x")) {
            at += 2;
        }
        let mut value = 0;
        for place in [at, at + 1] {
            let digit = text.get(place).and_then(|byte| char::from(*byte).to_digit(16));
            value = value << 4 | digit.ok_or_else(|| shown(place))? as u8;
        }
        bytes.push(value);
        at += 2;
    }
    Ok(bytes)
}

/// Tells packet after packet; returns what to complain of.
fn mqtt(
    bytes: &[u8],
    from: Option<Sender>,
    output: &Output,
    out: &mut Vec<u8>,
) -> io::Result<Option<String>> {
    let mut at = 0;
    let mut number = 0;
    let mut outcome = None;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let mut seen = packet(rest, true);
        seen.flaws.extend(from.and_then(|from| wrong_side(&seen, from)));
        number += 1;
        let there = &rest[..seen.len.min(rest.len())];
        let unit = Unit {
            proto: "mqtt",
            name: seen.name(),
            say: &texts::packet(output.lang, &seen, there),
            len: seen.len,
            cut: seen.cut,
            fields: &seen.fields,
            flaws: &seen.flaws,
        };
        tell(&unit, there, (number, at), output, out)?;
        if let Some(flaw) = seen.flaws.first() {
            let (place, text) = (at + flaw.off, flaw.text(Lang::En));
            outcome.get_or_insert(format!("packet {number}, byte {place}: {text}"));
        } else if seen.cut {
            outcome.get_or_insert(match extent(rest) {
                Extent::Known(len) => format!(
                    "packet {number} is not complete: {} of its {len} bytes are there",
                    rest.len()
                ),
                _ => format!("packet {number} is not complete: its Remaining Length has no end"),
            });
        }
        at += seen.len.min(rest.len());
    }
    if number == 0 {
        outcome = Some("no bytes, no packet".to_owned());
    }
    Ok(outcome)
}

/// Section 2.2.1: most packets go one way only.
fn wrong_side(packet: &Packet, from: Sender) -> Option<Flaw> {
    let client = only_the_client_sends(packet.packet_type?)?;
    let only = if client { Sender::Client } else { Sender::Server };
    let what = only_sends(only, packet.name());
    (only != from).then_some(Flaw { off: 0, what, clause: "(MQTT 2.2.1)" })
}

fn only_sends(only: Sender, name: &str) -> Text {
    match only {
        Sender::Client => both!("only a client sends {name}", "hanya klien yang mengirim {name}"),
        Sender::Server => both!("only a server sends {name}", "hanya server yang mengirim {name}"),
    }
}

/// A unit of a protocol that was read, with what is told of it.
struct Unit<'a> {
    proto: &'static str,
    name: &'a str,
    say: &'a str,
    /// Its length by its own word.
    len: usize,
    cut: bool,
    fields: &'a [Field],
    flaws: &'a [Flaw],
}

/// Tells unit `number`, of which the bytes `there` stand at `at`.
fn tell<W: Write>(
    unit: &Unit<'_>,
    there: &[u8],
    (number, at): (u64, usize),
    output: &Output,
    out: &mut W,
) -> io::Result<()> {
    let mut fields = unit.fields.to_vec();
    for field in &mut fields {
        field.off += at;
    }
    if output.json {
        let layer = Layer { proto: unit.proto, off: at, len: there.len(), fields };
        let flaw = |flaw: &Flaw| json!({"off": at + flaw.off, "text": flaw.text(output.lang)});
        let notes: Vec<_> = unit.flaws.iter().map(flaw).collect();
        return json_line(
            out,
            &json!({
                "v": json::VERSION,
                "kind": "packet",
                "n": number,
                "type": unit.name,
                "off": at,
                "len": unit.len,
                "complete": !unit.cut,
                "layers": [json::layer(&layer)],
                "say": unit.say,
                "notes": notes,
            }),
        );
    }
    heading(unit.say, (at, there.len(), unit.len), output, out)?;
    dump::fields(out, output.lang, &fields, "  ")?;
    dump::bytes(out, there, at, "  ")?;
    wrong(unit.flaws, at, output, out)
}

/// The first line on a unit at `at`, of whose `len` bytes so many are there.
fn heading<W: Write>(
    say: &str,
    (at, there, len): (usize, usize, usize),
    output: &Output,
    out: &mut W,
) -> io::Result<()> {
    let heading = say!(
        output.lang,
        "{say}  (bytes {at}..{end}, {len} bytes)",
        "{say}  (byte {at}..{end}, {len} byte)",
        end = at + there
    );
    writeln!(out, "{}", output.paint(Tone::Heading, &heading))
}

/// The last lines.
fn wrong<W: Write>(flaws: &[Flaw], at: usize, output: &Output, out: &mut W) -> io::Result<()> {
    for flaw in flaws {
        let text = say!(
            output.lang,
            "wrong at byte {off}: {text}",
            "salah pada byte {off}: {text}",
            off = at + flaw.off,
            text = flaw.text(output.lang)
        );
        writeln!(out, "  {}", output.paint(Tone::Bad, &text))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::{hex, input};

    #[test]
    fn hexadecimal_is_read_as_people_write_it() {
        let ping = vec![0xc0, 0x00];
        for text in ["c000", "C0 00", "c0:00", "0xc0, 0x00", "\\xc0\\x00", " c0\n00\n"] {
            assert_eq!(hex(text.as_bytes()), Ok(ping.clone()), "{text}");
        }
        assert_eq!(hex(b"c0 0g"), Err((5, "'g'".to_owned())));
        assert_eq!(hex(b"c0 0"), Err((4, "the end of half a byte".to_owned())));
        let failure = input(&["c0".to_owned(), "zz".to_owned()]).expect_err("no digits");
        assert_eq!(failure.code, crate::exit::USAGE);
    }
}
