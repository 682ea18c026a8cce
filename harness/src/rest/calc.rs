//! `wirelab rest calc`: the lab's `client.py`, word for word.
//!
//! It knows what the lab's client prints. The sums are the server's.

use clap::{Args, ValueEnum};
use serde_json::Value;
use wirelab_http::Method;
use wirelab_http::client::Outgoing;

use super::{PORT, ask};
use crate::exit::Failure;
use crate::output::Output;

/// As long as the lab's client waits, in seconds.
const PATIENCE: f64 = 3.0;

/// What to have computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Operation {
    /// The sum.
    Add,
    /// The product.
    Mul,
    /// One after the other.
    Both,
}

/// Arguments of `rest calc`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to compute.
    #[arg(long, value_enum, default_value_t = Operation::Both)]
    pub op: Operation,
    /// The first number; sent as it is written.
    #[arg(short, long, default_value = "2", allow_hyphen_values = true)]
    pub a: String,
    /// The second number.
    #[arg(short, long, default_value = "3", allow_hyphen_values = true)]
    pub b: String,
    /// Where the server is; port 5151 of this machine, if nothing is said.
    #[arg(long, value_name = "URL")]
    pub base: Option<String>,
}

/// Asks for one or both; what goes wrong is printed, as the lab's client does, and ends with 1.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let names: &[&str] = match arguments.op {
        Operation::Add => &["add"],
        Operation::Mul => &["mul"],
        Operation::Both => &["add", "mul"],
    };
    let mut all_good = true;
    for name in names {
        let (line, is_good) = compute(name, arguments)?;
        output.line(&crate::output::escape_controls(line.as_bytes()));
        all_good &= is_good;
    }
    if all_good { Ok(()) } else { Err(Failure { code: 1, message: String::new() }) }
}

/// One request, on a connection of its own.
fn compute(name: &str, arguments: &Arguments) -> Result<(String, bool), Failure> {
    let (a, b) = (&arguments.a, &arguments.b);
    let base = arguments.base.clone().unwrap_or_else(|| format!(":{PORT}"));
    let mut url = ask::url(&format!("{}/{name}", base.trim_end_matches('/')))?;
    url.add_query("a", a);
    url.add_query("b", b);
    let request = Outgoing { close: true, ..Outgoing::new(Method::Get, url) };
    let mut client = ask::client(Some(PATIENCE), false)?;
    let answered = client.send(request).and_then(|mut response| {
        let body = response.bytes()?;
        Ok((response.status().code(), body))
    });
    Ok(match answered {
        Err(error) => (format!("{name} exception: {error}"), false),
        Ok((200, body)) => match result(&body) {
            Some(result) => (format!("{name}({a},{b}) = {result}"), true),
            None => (format!("{name} exception: the answer has no result"), false),
        },
        Ok((status, body)) => {
            let text = crate::output::escape_controls(&body);
            (format!("{name} error {status}: {}", text.trim_end()), false)
        }
    })
}

/// The result as it was written: it may have more digits than any number type.
fn result(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let result = value.get("result")?;
    // Beyond 64 bits serde_json would round: take the digits themselves.
    let text = std::str::from_utf8(body).ok()?;
    let digits = text.split_once("\"result\":")?.1.trim_start();
    let end = digits.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(digits.len());
    if result.is_number() && end > 0 && !digits[end..].starts_with(['.', 'e', 'E']) {
        return Some(digits[..end].to_owned());
    }
    Some(result.to_string())
}

#[cfg(test)]
mod tests {
    use super::result;

    #[test]
    fn results_are_taken_to_the_digit() {
        for (body, expected) in [
            ("{\n  \"result\": 14\n}\n", Some("14")),
            (
                "{\"result\":-123456789012345678901234567890}",
                Some("-123456789012345678901234567890"),
            ),
            ("{\"result\": 1.5}", Some("1.5")),
            ("{\"result\": \"x\"}", Some("\"x\"")),
            ("{}", None),
            ("no json", None),
        ] {
            assert_eq!(result(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
