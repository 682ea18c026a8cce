//! The echo of [RFC 862] over real sockets, asked by a client that is none of ours.
//!
//! It may name the standard library's blocking streams. Every wait has a deadline: a server that
//! does not answer is a failure, not a hang.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;
use wirelab_echo::{EchoServer, Style};
use wirelab_reactor::Settings;
use wirelab_reactor::many::{self, Many};

const PATIENCE: Duration = Duration::from_secs(10);

fn server() -> io::Result<Many> {
    let address = "127.0.0.1:0".parse().expect("an address");
    many::start(address, 1, &Settings::default(), |_| EchoServer::new(Style::Raw).once(true))
}

fn client(server: &Many) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(server.addr())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// [echo-tcp-01] There is a server on TCP; [echo-tcp-02] each value of an octet comes back, in
/// order; [echo-tcp-03] and again, for as long as the client goes on.
#[test]
fn every_octet_comes_back_until_the_client_ends() -> io::Result<()> {
    let server = server()?;
    let mut client = client(&server)?;
    let octets: Vec<u8> = (0..=255).collect();
    for _ in 0..3 {
        client.write_all(&octets)?;
        let mut back = vec![0; octets.len()];
        client.read_exact(&mut back)?;
        assert_eq!(back, octets);
    }
    client.shutdown(Shutdown::Write)?;
    assert_eq!(client.read_to_end(&mut Vec::new())?, 0, "nothing was left over");
    server.join()
}

/// [9293-3.10.4-01] The client sends its FIN behind the last byte and only then begins to read:
/// the server, which closes for its part, owes it everything first.
#[test]
fn what_is_owed_goes_out_before_the_close() -> io::Result<()> {
    let server = server()?;
    let mut client = client(&server)?;
    let sent: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
    client.write_all(&sent)?;
    client.shutdown(Shutdown::Write)?;
    let mut back = Vec::new();
    client.read_to_end(&mut back)?;
    assert!(back == sent, "{} of {} bytes came back", back.len(), sent.len());
    server.join()
}
