"""get.py URL [COUNT]: prints status and body of each answer, with no second try."""
import sys
import urllib.request

TIMEOUT_S = 60

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
    with opener.open(sys.argv[1], timeout=TIMEOUT_S) as answer:
        print(answer.status, answer.read().decode().strip())
