"""One socket of libzmq's at the other end of ours, by pyzmq.

Usage: zmtp_peer.py req|rep|push|pull|pub|sub bind|connect PORT COUNT

It says `listening PORT` or `connected`, sends or receives COUNT messages, each checked, says
`good`, and stays until its input ends. `benches/peers/zeromq-peer` is the same program on another
implementation; what the messages are must be the same in both, and in `zmtp_patterns.rs`.
"""

import select
import sys

import zmq

PATIENCE_MS = 60_000
# A period of the bodies' octets, and one message in so many has a frame of 1 MiB.
PERIOD = bytes(range(251))
LARGE_EVERY = 2500


def body(n, size):
    start = n % len(PERIOD)
    return (PERIOD * (size // len(PERIOD) + 2))[start : start + size]


def frames(n):
    """One frame, an empty one, an empty one among others, the border of short and long frames."""
    number = str(n).encode()
    if n % LARGE_EVERY == LARGE_EVERY - 1:
        return [number, body(n, 1 << 20)]
    return [
        [number],
        [number, b"", body(n, 300)],
        [b""],
        [body(n, 255), body(n, 256), number],
    ][n % 4]


def check(n, message):
    if message != frames(n):
        shown = [(len(frame), frame[:20]) for frame in message]
        sys.exit(f"message {n} is another: {shown}")


def main():
    role, side, port, count = sys.argv[1:]
    count = int(count)
    context = zmq.Context()
    socket = context.socket(getattr(zmq, role.upper()))
    socket.rcvtimeo = socket.sndtimeo = PATIENCE_MS
    if role in ("pub", "sub"):
        # Nothing is to be dropped: what is lost here is somebody's fault.
        socket.hwm = 0
    if role == "sub":
        socket.subscribe(b"")
    if side == "bind":
        socket.bind(f"tcp://127.0.0.1:{port if int(port) else '*'}")
        bound = socket.last_endpoint.decode().rsplit(":", 1)[1]
        print(f"listening {bound}", flush=True)
    else:
        socket.connect(f"tcp://127.0.0.1:{port}")
        print("connected", flush=True)
    if role == "pub":
        # Who has subscribed is not to be seen here: our user says when the first has come.
        while not select.select([sys.stdin], [], [], 0.001)[0]:
            socket.send(b"SYNC")
        sys.stdin.readline()
    for n in range(count):
        if role in ("push", "pub", "req"):
            socket.send_multipart(frames(n))
        if role in ("pull", "sub", "req", "rep"):
            message = socket.recv_multipart()
            check(n, message)
        if role == "rep":
            socket.send_multipart(message)
    print("good", flush=True)
    sys.stdin.read()
    context.destroy(linger=PATIENCE_MS)


main()
