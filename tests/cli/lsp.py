"""Asks a language server about a file, as an editor does:

    lsp.py SERVER complete FILE LINE COLUMN    the labels that it proposes
    lsp.py SERVER check FILE                   LINE:COLUMN MESSAGE of problems

Lines and columns begin at 1."""
import json
import os
import pathlib
import subprocess
import sys

server, what, file = sys.argv[1:4]
path = pathlib.Path(file).resolve()
uri = path.as_uri()
process = subprocess.Popen(["node", server, "--stdio"], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE)
numbers = iter(range(1, 1000))


def send(method, params, number=None):
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    if number:
        message["id"] = number
    data = json.dumps(message).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
    process.stdin.flush()


def receive():
    length = 0
    while line := process.stdout.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(process.stdout.read(length))


def answer_to(number, method):
    """Until that answer, or that notification, came; asked back, it gets
    what an editor without settings says."""
    while True:
        message = receive()
        if "id" in message and "method" in message:
            items = message.get("params", {}).get("items", [])
            reply = {"jsonrpc": "2.0", "id": message["id"],
                     "result": [None for _ in items] or None}
            data = json.dumps(reply).encode()
            process.stdin.write(
                b"Content-Length: %d\r\n\r\n" % len(data) + data)
            process.stdin.flush()
        elif number and message.get("id") == number:
            return message["result"]
        elif method and message.get("method") == method:
            return message["params"]


def ask(method, params):
    number = next(numbers)
    send(method, params, number)
    return answer_to(number, None)


ask("initialize", {"processId": os.getpid(), "rootUri": path.parent.as_uri(),
                   "capabilities": {"textDocument": {"completion": {}}}})
send("initialized", {})
send("textDocument/didOpen", {"textDocument": {
    "uri": uri, "languageId": "yaml", "version": 1, "text": path.read_text()}})
if what == "complete":
    line, column = (int(x) - 1 for x in sys.argv[4:6])
    found = ask("textDocument/completion", {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": column}})
    items = found["items"] if isinstance(found, dict) else found
    print("\n".join(item["label"] for item in items))
else:
    while True:
        told = answer_to(None, "textDocument/publishDiagnostics")
        if told["uri"] == uri:
            break
    for problem in told["diagnostics"]:
        at = problem["range"]["start"]
        print(f"{at['line'] + 1}:{at['character'] + 1} {problem['message']}")
process.kill()
