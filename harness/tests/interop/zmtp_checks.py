"""What libzmq sees of our sockets, by pyzmq: each check by its name.

Usage: zmtp_checks.py CHECK ARGUMENT...

A check says `listening PORT` if it binds, then one line for each thing that happens; what it does
not get in time ends it with an error. Each ends by itself, or when its input does.
"""

import sys

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import recv_monitor_message

PATIENCE_MS = 60_000
CONTEXT = zmq.Context()
ARGUMENTS = sys.argv[2:]


def say(*words):
    print(*words, flush=True)


def make(kind, **options):
    socket = CONTEXT.socket(kind)
    socket.rcvtimeo = socket.sndtimeo = PATIENCE_MS
    socket.linger = 0
    for name, value in options.items():
        setattr(socket, name, value)
    return socket


def bind(socket, port="0"):
    socket.bind(f"tcp://127.0.0.1:{port if int(port) else '*'}")
    say("listening", socket.last_endpoint.decode().rsplit(":", 1)[1])


def connect(socket, port):
    socket.connect(f"tcp://127.0.0.1:{port}")


def events(socket):
    """The events of a socket, as they come; None when none comes in so many milliseconds."""
    monitor = socket.get_monitor_socket()

    def next_event(patience=PATIENCE_MS):
        if not monitor.poll(patience):
            return None
        event = recv_monitor_message(monitor)
        return zmq.Event(event["event"]).name, event["value"]

    return next_event


def wait_for(next_event, *names):
    while True:
        event = next_event()
        assert event, f"none of {names} came"
        if event[0] in names:
            return event


def stay():
    sys.stdin.read()


def worker(port):
    """A PULL that counts until it is told that that was all."""
    pull = make(zmq.PULL)
    connect(pull, port)
    count = 0
    while pull.recv() != b"END":
        count += 1
    say("count", count)


def shares(*ports):
    """A PUSH to several PULLs."""
    # A pipe that is full is passed by, and the shares are no longer even: none is ever full.
    push = make(zmq.PUSH, hwm=0, linger=PATIENCE_MS)
    next_event = events(push)
    for port in ports:
        connect(push, port)
    for _ in ports:
        wait_for(next_event, "HANDSHAKE_SUCCEEDED")
    for _ in range(1000 * len(ports)):
        push.send(b"work")
    for _ in ports:
        push.send(b"END")
    stay()


def pusher(port, name, count):
    """A PUSH that has much to send."""
    push = make(zmq.PUSH, hwm=0, linger=PATIENCE_MS)
    next_event = events(push)
    connect(push, port)
    wait_for(next_event, "HANDSHAKE_SUCCEEDED")
    for _ in range(int(count)):
        push.send(name.encode())
    say("queued")
    stay()


def source(port, start):
    """A PUSH that counts up without end."""
    push = make(zmq.PUSH)
    connect(push, port)
    n = int(start)
    while True:
        push.send(str(n).encode())
        n += 1


def sink(port):
    """A PULL that tells all that it gets."""
    pull = make(zmq.PULL)
    bind(pull, port)
    while True:
        say(f"<{pull.recv().decode()}>")


def publisher(port):
    """A PUB that says A and B in turn, with numbers that go up, until the end."""
    pub = make(zmq.PUB)
    bind(pub, port)
    n = 0
    while True:
        pub.send(b"A %d" % n)
        pub.send(b"B %d" % n)
        n += 1


def subscriber(port):
    sub = make(zmq.SUB)
    sub.subscribe(b"A")
    connect(sub, port)
    while True:
        say(f"<{sub.recv().decode()}>")


def changes(port):
    """Subscribes and takes back while A and B are published without a pause."""
    sub = make(zmq.SUB)
    connect(sub, port)

    def only(wanted, unwanted):
        """Soon so many come of the one, and none of the other any more."""
        run = 0
        while run < 500:
            topic = sub.recv()[:1]
            assert topic in wanted + unwanted, topic
            run = run + 1 if topic in wanted else 0

    sub.subscribe(b"A")
    only([b"A"], [])
    sub.subscribe(b"B")
    while sub.recv()[:1] != b"B":
        pass
    sub.unsubscribe(b"A")
    only([b"B"], [b"A"])
    # Twice is not once [ZMTP-3.0-pubsub-07].
    sub.subscribe(b"B")
    sub.subscribe(b"A")
    sub.unsubscribe(b"B")
    while sub.recv()[:1] != b"A":
        pass
    while sub.recv()[:1] != b"B":
        pass
    sub.unsubscribe(b"B")
    only([b"A"], [b"B"])
    say("good")


