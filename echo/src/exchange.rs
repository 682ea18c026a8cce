//! Requests and answers: which bytes answer what, and what must be asked again after a loss.
//!
//! One client's machine, without a connection: it knows bytes and their order, nothing else.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

use crate::Style;
use crate::limits::REQUESTS_MAX;

/// The requests that have no answer yet. One is out at a time: the client waits for each answer.
///
/// ```text
///   push --> [ waiting ... | out ]  --answered--> gone
///                 ^           |
///                 +---lost----+        (asked again on the next connection)
/// ```
#[derive(Debug)]
pub struct Exchange {
    style: Style,
    requests: VecDeque<Bytes>,
    is_out: bool,
    answer: BytesMut,
}

/// The client holds as many requests as it may; the request is given back.
#[derive(Debug, PartialEq, Eq)]
pub struct Full(pub Bytes);

impl Exchange {
    /// Nothing asked yet, of a server that answers in this style.
    pub fn new(style: Style) -> Self {
        Self { style, requests: VecDeque::new(), is_out: false, answer: BytesMut::new() }
    }

    /// Takes a request. An empty one has no answer that could be waited for, and is dropped.
    ///
    /// # Errors
    /// [`Full`] when [`REQUESTS_MAX`] are waiting.
    pub fn push(&mut self, request: Bytes) -> Result<(), Full> {
        if self.requests.len() >= REQUESTS_MAX {
            return Err(Full(request));
        }
        if !request.is_empty() {
            self.requests.push_back(request);
        }
        Ok(())
    }

    /// How many requests have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.requests.len()
    }

    /// The request to send now, if one waits and none is out.
    pub fn next_request(&mut self) -> Option<Bytes> {
        if self.is_out {
            return None;
        }
        let request = self.requests.front()?.clone();
        self.is_out = true;
        Some(request)
    }

    /// Takes what belongs to the answer from the front of `input`. Returns the request and its
    /// answer when that is whole. What no request is out for is left where it is.
    pub fn hear(&mut self, input: &mut BytesMut) -> Option<(Bytes, Bytes)> {
        if !self.is_out {
            return None;
        }
        let whole = self.style.answer_len(self.requests.front()?.len());
        let take = input.len().min(whole - self.answer.len());
        self.answer.extend_from_slice(&input.split_to(take));
        if self.answer.len() == whole { self.conclude() } else { None }
    }

    /// The answer as far as it has come: nothing more is expected.
    pub fn conclude(&mut self) -> Option<(Bytes, Bytes)> {
        if !self.is_out || self.answer.is_empty() {
            return None;
        }
        self.is_out = false;
        Some((self.requests.pop_front()?, self.answer.split().freeze()))
    }

    /// The connection is lost: what was out will be asked again, from its beginning.
    pub fn lost(&mut self) {
        self.is_out = false;
        self.answer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Exchange, Full};
    use crate::Style;
    use crate::limits::REQUESTS_MAX;
    use bytes::{Bytes, BytesMut};

    #[test]
    fn the_answer_is_whole_at_its_length_wherever_it_was_split() {
        let answer = b"Echo: haloEcho: ya";
        for split in 0..=answer.len() {
            let mut exchange = Exchange::new(Style::Lab);
            exchange.push(Bytes::from_static(b"halo")).unwrap();
            exchange.push(Bytes::from_static(b"ya")).unwrap();
            let mut got = Vec::new();
            assert_eq!(exchange.next_request().as_deref(), Some(&b"halo"[..]));
            for part in [&answer[..split], &answer[split..]] {
                let mut input = BytesMut::from(part);
                while let Some((_, answer)) = exchange.hear(&mut input) {
                    got.push(answer);
                    exchange.next_request();
                }
            }
            assert_eq!(got, [&b"Echo: halo"[..], b"Echo: ya"], "split at {split}");
        }
    }

    #[test]
    fn what_was_out_is_asked_again() {
        let mut exchange = Exchange::new(Style::Raw);
        exchange.push(Bytes::from_static(b"halo")).unwrap();
        assert!(exchange.next_request().is_some());
        assert!(exchange.next_request().is_none(), "one at a time");
        assert!(exchange.hear(&mut BytesMut::from(&b"ha"[..])).is_none());
        exchange.lost();
        assert_eq!(exchange.next_request().as_deref(), Some(&b"halo"[..]));
        let (_, answer) = exchange.hear(&mut BytesMut::from(&b"halo"[..])).unwrap();
        assert_eq!(&answer[..], b"halo");
        assert_eq!(exchange.unanswered(), 0);
    }

    #[test]
    fn no_more_requests_are_held_than_may_be() {
        let mut exchange = Exchange::new(Style::Raw);
        for _ in 0..REQUESTS_MAX {
            exchange.push(Bytes::from_static(b"x")).unwrap();
        }
        let one_more = Bytes::from_static(b"y");
        assert_eq!(exchange.push(one_more.clone()), Err(Full(one_more)));
    }
}
