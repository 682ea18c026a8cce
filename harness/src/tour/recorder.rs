//! A capture that runs beside the play: a thread that reads the packet socket until the play is
//! over and the wire is quiet. Linux only.
//!
//! It may name the packet socket. It does not know exercises, and not what a frame means.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::event::Account;
use crate::frame::CapturedFrame;
use crate::packet::{PacketSocket, now_ns};

/// The most bytes of frames that one exercise may hold in memory.
pub const BYTES_MAX: usize = 256 << 20;
/// The wire counts as quiet after this time without a frame: longer than TCP's delayed
/// acknowledgement (40 ms at least on Linux).
const QUIET: Duration = Duration::from_millis(120);
/// But the play is not waited out for longer than this.
const QUIET_MAX: Duration = Duration::from_secs(1);
/// How often the thread looks up from the socket.
const GLANCE: Duration = Duration::from_millis(20);

/// A capture under way.
#[derive(Debug)]
pub struct Recorder {
    over: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<(Vec<CapturedFrame>, Account)>>,
}

impl Recorder {
    /// Begins; the socket is open already, so nothing is missed. Frames that `keep` turns down
    /// are not kept.
    pub fn start(
        socket: PacketSocket,
        keep: impl Fn(&CapturedFrame) -> bool + Send + 'static,
    ) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        Self { over, thread: thread::spawn(move || record(socket, &flag, keep)) }
    }

    /// The play is over: waits until the wire is quiet, and returns the frames in the order of
    /// their times.
    pub fn finish(self) -> io::Result<(Vec<CapturedFrame>, Account)> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| io::Error::other("the capture's thread failed"))?
    }
}

fn record(
    mut socket: PacketSocket,
    over: &AtomicBool,
    keep: impl Fn(&CapturedFrame) -> bool,
) -> io::Result<(Vec<CapturedFrame>, Account)> {
    let start_ns = now_ns();
    let (mut frames, mut bytes) = (Vec::new(), 0);
    let mut last_frame = Instant::now();
    let mut over_since = None;
    loop {
        if let Some(frame) = socket.wait(GLANCE)? {
            if keep(&frame) {
                last_frame = Instant::now();
                bytes += frame.bytes.len();
                if bytes > BYTES_MAX {
                    return Err(io::Error::other("the exercise sent more than 256 MiB"));
                }
                frames.push(frame);
            }
            if over_since.is_none() {
                continue;
            }
        }
        if over.load(Ordering::Relaxed) {
            let since = *over_since.get_or_insert_with(Instant::now);
            if last_frame.max(since).elapsed() >= QUIET || since.elapsed() >= QUIET_MAX {
                break;
            }
        }
    }
    let (received, dropped) = socket.statistics();
    // Two processors may hand over their frames in another order than they took them in; the
    // times are from when each was taken in.
    frames.sort_by_key(|frame| frame.time_ns);
    for (n, frame) in frames.iter_mut().enumerate() {
        frame.number = n as u64 + 1;
    }
    Ok((frames, Account { start_ns, end_ns: now_ns(), received, dropped }))
}