def echo(port, *options):
    """A REP; told `die`, it never answers. What happens to its connections is told."""
    rep = make(zmq.REP)
    if "heartbeats" in options:
        rep.heartbeat_ivl, rep.heartbeat_timeout, rep.heartbeat_ttl = 20, 2000, 3000
    bind(rep, port)
    while True:
        message = rep.recv_multipart()
        if message == [b"die"]:
            say("dying")
            stay()
        rep.send_multipart(message)


def heartbeats(port):
    """Is a peer that answers our PINGs kept for a second, and one that is frozen not?"""
    options = {"heartbeat_ivl": 20, "heartbeat_timeout": 500, "heartbeat_ttl": 1000}
    req = make(zmq.REQ, req_relaxed=1, req_correlate=1, **options)
    next_event = events(req)
    connect(req, port)
    wait_for(next_event, "HANDSHAKE_SUCCEEDED")
    req.send(b"one")
    assert req.recv() == b"one"
    event = next_event(1000)
    assert event is None, f"not kept: {event}"
    say("kept")
    wait_for(next_event, "DISCONNECTED")
    say("detected")
    wait_for(next_event, "HANDSHAKE_SUCCEEDED")
    req.send(b"two")
    assert req.recv() == b"two"
    say("good")


def plain_server():
    """A REP that lets one user in, and tells whom it did not."""
    authenticator = ThreadAuthenticator(CONTEXT)
    authenticator.start()
    authenticator.configure_plain(domain="lab", passwords={"sister": "secret"})
    rep = make(zmq.REP, plain_server=True, zap_domain=b"lab")
    next_event = events(rep)
    bind(rep)
    refused = wait_for(next_event, "HANDSHAKE_FAILED_AUTH", "HANDSHAKE_SUCCEEDED")
    say(*refused)
    rep.send(rep.recv())
    stay()
    authenticator.stop()


def plain_client(port, user, password):
    req = make(zmq.REQ, plain_username=user.encode(), plain_password=password.encode())
    next_event = events(req)
    connect(req, port)
    event = wait_for(
        next_event,
        "HANDSHAKE_SUCCEEDED",
        "HANDSHAKE_FAILED_AUTH",
        "HANDSHAKE_FAILED_NO_DETAIL",
        "HANDSHAKE_FAILED_PROTOCOL",
        "DISCONNECTED",
    )
    say(*event)
    if event[0] == "HANDSHAKE_SUCCEEDED":
        req.send(b"Hello")
        say(req.recv().decode())


def incompatible(kind, side, port):
    socket = make(getattr(zmq, kind))
    next_event = events(socket)
    if side == "bind":
        bind(socket)
    else:
        connect(socket, port)
    # libzmq has no event of its own for an ERROR command: it sees the end of the connection.
    endings = "HANDSHAKE_FAILED_NO_DETAIL", "HANDSHAKE_FAILED_PROTOCOL", "DISCONNECTED"
    say(*wait_for(next_event, "HANDSHAKE_SUCCEEDED", *endings))
    stay()


def dealer(port):
    """Envelopes of none, one and many addresses, many requests on the way at once."""
    socket = make(zmq.DEALER)
    connect(socket, port)
    envelopes = [[], [b"one"], [b"x" * 255, b"y" * 256, b"\x00"]]
    for n in range(300):
        socket.send_multipart(envelopes[n % 3] + [b"", b"%d" % n, b"", b"body"])
    for n in range(300):
        reply = socket.recv_multipart()
        assert reply == envelopes[n % 3] + [b"", b"re: %d" % n, b""], (n, reply)
    # Without a delimiter, or a body, it is no request, and the next one is not harmed.
    socket.send_multipart([b"no delimiter"])
    socket.send_multipart([b"no body", b""])
    socket.send_multipart([b"", b"last"])
    assert socket.recv_multipart() == [b"", b"re: last", b""]
    say("good")


def router():
    """What a REQ sends, under the name that it gave itself."""
    socket = make(zmq.ROUTER)
    bind(socket)
    name, delimiter, *body = socket.recv_multipart()
    assert (name, delimiter, body) == (b"warung", b"", [b"a", b"", b"c"]), (name, body)
    # Not a reply to anything: without the delimiter, and with an address too many.
    socket.send_multipart([name, b"stray"])
    socket.send_multipart([name, b"address", b"", b"stray"])
    socket.send_multipart([name, b"", b"reply", b""])
    stay()


def proxy():
    """Between our REQ and our REP: ROUTER and DEALER, as in every guide."""
    front, back = make(zmq.ROUTER), make(zmq.DEALER)
    bind(front)
    bind(back)
    say("proxying")
    zmq.proxy(front, back)


{
    check.__name__: check
    for check in (
        worker,
        shares,
        pusher,
        source,
        sink,
        publisher,
        subscriber,
        changes,
        echo,
        heartbeats,
        plain_server,
        plain_client,
        incompatible,
        dealer,
        router,
        proxy,
    )
}[sys.argv[1]](*ARGUMENTS)
