"""The lab's publisher: waits 2 s for subscribers, then tells the time, once a second, until ^C.

Usage: pubzmq.py HOST PORT [COUNT [SECONDS]]
"""

import sys
import time

import zmq

count = int(sys.argv[3]) if len(sys.argv) > 3 else None
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 1.0
socket = zmq.Context().socket(zmq.PUB)
socket.bind(f"tcp://{sys.argv[1]}:{sys.argv[2]}")
print("listening on", socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"))
sent = 0
try:
    time.sleep(2)
    while count is None or sent < count:
        message = "WAKTU " + time.asctime()
        socket.send_string(message)
        print(f"Published: {message}")
        sent += 1
        time.sleep(seconds)
except KeyboardInterrupt:
    pass
