//! The words of why a connection in HTTP closed.
//!
//! It knows sentences. It does not know how anything was found out.

use super::http::numbered;
use super::http_body::length;
use super::noun::{self, count};
use crate::analysis::http::Message;
use crate::lang::{Lang, say};

/// Who ended a connection.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct End<'a> {
    pub(in crate::analysis) who: &'a str,
    pub(in crate::analysis) frame: u64,
    /// The one who sends the requests.
    pub(in crate::analysis) by_client: bool,
}

impl End<'_> {
    fn text(&self, lang: Lang) -> String {
        let (who, frame) = (self.who, self.frame);
        say!(lang, "{who} first, in #{frame}", "{who} lebih dulu, di #{frame}")
    }
}

/// Connection: close, or HTTP/1.0 without keep-alive, in a request or a response.
pub(in crate::analysis) fn as_announced(
    lang: Lang,
    end: &End<'_>,
    is_request: bool,
    frame: u64,
    says_close: bool,
    open: u64,
) -> String {
    let kind = super::http::kind(is_request);
    let why = if says_close {
        say!(
            lang,
            "says Connection: close (RFC 9112 9.6)",
            "menyatakan Connection: close (RFC 9112 9.6)"
        )
    } else {
        say!(
            lang,
            "is of HTTP/1.0 and does not ask for keep-alive (RFC 9112 9.3)",
            "memakai HTTP/1.0 dan tidak meminta keep-alive (RFC 9112 9.3)"
        )
    };
    let mut text = say!(
        lang,
        "closed because {kind} #{frame} {why}; {end}",
        "ditutup karena {kind} #{frame} {why}; {end}",
        kind = kind.say(lang),
        end = end.text(lang)
    );
    if open > 0 {
        let open = count(lang, open, noun::REQUESTS);
        text.push_str(&say!(lang, ", {open} unanswered", ", {open} tidak dibalas"));
    }
    text
}

/// The close that a body needs.
pub(in crate::analysis) fn to_end_the_body(lang: Lang, response: &Message, fin: u64) -> String {
    let (name, first) = (numbered(lang, response, false), response.first_frame());
    let body = count(lang, response.body, noun::BYTES);
    say!(
        lang,
        "closed to end the body of {name} #{first}: {body} up to FIN #{fin} (RFC 9112 6.3)",
        "ditutup untuk mengakhiri body {name} #{first}: {body} sampai FIN #{fin} (RFC 9112 6.3)"
    )
}

/// The close in the middle of a message.
pub(in crate::analysis) fn within(
    lang: Lang,
    message: &Message,
    is_request: bool,
    end: &End<'_>,
) -> String {
    say!(
        lang,
        "closed within {name} #{first}, which is incomplete: {length} (RFC 9112 8); {end}",
        "ditutup di tengah {name} #{first}, yang belum lengkap: {length} (RFC 9112 8); {end}",
        name = numbered(lang, message, is_request),
        first = message.first_frame(),
        length = length(lang, message, is_request),
        end = end.text(lang)
    )
}

pub(in crate::analysis) fn unanswered(
    lang: Lang,
    end: &End<'_>,
    open: u64,
    responses: u64,
) -> String {
    say!(
        lang,
        "closed with {open} unanswered, after {after}; {end}",
        "ditutup dengan {open} tidak dibalas, setelah {after}; {end}",
        open = count(lang, open, noun::REQUESTS),
        after = count(lang, responses, noun::RESPONSES),
        end = end.text(lang)
    )
}

pub(in crate::analysis) fn tunnel(
    lang: Lang,
    end: &End<'_>,
    switched: u64,
    protocol: &str,
) -> String {
    let to = match protocol {
        "CONNECT" => say!(lang, "a tunnel", "tunnel"),
        "" => say!(lang, "another protocol", "protokol lain"),
        other => other.to_owned(),
    };
    say!(
        lang,
        "closed after it had become {to} in #{switched}; {end}",
        "ditutup setelah menjadi {to} di #{switched}; {end}",
        end = end.text(lang)
    )
}

pub(in crate::analysis) fn after_error(lang: Lang, end: &End<'_>, response: &Message) -> String {
    say!(
        lang,
        "closed after the error {status} #{frame}, without Connection: close; {end}",
        "ditutup setelah kesalahan {status} #{frame}, tanpa Connection: close; {end}",
        status = response.status,
        frame = response.first_frame(),
        end = end.text(lang)
    )
}

pub(in crate::analysis) fn idle(lang: Lang, end: &End<'_>) -> String {
    let by = end.text(lang);
    if end.by_client {
        say!(
            lang,
            "closed between messages, as the client may at any time (RFC 9112 9.5); {by}",
            "ditutup di antara pesan, yang boleh dilakukan klien kapan saja (RFC 9112 9.5); {by}"
        )
    } else {
        say!(
            lang,
            "closed between messages, as the server may at any time (RFC 9112 9.5); {by}",
            "ditutup di antara pesan, yang boleh dilakukan server kapan saja (RFC 9112 9.5); {by}"
        )
    }
}

pub(in crate::analysis) fn unused(lang: Lang, end: &End<'_>) -> String {
    say!(
        lang,
        "closed without a message; {end}",
        "ditutup tanpa satu pesan pun; {end}",
        end = end.text(lang)
    )
}
