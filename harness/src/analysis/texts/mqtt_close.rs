//! The words of how a connection in MQTT closed.
//!
//! It knows sentences. It does not know how anything was found out.

use crate::lang::{Lang, say};

/// DISCONNECT, then FIN.
pub(in crate::analysis) fn gracefully(
    lang: Lang,
    client: &str,
    disconnect: u64,
    fin: u64,
) -> String {
    say!(
        lang,
        "closed gracefully: {client} sent DISCONNECT #{disconnect}, then FIN #{fin} (3.14.4)",
        "ditutup dengan baik: {client} mengirim DISCONNECT #{disconnect}, lalu FIN #{fin} (3.14.4)"
    )
}

/// DISCONNECT, and no end of the TCP connection.
pub(in crate::analysis) fn by_disconnect_alone(
    lang: Lang,
    client: &str,
    disconnect: u64,
) -> String {
    say!(
        lang,
        "{client} sent DISCONNECT #{disconnect}; its FIN is not in the capture",
        "{client} mengirim DISCONNECT #{disconnect}; FIN-nya tidak ada dalam tangkapan"
    )
}

/// DISCONNECT, then RST.
pub(in crate::analysis) fn by_reset(
    lang: Lang,
    client: &str,
    [disconnect, reset]: [u64; 2],
    unread: bool,
    connack: Option<u64>,
    will: bool,
) -> String {
    let why = match (unread, connack) {
        (_, Some(frame)) => say!(
            lang,
            "its program never read CONNACK #{frame}, and who closes with input unread resets",
            "programnya tidak pernah membaca CONNACK #{frame}, dan yang menutup dengan masukan \
             yang belum dibaca mengirim RST"
        ),
        (true, None) => say!(
            lang,
            "its program closed with input unread",
            "programnya menutup dengan masukan yang belum dibaca"
        ),
        (false, None) => {
            say!(lang, "its program gave the connection up", "programnya meninggalkan koneksi")
        }
    };
    let will = if will {
        say!(lang, ", and its will is discarded", ", dan will-nya dibuang")
    } else {
        String::new()
    };
    say!(
        lang,
        "reset instead of FIN: {client} sent DISCONNECT #{disconnect}, then RST #{reset}: {why}; \
         for MQTT it left in good order all the same{will} (3.14.4)",
        "RST, bukan FIN: {client} mengirim DISCONNECT #{disconnect}, lalu RST #{reset}: {why}; \
         bagi MQTT ia tetap keluar dengan tertib{will} (3.14.4)"
    )
}

/// The end without a DISCONNECT.
pub(in crate::analysis) fn without_disconnect(
    lang: Lang,
    who: &str,
    frame: u64,
    will: bool,
) -> String {
    let will = if will {
        say!(
            lang,
            "the broker publishes the will of the CONNECT (3.1.2.5)",
            "broker menerbitkan will dari CONNECT itu (3.1.2.5)"
        )
    } else {
        say!(lang, "there is no will to publish", "tidak ada will untuk diterbitkan")
    };
    say!(
        lang,
        "closed without DISCONNECT, by {who} in #{frame}: {will}",
        "ditutup tanpa DISCONNECT, oleh {who} di #{frame}: {will}"
    )
}

/// The end after a refusal. [MQTT-3.2.2-5]
pub(in crate::analysis) fn refused(lang: Lang, who: &str, frame: u64) -> String {
    say!(
        lang,
        "closed after the refusal, by {who} in #{frame} {clause}",
        "ditutup setelah penolakan, oleh {who} di #{frame} {clause}",
        clause = "[MQTT-3.2.2-5]"
    )
}
