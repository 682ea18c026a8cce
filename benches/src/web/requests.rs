//! Requests one after the other, and the answer that must come to each.
//!
//! It knows octets and their places. It does not know connections.

use std::io;
use std::net::TcpStream;

use super::exchange::{Answer, Exchange};
use crate::load::{Place, Talk, wrong};

/// What is asked of one server.
#[derive(Debug)]
pub struct Requests {
    /// One request after the other.
    out: Vec<u8>,
    period: usize,
    answer: Answer,
}

impl Requests {
    /// Asks once, and learns the answer.
    ///
    /// # Errors
    /// When the server answers something else than it must.
    pub fn learn(exchange: Exchange, stream: &mut TcpStream) -> io::Result<Self> {
        let answer = exchange.learn(stream)?;
        let request = exchange.request(stream.peer_addr()?);
        let out = request.repeat((Self::PIECE / request.len()).max(1));
        Ok(Self { out, period: request.len(), answer })
    }
}

impl Talk for Requests {
    const PIECE: usize = 128 * 1024;

    fn out(&self) -> &[u8] {
        &self.out
    }

    fn period(&self) -> usize {
        self.period
    }

    fn unit(&self) -> usize {
        self.period
    }

    fn begin(&self, _: usize) -> usize {
        0
    }

    fn take(&self, place: &mut Place, mut got: &[u8], whole: bool) -> io::Result<usize> {
        let mut complete = 0;
        while !got.is_empty() {
            let (piece, rest) = got.split_at(got.len().min(self.answer.len() - place.at));
            if place.away == 0 || !self.answer.has_at(place.at, piece, whole) {
                return Err(wrong("the server answers other octets than at first"));
            }
            place.at += piece.len();
            if place.at == self.answer.len() {
                place.at = 0;
                place.away -= 1;
                complete += 1;
            }
            got = rest;
        }
        Ok(complete)
    }
}
