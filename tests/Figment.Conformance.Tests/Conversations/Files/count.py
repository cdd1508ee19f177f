"""Counts requests, a thread a connection."""
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One segment an answer: else the second waits for the acknowledgement of the first.
    wbufsize = -1
    count = 0

    def do_GET(self):
        Handler.count += 1
        body = str(Handler.count).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
