"""The lab's publisher: one message a second until ^C, without ever looking at what comes back.

Usage: pub.py HOST PORT [COUNT [SECONDS]]
"""

import sys
import time

import paho.mqtt.client as mqtt

host, port = sys.argv[1], int(sys.argv[2])
count = int(sys.argv[3]) if len(sys.argv) > 3 else None
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 1.0

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.on_connect = lambda *_: print("Berhasil terhubung")
print(f"Menghubungkan ke {host}...")
client.connect(host, port, 60)
sent = 0
try:
    while count is None or sent < count:
        client.publish("sister/temp", "Suhu: 28°C")
        print("Published: Suhu: 28°C")
        sent += 1
        time.sleep(seconds)
except KeyboardInterrupt:
    pass
client.disconnect()
print("Publisher dihentikan.")
