//! `/items`, as caches and clients of many kinds ask for them.

use super::Server;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// [9110-13.1.1-01] [9110-13.1.2-01]
#[test]
fn a_backslash_in_a_tag_escapes_nothing() {
    let server = Server::start(&[]);
    let mut asker = server.asker();
    let tag = asker.ask("PUT", "/items/1", &[JSON], "1").expect("an answer");
    let tag = tag.field("ETag").to_owned();
    for (list, there) in [
        (format!(r#""a\", {tag}"#), true),
        (format!(r#""\\\",W/"\",,{tag}"#), true),
        (format!(r#""a, {tag}"#), false),
        (r#""a,*,b", "\""#.to_owned(), false),
    ] {
        for (name, hit, miss) in [("If-None-Match", 304, 200), ("If-Match", 200, 412)] {
            let answer = asker.ask("GET", "/items/1", &[(name, &list)], "").expect("an answer");
            assert_eq!(answer.status, if there { hit } else { miss }, "{name}: {list}");
        }
    }
}

/// What may change at any time is not taken for fresh: RFC 9111, 4.2.2 lets a cache guess for how
/// long it is, wherever nothing is said.
#[test]
fn a_cache_asks_before_it_answers() {
    let server = Server::start(&[]);
    let mut asker = server.asker();
    let tag = asker.ask("PUT", "/items/1", &[JSON], "1").expect("an answer");
    let tag = tag.field("ETag").to_owned();
    for (target, tag, status) in [
        ("/items", "\"x\"", 200),
        ("/items/1", "\"x\"", 200),
        ("/items/1", &*tag, 304),
        ("/items/2", "\"x\"", 404),
    ] {
        for method in ["GET", "HEAD"] {
            let fields = [("If-None-Match", tag)];
            let answer = asker.ask(method, target, &fields, "").expect("an answer");
            let seen = (answer.status, answer.field("Cache-Control"));
            assert_eq!(seen, (status, "no-cache"), "{method} {target}");
        }
    }
}

/// [9110-15.5.16-01]
#[test]
fn what_is_coded_is_refused_as_such() {
    let server = Server::start(&[]);
    let mut asker = server.asker();
    for (coding, status, accepts) in
        [("gzip", 415, "identity"), ("identity, br", 415, "identity"), ("Identity", 201, "")]
    {
        let fields = [JSON, ("Content-Encoding", coding)];
        let answer = asker.ask("POST", "/items", &fields, "[1]").expect("an answer");
        let seen = (answer.status, answer.field("Accept-Encoding"));
        assert_eq!(seen, (status, accepts), "{coding}");
    }
    let answer = asker.ask("POST", "/items", &[], "[1]").expect("an answer");
    assert_eq!((answer.status, answer.field("Accept-Encoding")), (415, ""));
}
