"""What requests sees of our REST server: each check by its name, so that a failure says which.

Usage: requests_checks.py PORT CHECK
"""

import hashlib
import http.client
import json
import socket
import sys
import threading

import requests

PORT = int(sys.argv[1])
BASE = f"http://127.0.0.1:{PORT}"
PATIENCE = 20
JSON = {"Content-Type": "application/json"}


def session():
    one = requests.Session()
    # The machine's proxies are none of this.
    one.trust_env = False
    return one


def same(what, seen, want):
    assert seen == want, f"{what}: seen {seen!r}, want {want!r}"


def keeps():
    """Answers of all kinds, errors among them, leave the connection as it was."""
    with session() as one:
        for n in range(20):
            answer = one.get(f"{BASE}/add", params={"a": n, "b": "+5"}, timeout=PATIENCE)
            same("the sum", answer.json(), {"result": n + 5})
            same("no coding was used", answer.headers.get("Content-Encoding"), None)
        same("Accept-Encoding", "gzip" in answer.request.headers["Accept-Encoding"], True)
        head = one.head(f"{BASE}/add?a=5&b=9", timeout=PATIENCE)
        same("HEAD", (head.status_code, head.headers["Content-Length"]), (200, "19"))
        same("HEAD's content", head.content, b"")
        options = one.options(f"{BASE}/items/1", timeout=PATIENCE)
        same("OPTIONS", options.headers["Allow"], "GET, HEAD, PUT, DELETE, OPTIONS")
        for method, path, fields, body, status in [
            ("GET", "/none", {}, None, 404),
            ("POST", "/none", {}, b"x" * 5000, 404),
            ("GET", "/add?a=5", {}, None, 400),
            ("POST", "/add", {}, b"a=5&b=9", 405),
            ("PUT", "/items/1", {}, b"{}", 415),
            ("PUT", "/items/1", JSON, b"{", 400),
            ("PUT", "/items/1", JSON | {"If-Match": '"nobody"'}, b"{}", 412),
            ("BREW", "/items/1", {}, None, 501),
            ("PUT", "/items/1", JSON, b"{}", 201),
            ("PUT", "/items/1", JSON, b"[]", 204),
            ("DELETE", "/items/1", {}, None, 204),
        ]:
            url = BASE + path
            answer = one.request(method, url, data=body, headers=fields, timeout=PATIENCE)
            same(f"{method} {path} {fields}", answer.status_code, status)
            kept = answer.headers.get("Connection", "keep-alive")
            same(f"{method} {path}: Connection", kept, "keep-alive")
            if status == 405:
                same("Allow", answer.headers["Allow"], "GET, HEAD, OPTIONS")


def uploads():
    """A generator goes out in chunks, and what it gave is what is kept."""
    text = json.dumps(["ä" * 40, *range(9000)]).encode()

    def pieces(size):
        for at in range(0, len(text), size):
            yield text[at : at + size]

    with session() as one:
        for n, size in enumerate((1, 7, 1024, len(text)), start=1):
            url = f"{BASE}/items/{n}"
            put = one.put(url, data=pieces(size), headers=JSON, timeout=PATIENCE)
            same("chunked", put.request.headers["Transfer-Encoding"], "chunked")
            same("PUT", put.status_code, 201)
            same(f"pieces of {size}", one.get(url, timeout=PATIENCE).content, text)
        # Of an upload without a length it is known only on the way that it is too large.
        endless = (b"[" * 4096 for _ in range(1000))
        refused = one.put(url, data=endless, headers=JSON, timeout=PATIENCE)
        same("too large", refused.status_code, 413)
        same("closes", refused.headers["Connection"], "close")
        same("as before", one.get(url, timeout=PATIENCE).content, text)


