//! The words of what should not have come on a connection in ZMTP.
//!
//! It knows sentences, most of them with the clause that is broken. It does not know how anything
//! was found out.

use super::Rule;
use crate::lang::{Lang, say};
use crate::output::escape;

pub(in crate::analysis) const SAME_PART: Rule = Rule::new(
    "as-server is the same on both sides of PLAIN, as libzmq has it: HELLO shows the client",
    "as-server sama di kedua sisi PLAIN, seperti pada libzmq: HELLO menunjukkan kliennya",
    "[PLAIN-02]",
);
pub(in crate::analysis) const COMMAND_TO_3_0: Rule = Rule::new(
    "a command to a peer of ZMTP 3.0, which wants a message",
    "perintah kepada peer ZMTP 3.0, yang menghendaki pesan",
    "[ZMTP-3.1-sub-06]",
);
pub(in crate::analysis) const NO_DELIMITER: Rule = Rule::new(
    "no empty delimiter and body, as a request has",
    "tanpa pembatas kosong dan isi, seperti pada permintaan",
    "[REQ-fmt-01]",
);

/// What a violation is about: a message.
pub(in crate::analysis) fn a_message(lang: Lang) -> String {
    say!(lang, "message", "pesan")
}

/// A request.
pub(in crate::analysis) fn a_request(lang: Lang) -> String {
    say!(lang, "request", "permintaan")
}

/// The greeting, which the specification calls so.
pub(in crate::analysis) const GREETING: &str = "greeting";

pub(in crate::analysis) fn mechanisms(lang: Lang, client: &[u8], server: &[u8]) -> String {
    say!(
        lang,
        "mechanism {client} on one side and {server} on the other {clause}",
        "mechanism {client} di satu sisi dan {server} di sisi lain {clause}",
        client = escape(client),
        server = escape(server),
        clause = "[ZMTP-3.0-mech-05]"
    )
}

/// `own`: it is the sender's READY that has not come; if not, the server's.
pub(in crate::analysis) fn message_early(lang: Lang, own: bool, clause: &str) -> String {
    if own {
        say!(
            lang,
            "a message before its own READY {clause}",
            "pesan sebelum READY-nya sendiri {clause}"
        )
    } else {
        say!(
            lang,
            "a message before the server's READY {clause}",
            "pesan sebelum READY dari server {clause}"
        )
    }
}

pub(in crate::analysis) fn again(lang: Lang, name: &str, clause: &str) -> String {
    say!(lang, "{name} once more {clause}", "{name} sekali lagi {clause}")
}

pub(in crate::analysis) fn ready_first(lang: Lang, clause: &str) -> String {
    say!(
        lang,
        "READY, or ERROR, is the first command {clause}",
        "READY, atau ERROR, adalah perintah pertama {clause}"
    )
}

pub(in crate::analysis) fn plain_order(
    lang: Lang,
    server: bool,
    next: &str,
    clause: &str,
) -> String {
    if server {
        say!(
            lang,
            "it is the server's {next} that comes next {clause}",
            "yang seharusnya menyusul adalah {next} dari server {clause}"
        )
    } else {
        say!(
            lang,
            "it is the client's {next} that comes next {clause}",
            "yang seharusnya menyusul adalah {next} dari klien {clause}"
        )
    }
}

pub(in crate::analysis) fn unfit(lang: Lang, one: &str, other: &str) -> String {
    say!(
        lang,
        "{one} and {other} do not fit together {clause}",
        "{one} dan {other} tidak cocok {clause}",
        clause = "[ZMTP-3.0-meta-07]"
    )
}

pub(in crate::analysis) fn only_receives(lang: Lang, who: &str, clause: &str) -> String {
    say!(lang, "{who} only receives {clause}", "{who} hanya menerima {clause}")
}
