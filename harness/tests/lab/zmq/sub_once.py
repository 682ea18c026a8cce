"""The lab's subscriber for one message: prints it, or ends with 1 after 5 s without one.

Usage: sub_once.py HOST PORT
"""

import sys

import zmq

socket = zmq.Context().socket(zmq.SUB)
socket.connect(f"tcp://{sys.argv[1]}:{sys.argv[2]}")
socket.setsockopt_string(zmq.SUBSCRIBE, "WAKTU")
if not socket.poll(5000):
    print("Timeout waiting for message")
    sys.exit(1)
print(f"ZMQ SUB ONCE received: {socket.recv_string()}")
