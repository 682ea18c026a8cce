//! How `mqtt sub` prints a message: the payload alone, `-v`, or a format of `-F`.
//!
//! ```text
//!   %  of the message   %t topic   %p payload   %x %X in hex   %l length   %m packet id
//!                       %q QoS   %r retain   %j %J JSON   %I ISO 8601   %U Unix time
//!                       %-10.4t: left-aligned, at least 10, at most 4 characters; %05l: zeros
//!   @  of the time      @Y and the like, as strftime's %Y; @N nanoseconds
//!   \  of the keyboard  \\ \0 \a \e \n \r \t \v
//! ```
//!
//! The same bytes as mosquitto_sub's, for the same message. It knows messages and bytes; it does
//! not know where they go.

use std::fmt::Write as _;
use wirelab_mqtt::client::event::Arrived;

use super::json::{Member, object};
use super::moment::Moment;
use crate::output::escape_controls;

/// The widest field.
const WIDTH_MAX: usize = 10_000;

/// How messages are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The payload.
    Payload,
    /// Topic and payload.
    Verbose,
    /// As `-F` says.
    Pieces(Vec<Piece>),
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Literal(Vec<u8>),
    /// Something of the message, by its letter.
    Field(char, Shape),
    /// Something of the time, by strftime's letter.
    Time(char),
}

/// What stands between `%` and the letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    left: bool,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
}

/// What is said of every message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// JSON over several lines.
    pub pretty: bool,
    /// The bytes go to a terminal, on which those of a message must not act.
    pub terminal: bool,
}

/// The payload is not the JSON that `%J` needs.
#[derive(Debug, PartialEq, Eq)]
pub struct NotJson;

impl Form {
    /// Reads a format.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(format: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        let mut rest = format.chars();
        while let Some(c) = rest.next() {
            let piece = match c {
                '%' => field(&mut rest)?,
                '@' => time(&mut rest)?,
                '\\' => Piece::Literal(vec![escaped(&mut rest)?]),
                c => Piece::Literal(c.to_string().into_bytes()),
            };
            if let Piece::Literal(bytes) = piece {
                literal.extend(bytes);
            } else {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(piece);
            }
        }
        pieces.push(Piece::Literal(literal));
        pieces.retain(|piece| !matches!(piece, Piece::Literal(bytes) if bytes.is_empty()));
        Ok(Self::Pieces(pieces))
    }

    /// Writes a message, without the end of its line.
    ///
    /// # Errors
    /// [`NotJson`]; what stands before it is written.
    pub fn write(&self, it: &Arrived, style: Style, out: &mut Vec<u8>) -> Result<(), NotJson> {
        let message = &it.message;
        match self {
            Self::Payload => text(&message.payload, style, out),
            Self::Verbose => {
                text(message.topic.as_bytes(), style, out);
                out.push(b' ');
                // So mosquitto shows that nothing is there.
                let empty = message.payload.is_empty();
                text(if empty { b"(null)" } else { &message.payload }, style, out);
            }
            Self::Pieces(pieces) => {
                let now = Moment::now();
                for piece in pieces {
                    match piece {
                        Piece::Literal(bytes) => out.extend_from_slice(bytes),
                        Piece::Time('N') => out.extend(format!("{:09}", now.nanos()).bytes()),
                        Piece::Time(c) => out.extend(now.conversion(*c).bytes()),
                        Piece::Field(c, shape) => write_field(*c, *shape, it, &now, style, out)?,
                    }
                }
            }
        }
        Ok(())
    }
}

/// Bytes of a message: on a terminal without those that act on it.
fn text(bytes: &[u8], style: Style, out: &mut Vec<u8>) {
    if style.terminal {
        out.extend(escape_controls(bytes).bytes());
    } else {
        out.extend_from_slice(bytes);
    }
}

/// `%`: flags, width, precision, letter.
fn field(rest: &mut std::str::Chars<'_>) -> Result<Piece, String> {
    let incomplete = "an incomplete % at the end of the format; %% is a percent sign";
    let mut next = || rest.next().ok_or_else(|| incomplete.to_owned());
    let mut shape = Shape::default();
    let mut c = next()?;
    if c == '-' {
        shape.left = true;
        c = next()?;
    }
    if c == '0' {
        shape.zeros = true;
        c = next()?;
    }
    while let Some(digit) = c.to_digit(10) {
        shape.width = (shape.width * 10 + digit as usize).min(WIDTH_MAX);
        c = next()?;
    }
    if c == '.' {
        let mut precision = 0;
        c = next()?;
        while let Some(digit) = c.to_digit(10) {
            precision = (precision * 10 + digit as usize).min(WIDTH_MAX);
            c = next()?;
        }
        shape.precision = Some(precision);
    }
    match c {
        '%' => Ok(Piece::Literal(b"%".to_vec())),
        // What only MQTT 5 has is empty in MQTT 3.1.1, and so it is printed.
        'A' | 'C' | 'D' | 'E' | 'F' | 'I' | 'j' | 'J' | 'l' | 'm' | 'P' | 'p' | 'q' | 'R' | 'r'
        | 'S' | 't' | 'U' | 'x' | 'X' => Ok(Piece::Field(c, shape)),
        c => Err(format!("%{c} is nothing that a message has")),
    }
}

