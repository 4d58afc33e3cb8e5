"""Letters, numbers and case mappings of Unicode as ranges: src/graph/unicode_tables.def.

    /usr/bin/python3 tests/golden/unicode_tables.py > src/graph/unicode_tables.def

made with Python 3.11 (Unicode 14).  Case mappings are Unicode's simple ones, a character for a character, as C
libraries have them; where Python's lower() gives two characters (U+0130) the simple mapping is written here by hand.
"""

import sys
import unicodedata

LAST = 0x110000


def kind(c):
    category = unicodedata.category(chr(c))
    if category == "Lu":
        return "UPPER"
    return {"L": "LETTER", "N": "NUMBER"}.get(category[0])


def simple(c, *texts):
    """The first that is one character; title case stands in for capitals that are two (U+1F80)."""
    return next((ord(text) for text in texts if len(text) == 1), c)


def write(rows):
    for i in range(0, len(rows), 4):
        print(" ".join(rows[i : i + 4]))


def kinds():
    start, now, rows = 0x80, None, []
    for c in range(0x80, LAST + 1):
        k = kind(c) if c < LAST else None
        if k != now:
            if now is not None:
                rows.append(f"KIND({start:#x}, {c - 1:#x}, {now})")
            start, now = c, k
    write(rows)


def mapping(name, function):
    """Ranges of every `step`th character that is moved by the same distance."""
    moved = [(c, function(c) - c) for c in range(0x80, LAST) if function(c) != c]
    i, rows = 0, []
    while i < len(moved):
        first, delta = moved[i]
        step, end = 1, i
        if i + 1 < len(moved) and moved[i + 1] == (first + 2, delta):
            step = 2
        while end + 1 < len(moved) and moved[end + 1] == (moved[end][0] + step, delta):
            end += 1
        rows.append(f"{name}({first:#x}, {moved[end][0]:#x}, {step}, {delta})")
        i = end + 1
    write(rows)


print("/* Written by tests/golden/unicode_tables.py from Unicode %s. */" % unicodedata.unidata_version)
print("/* clang-format off */")
print("#ifdef KIND")
kinds()
print("#endif")
print("#ifdef LOWER")
mapping("LOWER", lambda c: 0x69 if c == 0x130 else simple(c, chr(c).lower()))
print("#endif")
print("#ifdef UPPER")
mapping("UPPER", lambda c: simple(c, chr(c).upper(), chr(c).title()))
print("#endif")
print("/* clang-format on */")
differ = [c for c in range(LAST) if chr(c).isalnum() != (kind(c) is not None)]
print(f"{len(differ)} characters that Python counts among words otherwise", file=sys.stderr)
