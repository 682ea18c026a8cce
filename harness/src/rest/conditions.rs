//! A request's conditions, held against what there is (RFC 9110, 13.2.2): tags before dates, what
//! must be the same before what must not.
//!
//! It knows fields, tags and dates. Whose they are is not known.

use std::time::{SystemTime, UNIX_EPOCH};
use wirelab_http::{Method, Request, Status, date};

/// What there is of a resource.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Its entity tag, which is strong.
    pub tag: Option<&'a str>,
    /// When it was last modified, in seconds since 1970.
    pub modified: Option<u64>,
}

/// What is answered instead, if the conditions do not hold [9110-13.2.1-01].
pub fn failed(request: &Request<'_>, state: Option<State<'_>>) -> Option<Status> {
    let fields = request.fields();
    let reads = matches!(request.method(), Method::Get | Method::Head);
    let tag = state.and_then(|state| state.tag).map(str::as_bytes);
    // `*` is any that there is. Of a weak tag only the rest counts, and only for If-None-Match.
    let names = |name: &str, weak: bool| {
        fields.all(name).flat_map(tags).any(|element| {
            let own = if weak { element.strip_prefix(b"W/").unwrap_or(element) } else { element };
            state.is_some() && (element == b"*" || Some(own) == tag)
        })
    };
    // [9110-13.1.3-01] [9110-13.1.4-01] A date that is none, or has none to be compared with,
    // does not count.
    let is_newer = |name: &str| {
        let modified = state.and_then(|state| state.modified)?;
        Some(modified > date::read(fields.get(name)?, unix())?)
    };
    // [9110-13.1.1-01]
    if fields.get("if-match").is_some() {
        if !names("if-match", false) {
            return Some(Status::PRECONDITION_FAILED);
        }
    } else if is_newer("if-unmodified-since") == Some(true) {
        return Some(Status::PRECONDITION_FAILED);
    }
    // [9110-13.1.2-01]
    if fields.get("if-none-match").is_some() {
        if names("if-none-match", true) {
            return Some(if reads { Status::NOT_MODIFIED } else { Status::PRECONDITION_FAILED });
        }
    } else if reads && is_newer("if-modified-since") == Some(false) {
        return Some(Status::NOT_MODIFIED);
    }
    None
}

/// The entity tags of a list. A backslash escapes nothing in one: `"\"` is a whole tag.
fn tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let elements = list.split(move |octet| {
        quoted ^= *octet == b'"';
        *octet == b',' && !quoted
    });
    elements.map(<[u8]>::trim_ascii)
}

/// What the machine's clock says, in seconds since 1970.
pub fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
