"""The lab's server: replies `World` to every request, until ^C.

Usage: serverzmq.py HOST PORT    HOST may be *
"""

import sys

import zmq

socket = zmq.Context().socket(zmq.REP)
socket.bind(f"tcp://{sys.argv[1]}:{sys.argv[2]}")
print("listening on", socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"))
try:
    while True:
        message = socket.recv()
        print(f"Received request: {message}")
        socket.send(b"World")
except KeyboardInterrupt:
    pass
