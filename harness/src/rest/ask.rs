//! `wirelab rest get`, `post` and the others: a request as curl and httpie write it, and its
//! response.
//!
//! ```text
//!   :5151/add a==5 b==9        http://127.0.0.1:5151/add?a=5&b=9
//!   :5151/items name=x n:=3    a JSON object as the body: {"name":"x","n":3}
//! ```
//!
//! It knows the command line and curl's exit codes. What stands on the wire is the http crate's.

use bytes::BytesMut;
use clap::Args;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;
use wirelab_http::client::{Client, Error, Options, Outgoing, Response, Url};
use wirelab_http::{HttpError, Method, Status};

use super::sheet::Sheet;
use crate::exit::{FAILED, Failure};
use crate::output::{Output, escape_controls, json_line};

/// curl's exit codes.
const BAD_URL: u8 = 3;
const NO_HOST: u8 = 6;
const NO_CONNECTION: u8 = 7;
const NO_HTTP: u8 = 8;
const PARTIAL: u8 = 18;
const STATUS: u8 = 22;
pub const NOT_WRITTEN: u8 = 23;
const TIMED_OUT: u8 = 28;
const REDIRECTS: u8 = 47;
const EMPTY: u8 = 52;
const BROKEN: u8 = 56;

/// Redirects that `-L` follows.
const REDIRECTS_MAX: usize = 50;
/// Octets of a file or of stdin that `-d` sends.
const DATA_MAX: u64 = 1 << 30;
/// Octets of a response that `--json` shows.
const SHOWN_MAX: usize = 64 << 20;

/// What to ask.
#[derive(Debug, Args)]
pub struct Arguments {
    /// http://HOST:PORT/PATH, HOST/PATH, or :PORT/PATH for this machine.
    pub url: String,
    /// k==v adds to the query; k=v and k:=json make up a JSON object as the body.
    pub items: Vec<String>,
    /// A field, `Name: value`; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "FIELD")]
    pub fields: Vec<String>,
    /// The body; @FILE or @- for a file or stdin. As curl's, its type is that of a form, unless
    /// -H says another.
    #[arg(short, long)]
    pub data: Option<String>,
    /// Print the response's head before the body.
    #[arg(short, long)]
    pub include: bool,
    /// Fail with 22, and without the body, when the status is 400 or more.
    #[arg(short, long)]
    pub fail: bool,
    /// Follow redirects.
    #[arg(short = 'L', long)]
    pub location: bool,
    /// Write the body to a file.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Seconds that all may take.
    #[arg(short, long, value_name = "SECONDS")]
    pub max_time: Option<f64>,
    /// Print the request, and do not send it.
    #[arg(long)]
    pub offline: bool,
}

/// Asks, and prints what is answered.
pub fn run(method: Method, arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let request = request(method, arguments)?;
    if arguments.offline {
        return print_request(&request, output);
    }
    say_request(&request, output);
    let mut client = client(arguments.max_time, arguments.location)?;
    let mut response = client.send(request).map_err(|error| failure(&error))?;
    say_head(&response, output);
    if arguments.fail && response.status().code() >= 400 {
        let message = format!("the server answered {}", named(response.head().code()));
        return Err(Failure { code: STATUS, message });
    }
    if output.json {
        return print_json(&mut response);
    }
    // Of a HEAD the head is all there is.
    print(&mut response, arguments, arguments.include || method == Method::Head)
}

/// A status with its name, if it has one.
fn named(code: u16) -> String {
    let named = Status::new(code).map(|status| status.to_string());
    named.map_or_else(|| format!("{code:03}"), |named| named.trim_end().to_owned())
}

/// A client with this patience.
pub fn client(max_time: Option<f64>, follows: bool) -> Result<Client, Failure> {
    let deadline = match max_time {
        None => None,
        Some(seconds) => Some(Duration::try_from_secs_f64(seconds).map_err(|_| {
            Failure::usage(format!("-m {seconds} is no time: write seconds, as 3 or 0.5"))
        })?),
    };
    let redirects = if follows { REDIRECTS_MAX } else { 0 };
    let options = Options { deadline, redirects, ..Options::default() };
    Client::new(options).map_err(|error| failure(&error))
}

/// A URL as people write it.
pub fn url(text: &str) -> Result<Url, Failure> {
    let whole = if text.starts_with(':') {
        format!("http://127.0.0.1{text}")
    } else if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    Url::parse(&whole).map_err(|error| {
        let message = format!("`{}` is no URL to ask: {error}", text.escape_debug());
        Failure { code: BAD_URL, message }
    })
}

