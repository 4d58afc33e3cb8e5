"""The medians over the rounds of run.sh, the ratios, and whether they are what they must be: 3 times DuckDB, 6
times pandas, peak memory below 1.5 times the table and 64 MB.  usage: compare.py FILE RESULTS"""
import json
import os
import statistics
import sys

size = os.path.getsize(sys.argv[1])
peers = {}
with open(sys.argv[2], encoding="utf-8") as lines:
    for line in lines:
        row = json.loads(line)
        peers.setdefault(row["peer"], []).append(row)


def median(name, key):
    return statistics.median(row[key] for row in peers[name] if row.get(key) is not None)


hone = next(name for name in peers if name.startswith("hone"))
print("%s, %.0f MB" % (os.path.basename(sys.argv[1]), size / 1e6))
print("%-28s %9s %7s %9s %7s %9s" % ("", "read s", "GB/s", "write s", "GB/s", "peak MB"))
for name in peers:
    read, write = median(name, "seconds"), median(name, "write")
    print("%-28s %9.3f %7.3f %9.3f %7.3f %9.0f" % (
        name, read, size / read / 1e9, write, size / write / 1e9, median(name, "peak_bytes") / 1e6))
bad = False
for name, want in (("DuckDB", 3), ("pandas", 6)):
    peer = next(key for key in peers if key.startswith(name))
    ratio = median(peer, "seconds") / median(hone, "seconds")
    bad |= ratio < want
    print("reading: %.1f times as fast as %s (wanted: %d)%s; writing: %.1f times" % (
        ratio, peer, want, "" if ratio >= want else "  FALLS SHORT",
        median(peer, "write") / median(hone, "write")))
table, peak = median(hone, "table_bytes"), median(hone, "peak_bytes")
bound = 1.5 * table + 64e6
bad |= peak > bound
print("peak memory %.0f MB, the table itself %.0f MB, wanted below %.0f MB%s" % (
    peak / 1e6, table / 1e6, bound / 1e6, "" if peak <= bound else "  FALLS SHORT"))
sys.exit(bad)
