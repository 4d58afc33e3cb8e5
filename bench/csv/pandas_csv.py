"""pandas reads a CSV file (C engine) and, when asked to, writes it; one line of JSON.
usage: pandas_csv.py FILE OUT|- [reps]"""
import json
import sys
import time

import pandas


def peak():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


file, out, reps = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3
seconds = []
for _ in range(reps):
    start = time.perf_counter()
    table = pandas.read_csv(file)
    seconds.append(time.perf_counter() - start)
most = peak()
write = None
if out != "-":
    start = time.perf_counter()
    table.to_csv(out, index=False)
    write = time.perf_counter() - start
print(json.dumps({"peer": "pandas " + pandas.__version__, "seconds": sorted(seconds)[len(seconds) // 2],
                  "write": write, "peak_bytes": most}))
