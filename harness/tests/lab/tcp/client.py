"""The lab's interactive TCP client: a line from the keyboard, the server's answer, the next line.

    client.py [HOST [PORT]]         default 127.0.0.1 2222

`bye`, in capitals or not and with blanks around it or not, ends it and is not sent.
"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 2222
    server = socket.socket()
    server.connect((host, port))
    message = input("Enter message: ")
    while message.lower().strip() != "bye":
        server.send(message.encode())
        data = server.recv(1024)
        print(type(data))
        print("Received from server: " + data.decode())
        message = input("Enter another message: ")
    server.close()


if __name__ == "__main__":
    main()
