"""The lab's worker: takes work and does it, one second for each unit, until ^C or so many.

Usage: pullzmq.py HOST PORT [COUNT [SECONDS [NUMBER]]]    SECONDS: for each item instead
"""

import pickle
import sys
import time

import zmq

left = int(sys.argv[3]) if len(sys.argv) > 3 else None
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else None
number = sys.argv[5] if len(sys.argv) > 5 else "1"
socket = zmq.Context().socket(zmq.PULL)
socket.connect(f"tcp://{sys.argv[1]}:{sys.argv[2]}")
try:
    while left != 0:
        work = pickle.loads(socket.recv())
        print(f"Worker {number} received work: {work}")
        left = None if left is None else left - 1
        time.sleep(work if seconds is None else seconds)
except KeyboardInterrupt:
    pass
