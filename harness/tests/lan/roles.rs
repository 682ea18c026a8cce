//! A server and a client with the lab's words, so that the tour can be tried with programs that
//! are not its own. They find each other as any foreign program does: in the environment.

use std::env;
use std::io::{self, BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

/// Plays one role to its end.
pub fn play(role: &str) -> ExitCode {
    let played = if role == "server" { server() } else { client() };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{role}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn scene() -> (String, u16) {
    let host = env::var("WIRELAB_HOST").expect("the host is in the environment");
    let port = env::var("WIRELAB_PORT").expect("the port is in the environment");
    (host, port.parse().expect("the port is a number"))
}

fn server() -> io::Result<()> {
    let (host, port) = scene();
    let listener = TcpListener::bind((host.as_str(), port))?;
    println!("Server listening on {host}:{port}");
    let (mut peer, from) = listener.accept()?;
    println!("Connection from: {from}");
    let mut buffer = [0; 1024];
    loop {
        let got = peer.read(&mut buffer)?;
        if got == 0 {
            return Ok(());
        }
        println!("Received from client: {}", String::from_utf8_lossy(&buffer[..got]));
        peer.write_all(&[b"Echo: ", &buffer[..got]].concat())?;
    }
}

fn client() -> io::Result<()> {
    let mut peer = TcpStream::connect(scene())?;
    print!("Enter message: ");
    io::stdout().flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim().eq_ignore_ascii_case("bye") {
            break;
        }
        peer.write_all(line.as_bytes())?;
        let mut buffer = [0; 1024];
        let got = peer.read(&mut buffer)?;
        println!("Received from server: {}", String::from_utf8_lossy(&buffer[..got]));
        print!("Enter another message: ");
        io::stdout().flush()?;
    }
    Ok(())
}
