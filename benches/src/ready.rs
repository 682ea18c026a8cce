//! A ZMTP socket with peers whose handshakes are done, over a network without a kernel.

use bytes::BytesMut;
use wirelab_zmtp::engine::Engine;
use wirelab_zmtp::greeting::Greeting;
use wirelab_zmtp::mechanism::MechanismName;
use wirelab_zmtp::metadata::{Metadata, SOCKET_TYPE};
use wirelab_zmtp::sockets::Pattern;
use wirelab_zmtp::{Message, Options, SocketType, command::Command};

use crate::scenario::Bench;

/// All that a peer of this type says before its first message.
pub fn handshake(kind: SocketType) -> BytesMut {
    let mut out = BytesMut::from(&Greeting::new(1, MechanismName::Null, false).encode()[..]);
    let metadata = Metadata::new().with(SOCKET_TYPE, kind.as_str()).expect("a short name");
    Command::Ready(metadata).encode(&mut out);
    out
}

/// So many messages of one frame of `size` bytes, as they are on the wire.
pub fn wire(size: usize, count: usize) -> BytesMut {
    let (message, mut out) = (message(size), BytesMut::new());
    (0..count).for_each(|_| message.encode(&mut out));
    out
}

/// One frame of so many bytes.
pub fn message(size: usize) -> Message {
    Message::from(vec![b'x'; size])
}

/// `peers` of this type have come to a socket, and are ready.
pub fn socket<P: Pattern + Default>(peers: usize, kind: SocketType) -> Bench<Engine<P>> {
    let engine = Engine::new(P::default(), Options::default()).expect("good settings");
    let mut bench = Bench::new(peers, &handshake(kind), engine);
    bench.turn_with(peers);
    bench.turn();
    bench
}
