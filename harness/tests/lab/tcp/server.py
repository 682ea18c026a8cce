"""The lab's TCP server: one client, each message answered with `Echo: ` and itself, then the end.

    server.py [HOST [PORT]]         default 0.0.0.0 2222; port 0 takes a free one
"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "0.0.0.0"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 2222
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1)
    print("Server listening on %s:%d" % listener.getsockname())
    connection, address = listener.accept()
    print("Connection from: " + str(address))
    while True:
        # The lab takes what one call returns for one message; TCP promises nothing of the kind.
        data = connection.recv(1024).decode()
        if not data:
            break
        print("Received from client: " + data)
        connection.send(("Echo: " + data).encode())
    connection.close()


if __name__ == "__main__":
    main()