/// What curl's exit code for this is, and what is said.
pub fn failure(error: &Error) -> Failure {
    let code = match error {
        Error::Location(..) => BAD_URL,
        Error::Name(..) => NO_HOST,
        Error::Connect(_) => NO_CONNECTION,
        Error::Broken(_) => BROKEN,
        Error::Empty => EMPTY,
        Error::Http(HttpError::Truncated(_)) => PARTIAL,
        Error::Http(HttpError::Misuse(_)) => crate::exit::USAGE,
        Error::TimedOut | Error::Http(HttpError::TooSlow(_)) => TIMED_OUT,
        Error::Http(_) => NO_HTTP,
        Error::Redirects(_) => REDIRECTS,
        Error::Content | Error::TooLarge(_) | Error::Loop(_) => FAILED,
    };
    Failure { code, message: error.to_string() }
}

fn request(method: Method, arguments: &Arguments) -> Result<Outgoing, Failure> {
    let mut url = url(&arguments.url)?;
    let mut body = Map::new();
    for item in &arguments.items {
        add_item(item, &mut url, &mut body)?;
    }
    let mut request = Outgoing::new(method, url);
    for field in &arguments.fields {
        let Some((name, value)) = field.split_once(':') else {
            let field = field.escape_debug();
            return Err(Failure::usage(format!("-H `{field}` is no field: write Name: value")));
        };
        request = request.field(name.trim_end(), value.trim());
    }
    let content = match (&arguments.data, body.is_empty()) {
        (Some(_), false) => {
            return Err(Failure::usage("either -d or k=v items make up the body, not both"));
        }
        (Some(data), true) => Some((read_data(data)?, "application/x-www-form-urlencoded")),
        (None, false) => Some((Value::Object(body).to_string().into_bytes(), "application/json")),
        (None, true) => None,
    };
    if let Some((content, kind)) = content {
        let has_kind =
            request.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !has_kind {
            request = request.field("Content-Type", kind);
        }
        request = request.body(content);
    }
    request.check().map_err(|error| Failure::usage(format!("that cannot be sent: {error}")))?;
    Ok(request)
}

