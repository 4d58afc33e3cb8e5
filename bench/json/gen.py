"""Records as JSON Lines, the same each time: numbers, words, texts, times, a nested object, members that are absent.
usage: gen.py ROWS > FILE"""
import json
import random
import sys

draw = random.Random(1)
words = ["alpha", "beta", "gamma delta", "x", "\u00fcber", "say \"hi\""]
for i in range(int(sys.argv[1])):
    row = {"id": i, "name": draw.choice(words), "price": round(draw.random() * 1000, 3),
           "qty": draw.randint(0, 99),
           "when": f"2024-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}T{draw.randint(0, 23):02}:00:00Z",
           "ok": draw.random() < 0.5, "note": f"free text {draw.randint(0, 10**6)} with words",
           "geo": {"lat": draw.random() * 180 - 90, "lon": draw.random() * 360 - 180},
           "score": draw.gauss(0, 1)}
    if draw.random() < 0.3:
        del row["qty"]
    sys.stdout.write(json.dumps(row, separators=(",", ":")) + "\n")
