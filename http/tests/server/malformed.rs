//! What a server must not take, as a table: octets, clause, status, and what becomes of the
//! connection. Each row is sent whole, parted at every place, octet by octet, and behind a good
//! pipelined request, whose answer must arrive first.

use crate::stage::{answers, answers_however_split};

/// What becomes of the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing on it can be believed any more.
    Closed,
    /// The request was understood: the next one is answered.
    Kept,
}
use Fate::{Closed, Kept};

type Row = (&'static str, &'static str, u16, Fate);

const GOOD: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// `~` stands for CR LF.
const REQUEST_LINES: &[Row] = &[
    ("GET /~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET ~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET  / HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /  HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET\t/ HTTP/1.1~Host: a~~", "[9112-3-04]", 400, Closed),
    ("GET /\tHTTP/1.1~Host: a~~", "[9112-3-04]", 400, Closed),
    ("GET\x0b/ HTTP/1.1~Host: a~~", "[9112-3-04]", 400, Closed),
    (" GET / HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("\tGET / HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET / HTTP/1.1 ~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET / HTTP/1.1\t~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET / HTTP/1.1 x~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /a b HTTP/1.1~Host: a~~", "[9112-3.2-02]", 400, Closed),
    ("GET / http/1.1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/1.~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/1.10~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/11.1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/01.1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/1.x~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/-1.1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP 1.1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP\\1.1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTPS/1.1~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / SIP/2.0~Host: a~~", "[9112-2.3-01]", 400, Closed),
    ("GET / HTTP/2.0~Host: a~~", "[9110-15.6.6-01]", 505, Closed),
    ("GET / HTTP/0.9~Host: a~~", "[9110-6.2-05]", 505, Closed),
    ("GET / HTTP/3.0~Host: a~~", "[9110-6.2-05]", 505, Closed),
    ("GET / HTTP/9.9~Host: a~~", "[9110-6.2-05]", 505, Closed),
    ("PRI * HTTP/2.0~~SM~~", "[9110-6.2-05]", 505, Closed),
    ("G\x00T / HTTP/1.1~Host: a~~", "[9112-2.2-10]", 400, Closed),
    ("G(T / HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET, / HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("G\u{e9}T / HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("~~~~~GET / HTTP/1.1~Host: a~~", "[9112-2.2-07]", 400, Closed),
    ("\rGET / HTTP/1.1~Host: a~~", "[9112-2.2-03]", 400, Closed),
    ("\nGET / HTTP/1.1~Host: a~~", "[9112-2.2-04]", 400, Closed),
    ("GET / HTTP/1.1\rHost: a~~", "[9112-2.2-03]", 400, Closed),
    ("GET / HTTP/1.1\nHost: a~~", "[9112-2.2-04]", 400, Closed),
    ("GET / HTTP/1.1\n\n", "[9112-2.2-04]", 400, Closed),
    ("GET /\r HTTP/1.1~Host: a~~", "[9112-2.2-03]", 400, Closed),
    ("GET /\n HTTP/1.1~Host: a~~", "[9112-2.2-03]", 400, Closed),
    ("GET /\x00 HTTP/1.1~Host: a~~", "[9112-2.2-10]", 400, Closed),
    ("GET /\x7f HTTP/1.1~Host: a~~", "[9112-2.2-10]", 400, Closed),
    ("\x16\x03\x01\x02\x00\x01\x00~~", "[9112-2.2-10]", 400, Closed),
    ("get / HTTP/1.1~Host: a~~", "[9112-3.1-01]", 501, Kept),
    ("BREW / HTTP/1.1~Host: a~~", "[9110-9.1-02]", 501, Kept),
    ("GETGETGETGETGETGETGETGETGETGETGETG / HTTP/1.1~Host: a~~", "[9112-3-01]", 501, Closed),
    ("CONNECT a:443 HTTP/1.1~Host: a:443~~", "[9110-9.3.6-01]", 501, Kept),
    ("CONNECT a: HTTP/1.1~Host: a~~", "[9110-9.3.6-01]", 400, Closed),
    ("CONNECT a:0 HTTP/1.1~Host: a~~", "[9110-9.3.6-01]", 400, Closed),
    ("CONNECT a:x HTTP/1.1~Host: a~~", "[9110-9.3.6-01]", 400, Closed),
    ("CONNECT :1 HTTP/1.1~Host: a~~", "[9110-9.3.6-01]", 400, Closed),
    ("CONNECT / HTTP/1.1~Host: a~~", "[9110-7.1-01]", 400, Closed),
];

const TARGETS: &[Row] = &[
    ("GET * HTTP/1.1~Host: a~~", "[9110-7.1-01]", 400, Closed),
    ("GET a:80 HTTP/1.1~Host: a~~", "[9110-7.1-01]", 400, Closed),
    ("GET add HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET ?a=1 HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /#part HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /?a#part HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /\" HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /<x> HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /\u{e9} HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /% HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /%4 HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /%4g HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /?a=%%41 HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET /%+1 HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET http:///a HTTP/1.1~Host: a~~", "[9110-4.2.1-02]", 400, Closed),
    ("GET http://:80/a HTTP/1.1~Host: a~~", "[9110-4.2.1-02]", 400, Closed),
    ("GET https://a/ HTTP/1.1~Host: a~~", "[9112-3.2.2-02]", 421, Closed),
    ("GET HTTPS://a/ HTTP/1.1~Host: a~~", "[9112-3.2.2-02]", 421, Closed),
    ("GET http://u@a/ HTTP/1.1~Host: a~~", "[9110-4.2.4-02]", 400, Closed),
    ("GET http://u:p@a/ HTTP/1.1~Host: a~~", "[9110-4.2.4-02]", 400, Closed),
    ("GET http://a:x/ HTTP/1.1~Host: a~~", "[9112-3.2-08]", 400, Closed),
    ("GET http://a:99999/ HTTP/1.1~Host: a~~", "[9112-3.2-08]", 400, Closed),
    ("GET http://[zz]/ HTTP/1.1~Host: a~~", "[9112-3.2-08]", 400, Closed),
    ("GET ftp://a/ HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET http:/a HTTP/1.1~Host: a~~", "[9112-3.2-01]", 400, Closed),
    ("GET //a:x HTTP/1.1~Host: a~~", "[9110-15.5-01]", 404, Kept),
];

const FIELDS: &[Row] = &[
    ("GET / HTTP/1.1~~", "[9112-3.2-06]", 400, Closed),
    ("GET / HTTP/1.1~X: a~~", "[9112-3.2-06]", 400, Closed),
    ("GET / HTTP/1.2~~", "[9112-3.2-06]", 400, Closed),
    ("GET http://a/ HTTP/1.1~~", "[9112-3.2-06]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~Host: a~~", "[9112-3.2-07]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~HOST: b~~", "[9112-3.2-07]", 400, Closed),
    ("GET / HTTP/1.0~Host: a~Host: b~~", "[9112-3.2-07]", 400, Closed),
    ("GET / HTTP/1.1~Host:~Host: a~~", "[9112-3.2-07]", 400, Closed),
    ("GET / HTTP/1.1~Host: a b~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a, b~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a/b~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: http://a~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: u@a~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a:b~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a:80:80~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a:-1~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a:65536~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: ::1~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: [::1~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: [::1]a~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: [1.2.3.4]~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a?b~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a#b~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a\\b~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: a%2~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host: \u{e9}~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.1~Host : a~~", "[9112-5.1-01]", 400, Closed),
    ("GET / HTTP/1.1~Host\t: a~~", "[9112-5.1-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X : b~~", "[9112-5.1-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~Content-Length : 5~~hello", "[9112-5.1-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~Transfer-Encoding : chunked~~0~~", "[9112-5.1-01]", 400, Closed),
    ("GET / HTTP/1.1~ Host: a~~", "[9112-2.2-09]", 400, Closed),
    ("GET / HTTP/1.1~\tHost: a~~", "[9112-2.2-09]", 400, Closed),
    ("GET / HTTP/1.1~ ~Host: a~~", "[9112-2.2-09]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~ b~~", "[9112-5.2-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~\tb~~", "[9112-5.2-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X:~ b~~", "[9112-5.2-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: a~ ~~", "[9112-5.2-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~Transfer-Encoding:~ chunked~~0~~", "[9112-5.2-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~: b~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X Y: b~~", "[9112-5.1-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X@: b~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~(X): b~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~\"X\": b~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X\u{e9}: b~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X\x00: b~~", "[9112-5-01]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\x00c~~", "[9110-5.5-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a\x00~~", "[9110-5.5-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\rc~~", "[9112-2.2-03]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\r\r\n~~", "[9112-2.2-03]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\rY: c~~", "[9110-5.5-02]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\nY: c~~", "[9112-2.2-04]", 400, Closed),
    ("GET / HTTP/1.1~Host: a\n\r\n", "[9112-2.2-04]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~\n", "[9112-2.2-04]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~\rX", "[9112-2.2-03]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\x01~~", "[9110-5.5-03]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\x7f~~", "[9110-5.5-03]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: \x1b[2J~~", "[9110-5.5-03]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~X: b\x0b~~", "[9110-5.5-03]", 400, Closed),
    ("GET / HTTP/1.1~Host: a~Expect: 200-ok~~", "[9110-10.1.1-06]", 417, Closed),
    ("GET / HTTP/1.1~Host: a~Expect: 100-continue, x~~", "[9110-10.1.1-06]", 417, Closed),
    ("GET / HTTP/1.1~Host: a~Expect: 100-continue;x=1~~", "[9110-10.1.1-06]", 417, Closed),
];

const P: &str = "POST /echo HTTP/1.1~Host: a~";

/// Behind [`P`].
const FRAMING: &[Row] = &[
    ("Content-Length: 5~Transfer-Encoding: chunked~~0~~", "[9112-6.1-10]", 400, Closed),
    ("Transfer-Encoding: chunked~Content-Length: 5~~0~~", "[9112-6.3-03]", 400, Closed),
    ("Transfer-Encoding: x~Content-Length: 5~~hello", "[9112-6.1-10]", 400, Closed),
    ("Transfer-Encoding:~Content-Length: 5~~hello", "[9112-6.1-10]", 400, Closed),
    ("content-length: 5~transfer-ENCODING: Chunked~~0~~", "[9112-6.1-10]", 400, Closed),
    ("Content-Length: 5~Content-Length: 5~~hello", "[9112-6.3-07]", 400, Closed),
    ("Content-Length: 5~Content-Length: 6~~hello!", "[9112-6.3-07]", 400, Closed),
    ("Content-Length: 0~Content-Length: 5~~hello", "[9112-6.3-07]", 400, Closed),
    ("Content-Length: 5, 5~~hello", "[9112-6.3-08]", 400, Closed),
    ("Content-Length: 5,6~~hello", "[9112-6.3-07]", 400, Closed),
    ("Content-Length: 5,~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: ,5~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length:~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: +5~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: -5~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: -0~~", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: 0x5~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: 5 5~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: 5_0~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: 5.0~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: 5;~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: five~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: \"5\"~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: 1e1~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: \u{664}~~hello", "[9112-6.2-02]", 400, Closed),
    ("Content-Length: 5\x0b~~hello", "[9110-5.5-03]", 400, Closed),
    ("Content-Length: 18446744073709551616~~hello", "[9110-8.6-08]", 400, Closed),
    ("Content-Length: 18446744073709551621~~hello", "[9110-8.6-08]", 400, Closed),
    ("Content-Length: 99999999999999999999999999~~hello", "[9110-8.6-08]", 400, Closed),
    ("Content-Length: 4294967301~~hello", "[9110-15.5.14-01]", 413, Closed),
    ("Content-Length: 18446744073709551615~~hello", "[9110-15.5.14-01]", 413, Closed),
    ("Transfer-Encoding:~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: ,~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: gzip~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: identity~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: chunked, gzip~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: chunked, identity~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: xchunked~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: chunkedx~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: chunked chunked~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: \"chunked\"~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: chunked;a=b~~0~~", "[9112-7.1-03]", 400, Closed),
    ("Transfer-Encoding: chun ked~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: \x0bchunked~~0~~", "[9110-5.5-03]", 400, Closed),
    ("Transfer-Encoding: chunked\x00~~0~~", "[9110-5.5-02]", 400, Closed),
    ("Transfer-Encoding: chunked, chunked~~0~~", "[9112-6.1-02]", 400, Closed),
    ("Transfer-Encoding: chunked~Transfer-Encoding: chunked~~0~~", "[9112-6.1-02]", 400, Closed),
    ("Transfer-Encoding: chunked~Transfer-Encoding: x~~0~~", "[9112-6.3-06]", 400, Closed),
    ("Transfer-Encoding: gzip, chunked~~0~~", "[9112-6.1-07]", 501, Closed),
    ("Transfer-Encoding: gzip~Transfer-Encoding: chunked~~0~~", "[9112-6.1-07]", 501, Closed),
    ("Transfer-Encoding: identity, chunked~~0~~", "[9112-6.1-07]", 501, Closed),
];

/// Behind [`P`] and `Transfer-Encoding: chunked~~`.
const CHUNKS: &[Row] = &[
    ("~hello~0~~", "[9112-7.1-04]", 400, Closed),
    (" 5~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("5 ~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("+5~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("-5~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("0x5~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("5_~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("5h~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("g~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("5,~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("5\nhello~0~~", "[9112-7.1-04]", 400, Closed),
    ("5\r\rhello~0~~", "[9112-2.2-03]", 400, Closed),
    ("5\rhello~0~~", "[9112-2.2-03]", 400, Closed),
    ("5\x00~hello~0~~", "[9112-7.1-04]", 400, Closed),
    ("00000000000000005~hello~0~~", "[9112-7.1-02]", 400, Closed),
    ("10000000000000005~hello~0~~", "[9112-7.1-02]", 400, Closed),
    ("ffffffffffffffff0~hello~0~~", "[9112-7.1-02]", 400, Closed),
    ("5~hell~0~~", "[9112-7.1-04]", 400, Closed),
    ("5~hello!~0~~", "[9112-7.1-04]", 400, Closed),
    ("5~hello0~~", "[9112-7.1-04]", 400, Closed),
    ("5~hello\n0~~", "[9112-7.1-04]", 400, Closed),
    ("5~hello\r0~~", "[9112-7.1-04]", 400, Closed),
    ("5~hello~~0~~", "[9112-7.1-04]", 400, Closed),
    ("5;~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;=x~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;a=~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;a=b c~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;a b~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;a=\"b~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;a=\"b\"c~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;a\nhello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5;a\rhello~0~~", "[9112-2.2-03]", 400, Closed),
    ("5;a=\x00~hello~0~~", "[9112-7.1.1-01]", 400, Closed),
    ("5~hello~0~X~~", "[9112-5-01]", 400, Closed),
    ("5~hello~0~X : a~~", "[9112-5.1-01]", 400, Closed),
    ("5~hello~0~X: a~ b~~", "[9112-5.2-02]", 400, Closed),
    ("5~hello~0~ X: a~~", "[9112-2.2-09]", 400, Closed),
    ("5~hello~0~X: \x00~~", "[9110-5.5-02]", 400, Closed),
    ("5~hello~0~X: a\n~~", "[9112-2.2-04]", 400, Closed),
    ("5~hello~0~\n", "[9112-2.2-04]", 400, Closed),
    ("5~hello~0\n\n", "[9112-7.1-04]", 400, Closed),
];

/// HTTP/1.0, whole.
const OLD: &[Row] = &[
    ("POST /echo HTTP/1.0~Host: a~Transfer-Encoding: chunked~~0~~", "[9112-6.1-11]", 400, Closed),
    (
        "POST /echo HTTP/1.0~Connection: keep-alive~Transfer-Encoding: chunked~~0~~",
        "[9112-6.1-11]",
        400,
        Closed,
    ),
    ("GET / HTTP/1.0~Host: a b~Connection: keep-alive~~", "[9112-3.2-08]", 400, Closed),
    ("GET / HTTP/1.0~X : b~~", "[9112-5.1-01]", 400, Closed),
];

fn rows() -> Vec<(String, &'static str, u16, Fate)> {
    let with = |before: &'static str, rows: &'static [Row]| {
        rows.iter().map(move |(octets, clause, status, fate)| {
            (format!("{before}{octets}").replace('~', "\r\n"), *clause, *status, *fate)
        })
    };
    let chunked = "POST /echo HTTP/1.1~Host: a~Transfer-Encoding: chunked~~";
    let rows = with("", REQUEST_LINES).chain(with("", TARGETS)).chain(with("", FIELDS));
    rows.chain(with(P, FRAMING)).chain(with(chunked, CHUNKS)).chain(with("", OLD)).collect()
}

/// One answer off the front: its status and what follows it.
fn first(heard: &str) -> Option<(u16, &str)> {
    let (head, rest) = heard.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?;
    Some((status, rest.get(length.parse().ok()?..)?))
}

/// The same at every place, and behind a good request: this part of the table.
fn hold(part: usize, parts: usize) {
    let rows = rows();
    assert!(rows.len() >= 150, "{}", rows.len());
    let (good, _) = answers(&[GOOD.as_bytes()]);
    for (octets, clause, status, fate) in rows.iter().skip(part).step_by(parts) {
        let named = format!("{} {clause}", octets.escape_debug());
        let (heard, ended) = answers_however_split(octets.as_bytes());
        let Some((answered, rest)) = first(&heard) else { panic!("{named}: {heard:?}") };
        assert_eq!((answered, rest), (*status, ""), "{named}");
        assert_eq!(ended, *fate == Closed, "{named}: the connection's fate");
        assert_eq!(heard.contains("\r\nConnection: close\r\n"), ended, "{named}: {heard}");
        // Behind a good request, and before one that is answered only if the fault is forgiven.
        let piped = format!("{GOOD}{octets}{GOOD}");
        let (heard, ended) = answers_however_split(piped.as_bytes());
        let expected = heard.strip_prefix(&good).and_then(first);
        let Some((answered, rest)) = expected else { panic!("{named}: {heard}") };
        let rest_expected = if *fate == Kept { &good[..] } else { "" };
        assert_eq!((answered, rest), (*status, rest_expected), "{named}");
        assert_eq!(ended, *fate == Closed, "{named}");
    }
}

#[test]
fn what_is_malformed_is_refused_first_quarter() {
    hold(0, 4);
}

#[test]
fn what_is_malformed_is_refused_second_quarter() {
    hold(1, 4);
}

#[test]
fn what_is_malformed_is_refused_third_quarter() {
    hold(2, 4);
}

#[test]
fn what_is_malformed_is_refused_fourth_quarter() {
    hold(3, 4);
}

#[test]
fn what_is_too_large_is_refused_with_its_own_status() {
    let x = |n: usize| "x".repeat(n);
    let many = "X: a\r\n".repeat(300);
    let wide = format!("X: {}\r\n", x(15_000)).repeat(5);
    let request =
        |target: &str, fields: &str| format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let post = |path: &str, rest: &str| format!("POST {path} HTTP/1.1\r\nHost: a\r\n{rest}");
    for (octets, status) in [
        // [9112-3-02]
        (request(&format!("/{}", x(17_000)), ""), 414),
        (format!("GET /{}", x(17_000)), 414),
        // [9110-5.4-01]
        (request("/", &format!("X: {}\r\n", x(17_000))), 431),
        (request("/", &format!("{}: a\r\n", x(2_000))), 431),
        (request("/", &many), 431),
        (request("/", &wide), 431),
        (request("/", &format!("X:{}", " ".repeat(17_000))), 431),
        // [9110-15.5.14-01]
        (post("/small", "Content-Length: 11\r\n\r\n12345678901"), 413),
        (post("/small", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n"), 413),
        // [9112-7.1.1-02]
        (post("/echo", &format!("Transfer-Encoding: chunked\r\n\r\n5;{}", x(17_000))), 400),
        // [9112-3-01]
        (x(40), 501),
    ] {
        let (heard, ended) = answers(&[octets.as_bytes()]);
        let start = format!("HTTP/1.1 {status} ");
        assert!(heard.starts_with(&start) && ended, "{octets:.80}: {heard}");
        // [9110-2.3-01] However it is parted, and before all of it has come.
        let (parted, _) = answers(&octets.as_bytes().chunks(997).collect::<Vec<_>>());
        assert_eq!(parted, heard, "{octets:.80}");
    }
}
