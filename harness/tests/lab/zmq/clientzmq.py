"""The lab's client: asks `Hello`, once or so many times, and prints each reply.

Usage: clientzmq.py HOST PORT [COUNT]
"""

import sys

import zmq

count = int(sys.argv[3]) if len(sys.argv) > 3 else 1
socket = zmq.Context().socket(zmq.REQ)
socket.connect(f"tcp://{sys.argv[1]}:{sys.argv[2]}")
for request in range(count):
    print(f"Sending request {request} ...")
    socket.send(b"Hello")
    message = socket.recv()
    print(f"Received reply {request}: {message}")
