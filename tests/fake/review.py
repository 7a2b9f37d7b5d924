"""What GitHub and GitLab say of pull and merge requests, as far as
examples/ci/review.sh asks: request 7, which was merged as the commit "merged".

  review.py FILE      prints its URL, then serves until killed

FILE has the comments, a JSON array of {id, author, body}, which a test may
write as well. A request needs the token "t0ken" in a header.
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILE = sys.argv[1]
BOT = "github-actions[bot]"
HUB = "/repos/o/r"
LAB = "/projects/1"
LISTS = (HUB + "/issues/7/comments", LAB + "/merge_requests/7/notes")
ONE = re.compile(f"({HUB}/issues/comments|{LAB}/merge_requests/7/notes)/(\\d+)$")
MERGES = {
    HUB + "/commits/merged/pulls": [{"number": 7}],
    HUB + "/commits/direct/pulls": [],
    LAB + "/repository/commits/merged/merge_requests": [{"iid": 7}],
    LAB + "/repository/commits/direct/merge_requests": [],
    "/user": {"id": BOT},
}


def load():
    with open(FILE, encoding="utf-8") as f:
        return json.load(f)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def serve(self):
        path, _, query = self.path.partition("?")
        token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN")
        if token not in ("Bearer t0ken", "t0ken"):
            return self.answer(401, {})
        if self.command == "GET" and path in MERGES:
            return self.answer(200, MERGES[path])
        notes = load()
        if self.command == "GET" and path in LISTS:
            page = int(re.search(r"page=(\d+)$", query).group(1))
            return self.answer(200, [
                {"id": n["id"], "body": n["body"],
                 "user": {"login": n["author"]}, "author": {"id": n["author"]}}
                if path == LISTS[0] else
                {"id": n["id"], "body": n["body"], "author": {"id": n["author"]}}
                for n in notes[100 * (page - 1):100 * page]])
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        one = ONE.match(path)
        if self.command == "POST" and path in LISTS:
            notes.append({"id": len(notes) + 1, "author": BOT, "body": body})
        elif one and self.command == ("PATCH" if path.startswith(HUB) else "PUT"):
            notes[int(one.group(2)) - 1]["body"] = body
        else:
            return self.answer(404, {})
        with open(FILE, "w", encoding="utf-8") as f:
            json.dump(notes, f)
        return self.answer(200, {})

    do_GET = do_POST = do_PATCH = do_PUT = serve


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
