//! ZMTP given as bytes: a greeting if they begin with one, then frame after frame.
//!
//! It knows what earlier units say of how later ones are read: the mechanism, and that a SUB's
//! messages are subscriptions. It does not know the other side.

use std::io;

use super::{Sender, Unit, only_sends, tell};
use crate::analysis::texts::zmtp as texts;
use crate::dissect::zmtp::{
    Contents, Data, Frame, Greeting, Reading, SocketType, frame, frame_extent, greeting,
};
use crate::dissect::{Extent, Flaw};
use crate::lang::{Lang, both};
use crate::output::Output;

/// The units so far.
struct Told {
    at: usize,
    number: u64,
    /// The first thing to complain of.
    outcome: Option<String>,
}

impl Told {
    fn complain(&mut self, what: impl FnOnce(u64, usize) -> String) {
        let (number, at) = (self.number, self.at);
        self.outcome.get_or_insert_with(|| what(number, at));
    }

    /// One more unit; the bytes `rest` begin with it.
    fn tell(
        &mut self,
        unit: &Unit<'_>,
        rest: &[u8],
        output: &Output,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let there = &rest[..unit.len.min(rest.len())];
        self.number += 1;
        tell(unit, there, (self.number, self.at), output, out)?;
        if let Some(flaw) = unit.flaws.first() {
            let (off, text) = (flaw.off, flaw.text(Lang::En));
            self.complain(|number, at| format!("unit {number}, byte {}: {text}", at + off));
        }
        Ok(())
    }
}

/// Tells unit after unit; returns what to complain of.
pub(super) fn units(
    bytes: &[u8],
    from: Option<Sender>,
    output: &Output,
    out: &mut Vec<u8>,
) -> io::Result<Option<String>> {
    let mut told = Told { at: 0, number: 0, outcome: None };
    let mut reading = Reading { with_fields: true, ..Reading::default() };
    // A frame cannot begin so: the upper bits of its flags are zero. [ZMTP-3.0-frame-04]
    if bytes.first() == Some(&0xff) {
        let mut seen = greeting(bytes, true);
        seen.flaws.extend(from.and_then(|from| wrong_part(&seen, from)));
        let say = texts::greeting(output.lang, &seen, 0..bytes.len().min(seen.len), None);
        let unit = Unit {
            proto: "zmtp",
            name: "greeting",
            say: &say,
            len: seen.len,
            cut: seen.cut,
            fields: &seen.fields,
            flaws: &seen.flaws,
        };
        told.tell(&unit, bytes, output, out)?;
        if seen.cut {
            let there = bytes.len();
            told.complain(|_, _| incomplete(1, there, seen.len));
        }
        if seen.is_older() {
            let say = texts::greeting(Lang::En, &seen, 0..bytes.len().min(seen.len), None);
            told.complain(|_, _| format!("{say}: what follows is laid out in another way"));
            return Ok(told.outcome);
        }
        let known = |name: &[u8]| matches!(name, b"NULL" | b"PLAIN");
        reading.sealed = seen.mechanism.is_some_and(|name| !known(&name));
        told.at += seen.len.min(bytes.len());
    }
    while told.at < bytes.len() {
        one_frame(&bytes[told.at..], from, &mut reading, &mut told, output, out)?;
    }
    if told.number == 0 {
        told.outcome = Some("no bytes, no frame".to_owned());
    }
    Ok(told.outcome)
}

fn one_frame(
    rest: &[u8],
    from: Option<Sender>,
    reading: &mut Reading,
    told: &mut Told,
    output: &Output,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let mut seen = frame(rest, *reading);
    seen.flaws.extend(from.and_then(|from| wrong_side(&seen, from)));
    let name = seen.name();
    let unit = Unit {
        proto: "zmtp",
        name: name.say(Lang::En),
        say: &texts::frame(output.lang, &seen, rest),
        len: seen.len,
        cut: seen.cut,
        fields: &seen.fields,
        flaws: &seen.flaws,
    };
    told.tell(&unit, rest, output, out)?;
    if seen.cut {
        told.complain(|number, _| match frame_extent(rest) {
            Extent::Known(len) => incomplete(number, rest.len(), len),
            _ => format!("unit {number} is not complete: its size is not all there"),
        });
    }
    if let Contents::Command(command) = &seen.contents
        && let Data::Ready(metadata) | Data::Initiate(metadata) = &command.data
    {
        reading.subscriber = metadata.socket_type().is_some_and(SocketType::subscribes);
    }
    told.at += seen.len.min(rest.len());
    Ok(())
}

fn incomplete(number: u64, there: usize, len: usize) -> String {
    format!("unit {number} is not complete: {there} of its {len} bytes are there")
}

/// [PLAIN-02] The greeting says who is who.
fn wrong_part(greeting: &Greeting, from: Sender) -> Option<Flaw> {
    let plain = greeting.mechanism.as_deref() == Some(b"PLAIN");
    let wanted = u8::from(from == Sender::Server);
    let off = crate::dissect::zmtp::AS_SERVER_AT;
    let wrong = greeting.as_server.filter(|is| plain && *is != wanted)?;
    let what = both!(
        "as-server {wrong}, which this side of PLAIN does not say",
        "as-server {wrong}, yang tidak dinyatakan sisi PLAIN ini"
    );
    Some(Flaw { off, what, clause: "[PLAIN-02]" })
}

/// Three commands of PLAIN go one way only.
fn wrong_side(frame: &Frame, from: Sender) -> Option<Flaw> {
    let Contents::Command(command) = &frame.contents else { return None };
    let (only, clause) = match &command.data {
        Data::Hello { .. } => (Sender::Client, "[PLAIN-03]"),
        Data::Welcome => (Sender::Server, "[PLAIN-04]"),
        Data::Initiate(_) => (Sender::Client, "[PLAIN-05]"),
        _ => return None,
    };
    let what = only_sends(only, frame.name().say(Lang::En));
    (only != from).then_some(Flaw { off: 0, what, clause })
}
