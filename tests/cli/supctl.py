"""One request to a supervisor: supctl.py .OPL2-DIR OP JSON; prints the reply."""
import json
import os
import socket
import struct
import sys


def recv(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            sys.exit("the supervisor closed the connection")
        data += more
    return data


def main():
    os.chdir(os.path.join(sys.argv[1], "run"))
    sock = socket.socket(socket.AF_UNIX)
    sock.connect("supervise.sock")
    ask = json.loads(sys.argv[3])
    ask.update(op=sys.argv[2], id=1)
    text = json.dumps(ask).encode()
    sock.sendall(struct.pack(">I", len(text)) + text)
    while True:
        (size,) = struct.unpack(">I", recv(sock, 4))
        reply = json.loads(recv(sock, size))
        if "event" not in reply:
            break
    print(json.dumps(reply))
    sys.exit(0 if reply["ok"] else 1)


main()
