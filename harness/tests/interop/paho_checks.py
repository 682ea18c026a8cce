"""What paho sees of a broker: each check by its name, so that a failure says which.

Usage: paho_checks.py PORT CHECK
"""

import sys
import threading
import time

import paho.mqtt.client as mqtt

PORT = int(sys.argv[1])
PATIENCE = 60


class Peer:
    """A client with its network loop in a thread, and all that came."""

    def __init__(self, client_id="", clean=True, will=None):
        version = mqtt.CallbackAPIVersion.VERSION2
        self.client = mqtt.Client(version, client_id=client_id, clean_session=clean)
        self.client.max_inflight_messages_set(100)
        self.client.max_queued_messages_set(0)
        self.heard, self.changed = [], threading.Condition()
        self.present, self.granted = None, None
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message
        self.client.on_subscribe = self.on_subscribe
        if will:
            self.client.will_set(*will)
        self.client.connect("127.0.0.1", PORT, 60)
        self.client.loop_start()
        self.wait(lambda: self.present is not None, "CONNACK")

    def on_connect(self, client, userdata, flags, code, properties):
        assert not code.is_failure, code
        with self.changed:
            self.present = flags.session_present
            self.changed.notify_all()

    def on_message(self, client, userdata, message):
        with self.changed:
            self.heard.append((message.topic, message.payload, message.qos, message.retain))
            self.changed.notify_all()

    def on_subscribe(self, client, userdata, mid, codes, properties):
        with self.changed:
            self.granted = [code.value for code in codes]
            self.changed.notify_all()

    def wait(self, done, what):
        with self.changed:
            assert self.changed.wait_for(done, PATIENCE), f"no {what} within {PATIENCE} s"

    def subscribe(self, *filters):
        self.granted = None
        self.client.subscribe(list(filters))
        self.wait(lambda: self.granted is not None, "SUBACK")
        assert self.granted == [qos for _, qos in filters], self.granted

    def publish(self, topic, payload, qos=0, retain=False):
        self.client.publish(topic, payload, qos, retain).wait_for_publish(PATIENCE)

    def gets(self, *messages):
        self.wait(lambda: len(self.heard) >= len(messages), f"{len(messages)} messages")
        # Let what is too much have its chance to come.
        self.publish("over/and/out", b"", 1)
        assert self.heard == list(messages), [(t, p[:40], q, r) for t, p, q, r in self.heard]
        self.heard = []

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self):
        """The socket is gone without DISCONNECT."""
        self.client.loop_stop()
        self.client.socket().close()


def qos():
    sub, pub = Peer(), Peer()
    for level in (0, 1, 2):
        sub.subscribe((f"q/{level}", level))
        for sent in (0, 1, 2):
            pub.publish(f"q/{level}", f"{sent}", sent)
            sub.gets((f"q/{level}", f"{sent}".encode(), min(sent, level), False))


