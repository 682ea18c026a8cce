"""The lab's subscriber: prints what comes, until ^C or so many messages.

Usage: sub.py HOST PORT [COUNT]
"""

import sys

import paho.mqtt.client as mqtt

host, port = sys.argv[1], int(sys.argv[2])
left = int(sys.argv[3]) if len(sys.argv) > 3 else None
TOPIC = "sister/temp"


def on_connect(client, userdata, flags, code, properties):
    if code.is_failure:
        print(f"Gagal terhubung: {code}")
        return
    print(f"Berhasil terhubung ke broker MQTT {host}")
    client.subscribe(TOPIC)
    print(f"Berlangganan topik: {TOPIC}")


def on_message(client, userdata, message):
    global left
    print(f"Received message: {message.payload.decode()} (Topic: {message.topic})")
    if left is not None:
        left -= 1
        if left == 0:
            client.disconnect()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.on_connect = on_connect
client.on_message = on_message
client.connect(host, port, 60)
print("Menunggu pesan... (Tekan Ctrl+C untuk keluar)")
try:
    client.loop_forever()
except KeyboardInterrupt:
    client.disconnect()
print("Subscriber dihentikan.")
