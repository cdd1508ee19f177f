"""A guestbook: GET / shows the entries, POST / adds one. They are a list in redis."""
import html
import os
import signal
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from resp import Redis

ENTRY_BYTES_MAX = 4096
ENTRIES_SHOWN_MAX = 100
PORT = 8000

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<form method="post"><input name="entry" autofocus> <button>Sign</button></form>
<ul>
{entries}
</ul>
</body>
</html>
"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/":
            self.answer(404, "Nothing is here but /.\n", "text/plain")
            return
        with Redis(os.environ["REDIS_HOST"]) as redis:
            entries = redis.command("LRANGE", "entries", 0, ENTRIES_SHOWN_MAX - 1)
        lines = "\n".join("<li>" + html.escape(entry.decode()) + "</li>" for entry in entries)
        title = html.escape(os.environ.get("GUESTBOOK_TITLE", "Guestbook"))
        self.answer(200, PAGE.format(title=title, entries=lines))

    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        if length > ENTRY_BYTES_MAX:
            self.close_connection = True
            self.answer(413, f"An entry has at most {ENTRY_BYTES_MAX} bytes.\n", "text/plain")
            return
        form = urllib.parse.parse_qs(self.rfile.read(length).decode(errors="replace"))
        entry = form.get("entry", [""])[0].strip()
        if entry:
            with Redis(os.environ["REDIS_HOST"]) as redis:
                redis.command("LPUSH", "entries", entry)
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, status, text, kind="text/html"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    # Several clients may wait by the time the program listens.
    request_queue_size = 128


if __name__ == "__main__":
    # Python does nothing about SIGTERM, and the kernel ends a machine's first program only by signals that it handles: without this each stop takes the grace time of 10 s.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    print(f"guestbook on port {PORT}, entries on {os.environ['REDIS_HOST']}", file=sys.stderr)
    Server(("", PORT), Handler).serve_forever()
