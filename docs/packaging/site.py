#!/usr/bin/env python3
"""A name server and https, for try-bundle.sh, in a network of its own.

usage: site.py TLS.pem DOMAIN PORT=BEHIND...

Answers at 127.0.0.1:53 that each name below DOMAIN is 127.0.0.1, and that there
are no others. What comes to a PORT by TLS goes on to BEHIND in the clear. Prints
a line when it listens, and stops when its standard input ends.
"""
import socket
import ssl
import struct
import sys
import threading


def serve_names(sock, domain):
    while True:
        query, peer = sock.recvfrom(512)
        end, labels = 12, []
        while query[end]:
            labels.append(query[end + 1:end + 1 + query[end]].decode().lower())
            end += 1 + query[end]
        end += 5
        known = '.'.join(labels).endswith('.' + domain)
        is_a = query[end - 4:end - 2] == b'\0\1'
        answer = b'\xc0\x0c' + struct.pack('>HHIH4B', 1, 1, 60, 4, 127, 0, 0, 1)
        if not (known and is_a):
            answer = b''
        sock.sendto(query[:2] + struct.pack('>HHHHH', 0x8180 if known else 0x8183,
                                            1, 1 if answer else 0, 0, 0)
                    + query[12:end] + answer, peer)


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


def relay(client, tls, behind):
    try:
        client = tls.wrap_socket(client, server_side=True)
    except OSError:
        return
    server = socket.create_connection(('127.0.0.1', behind))
    threading.Thread(target=copy, args=(server, client), daemon=True).start()
    copy(client, server)


def serve_tls(sock, tls, behind):
    while True:
        client, _ = sock.accept()
        threading.Thread(target=relay, args=(client, tls, behind),
                         daemon=True).start()


names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(('127.0.0.1', 53))
threading.Thread(target=serve_names, args=(names, sys.argv[2]),
                 daemon=True).start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
for pair in sys.argv[3:]:
    port, to = map(int, pair.split('='))
    listener = socket.create_server(('127.0.0.1', port))
    threading.Thread(target=serve_tls, args=(listener, context, to),
                     daemon=True).start()
print('listening', flush=True)
sys.stdin.read()
