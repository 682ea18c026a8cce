//! What every HTTP peer answers, and how it starts: the lab's `/add` and `/mul`, computed for each
//! request, and `/bulk`, of which 1 MiB is got, or whatever is put is counted. It knows no HTTP;
//! that is what the peers are compared in.

use std::net::{SocketAddr, TcpListener};

/// A status code and a JSON body.
pub type Answer = (u16, String);

/// Answers `/add?a=5&b=9` with `{\n  "result": 14\n}\n`, as the lab's server does.
pub fn answer(path: &str, query: &str) -> Answer {
    let result = match path {
        "/add" => operands(query).and_then(|(a, b)| a.checked_add(b)),
        "/mul" => operands(query).and_then(|(a, b)| a.checked_mul(b)),
        _ => return (404, "{\n  \"error\": \"Not found\"\n}\n".to_owned()),
    };
    match result {
        Some(result) => (200, format!("{{\n  \"result\": {result}\n}}\n")),
        None => (400, "{\n  \"error\": \"Invalid input\"\n}\n".to_owned()),
    }
}

/// Octets of what `GET /bulk` answers.
const BULK: usize = 1024 * 1024;

/// What `GET /bulk` answers. The period is a prime, so that a shift shows.
pub fn bulk() -> Vec<u8> {
    (0..BULK).map(|n| (n % 251) as u8).collect()
}

/// What `PUT /bulk` answers when so many octets have come.
pub fn counted(octets: usize) -> String {
    format!("{octets}\n")
}

fn operands(query: &str) -> Option<(i128, i128)> {
    let (mut a, mut b) = (None, None);
    for parameter in query.split('&') {
        match parameter.split_once('=')? {
            ("a", value) => a = value.parse().ok(),
            ("b", value) => b = value.parse().ok(),
            _ => {}
        }
    }
    a.zip(b)
}

/// Listens on the port that the first argument names (0, or none: a free one), says where, and
/// lets the process end with the one that started it.
pub fn listen() -> std::io::Result<TcpListener> {
    let listener = bind()?;
    println!("listening on {}", listener.local_addr()?);
    Ok(listener)
}

/// The same for a server that makes its own listener: the address, which was free a moment ago. It
/// is for the caller to say that it listens there.
pub fn address() -> std::io::Result<SocketAddr> {
    bind()?.local_addr()
}

fn bind() -> std::io::Result<TcpListener> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    let port = match std::env::args().nth(1) {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            std::io::Error::other(format!("{text:?} is no port; give a number, 0 for a free one"))
        })?,
    };
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn it_computes_and_refuses() {
        assert_eq!(answer("/add", "a=5&b=9"), (200, "{\n  \"result\": 14\n}\n".to_owned()));
        assert_eq!(answer("/mul", "b=9&a=5").1, "{\n  \"result\": 45\n}\n");
        for query in ["", "a=5", "a=x&b=1", "a=1&b"] {
            assert_eq!(answer("/add", query).0, 400, "{query}");
        }
        assert_eq!(answer("/div", "a=1&b=1").0, 404);
    }
}
