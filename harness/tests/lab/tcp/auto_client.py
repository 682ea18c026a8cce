"""The lab's TCP client without a keyboard: four words, each sent when the last is answered.

    auto_client.py [HOST [PORT]]    default 127.0.0.1 2222

`bye` is sent here, like the other three.
"""

import socket
import sys

WORDS = ["hello", "distributed", "systems", "bye"]


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 2222
    server = socket.socket()
    server.connect((host, port))
    for word in WORDS:
        server.send(word.encode())
        print("CLIENT RECEIVED: " + server.recv(1024).decode())
    server.close()


if __name__ == "__main__":
    main()
