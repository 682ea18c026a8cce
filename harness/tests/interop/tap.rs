//! `wirelab tap` between programs: what passes is told, and is late, in pieces or cut off as asked.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same, wirelab};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub fn add(trials: &mut Trials) {
    trials.add("tap::what_passes_is_told_and_written", &[], told);
    trials.add("tap::a_half_close_goes_through", &[], half_close);
    trials.add("tap::pieces_arrive_as_they_were_cut", &[], pieces);
    trials.add("tap::a_delay_is_a_delay", &[], delay);
    trials.add("tap::a_cut_is_a_close_or_a_reset", &[], cut);
    trials.add("tap::who_takes_nothing_more_has_broken_it_off", &[], broken_off);
    trials.add("tap::nobody_behind_it_is_told", &[], nobody);
    trials.add("tap::mosquittos_client_octet_by_octet", &[Need::MosquittoClients], mosquitto);
}

/// A tap in front of `target` for one connection, and its address.
fn tap(target: SocketAddr, more: &[&str]) -> Result<(Process, SocketAddr), String> {
    let between = format!("0={target}");
    let process = Process::start("tap", wirelab(&[&["tap", &between, "-c", "1"], more].concat()))?;
    let line = process.first_line(PATIENCE)?;
    // With --json, too, it is the last thing in the line.
    let addr = line.trim_end_matches(['"', '}']).rsplit(['"', ' ']).next();
    let addr = addr.and_then(|addr| addr.parse().ok());
    Ok((process, addr.ok_or_else(|| format!("no address in {line:?}"))?))
}

fn connect(addr: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// A peer for one client: what each of its reads gave, and how the last one ended.
type Reads = (Vec<Vec<u8>>, Option<ErrorKind>);

fn reader() -> std::io::Result<(SocketAddr, JoinHandle<Reads>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    let thread = thread::spawn(move || {
        let Ok((stream, _)) = listener.accept() else { return (Vec::new(), None) };
        let _ = stream.set_read_timeout(Some(PATIENCE));
        reads(stream)
    });
    Ok((addr, thread))
}

fn reads(mut stream: TcpStream) -> Reads {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (all, None),
            Ok(n) => all.push(buffer[..n].to_vec()),
            Err(error) => return (all, Some(error.kind())),
        }
    }
}

fn told() -> Outcome {
    let echo = Process::start("echo", wirelab(&["echo", "serve", "-p", "0"]))?;
    let line = echo.first_line(PATIENCE)?;
    let addr = line.trim_start_matches("listening on ").trim().parse()?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("tap.pcapng");
    let file = file.to_string_lossy();
    let (tap, addr) = tap(addr, &["-w", &file])?;
    let mut client = connect(addr)?;
    client.write_all(b"halo")?;
    let mut answer = [0; 10];
    client.read_exact(&mut answer)?;
    same("the echo", &answer, b"Echo: halo")?;
    drop(client);
    let told = tap.finish(PATIENCE)?;
    same("the tap's end", told.status.code(), Some(0))?;
    let explained = Process::start("explain", wirelab(&["explain", &file]))?.finish(PATIENCE)?;
    for told in [&told.stdout, &explained.stdout] {
        for says in ["\"halo\"", "request 1", "\"Echo: halo\"", "synthesised header", "closes: FIN"]
        {
            same(says, told.contains(says), true).map_err(|_| format!("{says} in {told}"))?;
        }
    }
    echo.interrupt()?;
    same("the server's end", echo.finish(PATIENCE)?.status.code(), Some(0))
}

fn half_close() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (tap, addr) = tap(listener.local_addr()?, &["--json"])?;
    let mut client = connect(addr)?;
    client.write_all(b"all of the question")?;
    client.shutdown(Shutdown::Write)?;
    let (mut server, _) = listener.accept()?;
    server.set_read_timeout(Some(PATIENCE))?;
    let mut question = String::new();
    server.read_to_string(&mut question)?;
    server.write_all(question.replace("question", "answer").as_bytes())?;
    drop(server);
    let mut answer = String::new();
    client.read_to_string(&mut answer)?;
    same("the answer", answer.as_str(), "all of the answer")?;
    let told = tap.finish(PATIENCE)?;
    same("a label", told.stdout.contains("\"comment\":\"synthesised header\""), true)
}

fn pieces() -> Outcome {
    for (arguments, lens) in [
        (&["--split-at", "4"][..], &[4, 6][..]),
        (&["--chunk", "4"], &[4, 4, 2]),
        (&["--chunk", "4", "--from", "server"], &[10]),
        (&["--chunk", "1", "--split-at", "2"], &[1; 10]),
    ] {
        let (target, reads) = reader()?;
        let (tap, addr) = tap(target, arguments)?;
        let mut client = connect(addr)?;
        client.write_all(b"0123456789")?;
        drop(client);
        let (pieces, _) = reads.join().map_err(|_| "the reader")?;
        same("the octets", pieces.concat().as_slice(), &b"0123456789"[..])?;
        // A frame of its own for each. A busy reader may find two at once, but never a part.
        let frames = tap.finish(PATIENCE)?.stdout;
        let ends = |lens: &[usize]| -> Vec<usize> {
            lens.iter()
                .scan(0, |end, len| {
                    Some({
                        *end += len;
                        *end
                    })
                })
                .collect()
        };
        let (read, cut) = (ends(&pieces.iter().map(Vec::len).collect::<Vec<_>>()), ends(lens));
        same("ends", read.iter().all(|end| cut.contains(end)), true)
            .map_err(|_| format!("{read:?}"))?;
        for len in lens {
            let says = format!("PSH,ACK {len} B");
            let wanted = lens.iter().filter(|other| *other == len).count();
            let told = frames.matches(&says).count();
            same(&says, told, wanted).map_err(|_| format!("{arguments:?}: {frames}"))?;
        }
    }
    Ok(())
}

