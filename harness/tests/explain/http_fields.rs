//! Where HTTP's fields stand in the frames, however these are cut, lost, doubled or damaged.

use crate::build::{ACK, PSH, capture, cases, explain};
use crate::check::{assert_analysed, assert_within, layers};
use crate::http_talk::{GET, OK, Talk};
use proptest::prelude::*;
use wirelab::explain::Options;

#[test]
fn fields_stand_where_they_are_in_the_frame_that_completes_them() {
    let request = "GET /a HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
    let talk = Talk::new().client(&request[..6]).client(&request[6..20]).client(&request[20..]);
    let layers = layers(&talk.frames);
    assert_eq!(layers[3].last().unwrap()["proto"], "data");
    let last = layers[5].last().unwrap();
    assert_eq!(
        (&last["proto"], &last["off"], &last["len"]),
        (&"http".into(), &54.into(), &14.into())
    );
    let field = |name: &str| {
        let fields = last["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap().clone()
    };
    assert_eq!((&field("method")["begins"], &field("method")["len"]), (&4.into(), &0.into()));
    assert_eq!(
        (&field("field name")["begins"], &field("field name")["len"]),
        (&5.into(), &1.into())
    );
    assert_eq!(
        (&field("field value")["off"], field("field value").get("begins")),
        (&57.into(), None)
    );
    // The first bytes are too few to say what they are; it is said with the next ones.
    let says = talk.says();
    assert_eq!(says[3], "data, 6 bytes");
    assert!(says[4].starts_with("head of a request begins: 6 bytes are there"), "{}", says[4]);
}

/// The other views have it, too.
#[test]
fn bytes_and_follow_show_a_conversation() {
    let bytes = capture("rest.pcap");
    let range = Some("8-10".parse().unwrap());
    let options = Options { bytes: true, range, ..Options::default() };
    let (text, _) = explain(&bytes, &options, false);
    for line in [
        "      http (bytes 66..231)",
        "        75+3    status code              200  [RFC 9112 4]",
        "        190+14  field name               Content-Length  [RFC 9110 5.1]",
        "        206+2   field value              19  [RFC 9110 8.6]",
        "        66+19   message body             {\\n  \\\"result\\\": 14\\n}\\n  [RFC 9112 6]",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (text, _) = explain(&bytes, &Options { follow: Some(6), ..Options::default() }, false);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("client→server  #78  0..159  \"HEAD /add?a=1&b=2 HTTP/1.1\\r\\n"),
        "{text}"
    );
}

/// A client's stream and a server's in which everything occurs.
fn streams() -> [Vec<u8>; 2] {
    let chunked = "PUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
                   5;e=f\r\nhello\r\n1\r\n!\r\n0\r\nT: u\r\n\r\n";
    let long =
        format!("PUT /c HTTP/1.1\r\nHost: h\r\nContent-Length: 90\r\n\r\n{}", "z".repeat(90));
    let head = GET.replace("GET", "HEAD");
    let client = [GET, chunked, &long, &head].concat();
    let server = [
        OK,
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 204 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
    ];
    [client.into_bytes(), server.concat().into_bytes()]
}

/// The fields in the order in which they were told, pieces of data joined.
fn told(frames: &[Vec<u8>]) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = Vec::new();
    for layer in layers(frames).into_iter().flatten().filter(|layer| layer["proto"] == "http") {
        for field in layer["fields"].as_array().unwrap() {
            let text = |name: &str| field[name].to_string().trim_matches('"').to_owned();
            let (name, value) = (text("name"), text("value"));
            match told.last_mut() {
                Some((last, so_far)) if *last == name && name.ends_with("body") => {
                    *so_far += &value;
                }
                Some((last, so_far)) if *last == name && name == "chunk data" => *so_far += &value,
                _ => told.push((name, value)),
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(cases(64))]

    /// However the streams are cut into segments, and whichever of them come twice or late.
    #[test]
    fn segments_change_nothing_of_what_is_read(
        cuts in prop::collection::btree_set(1usize..350, 0..16),
        late in any::<prop::sample::Index>(),
        again in any::<prop::sample::Index>(),
    ) {
        let [client, server] = streams();
        let whole = Talk::new().client(&client).server(&server);
        let expected = told(&whole.frames);
        prop_assert!(!whole.report().contains("violation"), "{}", whole.report());
        let mut cut = Talk::new();
        for (from_client, stream) in [(true, &client), (false, &server)] {
            let mut from = 0;
            for to in cuts.iter().copied().filter(|to| *to < stream.len()).chain([stream.len()]) {
                cut.segment(from_client, PSH | ACK, &stream[from..to]);
                from = to;
            }
        }
        assert_within(&cut.frames);
        prop_assert_eq!(&told(&cut.frames), &expected);
        let data = cut.frames.len() - 3;
        let copy = cut.frames[3 + again.index(data)].clone();
        cut.frames.push(copy);
        let place = 3 + late.index(data);
        if place + 1 < cut.frames.len() {
            cut.frames.swap(place, place + 1);
        }
        assert_within(&cut.frames);
    }

    /// A capture with damaged bytes, cut frames and missing frames is told to its end.
    #[test]
    fn damage_does_no_harm(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        missing in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        snap in 54usize..400,
        pieces in 1usize..90,
        start in any::<bool>(),
    ) {
        let mut streams = streams();
        for (at, byte) in damage {
            let stream = &mut streams[usize::from(byte & 1)];
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        let mut talk = if start { Talk::new() } else { Talk::in_the_middle() };
        for (a, b) in streams[0].chunks(pieces).zip(streams[1].chunks(pieces)) {
            talk = talk.client(a).server(b);
        }
        for at in missing {
            let at = at.index(talk.frames.len());
            talk.frames.remove(at);
        }
        assert_analysed(&talk.frames, snap);
    }
}
