"""The lab's subscriber: prints what begins with `WAKTU`, until ^C or so many messages.

Usage: subzmq.py HOST PORT [COUNT]
"""

import sys

import zmq

left = int(sys.argv[3]) if len(sys.argv) > 3 else None
socket = zmq.Context().socket(zmq.SUB)
socket.connect(f"tcp://{sys.argv[1]}:{sys.argv[2]}")
socket.setsockopt_string(zmq.SUBSCRIBE, "WAKTU")
try:
    while left != 0:
        print(f"Received: {socket.recv_string()}")
        left = None if left is None else left - 1
except KeyboardInterrupt:
    pass
