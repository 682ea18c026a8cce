//! Capture files and frames, built by hand for the tests.

#[path = "../common/english.rs"]
mod english;

use etherparse::PacketBuilder;
use proptest::test_runner::Config as ProptestConfig;
use std::net::IpAddr;
use std::path::PathBuf;
use wirelab::exit::Failure;
use wirelab::explain::{Options, explain_reader};
use wirelab::frame::{CapturedFrame, HostNames, LinkType};
use wirelab::lang::Lang;
use wirelab::output::{ColorChoice, Output};

pub const CLIENT: [u8; 4] = [10, 0, 0, 3];
pub const SERVER: [u8; 4] = [10, 0, 0, 2];
pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;
pub const CAPTURES: [&str; 6] = ["tcp", "mqtt", "rest", "reqrep", "pushpull", "pubsub"];

/// That many random cases; a failing one is printed, not written to a file.
pub fn cases(n: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: n, ..ProptestConfig::default() }
}

pub fn capture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All that `explain` prints for these bytes, and how it ended.
pub fn explain(bytes: &[u8], options: &Options, json: bool) -> (String, Result<(), Failure>) {
    let (text, result) = explain_in(Lang::En, bytes, options, json);
    if !json && !options.bytes {
        // Whatever a test looks at, it is said in the other language, too; but fields are called
        // as their specification calls them.
        assert_alike(&text, &explain_in(Lang::Id, bytes, options, json).0);
    }
    (text, result)
}

/// The same in that language.
pub fn explain_in(
    lang: Lang,
    bytes: &[u8],
    options: &Options,
    json: bool,
) -> (String, Result<(), Failure>) {
    let output = Output::new(json, ColorChoice::Never, true, 0).speaking(lang);
    let mut out = Vec::new();
    let result = explain_reader(bytes, "test", options, &output, &mut out);
    (String::from_utf8(out).expect("UTF-8"), result)
}

/// Does the second text say what the first one says, in the other language? Line by line the same
/// numbers stand in both, and no English word has been left.
pub fn assert_alike(en: &str, id: &str) {
    assert_eq!(en.lines().count(), id.lines().count(), "{en}\n{id}");
    for (en, id) in en.lines().zip(id.lines()) {
        assert_eq!(numbers(en), numbers(id), "{en}\n{id}");
        assert_eq!(english::left_in(&unquoted(id)), None, "English was left in: {id}");
    }
}

/// All numbers of a line, in whatever order.
fn numbers(line: &str) -> Vec<&str> {
    let parts = line.split(|c: char| !c.is_ascii_digit());
    let mut numbers: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    numbers.sort_unstable();
    numbers
}

/// The line without what stands in quotes.
fn unquoted(line: &str) -> String {
    let mut escaped = false;
    let mut quoted = false;
    let mut text = String::new();
    for c in line.chars() {
        match c {
            '"' if !escaped => quoted = !quoted,
            c if !quoted => text.push(c),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    text
}

pub fn explained(bytes: &[u8]) -> String {
    let (text, result) = explain(bytes, &Options::default(), false);
    result.expect("no failure");
    text
}

/// A TCP segment between the two hosts, with right checksums.
pub fn tcp(from_client: bool, seq: u32, ack: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    tcp_from(40000, from_client, seq, ack, flags, payload)
}

pub fn tcp_from(
    client_port: u16,
    from_client: bool,
    seq: u32,
    ack: u32,
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let (src, dst) = if from_client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
    let ports = if from_client { (client_port, 2222) } else { (2222, client_port) };
    let mut builder = PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4(src, dst, 64)
        .tcp(ports.0, ports.1, seq, 1000);
    if flags & FIN != 0 {
        builder = builder.fin();
    }
    if flags & SYN != 0 {
        builder = builder.syn();
    }
    if flags & RST != 0 {
        builder = builder.rst();
    }
    if flags & PSH != 0 {
        builder = builder.psh();
    }
    if flags & ACK != 0 {
        builder = builder.ack(ack);
    }
    let mut frame = Vec::new();
    builder.write(&mut frame, payload).expect("a frame");
    frame
}

/// SYN, SYN,ACK, ACK with the two first sequence numbers.
pub fn handshake(client: u32, server: u32) -> Vec<Vec<u8>> {
    vec![
        tcp(true, client, 0, SYN, b""),
        tcp(false, server, client.wrapping_add(1), SYN | ACK, b""),
        tcp(true, client.wrapping_add(1), server.wrapping_add(1), ACK, b""),
    ]
}

pub fn captured(number: u64, link_type: LinkType, bytes: &[u8]) -> CapturedFrame {
    CapturedFrame {
        number,
        time_ns: number * 1_000_000,
        link_type,
        bytes: bytes.to_vec().into(),
        original_len: bytes.len() as u32,
        comment: None,
    }
}

/// What is said of each of these frames.
pub fn says(frames: &[Vec<u8>]) -> Vec<String> {
    let frames: Vec<CapturedFrame> = frames
        .iter()
        .zip(1..)
        .map(|(bytes, number)| captured(number, LinkType::ETHERNET, bytes))
        .collect();
    let say = |lang| wirelab::explain::comments(&frames, &HostNames::new(), lang);
    let says = say(Lang::En);
    for (en, id) in says.iter().zip(say(Lang::Id)) {
        assert_alike(en, &id);
    }
    says
}

/// A classic pcap, a millisecond between frames.
pub fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    pcap_with(frames, 1, false, false)
}

pub fn pcap_with(frames: &[Vec<u8>], link: u32, big: bool, nanoseconds: bool) -> Vec<u8> {
    let u32 = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let u16 = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut file = Vec::new();
    file.extend(u32(if nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }));
    file.extend(u16(2));
    file.extend(u16(4));
    for word in [0, 0, 65535, link] {
        file.extend(u32(word));
    }
    for (i, frame) in frames.iter().enumerate() {
        let unit = if nanoseconds { 1_000_000 } else { 1_000 };
        for word in [1_700_000_000, i as u32 * unit, frame.len() as u32, frame.len() as u32] {
            file.extend(u32(word));
        }
        file.extend(frame);
    }
    file
}

