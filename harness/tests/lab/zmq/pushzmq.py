"""The lab's producer: workloads for whoever pulls, each followed by a rest.

Usage: pushzmq.py HOST PORT [COUNT [SECONDS]]    without SECONDS a rest is a fifth of the workload
"""

import pickle
import random
import sys
import time

import zmq

count = int(sys.argv[3]) if len(sys.argv) > 3 else None
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else None
socket = zmq.Context().socket(zmq.PUSH)
socket.bind(f"tcp://{sys.argv[1]}:{sys.argv[2]}")
print("listening on", socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"))
sent = 0
try:
    while count is None or sent < count:
        workload = random.randint(1, 100)
        socket.send(pickle.dumps(workload))
        print(f"Produced workload: {workload}")
        sent += 1
        time.sleep(workload / 5 if seconds is None else seconds)
except KeyboardInterrupt:
    pass
