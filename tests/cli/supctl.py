"""Requests to a supervisor, all at once: supctl.py .OPL2-DIR OP JSON [OP JSON ...];
prints the replies as they come."""
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
    asked, text = 0, b""
    for op, args in zip(sys.argv[2::2], sys.argv[3::2]):
        asked += 1
        ask = json.dumps(dict(json.loads(args), op=op, id=asked)).encode()
        text += struct.pack(">I", len(ask)) + ask
    sock.sendall(text)
    good = True
    while asked > 0:
        (size,) = struct.unpack(">I", recv(sock, 4))
        reply = json.loads(recv(sock, size))
        if "event" in reply:
            continue
        print(json.dumps(reply))
        good = good and reply["ok"]
        asked -= 1
    sys.exit(0 if good else 1)


main()
