"""What a kubelet and the supervisors in its pods say, without any of them: each
pod of the namespace is said to run at one address, at which each process of a
pod that is there is said to be ready.

    kubelet.py KUBECONFIG NAMESPACE ADDRESS FOLDER

While FOLDER/off exists pods stay as they are. Calls are added to FOLDER/calls;
while FOLDER/another exists pods have another token than the chain."""
import base64
import http.server
import json
import os
import re
import ssl
import sys
import threading
import time
import urllib.request

config, namespace, address, folder = sys.argv[1:5]
text = open(config).read()
server = re.search(r"server: (\S+)", text)[1]
token = re.search(r"token: (\S+?) ", text)[1]
tls = ssl._create_unverified_context()
names = []


def ask(path, body=None, method="GET", kind="pods"):
    request = urllib.request.Request(
        f"{server}/api/v1/namespaces/{namespace}/{kind}/{path}", method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {token}",
                 "Content-Type": "application/merge-patch+json"})
    with urllib.request.urlopen(request, context=tls, timeout=10) as answer:
        return json.load(answer)


def look():
    pods = ask("")["items"]
    for pod in pods:
        if pod["status"]["phase"] != "Pending" or os.path.exists(folder + "/off"):
            continue
        pod["status"]["phase"] = "Running"
        ask(f"{pod['metadata']['name']}/status", method="PATCH", body={
            "status": {"phase": "Running", "podIP": address,
                       "podIPs": [{"ip": address}],
                       "conditions": [{"type": "Ready", "status": "True"}]}})
    names[:] = [key.split("/def.")[1] for pod in pods
                if pod["status"]["phase"] == "Running"
                for key in pod["metadata"].get("annotations", {})
                if "/def." in key]


class Supervisor(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer({"processes": [
            {"name": n, "state": "ready", "ready": True, "pid": 7}
            for n in names]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        secret = ask("opl2-token", kind="secrets")["data"]["token"]
        if (base64.b64decode(secret).decode() != self.headers["X-Opl2-Token"]
                or os.path.exists(folder + "/another")):
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with open(folder + "/calls", "a") as f:
            f.write(body + "\n")
        self.answer({"ok": True})

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


try:
    web = Server((address, 7300), Supervisor)
except OSError as e:
    print(e)
    sys.exit(1)
threading.Thread(target=web.serve_forever, daemon=True).start()
print("ready", flush=True)
while True:
    try:
        look()
    except OSError:
        pass  # the API server is away
    time.sleep(0.1)
