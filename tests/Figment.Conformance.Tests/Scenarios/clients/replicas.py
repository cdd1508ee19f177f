"""replicas.py HOST: the replicas that a sentinel knows, and what it thinks of them."""
import json
import subprocess
import sys

for replica in json.loads(subprocess.check_output(["redis-cli", "--json", "-h", sys.argv[1], "-p", "26379", "sentinel", "replicas", "main"])):
    print(replica["name"], replica["flags"])