/// `k==v`, `k:=json` or `k=v`: whichever sign comes first.
fn add_item(item: &str, url: &mut Url, body: &mut Map<String, Value>) -> Result<(), Failure> {
    let signs = ["==", ":=", "="];
    let found = signs.iter().filter_map(|sign| Some((item.find(sign)?, *sign))).min_by_key(
        // The longer of two that begin at the same place.
        |(at, sign)| (*at, usize::MAX - sign.len()),
    );
    let item_text = item.escape_debug();
    let Some((at, sign)) = found.filter(|(at, _)| *at > 0) else {
        let what = format!("`{item_text}` is no item: write k==v for the query, k=v or k:=json");
        return Err(Failure::usage(what));
    };
    let (name, value) = (&item[..at], &item[at + sign.len()..]);
    match sign {
        "==" => url.add_query(name, value),
        "=" => drop(body.insert(name.to_owned(), value.into())),
        _ => {
            let value = serde_json::from_str(value)
                .map_err(|error| Failure::usage(format!("`{item_text}` is not JSON: {error}")))?;
            body.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

fn read_data(data: &str) -> Result<Vec<u8>, Failure> {
    let Some(name) = data.strip_prefix('@') else { return Ok(data.as_bytes().to_vec()) };
    let from: io::Result<Box<dyn Read>> = match name {
        "-" => Ok(Box::new(io::stdin())),
        name => File::open(name).map(|file| Box::new(file) as _),
    };
    let mut content = Vec::new();
    from.and_then(|from| from.take(DATA_MAX + 1).read_to_end(&mut content))
        .map_err(|error| Failure::failed(format!("cannot read {name}: {error}")))?;
    if content.len() as u64 > DATA_MAX {
        return Err(Failure::failed(format!("{name} is longer than {DATA_MAX} octets")));
    }
    Ok(content)
}

fn octets(request: &Outgoing) -> Vec<u8> {
    let mut out = BytesMut::new();
    request.write_head(&mut out);
    out.to_vec()
}

fn print_request(request: &Outgoing, output: &Output) -> Result<(), Failure> {
    let mut text = octets(request);
    if let wirelab_http::client::Content::Whole(content) = &request.content {
        text.extend_from_slice(content);
    }
    if output.json {
        let line = json!({"v": 1, "kind": "request", "text": String::from_utf8_lossy(&text)});
        return print_line(&line);
    }
    print_text(&text)
}

/// `-v`: what goes out and comes in, on stderr.
fn say_request(request: &Outgoing, output: &Output) {
    if output.verbose > 0 {
        say_lines('>', &octets(request), output);
    }
}

fn say_head(response: &Response<'_>, output: &Output) {
    if output.verbose > 0 {
        say_lines('<', response.head().octets(), output);
    }
}

fn say_lines(sign: char, head: &[u8], output: &Output) {
    for line in head.split(|&b| b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() {
            output.say(&format!("{sign} {}", escape_controls(line)));
        }
    }
}

fn print(response: &mut Response<'_>, arguments: &Arguments, include: bool) -> Result<(), Failure> {
    let mut sheet = Sheet::open(arguments.output.as_deref())?;
    if include {
        sheet.print(response.head().octets())?;
    }
    while let Some(piece) = response.piece().map_err(|error| failure(&error))? {
        sheet.print(&piece)?;
    }
    sheet.end()
}

fn print_text(text: &[u8]) -> Result<(), Failure> {
    let mut sheet = Sheet::stdout();
    sheet.print(text)?;
    sheet.end()
}

fn print_json(response: &mut Response<'_>) -> Result<(), Failure> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let head = response.head();
    let fields: Vec<_> = head.fields().iter().map(|(n, v)| json!([text(n), text(v)])).collect();
    let (status, reason) = (head.code(), text(head.reason()));
    let mut body = Vec::new();
    while let Some(piece) = response.piece().map_err(|error| failure(&error))? {
        body.extend_from_slice(&piece);
        if body.len() > SHOWN_MAX {
            let what =
                format!("the response is longer than {SHOWN_MAX} octets: use -o, not --json");
            return Err(Failure::failed(what));
        }
    }
    let line = json!({
        "v": 1, "kind": "response", "status": status, "reason": reason, "fields": fields,
        "bytes": body.len(), "body": text(&body),
    });
    print_line(&line)
}

/// One object on stdout, with nothing in it that acts on a terminal.
fn print_line(object: &Value) -> Result<(), Failure> {
    let mut line = Vec::new();
    json_line(&mut line, object)
        .map_err(|error| Failure::failed(format!("cannot write: {error}")))?;
    print_text(&line)
}

#[cfg(test)]
mod tests {
    use super::{Arguments, named, octets, request, url};
    use clap::Parser;
    use wirelab_http::Method;
    use wirelab_http::client::Content;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn asked(words: &[&str]) -> Result<(String, String), String> {
        let line = [&["rest"], words].concat();
        let line = Line::try_parse_from(line).map_err(|error| error.to_string())?;
        let request = request(Method::Post, &line.arguments).map_err(|e| e.message)?;
        let body = match &request.content {
            Content::Whole(body) => String::from_utf8_lossy(body).into_owned(),
            _ => String::new(),
        };
        Ok((String::from_utf8_lossy(&octets(&request)).into_owned(), body))
    }

    #[test]
    fn urls_as_people_write_them() {
        for (text, authority, target) in [
            (":5151/add", "127.0.0.1:5151", "/add"),
            ("localhost:80", "localhost", "/"),
            ("a.b/c?d=e", "a.b", "/c?d=e"),
            ("http://[::1]:8/x", "[::1]:8", "/x"),
        ] {
            let url = url(text).unwrap();
            assert_eq!((url.authority().as_str(), url.target().as_str()), (authority, target));
        }
        for text in ["https://a/", "ftp://a/", "http://", "http://u:p@h/", ":x/"] {
            assert_eq!(url(text).unwrap_err().code, 3, "{text}");
        }
    }

    #[test]
    fn items_make_up_query_and_body() {
        let (head, body) = asked(&[":1/x", "a==5", "b==ä &", "n:=[1,2]", "s=t==u"]).unwrap();
        assert!(head.starts_with("POST /x?a=5&b=%C3%A4"), "{head}");
        assert!(head.contains("\r\nContent-Type: application/json\r\n"), "{head}");
        assert_eq!(body, r#"{"n":[1,2],"s":"t==u"}"#);
        let (head, body) = asked(&[":1/x", "-d", "a=b", "-H", "X-Y: z"]).unwrap();
        assert!(head.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"), "{head}");
        assert!(head.contains("\r\nX-Y: z\r\n"), "{head}");
        assert_eq!(body, "a=b");
    }

    #[test]
    fn a_status_is_told_as_it_came() {
        for (code, told) in
            [(404, "404 Not Found"), (599, "599"), (600, "600"), (999, "999"), (99, "099")]
        {
            assert_eq!(named(code), told);
        }
    }

    #[test]
    fn what_cannot_be_asked_is_said() {
        for (words, says) in [
            (&[":1/x", "a"][..], "is no item"),
            (&[":1/x", "=a"], "is no item"),
            (&[":1/x", "a:=b"], "is not JSON"),
            (&[":1/x", "a=b", "-d", "x"], "not both"),
            (&[":1/x", "-H", "nothing"], "is no field"),
            (&[":1/x", "-H", "Content-Length: 5"], "cannot be sent"),
            (&[":1/x", "-d", "@/no/such/file"], "cannot read"),
        ] {
            let error = asked(words).unwrap_err();
            assert!(error.contains(says), "{words:?}: {error}");
        }
    }
}
