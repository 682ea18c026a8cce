//! One HTTP conversation, frame by frame, for the tests.

use crate::build::{ACK, FIN, PSH, RST, SYN, explained, pcap, says, tcp_from};

pub const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Frames of one connection after its handshake, which are 1 to 3.
pub struct Talk {
    pub frames: Vec<Vec<u8>>,
    next: [u32; 2],
}

impl Talk {
    pub fn new() -> Self {
        let mut talk = Self { frames: Vec::new(), next: [1000, 5000] };
        talk.segment(true, SYN, b"");
        talk.segment(false, SYN | ACK, b"");
        talk.segment(true, ACK, b"");
        talk
    }

    /// From the middle of a connection.
    pub fn in_the_middle() -> Self {
        Self { frames: Vec::new(), next: [1000, 5000] }
    }

    pub fn segment(&mut self, from_client: bool, flags: u8, bytes: &[u8]) {
        let (own, other) = if from_client { (0, 1) } else { (1, 0) };
        let frame = tcp_from(40000, from_client, self.next[own], self.next[other], flags, bytes);
        self.next[own] += bytes.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        self.frames.push(frame);
    }

    pub fn client(mut self, text: impl AsRef<[u8]>) -> Self {
        self.segment(true, PSH | ACK, text.as_ref());
        self
    }

    pub fn server(mut self, text: impl AsRef<[u8]>) -> Self {
        self.segment(false, PSH | ACK, text.as_ref());
        self
    }

    pub fn fin(mut self, from_client: bool) -> Self {
        self.segment(from_client, FIN | ACK, b"");
        self
    }

    pub fn reset(mut self, from_client: bool) -> Self {
        self.segment(from_client, RST | ACK, b"");
        self
    }

    /// The server's bytes that the capture does not have.
    pub fn missed(mut self, len: u32) -> Self {
        self.next[1] += len;
        self
    }

    pub fn says(&self) -> Vec<String> {
        says(&self.frames)
    }

    pub fn report(&self) -> String {
        explained(&pcap(&self.frames))
    }

    /// The report has each of these lines, or parts of them.
    pub fn has(&self, lines: &[&str]) {
        let report = self.report();
        for line in lines {
            assert!(report.contains(line), "{line}\n{report}");
        }
    }
}
