"""The keeper's side of keeper.sock, with faults on demand, for tests of what the node does about them.

usage: keeper.py RUNTIME_DIR. The file RUNTIME_DIR/../../peer-mode says how to behave: ok (default), exit, silent, garbage, refuse-update, refuse-down,
die-once (with a network in its folder that only a keeper takes away).
"""
import datetime
import json
import os
import signal
import socket
import subprocess
import sys
import threading

folder = sys.argv[1]
os.setsid()
mode_path = os.path.join(folder, "..", "..", "peer-mode")


def mode():
    try:
        with open(mode_path) as file:
            return file.read().strip()
    except FileNotFoundError:
        return "ok"


if mode() == "exit":
    print("the peer was told to fail", flush=True)
    sys.exit(3)

pin = os.path.join(folder, "netns")
if mode() == "die-once":
    os.mkdir(pin)
    subprocess.run(["mount", "--bind", pin, pin], check=True)
    with open(mode_path, "w") as file:
        file.write("ok")
    os.kill(os.getpid(), signal.SIGKILL)

lock = threading.Lock()
machines = {}
watchers = []
sequence = 0


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def note(name, before, after, kind):
    global sequence
    with lock:
        sequence += 1
        event = {"sequence": sequence, "at": now(), "machine": name, "from": before, "to": after, "cause": {"kind": kind}, "lastLines": []}
        with open(os.path.join(folder, "ledger.jsonl"), "a") as ledger:
            ledger.write(json.dumps(event) + "\n")
        machines[name]["state"] = after
        for watcher in watchers:
            watcher.put(json.dumps({"event": event}))


def read():
    with open(os.path.join(folder, "keeper.json")) as file:
        launch = json.load(file)
    wanted = {machine["name"]: machine for machine in launch["machines"]}
    for name in [name for name in machines if name not in wanted]:
        del machines[name]
    for name, machine in wanted.items():
        if name not in machines:
            machines[name] = {"machine": name, "service": machine["service"], "state": "Imaginary", "since": now(), "ports": machine.get("ports", [])}
            if machine["start"] == "Eager":
                note(name, "Imaginary", "Running", "Eager")
    return launch["epoch"]


class Watcher:
    def __init__(self, connection):
        self.connection = connection

    def put(self, line):
        try:
            self.connection.sendall((line + "\n").encode())
        except OSError:
            pass


def answer(connection, request):
    do = request["do"]
    if do == "status":
        return {"machines": list(machines.values()), "epoch": epoch}
    if do == "update":
        if mode() == "refuse-update":
            return {"error": "the peer refuses to update"}
        read()
        return {}
    if do in ("start", "stop", "restart", "kill", "remove"):
        name = request["machine"]
        before = machines[name]["state"]
        after = {"start": "Running", "stop": "Stopped", "restart": "Running", "kill": "Imaginary", "remove": "Imaginary"}[do]
        note(name, before, after, "User")
        return {"machines": [machines[name]]}
    if do == "down":
        return {"error": "the peer refuses to go down"} if mode() == "refuse-down" else {}
    return {"error": "unknown request " + do}


def serve(connection):
    stream = connection.makefile("rb")
    for line in stream:
        request = json.loads(line)
        if mode() == "silent":
            continue
        if mode() == "garbage":
            connection.sendall(b"this is no reply\n")
            continue
        if request["do"] == "watch":
            watchers.append(Watcher(connection))
            continue
        reply = answer(connection, request)
        connection.sendall((json.dumps(reply) + "\n").encode())
        if request["do"] == "down" and "error" not in reply:
            if os.path.isdir(pin):
                subprocess.run(["umount", pin], check=True)
            os.unlink(os.path.join(folder, "keeper.sock"))
            os._exit(0)


epoch = read()
path = os.path.join(folder, "keeper.sock")
if os.path.exists(path):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(64)
server.settimeout(1)
while os.path.isdir(folder):
    # A test whose daemon has died takes its folder away, and nobody says "down".
    try:
        connection, _ = server.accept()
    except TimeoutError:
        continue
    connection.settimeout(None)
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
