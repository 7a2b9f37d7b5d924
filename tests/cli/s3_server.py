"""A real S3 server, moto, on a free port of this machine, for the tests.

  s3_server.py FOLDER BUCKET      prints its URL, then serves until killed

FOLDER/log has a line for each request: METHOD PATH STATUS. FOLDER/faults, when
it is there, has lines "TIMES KIND METHOD PART": the next TIMES requests of
that method (or *) whose path has PART fail as KIND says:

  busy     503 SlowDown, and nothing is done
  expired  403 ExpiredToken, and nothing is done
  denied   403 AccessDenied, and nothing is done
  lost     it is done, and the connection breaks before the answer
  slow     it is done a second later
"""

import os
import socket
import sys
import threading
import time

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ERRORS = {
    "busy": ("503 Slow Down", "SlowDown"),
    "expired": ("403 Forbidden", "ExpiredToken"),
    "denied": ("403 Forbidden", "AccessDenied"),
}


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Server:
    def __init__(self, app, folder):
        self.app = app
        self.folder = folder
        self.lock = threading.Lock()

    def fault(self, method, path):
        name = os.path.join(self.folder, "faults")
        with self.lock:
            if not os.path.exists(name):
                return None
            with open(name, encoding="ascii") as f:
                rules = [line.split() for line in f if line.strip()]
            for rule in rules:
                if int(rule[0]) > 0 and rule[2] in ("*", method) and rule[3] in path:
                    rule[0] = str(int(rule[0]) - 1)
                    with open(name, "w", encoding="ascii") as f:
                        f.writelines(" ".join(r) + "\n" for r in rules)
                    return rule[1]
        return None

    def note(self, method, path, status):
        with self.lock, open(os.path.join(self.folder, "log"), "a", encoding="ascii") as f:
            f.write(f"{method} {path} {status.split()[0]}\n")

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        fault = self.fault(method, path)
        if fault in ERRORS:
            status, code = ERRORS[fault]
            self.note(method, path, status)
            start_response(status, [("Content-Type", "application/xml")])
            return [f"<Error><Code>{code}</Code><Message>as told</Message></Error>".encode()]

        def answer(status, headers, *rest):
            self.note(method, path, status)
            return start_response(status, headers, *rest)

        if fault == "slow":
            time.sleep(1)
        body = self.app(environ, answer)
        if fault == "lost":
            list(body)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return body


def main():
    folder, bucket = sys.argv[1:]
    app = Server(DomainDispatcherApplication(create_backend_app), folder)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    from moto.s3.models import s3_backends

    s3_backends["123456789012"]["aws"].create_bucket(bucket, "us-east-1")
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


main()
