//! What is known of a capture as a whole before its frames are shown.
//!
//! It knows capture files. It does not know how they are shown.

use std::io::Read;

use crate::analysis::texts;
use crate::conversation::Conversations;
use crate::dissect::{Content, Detail, dissect};
use crate::frame::{HostNames, LinkType};
use crate::lang::{Lang, say};
use crate::output::escape;
use crate::savefile::{Format, Savefile};

/// What is known of the capture as a whole before its frames are shown.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The file's name, or `stdin`.
    pub title: String,
    pub format: Format,
    pub link_types: Vec<LinkType>,
    pub names: HostNames,
    pub remarks: Vec<String>,
    /// Counted beforehand; nothing where the capture can be read only once.
    pub counts: Option<Counts>,
    /// The language that it is told in.
    pub lang: Lang,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub frames: u64,
    pub duration_ns: u64,
    pub conversations: u64,
}

/// Reads the file once to know its counts and all its names; what is wrong with it will show when
/// it is read again.
pub(super) fn survey<R: Read>(file: R, title: &str, lang: Lang) -> Option<Header> {
    let mut savefile = Savefile::open(file).ok()?;
    let mut conversations = Conversations::default();
    let mut counts = Counts::default();
    let (mut first, mut last) = (u64::MAX, 0);
    while let Ok(Some(frame)) = savefile.next_frame() {
        counts.frames += 1;
        first = first.min(frame.time_ns);
        last = last.max(frame.time_ns);
        let dissection = dissect(&frame, Detail::Values);
        if let (Content::Tcp(segment), Some(addresses)) =
            (&dissection.content, dissection.addresses)
        {
            conversations.step(&frame, addresses, segment);
        }
    }
    counts.conversations = conversations.count();
    counts.duration_ns = last.saturating_sub(first);
    Some(header(&savefile, title, Some(counts), lang))
}

pub(super) fn header<R: Read>(
    savefile: &Savefile<R>,
    title: &str,
    counts: Option<Counts>,
    lang: Lang,
) -> Header {
    Header {
        title: title.to_owned(),
        format: savefile.format(),
        link_types: savefile.link_types().to_vec(),
        names: savefile.names().clone(),
        remarks: savefile.remarks().to_vec(),
        counts,
        lang,
    }
}

/// A link type with its name.
fn link_name(link_type: LinkType, lang: Lang) -> String {
    match link_type {
        LinkType::NULL => "BSD loopback (NULL)".to_owned(),
        LinkType::ETHERNET => "Ethernet".to_owned(),
        LinkType::RAW => "raw IP".to_owned(),
        LinkType::LOOP => "OpenBSD loopback (LOOP)".to_owned(),
        LinkType::LINUX_SLL => "Linux cooked (SLL)".to_owned(),
        LinkType::LINUX_SLL2 => "Linux cooked (SLL2)".to_owned(),
        LinkType(228) => "raw IPv4".to_owned(),
        LinkType(229) => "raw IPv6".to_owned(),
        LinkType(other) => say!(lang, "link type {other}", "tipe link {other}"),
    }
}

pub(super) fn link_names(header: &Header) -> Vec<String> {
    header.link_types.iter().map(|l| link_name(*l, header.lang)).collect()
}

/// The capture in a line: file, format, link type, and what was counted.
pub(super) fn overview(header: &Header) -> String {
    let mut parts = vec![header.format.name().to_owned()];
    parts.extend(link_names(header));
    if let Some(counts) = header.counts {
        parts.push(texts::frame_count(header.lang, counts.frames));
        parts.push(texts::seconds(counts.duration_ns));
        parts.push(texts::conversation_count(header.lang, counts.conversations));
    }
    format!("{}: {}", escape(header.title.as_bytes()), parts.join(", "))
}
