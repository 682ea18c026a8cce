"""Peers of a few octets, written against the RFCs with nothing but sockets.

Usage: zmtp_raw.py CHECK PORT
"""

import socket
import struct
import sys

PORT = int(sys.argv[2])


def greeting(minor=0, mechanism=b"NULL"):
    start = b"\xff" + b"\0" * 8 + b"\x7f" + bytes([3, minor])
    return start + mechanism.ljust(20, b"\0") + b"\0" + b"\0" * 31


def frame(flags, body):
    if len(body) < 256:
        return bytes([flags, len(body)]) + body
    return bytes([flags | 2]) + struct.pack(">Q", len(body)) + body


def command(name, data=b""):
    return frame(4, bytes([len(name)]) + name + data)


def prop(name, value):
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


class Peer:
    """A connection to ours."""

    def __init__(self):
        self.stream = socket.create_connection(("127.0.0.1", PORT), 20)

    def send(self, octets):
        self.stream.sendall(octets)

    def take(self, size):
        octets = b""
        while len(octets) < size:
            more = self.stream.recv(size - len(octets))
            assert more, f"closed after {octets}"
            octets += more
        return octets

    def frame(self):
        flags = self.take(1)[0]
        size = struct.unpack(">Q", self.take(8))[0] if flags & 2 else self.take(1)[0]
        return flags & ~2, self.take(size)

    def shake(self, kind, one_by_one=False):
        """As ZMTP 3.0 has it."""
        octets = greeting() + command(b"READY", prop(b"Socket-Type", kind))
        if one_by_one:
            self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in octets:
                self.send(bytes([octet]))
        else:
            self.send(octets)
        theirs = self.take(64)
        assert theirs[:1] + theirs[9:11] == b"\xff\x7f\x03", theirs
        assert theirs[12:32] == b"NULL".ljust(20, b"\0"), theirs
        flags, body = self.frame()
        assert flags == 4 and body.startswith(b"\x05READY"), body

    def ends(self):
        """All that still comes, up to the end; a reset is an end, too."""
        octets = b""
        try:
            while more := self.stream.recv(4096):
                octets += more
        except ConnectionResetError:
            pass
        return octets


def sub_3_0():
    """Subscribes by messages; takes one back."""
    peer = Peer()
    peer.shake(b"SUB")
    for message in (b"\x01A", b"\x01B", b"\x00B", b"\x01C"):
        peer.send(frame(0, message))
    print("subscribed", flush=True)
    assert peer.frame() == (0, b"C")
    assert peer.frame() == (0, b"A first")
    assert peer.frame() == (1, b"C second") and peer.frame() == (0, b"")
    print("good", flush=True)


def pub_3_0():
    """A 3.0 publisher is subscribed to by messages, and is sent no PING."""
    peer = Peer()
    peer.shake(b"PUB", one_by_one=True)
    assert peer.frame() == (0, b"\x01A")
    print("subscribed", flush=True)
    sys.stdin.readline()
    peer.send(frame(0, b"A first") + frame(0, b"B not wanted") + frame(0, b"A last"))
    # The next that comes is what the test does next, and no heartbeat before it.
    assert peer.frame() == (0, b"\x00A")
    print("good", flush=True)


def version(octets):
    peer = Peer()
    peer.send(octets)
    rest = peer.ends()
    assert rest[:1] == b"\xff" and b"READY" not in rest, rest
    print("good", flush=True)


def zmtp_1_0():
    """An anonymous peer of ZMTP 1.0: its identity frame, and a message."""
    version(b"\x01\x00" + b"\x06\x00Hello" * 4)


def zmtp_2_0():
    """Signature, revision 1, socket type PUSH, and an empty identity."""
    version(b"\xff" + b"\0" * 7 + b"\x01\x7f" + b"\x01\x08" + b"\x00\x00")


def ping():
    """A 3.1 peer's PING between the frames of a message is answered, with its context."""
    peer = Peer()
    peer.send(greeting(minor=1) + command(b"READY", prop(b"Socket-Type", b"PUSH")))
    peer.take(64)
    peer.frame()
    peer.send(frame(1, b"part") + command(b"PING", b"\x00\x00context") + frame(0, b"whole"))
    assert peer.frame() == (4, b"\x04PONGcontext")
    # A TTL of 0.2 s, and silence: ours ends the connection [ZMTP-3.1-ping-07].
    peer.send(command(b"PING", b"\x00\x02"))
    assert peer.frame() == (4, b"\x04PONG")
    assert peer.ends() == b""
    print("good", flush=True)


{check.__name__: check for check in (sub_3_0, pub_3_0, zmtp_1_0, zmtp_2_0, ping)}[sys.argv[1]]()
