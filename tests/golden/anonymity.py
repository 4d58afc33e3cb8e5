#!/usr/bin/env python3
"""Reference numbers for tests/unit/test_anonymity.c, straight from the definitions, in plain Python (3.11).

1. The microdata of Li, Li & Venkatasubramanian, t-Closeness (ICDE 2007), table 3 (salary, disease): zip 476**,
   4790*, 476** and ages <=40, >=40, <=40.
2. Rows made by the same generator as in the test: x = (x * 6364136223846793005 + 1442695040888963407) mod 2^64,
   of which the upper 31 bits are taken.

usage: anonymity.py > anonymity.json
"""
import json
import math
from collections import Counter, defaultdict


def measure(rows, quasi, sensitive, k, ordered):
    classes = defaultdict(list)
    for row in rows:
        classes[tuple(row[q] for q in quasi)].append(row)
    sizes = [len(c) for c in classes.values()]
    out = {
        "classes": len(sizes),
        "smallest": min(sizes),
        "unique": sum(s for s in sizes if s == 1),
        "below": sum(s for s in sizes if s < k),
        "mean": len(rows) / len(sizes),
        "median": (sorted(sizes)[(len(sizes) - 1) // 2] + sorted(sizes)[len(sizes) // 2]) / 2,
        "without": {},
        "sensitive": {},
    }
    for q in quasi:
        less = Counter(tuple(row[p] for p in quasi if p != q) for row in rows).values()
        alone = Counter(row[q] for row in rows).values()
        out["without"][q] = [min(less), sum(s for s in less if s < k), sum(1 for s in alone if s == 1) / len(rows)]
    for s in sensitive:
        whole = Counter(row[s] for row in rows)
        values = sorted(whole, key=lambda v: (v is None, v))
        distinct, entropy, c_worst, uniform, t = [], [], 0, 0, 0
        for members in classes.values():
            counts = Counter(row[s] for row in members)
            n = len(members)
            distinct.append(len(counts))
            entropy.append(math.exp(-sum(c / n * math.log(c / n) for c in counts.values())))
            most = max(counts.values())
            c_worst = max(c_worst, math.inf if most == n else most / (n - most))
            uniform += n if len(counts) == 1 else 0
            diff = [counts[v] / n - whole[v] / len(rows) for v in values]
            if ordered[s]:
                run, total = 0, 0
                for d in diff:
                    run += d
                    total += abs(run)
                t = max(t, total / (len(values) - 1))
            else:
                t = max(t, sum(abs(d) for d in diff) / 2)
        out["sensitive"][s] = [min(distinct), min(entropy), c_worst if c_worst < math.inf else "inf", uniform, t]
    return out


paper = [
    dict(zip=z, age=a, salary=s, disease=d)
    for z, a, s, d in [
        ("4767*", "<=40", 3000, "gastric ulcer"), ("4767*", "<=40", 5000, "stomach cancer"),
        ("4767*", "<=40", 9000, "pneumonia"), ("4790*", ">=40", 6000, "gastritis"),
        ("4790*", ">=40", 11000, "flu"), ("4790*", ">=40", 8000, "bronchitis"),
        ("4760*", "<=40", 4000, "gastritis"), ("4760*", "<=40", 7000, "bronchitis"),
        ("4760*", "<=40", 10000, "stomach cancer"),
    ]
]

state = 42


def draw(n):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % n


made = []
for _ in range(5000):
    row = dict(age=20 + draw(30), zip="z%d" % draw(40), sex="mf"[draw(2)])
    row["disease"] = "d%d" % draw(6)
    row["pay"] = draw(100)
    if draw(10) == 0:
        row["zip"] = None
    made.append(row)

print(json.dumps({
    "paper": measure(paper, ["zip", "age"], ["salary", "disease"], 3, {"salary": True, "disease": False}),
    "made": measure(made, ["age", "zip", "sex"], ["disease", "pay"], 3, {"disease": False, "pay": True}),
}, indent=1))
