"""What a node, its kubelet and the supervisors in its pods say, without any of
them: each pod of the namespace is said to run at one address, at which each
process of a pod that is there is said to be ready.

    kubelet.py KUBECONFIG NAMESPACE ADDRESS FOLDER

A pod that has a volume to copy databases runs in earnest, one at a time: its
claim is FOLDER/CLAIM.

While FOLDER/off exists pods do not start. Calls are added to FOLDER/calls; while
FOLDER/another exists pods have another token than the chain, and while
FOLDER/slow exists they answer a call after half a minute, and while FOLDER/held
exists a volume answers no write. What a pod has
printed is in FOLDER/POD.log, in lines that begin with a time."""
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
import urllib.parse
import urllib.request

config, namespace, address, folder = sys.argv[1:5]
text = open(config).read()
server = re.search(r"server: (\S+)", text)[1]
token = re.search(r"token: (\S+?) ", text)[1]
tls = ssl._create_unverified_context()
names = []
volumes = {}  # by pod: the port that it listens at, and the process


def ask(path, body=None, method="GET", kind="pods"):
    if kind != "nodes":
        kind = f"namespaces/{namespace}/{kind}"
    change = "merge-patch+json" if method == "PATCH" else "json"
    request = urllib.request.Request(
        f"{server}/api/v1/{kind}/{path}", method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {token}",
                 "Content-Type": f"application/{change}"})
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
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as free:
        port = free.server_port
    volumes[name] = port, subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "opl2-supervise",
         f"--volume={place}", f"--dir={folder}/{name}", f"--listen={port}",
         f"--token={folder}/{name}/token"])


def start(name, pod):
    if "nodeName" not in pod["spec"]:
        ask(f"{name}/binding", method="POST", body={
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
            "target": {"kind": "Node", "name": "machine"}})
    ask(f"{name}/status", method="PATCH", body={
        "status": {"phase": "Running", "podIP": address,
                   "podIPs": [{"ip": address}],
                   "conditions": [{"type": "Ready", "status": "True"}]}})


def look():
    pods = ask("")["items"]
    for name in set(volumes) - {pod["metadata"]["name"] for pod in pods}:
        volumes.pop(name)[1].kill()
    for pod in pods:
        name = pod["metadata"]["name"]
        if "deletionTimestamp" in pod["metadata"]:
            ask(name, method="DELETE", body={"gracePeriodSeconds": 0})
        elif (pod["status"]["phase"] == "Pending"
              and not os.path.exists(folder + "/off")):
            start(name, pod)
            if "--volume=/opl2/data" in pod["spec"]["containers"][0]["command"]:
                run_volume(name, pod)
            pod["status"]["phase"] = "Running"
    names[:] = [key.split("/def.")[1] for pod in pods
                if pod["status"]["phase"] == "Running"
                for key in pod["metadata"].get("annotations", {})
                if "/def." in key]


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, data, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


class Supervisor(Handler):
    def do_GET(self):
        self.answer(json.dumps({"processes": [
            {"name": n, "state": "ready", "ready": True, "pid": 7}
            for n in names]}).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/volume/"):
            self.pass_on(body)
            return
        body = body.decode()
        if (chain_token() != self.headers["X-Opl2-Token"]
                or os.path.exists(folder + "/another")):
            self.answer(b"", 401)
            return
        with open(folder + "/calls", "a") as f:
            f.write(body + "\n")
        if os.path.exists(folder + "/slow"):
            time.sleep(31)
        self.answer(b'{"ok": true}')

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
        while self.path == "/volume/write" and os.path.exists(folder + "/held"):
            time.sleep(0.05)
        self.answer(data, status)


class Kubelet(Handler):
    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        path = f"{folder}/{url.path.split('/')[3]}.log"
        lines = open(path).readlines() if os.path.exists(path) else []
        since = query.get("sinceTime", [""])[0]
        lines = [line for line in lines if line.split(" ")[0] >= since]
        if "tailLines" in query:
            lines = lines[-int(query["tailLines"][0]):]
        with open(folder + "/asked", "a") as f:
            f.write(self.path + "\n")
        self.answer("".join(lines).encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


try:
    web = Server((address, 7300), Supervisor)
    kubelet = Server((address, 0), Kubelet)
except OSError as e:
    print(e)
    sys.exit(1)
own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
keys = os.path.dirname(config)
own.load_cert_chain(keys + "/server.crt", keys + "/server.key")
kubelet.socket = own.wrap_socket(kubelet.socket, server_side=True)
ask("", kind="nodes", method="POST", body={
    "apiVersion": "v1", "kind": "Node", "metadata": {"name": "machine"},
    "status": {"addresses": [{"type": "InternalIP", "address": address}],
               "daemonEndpoints": {"kubeletEndpoint": {
                   "Port": kubelet.server_port}}}})
for served in web, kubelet:
    threading.Thread(target=served.serve_forever, daemon=True).start()
print("ready", flush=True)
while True:
    try:
        look()
    except OSError:
        pass  # the API server is away
    time.sleep(0.1)
