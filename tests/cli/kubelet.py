"""What a kubelet and the supervisors in its pods say, without any of them: each
pod of the namespace is said to run at one address, at which each process of a
pod that is there is said to be ready.

    kubelet.py KUBECONFIG NAMESPACE ADDRESS FOLDER

A pod that has a volume to copy databases runs in earnest, one at a time: its
claim is FOLDER/CLAIM.

While FOLDER/off exists pods stay as they are. Calls are added to FOLDER/calls;
while FOLDER/another exists pods have another token than the chain."""
import base64
import http.server
import json
import os
import re
import ssl
import subprocess
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
volumes = {}  # by pod: the process, and the port that it listens at


def ask(path, body=None, method="GET", kind="pods"):
    request = urllib.request.Request(
        f"{server}/api/v1/namespaces/{namespace}/{kind}/{path}", method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {token}",
                 "Content-Type": "application/merge-patch+json"})
    with urllib.request.urlopen(request, context=tls, timeout=10) as answer:
        return json.load(answer)


def chain_token():
    secret = ask("opl2-token", kind="secrets")["data"]["token"]
    return base64.b64decode(secret).decode()


def run_volume(name, pod):
    claim = [v["persistentVolumeClaim"]["claimName"]
             for v in pod["spec"]["volumes"] if "persistentVolumeClaim" in v][0]
    place = f"{folder}/{claim}"
    for path in (place, f"{folder}/{name}"):
        os.makedirs(path, exist_ok=True)
    with open(f"{folder}/{name}/token", "w") as f:
        f.write(chain_token())
    os.chmod(f"{folder}/{name}/token", 0o600)
    with http.server.HTTPServer(("127.0.0.1", 0), Supervisor) as free:
        port = free.server_port
    volumes[name] = port, subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "opl2-supervise",
         f"--volume={place}", f"--dir={folder}/{name}", f"--listen={port}",
         f"--token={folder}/{name}/token"])


def look():
    pods = ask("")["items"]
    for name in set(volumes) - {pod["metadata"]["name"] for pod in pods}:
        volumes.pop(name)[1].kill()
    for pod in pods:
        if pod["status"]["phase"] != "Pending" or os.path.exists(folder + "/off"):
            continue
        pod["status"]["phase"] = "Running"
        if "--volume=/opl2/data" in pod["spec"]["containers"][0]["command"]:
            run_volume(pod["metadata"]["name"], pod)
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
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/volume/"):
            self.pass_on(body)
            return
        body = body.decode()
        if (chain_token() != self.headers["X-Opl2-Token"]
                or os.path.exists(folder + "/another")):
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with open(folder + "/calls", "a") as f:
            f.write(body + "\n")
        self.answer({"ok": True})

    def pass_on(self, body):
        port = next(iter(volumes.values()))[0]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{self.path}", data=body,
            headers={"X-Opl2-Token": self.headers["X-Opl2-Token"]})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, data = answer.status, answer.read()
        except urllib.error.HTTPError as e:
            status, data = e.code, e.read()
        with open(folder + "/volume-calls", "a") as f:
            f.write(f"{self.path} {status}\n")
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

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