def downloads():
    """A large answer, read piece by piece, while others are answered."""
    text = json.dumps("x" * 60_000)
    with session() as one, session() as other:
        for n in range(1, 101):
            put = one.put(f"{BASE}/items/{n}", data=text, headers=JSON, timeout=PATIENCE)
            same("PUT", put.status_code, 201)
        want = "[" + ",".join(f'{{"id":{n},"item":{text}}}' for n in range(1, 101)) + "]"
        digest, length = hashlib.sha256(), 0
        with one.get(f"{BASE}/items", stream=True, timeout=PATIENCE) as answer:
            for piece in answer.iter_content(100_000):
                digest.update(piece)
                length += len(piece)
                if length % 1_000_000 < len(piece):
                    between = other.get(f"{BASE}/add?a=1&b=2", timeout=PATIENCE)
                    same("between", between.json(), {"result": 3})
        same("length", length, len(want))
        same("content", digest.hexdigest(), hashlib.sha256(want.encode()).hexdigest())
        # What is not read to its end costs its connection, and nothing else.
        with one.get(f"{BASE}/items", stream=True, timeout=PATIENCE) as answer:
            next(answer.iter_content(1000))
        same("after", one.get(f"{BASE}/add?a=1&b=2", timeout=PATIENCE).json(), {"result": 3})


def expects():
    """Who asks first is told to go on, or that there is no need to."""
    with socket.create_connection(("127.0.0.1", PORT), PATIENCE) as raw:
        stream = raw.makefile("rb")
        for n, status in ((1, b"201 Created"), (1, b"204 No Content")):
            head = f"PUT /items/{n} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            raw.sendall(f"{head}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n".encode())
            same("100", stream.readline(), b"HTTP/1.1 100 Continue\r\n")
            same("nothing with it", stream.readline(), b"\r\n")
            raw.sendall(b"null")
            same("then", stream.readline(), b"HTTP/1.1 " + status + b"\r\n")
            while stream.readline() != b"\r\n":
                pass
    # http.client reads past a 100 as every client must.
    client = http.client.HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE)
    for length, status in (("4", 204), ("100000", 413)):
        client.putrequest("PUT", "/items/1")
        for name, value in (JSON | {"Content-Length": length, "Expect": "100-continue"}).items():
            client.putheader(name, value)
        client.endheaders()
        if status == 204:
            client.send(b"true")
        answer = client.getresponse()
        answer.read()
        same(f"{length} octets", answer.status, status)
        same("will close", answer.will_close, status == 413)
    client.close()


def updates():
    """Of those who have read the same, one updates; and of what all add nothing is lost."""
    writers, rounds, url = 8, 12, f"{BASE}/items/1"
    barrier = threading.Barrier(writers, timeout=PATIENCE)
    failures, wins = [], []

    def put(one, tag, value):
        fields = JSON | {"If-Match": tag}
        return one.put(url, json=value, headers=fields, timeout=PATIENCE).status_code

    def write():
        try:
            with session() as one:
                for _ in range(rounds):
                    barrier.wait()
                    read = one.get(url, timeout=PATIENCE)
                    barrier.wait()
                    wins.append(put(one, read.headers["ETag"], read.json() + 1))
                barrier.wait()
                for _ in range(rounds):
                    # Each time that it fails another one has succeeded.
                    for _ in range(writers * rounds):
                        read = one.get(url, timeout=PATIENCE)
                        status = put(one, read.headers["ETag"], read.json() + 1)
                        if status == 204:
                            break
                        same("else", status, 412)
                    same("in the end", status, 204)
        except Exception as error:
            failures.append(error)
            barrier.abort()

    with session() as one:
        same("made", one.put(url, json=0, timeout=PATIENCE).status_code, 201)
        threads = [threading.Thread(target=write) for _ in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same("failures", failures, [])
        same("one of each round", (wins.count(204), wins.count(412)), (rounds, 7 * rounds))
        total = rounds + writers * rounds
        same("all that was added", one.get(url, timeout=PATIENCE).json(), total)


CHECKS = {check.__name__: check for check in (keeps, uploads, downloads, expects, updates)}
CHECKS[sys.argv[2]]()
print("good")
