"""An image registry in memory that does what real ones do on bad days.

registry.py LOG [OPTION...]: prints its port; each request is a line of LOG:
"METHOD path status who", who being anonymous, basic, or the token.

  --token USER:PASSWORD  wants a token, which its token server gives for that
                         login; its requests are "GET /token?..."
  --post-token ID        ... which it gives for an identity token, by POST
  --good-for N           a token is good for N requests
  --break N              the first upload breaks off after N bytes
  --no-chunks            and is then forgotten
  --bad-chunks           takes a chunk, and loses a byte of it
  --busy N               the first N requests that begin an upload: 429
  --location FORM        of an upload: path, relative, absolute, query
  --mount REPOSITORY     blobs that are there can be mounted from it
  --answer METHOD:PART:STATUS:CODE:MESSAGE
                         to requests with PART in their path
"""
import argparse
import base64
import hashlib
import http.server
import itertools
import json
import re
import sys
import threading
import urllib.parse

args = argparse.ArgumentParser()
args.add_argument("log")
for name in "token", "post-token", "mount", "answer":
    args.add_argument("--" + name)
args.add_argument("--location", default="path")
for name in "good-for", "break", "busy":
    args.add_argument("--" + name, type=int, default=0)
args.add_argument("--no-chunks", action="store_true")
args.add_argument("--bad-chunks", action="store_true")
opt = args.parse_args()
log = open(opt.log, "a", buffering=1)
blobs, manifests, uploads, elsewhere = {}, {}, {}, set()
left = {"break": getattr(opt, "break"), "busy": opt.busy, "token": 0}
serial = [0]
numbers = itertools.count(1)


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def who(self):
        auth = self.headers.get("Authorization", "")
        if auth.startswith("Basic "):
            return "basic"
        return auth.replace("Bearer ", "") or "anonymous"

    def answer(self, status, headers=(), body=b""):
        log.write(f"{self.command} {self.path} {status} {self.who()}\n")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, message, headers=()):
        if not self.read:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
        text = {"errors": [{"code": code, "message": message}]}
        self.answer(status, headers, json.dumps(text).encode())

    def base(self):
        return "http://%s:%d" % self.server.server_address

    def give_token(self, good):
        if not good:
            return self.error(401, "UNAUTHORIZED", "wrong login")
        serial[0] += 1
        left["token"] = opt.good_for
        self.answer(200, (), json.dumps({"token": f"t{serial[0]}"}).encode())

    def admitted(self):
        if not (opt.token or opt.post_token):
            return True
        good = self.who() == f"t{serial[0]}" and serial[0]
        if good and opt.good_for:
            left["token"] -= 1
            good = left["token"] >= 0
        if good:
            return True
        self.error(401, "UNAUTHORIZED", "authentication required", [
            ("WWW-Authenticate", f'Bearer realm="{self.base()}/token",service="fake",scope="repository:x:pull"')])
        return False

    def place(self, uuid):
        path = f"/v2/x/blobs/uploads/{uuid}"
        return {"path": path, "relative": uuid, "absolute": self.base() + path,
                "query": f"{path}?_state=a%2Bb"}[opt.location]

    def take(self, uuid):
        """The body, added to what is there. False: it broke off."""
        size = int(self.headers.get("Content-Length", 0))
        self.read = True
        if left["break"] and size > left["break"]:
            uploads[uuid] += self.rfile.read(left["break"])
            left["break"] = 0
            log.write(f"{self.command} {self.path} broken {self.who()}\n")
            if opt.no_chunks:
                del uploads[uuid]
            self.close_connection = True
            self.connection.close()
            return False
        body = self.rfile.read(size)
        if self.command == "PATCH" and opt.bad_chunks:
            body = body[:-1]
        uploads[uuid] += body
        return True

    def upload(self, uuid, query):
        if uuid not in uploads:
            return self.error(404, "BLOB_UPLOAD_UNKNOWN", "no such upload")
        if self.command == "GET":
            return self.answer(204, [("Location", self.place(uuid)),
                                     ("Range", f"0-{max(len(uploads[uuid]) - 1, 0)}")])
        if self.command == "PATCH":
            start = int(self.headers["Content-Range"].split("-")[0])
            if start != len(uploads[uuid]):
                return self.error(416, "RANGE_INVALID", "out of order")
        if not self.take(uuid):
            return None
        if self.command == "PATCH":
            return self.answer(202, [("Location", self.place(uuid))])
        data = uploads.pop(uuid)
        if digest(data) != query["digest"][0]:
            return self.error(400, "DIGEST_INVALID", "provided digest did not match")
        blobs[digest(data)] = data
        return self.answer(201)

    def begin(self, query):
        if left["busy"]:
            left["busy"] -= 1
            return self.error(429, "TOOMANYREQUESTS", "slow down", [("Retry-After", "1")])
        mount = query.get("mount", [""])[0]
        if mount and query.get("from") == [opt.mount] and (mount in blobs or mount in elsewhere):
            elsewhere.add(mount)
            return self.answer(201)
        uuid = f"u{next(numbers)}"
        uploads[uuid] = b""
        return self.answer(202, [("Location", self.place(uuid))])

    def manifest(self, repository, name):
        if self.command == "PUT":
            data = self.rfile.read(int(self.headers["Content-Length"]))
            self.read = True
            parts = json.loads(data)
            for part in parts["layers"] + [parts["config"]]:
                if part["digest"] not in blobs and part["digest"] not in elsewhere:
                    return self.error(404, "MANIFEST_BLOB_UNKNOWN", part["digest"])
            manifests[repository, name] = manifests[repository, digest(data)] = data
            return self.answer(201, [("Docker-Content-Digest", digest(data))])
        if (repository, name) not in manifests:
            return self.error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        data = manifests[repository, name]
        return self.answer(200, [("Docker-Content-Digest", digest(data))], data)

    def do(self):
        self.read = False
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path == "/token" and self.command == "POST":
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.read = True
            return self.give_token(urllib.parse.parse_qs(form).get("refresh_token") == [opt.post_token])
        if url.path == "/token":
            want = "Basic " + base64.b64encode((opt.token or "").encode()).decode()
            return self.give_token(self.headers.get("Authorization") == want)
        if not self.admitted():
            return None
        if opt.answer:
            method, part, status, code, message = opt.answer.split(":", 4)
            if method == self.command and part in url.path:
                return self.error(int(status), code, message)
        found = re.fullmatch(r"/v2/(.+)/(blobs/uploads/|blobs/uploads|manifests|blobs)/?([^/]*)", url.path)
        if not found:
            return self.error(404, "NAME_UNKNOWN", "repository name not known to registry")
        repository, what, name = found.groups()
        if what.startswith("blobs/uploads"):
            return self.upload(name, query) if name else self.begin(query)
        if what == "manifests":
            return self.manifest(repository, name)
        if name in blobs and "/x/" in url.path:
            return self.answer(200, [], blobs[name])
        return self.error(404, "BLOB_UNKNOWN", "blob unknown")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