/// A pcapng file under construction.
pub struct Pcapng {
    pub bytes: Vec<u8>,
    big: bool,
}

impl Pcapng {
    pub fn new(big: bool) -> Self {
        let mut this = Self { bytes: Vec::new(), big };
        this.section(big);
        this
    }

    pub fn u32(&self, n: u32) -> [u8; 4] {
        if self.big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u16(&self, n: u16) -> [u8; 2] {
        if self.big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    pub fn block(&mut self, kind: u32, body: &[u8]) -> &mut Self {
        let padding = body.len().wrapping_neg() % 4;
        let len = self.u32((12 + body.len() + padding) as u32);
        let kind = self.u32(kind);
        self.bytes.extend(kind);
        self.bytes.extend(len);
        self.bytes.extend(body);
        self.bytes.extend(&[0; 3][..padding]);
        self.bytes.extend(len);
        self
    }

    fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut option = Vec::new();
        option.extend(self.u16(code));
        option.extend(self.u16(value.len() as u16));
        option.extend(value);
        option.extend(&[0; 3][..value.len().wrapping_neg() % 4]);
        option
    }

    pub fn section(&mut self, big: bool) -> &mut Self {
        self.big = big;
        let mut body = self.u32(0x1a2b_3c4d).to_vec();
        body.extend(self.u16(1));
        body.extend(self.u16(0));
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    pub fn interface(&mut self, link: u16, resolution: Option<u8>, offset: i64) -> &mut Self {
        let mut body = self.u16(link).to_vec();
        body.extend(self.u16(0));
        body.extend(self.u32(0));
        if let Some(resolution) = resolution {
            body.extend(self.option(9, &[resolution]));
        }
        if offset != 0 {
            let bytes = if self.big { offset.to_be_bytes() } else { offset.to_le_bytes() };
            body.extend(self.option(14, &bytes));
        }
        self.block(1, &body)
    }

    pub fn names(&mut self, names: &[(IpAddr, &str)]) -> &mut Self {
        let mut body = Vec::new();
        for (address, name) in names {
            let (kind, mut value) = match address {
                IpAddr::V4(address) => (1, address.octets().to_vec()),
                IpAddr::V6(address) => (2, address.octets().to_vec()),
            };
            value.extend(name.as_bytes());
            value.push(0);
            body.extend(self.option(kind, &value));
        }
        body.extend([0; 4]);
        self.block(4, &body)
    }

    pub fn frame(
        &mut self,
        interface: u32,
        ticks: u64,
        frame: &[u8],
        comment: Option<&str>,
    ) -> &mut Self {
        let mut body = Vec::new();
        let words =
            [interface, (ticks >> 32) as u32, ticks as u32, frame.len() as u32, frame.len() as u32];
        for word in words {
            body.extend(self.u32(word));
        }
        body.extend(frame);
        body.extend(&[0; 3][..frame.len().wrapping_neg() % 4]);
        if let Some(comment) = comment {
            body.extend(self.option(1, comment.as_bytes()));
            body.extend([0; 4]);
        }
        self.block(6, &body)
    }
}
