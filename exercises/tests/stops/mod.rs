//! Answers. Look here last.

use bytes::BytesMut;
use std::collections::HashMap;
use wirelab_exercises::frame_header::Header;
use wirelab_exercises::patience::SILENCE;
use wirelab_reactor::{Closed, ConnId, Io, Now, Origin, Service, Timer};

#[derive(Debug, Default)]
pub struct Capitals;

impl Service for Capitals {
    fn on_open(&mut self, _: &mut Io, _: ConnId, _: Origin) {}

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        while let Some(end) = input.iter().position(|octet| *octet == b'\n') {
            let line = input.split_to(end + 1);
            io.write(conn, |out| out.extend(line.iter().map(u8::to_ascii_uppercase)));
        }
    }

    fn on_close(&mut self, _: &mut Io, _: ConnId, _: Closed) {}
}

#[derive(Debug, Default)]
pub struct Patience {
    last_seen: HashMap<ConnId, Now>,
}

impl Service for Patience {
    fn on_open(&mut self, io: &mut Io, conn: ConnId, _: Origin) {
        self.last_seen.insert(conn, io.now());
        io.set_timer(Timer::Conn(conn, 0), io.now() + SILENCE);
    }

    fn on_data(&mut self, io: &mut Io, conn: ConnId, input: &mut BytesMut) {
        input.clear();
        self.last_seen.insert(conn, io.now());
    }

    fn on_timer(&mut self, io: &mut Io, timer: Timer) {
        let Timer::Conn(conn, _) = timer else { return };
        let Some(last_seen) = self.last_seen.get(&conn) else { return };
        let at = *last_seen + SILENCE;
        if at <= io.now() { io.close(conn) } else { io.set_timer(timer, at) }
    }

    fn on_close(&mut self, _: &mut Io, conn: ConnId, _: Closed) {
        self.last_seen.remove(&conn);
    }
}

pub fn decode_length(input: &[u8]) -> Result<Option<(u32, usize)>, &'static str> {
    let mut value = 0;
    for (n, byte) in input.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Ok(Some((value, n + 1)));
        }
    }
    if input.len() < 4 { Ok(None) } else { Err("a Remaining Length of more than four bytes") }
}

pub fn encode_length(mut length: u32, out: &mut Vec<u8>) {
    while length > 0x7f {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (part, level) if level == Some(part) => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

pub fn decode_header(input: &[u8]) -> Result<Option<Header>, &'static str> {
    let Some(flags) = input.first() else { return Ok(None) };
    let (more, long, command) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
    if *flags > 7 || more && command {
        return Err("flags that no frame has");
    }
    if !long {
        let header = |size: &u8| Header { more, command, size: u64::from(*size), len: 2 };
        return Ok(input.get(1).map(header));
    }
    if input.get(1).is_some_and(|first| first & 0x80 != 0) {
        return Err("a size of 2^63 or more");
    }
    let size = input.get(1..).and_then(|rest| rest.first_chunk::<8>());
    Ok(size.map(|size| Header { more, command, size: u64::from_be_bytes(*size), len: 9 }))
}

pub fn decode_chunked(input: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let rest = &input[at..];
        let digits = rest.iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
        let wrong = Err("no chunk size");
        if digits > 16 || digits == 0 && !rest.is_empty() {
            return wrong;
        }
        let text = std::str::from_utf8(&rest[..digits]).unwrap_or_default();
        match &rest[digits..] {
            [] | [b'\r'] => return Ok(None),
            [b'\r', b'\n', ..] => {}
            _ => return wrong,
        }
        let Ok(size) = u64::from_str_radix(text, 16) else { return wrong };
        let Ok(size) = usize::try_from(size) else { return Err("too large to be kept") };
        at += digits + 2;
        let data = &input[at..];
        match data.get(size..).unwrap_or_default() {
            [] | [b'\r'] => return Ok(None),
            [b'\r', b'\n', ..] => {}
            _ => return Err("no CRLF behind a chunk"),
        }
        body.extend_from_slice(&data[..size]);
        at += size + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}
