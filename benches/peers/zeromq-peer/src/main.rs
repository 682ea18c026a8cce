//! One socket of the pure-Rust `zeromq` crate at the other end of ours.
//!
//! ```text
//!   zeromq-peer req|rep|push|pull|pub|sub bind|connect PORT COUNT
//! ```
//! It says `listening PORT` or `connected`, sends or receives COUNT messages, each checked, says
//! `good`, and stays until its input ends: this crate has no linger, and what a process that ends
//! had queued is lost. What the messages are is also in `harness/tests/interop/zmtp_peer.py`.

use bytes::Bytes;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use zeromq::{
    PubSocket, PullSocket, PushSocket, RepSocket, ReqSocket, Socket, SocketRecv, SocketSend,
    SubSocket, ZmqError, ZmqMessage,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A period of the bodies' octets.
const PERIOD: usize = 251;
/// One message in so many has a frame of 1 MiB.
const LARGE_EVERY: usize = 2500;
/// The wait before a socket without a peer, or a publisher before its start, sends again.
const TICK: Duration = Duration::from_millis(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // The end of whoever started us is ours.
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [role, side, port, count] = &arguments[..] else {
        return Err("usage: zeromq-peer ROLE bind|connect PORT COUNT".into());
    };
    let place = Place { binds: side == "bind", port: port.parse()? };
    let input = BufReader::new(tokio::io::stdin()).lines();
    play(role, &place, count.parse()?, input).await
}

async fn play(role: &str, place: &Place, count: usize, mut input: Input) -> Result<()> {
    match role {
        "push" => {
            let mut push = place.socket::<PushSocket>().await?;
            for n in 0..count {
                send_when_there(&mut push, message(n)).await?;
            }
            end(push, input).await
        }
        "pull" => {
            let mut pull = place.socket::<PullSocket>().await?;
            for n in 0..count {
                check(n, pull.recv().await?)?;
            }
            end(pull, input).await
        }
        "req" => {
            let mut req = place.socket::<ReqSocket>().await?;
            for n in 0..count {
                send_when_there(&mut req, message(n)).await?;
                check(n, req.recv().await?)?;
            }
            end(req, input).await
        }
        "rep" => {
            let mut rep = place.socket::<RepSocket>().await?;
            for n in 0..count {
                let request = rep.recv().await?;
                check(n, request.clone())?;
                rep.send(request).await?;
            }
            end(rep, input).await
        }
        "pub" => {
            let mut publisher = place.socket::<PubSocket>().await?;
            // Who has subscribed is not to be seen here: our user says when the first has come.
            while tokio::time::timeout(TICK, input.next_line()).await.is_err() {
                publisher.send("SYNC".into()).await?;
            }
            for n in 0..count {
                publisher.send(message(n)).await?;
            }
            end(publisher, input).await
        }
        "sub" => {
            let mut sub = SubSocket::new();
            sub.subscribe("").await?;
            place.take(&mut sub).await?;
            for n in 0..count {
                check(n, sub.recv().await?)?;
            }
            end(sub, input).await
        }
        _ => Err(format!("no role is called {role}").into()),
    }
}

struct Place {
    binds: bool,
    port: u16,
}

impl Place {
    async fn socket<S: Socket>(&self) -> Result<S> {
        let mut socket = S::new();
        self.take(&mut socket).await?;
        Ok(socket)
    }

    async fn take(&self, socket: &mut impl Socket) -> Result<()> {
        let endpoint = format!("tcp://127.0.0.1:{}", self.port);
        if self.binds {
            match socket.bind(&endpoint).await? {
                zeromq::Endpoint::Tcp(_, port) => println!("listening {port}"),
                other => return Err(format!("bound to {other}").into()),
            }
        } else {
            socket.connect(&endpoint).await?;
            println!("connected");
        }
        Ok(())
    }
}

type Input = tokio::io::Lines<BufReader<tokio::io::Stdin>>;

/// Says that all is well, and waits for the end of our input with the socket still open.
async fn end(_socket: impl Socket, mut input: Input) -> Result<()> {
    println!("good");
    while input.next_line().await?.is_some() {}
    Ok(())
}

/// Without a peer this crate gives the message back instead of waiting.
async fn send_when_there(socket: &mut impl SocketSend, mut message: ZmqMessage) -> Result<()> {
    loop {
        match socket.send(message).await {
            Ok(()) => return Ok(()),
            Err(ZmqError::ReturnToSender { message: back, .. }) => message = back,
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(TICK).await;
    }
}

/// The frames of the `n`th message: one, an empty one, with an empty one in it, at the border
/// between short and long; now and then a large one.
fn frames(n: usize) -> Vec<Bytes> {
    let number = Bytes::from(n.to_string());
    if n % LARGE_EVERY == LARGE_EVERY - 1 {
        return vec![number, body(n, 1024 * 1024)];
    }
    match n % 4 {
        0 => vec![number],
        1 => vec![number, Bytes::new(), body(n, 300)],
        2 => vec![Bytes::new()],
        _ => vec![body(n, 255), body(n, 256), number],
    }
}

fn message(n: usize) -> ZmqMessage {
    frames(n).try_into().expect("at least one frame")
}

fn body(n: usize, size: usize) -> Bytes {
    (n..n + size).map(|at| (at % PERIOD) as u8).collect()
}

fn check(n: usize, message: ZmqMessage) -> Result<()> {
    if message.clone().into_vec() == frames(n) {
        return Ok(());
    }
    let sizes: Vec<usize> = message.iter().map(Bytes::len).collect();
    let first = message.get(0).map(|frame| frame.slice(..frame.len().min(20)));
    Err(format!("message {n} is another: frames of {sizes:?}, beginning {first:?}").into())
}
