//! What holds for all octets: nothing panics, and how the octets are parted changes nothing.

use bytes::BytesMut;
use proptest::prelude::*;
use wirelab_http::body::{ChunkedReader, Piece};
use wirelab_http::client::{Session, Url};
use wirelab_http::connection::{Connection, Event};
use wirelab_http::target::{self, Target};
use wirelab_http::{Method, date};

/// What a connection makes of octets that come in pieces of at most `step`; each request is left
/// unanswered, so that it is the last.
fn heard(octets: &[u8], step: usize) -> String {
    let mut connection = Connection::default();
    let (mut said, mut content, mut input) = (String::new(), Vec::new(), BytesMut::new());
    for piece in octets.chunks(step.max(1)) {
        input.extend_from_slice(piece);
        loop {
            match connection.next(&mut input) {
                Ok(Some(Event::Request)) => {
                    let head = connection.head();
                    said = format!("{head} {:?}", head.fields().iter().collect::<Vec<_>>());
                }
                Ok(Some(Event::Piece(data))) => content.extend_from_slice(&data),
                Ok(Some(Event::End(_))) => said.push_str(" end"),
                Ok(None) => break,
                Err(error) => return format!("{said} {content:?} {error}"),
            }
        }
    }
    format!("{said} {content:?}")
}

/// Octets that are nearly a message.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop_oneof![
        Just("GET / HTTP/1.1\r\n"),
        Just("POST /a?b HTTP/1.1\r\n"),
        Just("HTTP/1.1 200 OK\r\n"),
        Just("Host: a\r\n"),
        Just("Content-Length: 5\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("\r\n"),
        Just("5\r\nhello\r\n"),
        Just("0\r\n\r\n"),
        Just("hello"),
        Just(" "),
        Just("\r"),
        Just("\n"),
        Just("\0"),
        Just(":"),
        Just(";a=\"b\""),
    ];
    let noise = prop::collection::vec(any::<u8>(), 0..4);
    prop::collection::vec((parts, noise, prop::bool::weighted(0.1)), 0..12).prop_map(|parts| {
        let join = |(part, noise, loud): (&str, Vec<u8>, bool)| {
            let noise = if loud { noise } else { Vec::new() };
            [part.as_bytes(), &noise].concat()
        };
        parts.into_iter().flat_map(join).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn octets_never_panic_and_may_be_parted_anywhere(octets in nearly(), step in 1_usize..40) {
        prop_assert_eq!(heard(&octets, step), heard(&octets, octets.len()));
    }

    // [9112-2.2-01]
    #[test]
    fn noise_never_panics(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut session = Session::default();
        session.asked(Method::Get, false);
        let mut input = BytesMut::from(&octets[..]);
        while let Ok(Some(_)) = session.next(&mut input) {}
        let _ = session.end_of_input();
        let _ = heard(&octets, 3);
        let _ = Target::parse(Method::Get, &octets);
        let _ = target::decode_form(&octets);
        let _ = date::read(&octets, 0);
        let _ = Url::parse(&String::from_utf8_lossy(&octets));
    }

    #[test]
    fn chunks_give_back_what_was_put_in(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..8),
        step in 1_usize..50,
    ) {
        // [9112-7.1-01] [9112-7.1-02]
        let mut coded = Vec::new();
        for piece in &pieces {
            coded.extend(format!("{:X}\r\n", piece.len()).into_bytes());
            coded.extend(piece);
            coded.extend(b"\r\n");
        }
        coded.extend(b"0\r\n\r\nrest");
        let (mut reader, mut input) = (ChunkedReader::default(), BytesMut::new());
        let (mut content, mut ended) = (Vec::new(), false);
        for part in coded.chunks(step) {
            input.extend_from_slice(part);
            while !ended {
                match reader.next(&mut input).expect("good chunks") {
                    Some(Piece::Data(data)) => content.extend_from_slice(&data),
                    Some(Piece::End(trailers)) => ended = trailers.is_none(),
                    None => break,
                }
            }
        }
        prop_assert_eq!(content, pieces.concat());
        prop_assert_eq!(&input[..], b"rest");
    }

    #[test]
    fn percent_encoding_is_undone(text in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut encoded = Vec::new();
        target::encode(&text, &mut encoded);
        prop_assert!(target::encoding_is_whole(&encoded));
        prop_assert_eq!(target::decode(&encoded).into_owned(), text.clone());
        prop_assert_eq!(target::decode_form(&encoded).into_owned(), text);
    }

    #[test]
    fn dates_are_read_back(unix in 0_u64..253_402_300_800) {
        // [9110-5.6.7-01] [9110-5.6.7-02]
        prop_assert_eq!(date::read(&date::write(unix), unix), Some(unix));
    }
}