fn delay() -> Outcome {
    let (target, reads) = reader()?;
    let (tap, addr) = tap(target, &["--delay", "300"])?;
    let start = Instant::now();
    let mut client = connect(addr)?;
    client.write_all(b"late")?;
    drop(client);
    let (pieces, _) = reads.join().map_err(|_| "the reader")?;
    same("not before its time", start.elapsed() >= Duration::from_millis(300), true)?;
    same("the octets", pieces.concat().as_slice(), &b"late"[..])?;
    tap.finish(PATIENCE)?;
    Ok(())
}

fn cut() -> Outcome {
    for (reset, end, says) in
        [(&[][..], None, "closes: FIN"), (&["--reset"], Some(ErrorKind::ConnectionReset), "RST")]
    {
        let (target, there) = reader()?;
        let (tap, addr) = tap(target, &[&["--close-after", "6"], reset].concat())?;
        let mut client = connect(addr)?;
        client.write_all(b"0123456789")?;
        let (pieces, ended) = there.join().map_err(|_| "the reader")?;
        same("the octets", pieces.concat().as_slice(), &b"012345"[..])?;
        same("the server's end", ended, end)?;
        let (answer, ended) = reads(client);
        same("nothing comes back", answer.len(), 0)?;
        // It has sent more than was read, so a close is a reset to it as well.
        let fair = ended == end || ended == Some(ErrorKind::ConnectionReset);
        same("the client's end", fair, true).map_err(|_| format!("{ended:?}"))?;
        let Finished { stdout, .. } = tap.finish(PATIENCE)?;
        same(says, stdout.contains(says), true).map_err(|_| stdout)?;
    }
    Ok(())
}

/// The server has said its last, and is gone while the client still sends: the connection is over,
/// also for `-c 1`.
fn broken_off() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (tap, addr) = tap(listener.local_addr()?, &["--summary"])?;
    let mut client = connect(addr)?;
    client.write_all(b"unread")?;
    let (server, _) = listener.accept()?;
    server.shutdown(Shutdown::Write)?;
    same("its end", client.read(&mut [0])?, 0)?;
    // With octets in it that nobody has read: a reset.
    server.peek(&mut [0; 6])?;
    drop(server);
    while client.write_all(&[b'x'; 1000]).is_ok() {}
    let told = tap.finish(PATIENCE)?;
    same("the tap's end", told.status.code(), Some(0))?;
    Ok(same("a reset", told.stdout.contains("RST"), true).map_err(|_| told.stdout)?)
}

fn nobody() -> Outcome {
    // Port 1 of the loopback: nobody listens there.
    let (tap, addr) = tap("127.0.0.1:1".parse()?, &[])?;
    let (answer, _) = reads(connect(addr)?);
    same("nothing", answer.len(), 0)?;
    let told = tap.finish(PATIENCE)?;
    same("talk", told.stderr.contains("no connection to 127.0.0.1:1"), true)
        .map_err(|_| told.stderr)?;
    same("a reset", told.stdout.contains("RST"), true).map_err(|_| told.stdout)?;
    for wrong in ["1883", "=1", "1=nowhere"] {
        let ended = Process::start("tap", wirelab(&["tap", wrong]))?.finish(PATIENCE)?;
        same(wrong, ended.status.code(), Some(2))?;
    }
    Ok(())
}

fn mosquitto() -> Outcome {
    let broker = Process::start("broker", wirelab(&["mqtt", "broker", "-p", "0"]))?;
    let line = broker.first_line(PATIENCE)?;
    let addr = line.trim_start_matches("listening on ").trim().parse()?;
    let (tap, addr) = tap(addr, &["--chunk", "1"])?;
    let mut publish = Command::new("mosquitto_pub");
    publish.args(["-h", "127.0.0.1", "-p", &addr.port().to_string(), "-q", "2"]);
    publish.args(["-t", "sister/temp", "-m", "Suhu: 28"]);
    let published = Process::start("mosquitto_pub", publish)?.finish(PATIENCE)?;
    same("mosquitto_pub", published.status.code(), Some(0)).map_err(|_| published.stderr)?;
    let told = tap.finish(PATIENCE)?.stdout;
    for says in ["CONNECT", "PUBREC", "PUBCOMP", "sister/temp", "DISCONNECT"] {
        same(says, told.contains(says), true).map_err(|_| format!("{says} in {told}"))?;
    }
    broker.interrupt()?;
    same("the broker's end", broker.finish(PATIENCE)?.status.code(), Some(0))
}
