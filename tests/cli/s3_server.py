"""A real S3 server, moto, on a free port of this machine, for the tests.

  s3_server.py FOLDER BUCKET      prints its URL, then serves until killed

FOLDER/log has a line for each request: METHOD PATH STATUS. FOLDER/faults, when
it is there, has lines "TIMES KIND METHOD PART": the next TIMES requests of
that method (or *) whose path has PART fail as KIND says:

  busy     503 SlowDown, and nothing is done
  expired  403 ExpiredToken, and nothing is done
  denied   403 AccessDenied, and nothing is done
  lost     it is done, and the connection breaks before the answer
  held     it is done, FOLDER/holding is made, and the answer waits until that
           file is gone

moto looks at no signature. Requests of the access key "test", whose secret is
SECRET or of the profile, are refused here as AWS does when it is wrong, and
all without the sum of their body, which S3 wants.
"""

import hashlib
import hmac
import io
import os
import re
import socket
import sys
import threading
import time

from urllib.parse import parse_qsl, quote

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ERRORS = {
    "busy": ("503 Slow Down", "SlowDown"),
    "expired": ("403 Forbidden", "ExpiredToken"),
    "denied": ("403 Forbidden", "AccessDenied"),
}


SECRETS = ("secret", "s")


def canonical(environ, signed, payload):
    """AWS Signature Version 4: the canonical request."""
    raw, _, query = environ["RAW_URI"].partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    values = []
    for name in signed:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key
        if key not in environ:
            return None  # signed, and not sent
        values.append(f"{name}:{environ[key].strip()}\n")
    return "\n".join([
        environ["REQUEST_METHOD"],
        raw,
        "&".join(f"{quote(k, '-_.~')}={quote(v, '-_.~')}" for k, v in pairs),
        "".join(values),
        ";".join(signed),
        payload,
    ])


def sign(secret, scope, when, text):
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    full = "\n".join(["AWS4-HMAC-SHA256", when, scope,
                      hashlib.sha256(text.encode()).hexdigest()])
    return hmac.new(key, full.encode(), hashlib.sha256).hexdigest()


def why_refused(environ, body):
    """None, or the code of what AWS would say."""
    said = re.match(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\S+), SignedHeaders=(\S+), Signature=(\w+)",
        environ.get("HTTP_AUTHORIZATION", ""))
    if not said or "/s3/" not in said[2]:
        return None
    payload = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    if payload is None:
        return "MissingContentSHA256"
    if payload not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
        return "XAmzContentSHA256Mismatch"
    if said[1] != "test":
        return None
    text = canonical(environ, said[3].split(";"), payload)
    when = environ.get("HTTP_X_AMZ_DATE", "")
    if text and said[4] in [sign(s, said[2], when, text) for s in SECRETS]:
        return None
    return "SignatureDoesNotMatch"


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

    def hold(self):
        name = os.path.join(self.folder, "holding")
        open(name, "w", encoding="ascii").close()
        while os.path.exists(name):
            time.sleep(0.02)

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        fault = self.fault(method, path)
        if fault in ERRORS:
            status, code = ERRORS[fault]
            self.note(method, path, status)
            start_response(status, [("Content-Type", "application/xml")])
            return [f"<Error><Code>{code}</Code><Message>as told</Message></Error>".encode()]

        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(sent)
        code = why_refused(environ, sent)
        if code:
            self.note(method, path, "403")
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [f"<Error><Code>{code}</Code><Message>as AWS says</Message></Error>".encode()]

        def answer(status, headers, *rest):
            self.note(method, path, status)
            return start_response(status, headers, *rest)

        body = self.app(environ, answer)
        if fault == "held":
            self.hold()
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
