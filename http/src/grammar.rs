//! The sets of octets that the grammar is made of, and how far they reach.
//!
//! [9112-2.2-01] Messages are octets here, never text. It knows no element of a message.

/// `tchar`: what methods and field names are made of.
const TOKEN: u8 = 1;
/// What may stand in a request-target after its first octet.
const TARGET: u8 = 2;
/// What may stand in a `reg-name`, percent signs aside.
const HOST: u8 = 4;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let octet = at as u8;
        let alphanumeric = octet.is_ascii_alphanumeric();
        if alphanumeric || is_one_of(octet, b"!#$%&'*+-.^_`|~") {
            table[at] |= TOKEN;
        }
        // What browsers send without encoding it ( [ ] { } | \ ^ ` ) is let pass; what ends or
        // quotes a URI elsewhere ( # " < > ), and all that is not ASCII, is not.
        if octet.is_ascii_graphic() && !is_one_of(octet, b"#\"<>") {
            table[at] |= TARGET;
        }
        if alphanumeric || is_one_of(octet, b"-._~!$&'()*+,;=") {
            table[at] |= HOST;
        }
        at += 1;
    }
    table
}

const fn is_one_of(octet: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == octet {
            return true;
        }
        at += 1;
    }
    false
}

fn run(octets: &[u8], class: u8) -> usize {
    let outside = |octet: &u8| CLASSES[usize::from(*octet)] & class == 0;
    octets.iter().position(outside).unwrap_or(octets.len())
}

/// How many octets at the front belong to a token.
pub(crate) fn token(octets: &[u8]) -> usize {
    run(octets, TOKEN)
}

/// Is this a token, and not an empty one?
pub fn is_token(octets: &[u8]) -> bool {
    !octets.is_empty() && token(octets) == octets.len()
}

/// How many octets at the front may stand in a request-target.
pub(crate) fn target(octets: &[u8]) -> usize {
    run(octets, TARGET)
}

/// How many octets at the front may stand in a host's name.
pub(crate) fn host(octets: &[u8]) -> usize {
    run(octets, HOST)
}

/// One in each octet of a word.
const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// How many octets at the front are no control characters: `field-vchar`, SP and `obs-text`.
///
/// Eight at a time. Of a word, `x - 0x20` borrows in each octet below 0x20, and `x ^ 0x7f` is zero
/// at a DEL. A borrow may pass on to the octet above it, but never to one below: the lowest
/// mark is always right, and it is the one that is asked for.
pub(crate) fn plain(octets: &[u8]) -> usize {
    let (words, rest) = octets.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let below = word.wrapping_sub(ONES * 0x20) & !word;
        let del = word ^ (ONES * 0x7f);
        let del = del.wrapping_sub(ONES) & !del;
        let marks = (below | del) & HIGHS;
        if marks != 0 {
            return n * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let control = |octet: &u8| *octet < 0x20 || *octet == 0x7f;
    words.len() * 8 + rest.iter().position(control).unwrap_or(rest.len())
}

/// May this be a field's value as it stands: no control characters but HTAB, no space around it?
pub fn is_value(octets: &[u8]) -> bool {
    let control = |octet: &u8| (*octet < 0x20 && *octet != b'\t') || *octet == 0x7f;
    trim(octets).len() == octets.len() && !octets.iter().any(control)
}

/// Without the optional whitespace around it.
pub(crate) fn trim(octets: &[u8]) -> &[u8] {
    let space = |octet: &u8| matches!(octet, b' ' | b'\t');
    let Some(first) = octets.iter().position(|octet| !space(octet)) else { return &[] };
    let last = octets.iter().rposition(|octet| !space(octet)).unwrap_or(first);
    &octets[first..=last]
}

/// The elements of a comma-separated list without the empty ones.
///
/// [9110-5.6.1.2-01] Empty elements are passed over; a quoted string may hold commas.
pub fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    let elements = value.split(move |octet| {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        *octet == b',' && !quoted
    });
    elements.map(trim).filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{list, plain};

    #[test]
    fn a_run_ends_at_the_first_control_character_wherever_it_stands() {
        for len in 0..40 {
            for at in 0..len {
                for control in [0, 1, b'\t', b'\n', b'\r', 0x1f, 0x7f] {
                    for other in [b' ', b'~', 0x80, 0xff, 0xa0, 0x21, 0xfe] {
                        let mut octets = vec![other; len];
                        assert_eq!(plain(&octets), len);
                        octets[at] = control;
                        assert_eq!(plain(&octets), at, "{control:#x} at {at} of {len}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_list_has_no_empty_elements() {
        // [9110-5.6.1.2-01]
        let elements = |value: &'static str| list(value.as_bytes()).collect::<Vec<_>>();
        assert_eq!(elements(", a ,,\tb\t,"), [&b"a"[..], b"b"]);
        assert_eq!(elements(r#""a,b\",c" , d"#), [&br#""a,b\",c""#[..], b"d"]);
        assert_eq!(elements(" , ,").len(), 0);
    }
}