fn time(rest: &mut std::str::Chars<'_>) -> Result<Piece, String> {
    match rest.next() {
        Some('@') => Ok(Piece::Literal(b"@".to_vec())),
        Some(c) => Ok(Piece::Time(c)),
        None => Err("an incomplete @ at the end of the format; @@ is an at sign".to_owned()),
    }
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Result<u8, String> {
    Ok(match rest.next() {
        Some('\\') => b'\\',
        Some('0') => 0,
        Some('a') => 0x07,
        Some('e') => 0x1b,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 0x0b,
        Some(c) => return Err(format!("\\{c} is no escape")),
        None => return Err("an incomplete \\ at the end; \\\\ is a backslash".to_owned()),
    })
}

fn write_field(
    c: char,
    shape: Shape,
    it: &Arrived,
    now: &Moment,
    style: Style,
    out: &mut Vec<u8>,
) -> Result<(), NotJson> {
    let message = &it.message;
    let packet_id = it.packet_id.map_or(0, std::num::NonZero::get);
    match c {
        't' => {
            let mut topic = Vec::new();
            string(&message.topic, shape, &mut topic);
            text(&topic, style, out);
        }
        'p' => payload(&message.payload, shape, style, out),
        'x' => hex(&message.payload, shape, |byte| format!("{byte:02x}"), out),
        'X' => hex(&message.payload, shape, |byte| format!("{byte:02X}"), out),
        'l' => number(message.payload.len(), shape, out),
        'm' => number(packet_id.into(), shape, out),
        'q' => out.extend((message.qos as u8).to_string().bytes()),
        'r' => out.push(if message.retain { b'1' } else { b'0' }),
        'I' => string(&now.iso(), shape, out),
        'U' => out.extend(format!("{}.{:09}", now.unix(), now.nanos()).bytes()),
        'j' | 'J' => return json(c == 'J', it, now, style, out),
        // What only MQTT 5 has: blanks of the width that was asked for, where it is text or number.
        'C' => string("", shape, out),
        'A' | 'E' | 'F' | 'S' => {
            let filler = if shape.zeros { b'0' } else { b' ' };
            pad(0, shape, filler, out, |_| {});
        }
        _ => {}
    }
    Ok(())
}

/// As C's `%-*.*s`, in characters of one byte.
fn string(text: &str, shape: Shape, out: &mut Vec<u8>) {
    let len = shape.precision.map_or(text.len(), |most| most.min(text.len()));
    pad(len, shape, b' ', out, |out| out.extend_from_slice(&text.as_bytes()[..len]));
}

/// As C's `%0*d`.
fn number(n: usize, shape: Shape, out: &mut Vec<u8>) {
    let text = n.to_string();
    let filler = if shape.zeros && !shape.left { b'0' } else { b' ' };
    pad(text.len(), shape, filler, out, |out| out.extend(text.bytes()));
}

/// A payload is cut to its width; so mosquitto_sub prints it, though its manual says "at least".
fn payload(bytes: &[u8], shape: Shape, style: Style, out: &mut Vec<u8>) {
    let len = if shape.width > 0 { bytes.len().min(shape.width) } else { bytes.len() };
    let filler = if shape.zeros { b'0' } else { b' ' };
    pad(len, shape, filler, out, |out| text(&bytes[..len], style, out));
}

/// And in hex to half the bytes of that: a width for `%x` is of use in neither program.
fn hex(bytes: &[u8], shape: Shape, digits: fn(u8) -> String, out: &mut Vec<u8>) {
    let len = if shape.width > 0 { bytes.len().min(shape.width) / 2 } else { bytes.len() };
    let filler = if shape.zeros { b'0' } else { b' ' };
    pad(2 * len, shape, filler, out, |out| {
        bytes[..len].iter().for_each(|byte| out.extend(digits(*byte).bytes()));
    });
}

fn pad(len: usize, shape: Shape, filler: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let missing = std::iter::repeat_n(filler, shape.width.saturating_sub(len));
    if shape.left {
        write(out);
        out.extend(missing);
    } else {
        out.extend(missing);
        write(out);
    }
}

/// `%j`, the payload as a string, and `%J`, the payload as the JSON that it is.
fn json(
    inline: bool,
    it: &Arrived,
    now: &Moment,
    style: Style,
    out: &mut Vec<u8>,
) -> Result<(), NotJson> {
    let message = &it.message;
    let mut stamp = String::new();
    let (day, time) = (now.conversion('F'), now.conversion('T'));
    // A `Z` and an offset: not what ISO 8601 has, but what mosquitto_sub prints.
    let _ = write!(stamp, "{day}T{time}.{:06}Z{}", now.nanos() / 1000, now.conversion('z'));
    let mut members = vec![
        ("tst", Member::Bytes(stamp.as_bytes())),
        ("topic", Member::Bytes(message.topic.as_bytes())),
        ("qos", Member::Number(message.qos as u64)),
        ("retain", Member::Number(message.retain.into())),
        ("payloadlen", Member::Number(message.payload.len() as u64)),
    ];
    if let Some(id) = it.packet_id {
        members.push(("mid", Member::Number(id.get().into())));
    }
    members.push((
        "payload",
        match (message.payload.is_empty(), inline) {
            (true, _) => Member::Value(serde_json::Value::Null),
            (false, false) => Member::Bytes(&message.payload),
            (false, true) => {
                Member::Value(serde_json::from_slice(&message.payload).map_err(|_| NotJson)?)
            }
        },
    ));
    text(&object(&members, style.pretty), style, out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Form, NotJson, Style};
    use wirelab_mqtt::client::Message;
    use wirelab_mqtt::client::event::Arrived;
    use wirelab_mqtt::{PacketId, QoS};

    fn message(payload: &'static [u8]) -> Arrived {
        let message = Message::new("a/x", payload).qos(QoS::ExactlyOnce).retain(true);
        Arrived { message, dup: false, packet_id: PacketId::new(1) }
    }

    fn printed(format: &str, payload: &'static [u8]) -> String {
        let mut out = Vec::new();
        let form = Form::parse(format).unwrap();
        form.write(&message(payload), Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What mosquitto_sub 2.0.11 printed for the same formats and the same message.
    #[test]
    fn fields_are_shaped_as_mosquitto_shapes_them() {
        for (format, expected) in [
            ("%t|%p|%l|%m|%q|%r|%x|%X|%%|@@", "a/x|hello|5|1|2|1|68656c6c6f|68656C6C6F|%|@"),
            (
                "%10t|%-10t|%010l|%.2t|%5.2t|%010t",
                "       a/x|a/x       |0000000005|a/|   a/|       a/x",
            ),
            ("%08m|%-8m|%8x|%012x|%-12x", "00000001|1       |    6865|000000006865|6865        "),
            ("%3p|%10p|%-10p|%8q|%8r|%.2p|%.2x", "hel|     hello|hello     |2|1|hello|68656c6c6f"),
            ("%-010l|%5C|%5R|%10D|%P|%S|%5S|%05A|", "5         |     |||||     |00000|"),
            ("\\\\|\\t|\\0|\\a|\\e|\\n|\\r|\\v", "\\|\t|\0|\x07|\x1b|\n|\r|\x0b"),
        ] {
            assert_eq!(printed(format, b"hello"), expected, "{format}");
        }
    }

    #[test]
    fn wrong_formats_are_refused() {
        for bad in ["%", "%e", "abc%10", "%0-10l", "@", "\\", "\\q", "%-"] {
            assert!(Form::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn json_says_what_the_packet_said() {
        let line = printed("%j", b"say \"hi\"");
        let middle = r#","topic":"a/x","qos":2,"retain":1,"payloadlen":8,"mid":1,"#;
        assert!(line.starts_with("{\"tst\":\"20"), "{line}");
        assert!(line.ends_with(r#""payload":"say \"hi\""}"#), "{line}");
        assert!(line.contains(middle), "{line}");
        assert!(printed("%J", b"[1, 2.50]").ends_with(r#""payload":[1,2.5]}"#));
        let form = Form::parse("a%J").unwrap();
        let mut out = Vec::new();
        assert_eq!(form.write(&message(b"no"), Style::default(), &mut out), Err(NotJson));
        assert_eq!(out, b"a");
    }

    #[test]
    fn a_message_does_not_act_on_a_terminal() {
        let style = Style { terminal: true, ..Style::default() };
        let mut out = Vec::new();
        Form::parse("\\e%p").unwrap().write(&message(b"\x1b[2J\n\xff"), style, &mut out).unwrap();
        assert_eq!(out, b"\x1b\\x1b[2J\n\\xff");
    }
}
