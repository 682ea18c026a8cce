//! JSON as mosquitto_sub prints it for `%j` and `%J`: its order, its spaces, its numbers.
//!
//! ```text
//!   minimised   {"a":[1,2.5],"b":{}}        pretty   {⏎→"a":→[1, 2.5],⏎→"b":→{⏎→}⏎}
//! ```
//!
//! It knows values and bytes. It does not know messages.

use serde_json::Value;

/// One member of the object that a message is printed as.
#[derive(Debug)]
pub enum Member<'a> {
    /// A string of any bytes: what is not UTF-8 is passed on as it is.
    Bytes(&'a [u8]),
    /// A number.
    Number(u64),
    /// Anything.
    Value(Value),
}

/// An object, its members in this order.
pub fn object(members: &[(&str, Member<'_>)], pretty: bool) -> Vec<u8> {
    let mut out = Vec::new();
    open(&mut out, pretty);
    for (at, (name, member)) in members.iter().enumerate() {
        key(&mut out, name.as_bytes(), 1, pretty);
        match member {
            Member::Bytes(bytes) => string(&mut out, bytes),
            Member::Number(number) => out.extend(number.to_string().bytes()),
            Member::Value(inner) => value(&mut out, inner, 1, pretty),
        }
        after(&mut out, at + 1 < members.len(), pretty);
    }
    close(&mut out, 0, pretty);
    out
}

fn value(out: &mut Vec<u8>, it: &Value, depth: usize, pretty: bool) {
    match it {
        Value::Null => out.extend(b"null"),
        Value::Bool(is) => out.extend(is.to_string().bytes()),
        Value::Number(n) => out.extend(number(n.as_f64().unwrap_or_default()).bytes()),
        Value::String(text) => string(out, text.as_bytes()),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.extend(if pretty { &b", "[..] } else { b"," });
                }
                value(out, item, depth + 1, pretty);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            open(out, pretty);
            for (at, (name, inner)) in members.iter().enumerate() {
                key(out, name.as_bytes(), depth + 1, pretty);
                value(out, inner, depth + 1, pretty);
                after(out, at + 1 < members.len(), pretty);
            }
            close(out, depth, pretty);
        }
    }
}

fn open(out: &mut Vec<u8>, pretty: bool) {
    out.push(b'{');
    if pretty {
        out.push(b'\n');
    }
}

fn key(out: &mut Vec<u8>, name: &[u8], depth: usize, pretty: bool) {
    if pretty {
        out.extend(std::iter::repeat_n(b'\t', depth));
    }
    string(out, name);
    out.push(b':');
    if pretty {
        out.push(b'\t');
    }
}

fn after(out: &mut Vec<u8>, more: bool, pretty: bool) {
    if more {
        out.push(b',');
    }
    if pretty {
        out.push(b'\n');
    }
}

fn close(out: &mut Vec<u8>, depth: usize, pretty: bool) {
    if pretty {
        out.extend(std::iter::repeat_n(b'\t', depth));
    }
    out.push(b'}');
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            0x08 => out.extend(b"\\b"),
            0x0c => out.extend(b"\\f"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0..0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// As C's `%1.15g` writes it, or `%1.17g` where the former loses something.
fn number(n: f64) -> String {
    let short = general(n, 15);
    if short.parse() == Ok(n) { short } else { general(n, 17) }
}

/// C's `%g`: so many digits, without trailing zeros, with an exponent where that is shorter.
fn general(n: f64, digits: usize) -> String {
    let scientific = format!("{n:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if exponent < -4 || exponent >= i32::try_from(digits).unwrap_or(i32::MAX) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.unsigned_abs());
    }
    let decimals = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
    trimmed(&format!("{n:.*}", usize::try_from(decimals).unwrap_or_default())).to_owned()
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::{Member, number, object};

    #[test]
    fn numbers_are_written_as_c_writes_them() {
        for (n, text) in [
            (1.0, "1"),
            (2.5, "2.5"),
            (-0.0, "-0"),
            (1e5, "100000"),
            (1e20, "1e+20"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-7, "1e-07"),
            (123_456_789_012.0, "123456789012"),
        ] {
            assert_eq!(number(n), text);
        }
    }

    /// The bytes that mosquitto_sub printed for the same message.
    #[test]
    fn pretty_objects_have_tabs() {
        let inner = serde_json::from_str(r#"{"e":{},"o":[{"a":1.0},[]]}"#).unwrap();
        let members = [
            ("t", Member::Bytes(b"\x01\"")),
            ("n", Member::Number(3)),
            ("p", Member::Value(inner)),
        ];
        let pretty = "{\n\t\"t\":\t\"\\u0001\\\"\",\n\t\"n\":\t3,\n\t\"p\":\t{\n\t\t\"e\":\t{\n\t\t\
                      },\n\t\t\"o\":\t[{\n\t\t\t\t\"a\":\t1\n\t\t\t}, []]\n\t}\n}";
        assert_eq!(String::from_utf8(object(&members, true)).unwrap(), pretty);
        let short = r#"{"t":"\u0001\"","n":3,"p":{"e":{},"o":[{"a":1},[]]}}"#;
        assert_eq!(String::from_utf8(object(&members, false)).unwrap(), short);
    }
}