def sizes():
    sub, pub = Peer(), Peer()
    sub.subscribe(("size", 2))
    for size in (0, 1, 127, 128, 16_383, 1 << 20, 20 << 20):
        payload = bytes(n % 251 for n in range(min(size, 100_000)))
        payload = (payload * (size // max(len(payload), 1) + 1))[:size]
        for level in (0, 1, 2):
            pub.publish("size", payload, level)
            sub.gets(("size", payload, level, False))


def order():
    sub, pub = Peer(), Peer()
    for level in (0, 1, 2):
        sub.subscribe((f"order/{level}", level))
    count = 100_000
    for level, part in ((0, count), (1, count), (2, count // 4)):
        last = None
        for n in range(part):
            last = pub.client.publish(f"order/{level}", str(n), level)
            # There are 65,535 identifiers.
            if n % 20_000 == 0:
                last.wait_for_publish(PATIENCE)
        last.wait_for_publish(PATIENCE)
        sub.wait(lambda: len(sub.heard) >= part, f"{part} messages at QoS {level}")
        numbers = [int(payload) for _, payload, _, _ in sub.heard]
        assert numbers == list(range(part)), f"QoS {level}: {numbers[:20]} ..."
        sub.heard = []


def retained():
    pub = Peer()
    for level in (0, 1, 2):
        pub.publish(f"keep/{level}", "old", level, True)
        pub.publish(f"keep/{level}", "kept", level, True)
        pub.publish(f"keep/{level}", "gone by", level)
    time_to_be_stored(pub)
    sub = Peer()
    sub.subscribe(("keep/#", 2))
    sub.wait(lambda: len(sub.heard) >= 3, "three retained messages")
    expected = [(f"keep/{level}", b"kept", level, True) for level in (0, 1, 2)]
    assert sorted(sub.heard) == expected, sub.heard
    sub.heard = []
    pub.publish("keep/1", "new", 1, True)
    sub.gets(("keep/1", b"new", 1, False))
    for level in (0, 1, 2):
        pub.publish(f"keep/{level}", b"", 1, True)
    late = Peer()
    late.subscribe(("keep/#", 2))
    late.gets()


def time_to_be_stored(peer):
    peer.publish("over/and/out", b"", 1)


def will():
    sub = Peer()
    sub.subscribe(("will/#", 2))
    for level in (0, 1, 2):
        Peer(will=(f"will/{level}", "gone", level, False)).vanish()
        sub.gets((f"will/{level}", b"gone", level, False))
    Peer(will=("will/0", "gone", 0, False)).leave()
    sub.gets()
    Peer(will=("will/kept", "gone", 1, True)).vanish()
    sub.gets(("will/kept", b"gone", 1, False))
    late = Peer()
    late.subscribe(("will/kept", 1))
    late.gets(("will/kept", b"gone", 1, True))
    late.publish("will/kept", b"", 1, True)


def session():
    sub = Peer("keeper", clean=False)
    assert not sub.present
    sub.subscribe(("s/#", 2))
    sub.leave()
    pub = Peer()
    for n in range(50):
        pub.publish(f"s/{n % 3}", str(n), n % 3)
    sub = Peer("keeper", clean=False)
    assert sub.present
    expected = [(f"s/{n % 3}", str(n).encode(), n % 3, False) for n in range(50) if n % 3]
    # paho shows a message of QoS 2 when it is released: the two levels are in order by themselves.
    sub.wait(lambda: len(sub.heard) >= len(expected), "what came meanwhile")
    sub.heard.sort(key=lambda message: message[2])
    sub.gets(*sorted(expected, key=lambda message: message[2]))
    sub.leave()
    sub = Peer("keeper", clean=True)
    assert not sub.present
    pub.publish("s/1", "x", 1)
    sub.gets()
    sub.leave()
    assert not Peer("keeper", clean=False).present


def wildcards():
    pub = Peer()
    table = [
        ("sport/tennis/#", ["sport/tennis", "sport/tennis/p", "sport/tennis/p/q"], ["sport"]),
        ("sport/+", ["sport/", "sport/x"], ["sport", "sport/x/y"]),
        ("+/+", ["/finance", "a/b"], ["a", "a/b/c"]),
        ("/+", ["/finance"], ["finance"]),
        ("#", ["a", "/", "a/b/c"], ["$x/y"]),
        ("+/tennis/#", ["sport/tennis", "x/tennis/y"], ["tennis"]),
    ]
    for pattern, matching, others in table:
        sub = Peer()
        sub.subscribe((pattern, 1))
        for topic in matching + others:
            pub.publish(topic, pattern, 1)
        sub.wait(lambda: len(sub.heard) >= len(matching), f"matches of {pattern}")
        assert [topic for topic, *_ in sub.heard] == matching, (pattern, sub.heard)
        sub.leave()


def takeover():
    first = Peer("same")
    gone = threading.Event()
    first.client.on_disconnect = lambda *_: gone.set()
    second = Peer("same")
    assert gone.wait(PATIENCE), "the first connection stays"
    first.client.loop_stop()
    second.subscribe(("t", 0))
    second.publish("t", "x")
    second.gets(("t", b"x", 0, False))


CHECKS = {
    check.__name__: check
    for check in (qos, sizes, order, retained, will, session, wildcards, takeover)
}

began = time.monotonic()
CHECKS[sys.argv[2]]()
print(f"{sys.argv[2]}: as it should be, {time.monotonic() - began:.1f} s")
