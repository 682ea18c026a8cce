//! A peer that sends prepared octets over a real socket, whatever it is asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// What one connection is to do: read until this stands in what it got, then send that.
pub type Script = Vec<(&'static str, Vec<u8>)>;

/// Serves one connection per script, and then is gone. What it was sent comes out of the
/// receiver, a connection each.
pub fn peer(scripts: Vec<Script>) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for script in scripts {
            let Ok((stream, _)) = listener.accept() else { return };
            let _ = sender.send(play(stream, script));
        }
    });
    (addr, receiver)
}

fn play(mut stream: TcpStream, script: Script) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let mut all = String::new();
    for (wanted, answer) in script {
        let from = all.len();
        while !all[from..].contains(wanted) {
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return all,
                Ok(n) => all.push_str(&String::from_utf8_lossy(&buffer[..n])),
            }
        }
        if stream.write_all(&answer).is_err() {
            return all;
        }
    }
    all
}
