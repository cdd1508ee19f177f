import socket


def application(environ, start_response):
    text = "{} {} asked {} for {}\n".format(environ["REMOTE_ADDR"], environ.get("HTTP_X_FORWARDED_FOR"), socket.gethostname(), environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text.encode()]
