"""pandas reads a file of JSON Lines and writes it; one line of JSON.  usage: pandas_json.py FILE OUT"""
import json
import sys
import time

import pandas

start = time.perf_counter()
table = pandas.read_json(sys.argv[1], lines=True)
read = time.perf_counter() - start
start = time.perf_counter()
table.to_json(sys.argv[2], orient="records", lines=True)
print(json.dumps({"peer": "pandas " + pandas.__version__, "seconds": read,
                  "write": time.perf_counter() - start}))
