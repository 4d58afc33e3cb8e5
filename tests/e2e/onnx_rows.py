#!/usr/bin/env python3
"""Stored inputs of an ONNX model as a table, and predictions held against what was stored with it.

    onnx_rows.py rows MODEL_FOLDER OUT.csv [COLUMN,...]     inputs; a matrix gets the names, or NAME_0 ...
    onnx_rows.py compare MODEL_FOLDER PREDICTIONS.csv       labels equal, numbers within the tolerance

MODEL_FOLDER has test_data_set_0/input_K.pb (TensorProto) and scikit-learn's own answers: sklearn_0.npy
(predict or transform), sklearn_1.npy (predict_proba); without these output_K.pb are the answers.
Plain Python: just enough of protobuf and of the .npy format.
"""
import csv
import glob
import os
import struct
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        yield tag >> 3, kind, value


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def tensor(path):
    """(name, dims, flat list) of a TensorProto."""
    dims, name, kind, raw, out = [], "", 0, None, []
    with open(path, "rb") as f:
        data = f.read()
    for number, wire, value in fields(data):
        if number == 1:
            if wire == 0:
                dims.append(value)
            else:
                at = 0
                while at < len(value):
                    one, at = varint(value, at)
                    dims.append(one)
        elif number == 2:
            kind = value
        elif number == 8:
            name = value.decode()
        elif number == 6:
            out.append(value.decode())
        elif number == 9:
            raw = value
        elif number == 4:
            out += struct.unpack("<%df" % (len(value) // 4), value)
        elif number == 7:
            at = 0
            while at < len(value):
                one, at = varint(value, at)
                out.append(signed(one))
    if raw is not None:
        code, size = {1: ("f", 4), 11: ("d", 8), 7: ("q", 8), 6: ("i", 4), 9: ("?", 1)}[kind]
        out = list(struct.unpack("<%d%s" % (len(raw) // size, code), raw))
    return name, dims, out


def npy(path):
    """(shape, flat list) of a .npy file."""
    with open(path, "rb") as f:
        data = f.read()
    size = struct.unpack("<H", data[8:10])[0]
    header = eval(data[10:10 + size].decode(), {"__builtins__": {}})  # a literal written by numpy
    kind, shape, body = header["descr"], header["shape"], data[10 + size:]
    count = 1
    for d in shape:
        count *= d
    if kind.startswith("<U"):
        width = 4 * int(kind[2:])
        out = [body[i * width:(i + 1) * width].decode("utf-32-le").rstrip("\0")
               for i in range(count)]
    else:
        code = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q", "|b1": "?"}[kind]
        out = list(struct.unpack("<%d%s" % (count, code), body[:count * struct.calcsize(code)]))
    if header["fortran_order"] and len(shape) == 2:
        out = [out[c * shape[0] + r] for r in range(shape[0]) for c in range(shape[1])]
    return shape, out


def rows(folder, target, names):
    columns = []
    paths = glob.glob(os.path.join(folder, "test_data_set_0", "input_*.pb"))
    for path in sorted(paths, key=lambda p: int(p.rsplit("_", 1)[1][:-3])):
        name, dims, flat = tensor(path)
        width = dims[1] if len(dims) > 1 else 1
        for k in range(width):
            title = names.pop(0) if names else (name if width == 1 else "%s_%d" % (name, k))
            columns.append((title, flat[k::width]))
    with open(target, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow([c[0] for c in columns])
        for row in zip(*[c[1] for c in columns]):
            out.writerow(["" if v != v else repr(v) if isinstance(v, float) else v for v in row])


def answers(folder):
    """Labels or None, and rows of numbers or None."""
    found = []
    for k in (0, 1):
        path = os.path.join(folder, "sklearn_%d.npy" % k)
        stored = os.path.join(folder, "test_data_set_0", "output_%d.pb" % k)
        if os.path.exists(path):
            found.append(npy(path))
        elif not os.path.exists(os.path.join(folder, "sklearn_0.npy")) and os.path.exists(stored):
            _, dims, flat = tensor(stored)
            found.append((dims, flat))
    first_shape, first = found[0]
    wide = len(first_shape) > 1 and first_shape[1] > 1
    if wide or isinstance(first[0], float):
        return None, [first[i:i + (first_shape[1] if wide else 1)]
                      for i in range(0, len(first), first_shape[1] if wide else 1)]
    if len(found) == 1:
        return first, None
    shape, flat = found[1]
    width = shape[1] if len(shape) > 1 else 1
    return first, [flat[i:i + width] for i in range(0, len(flat), width)]


def compare(folder, path, tolerance=1e-4):
    labels, numbers = answers(folder)
    with open(path, newline="") as f:
        got = list(csv.reader(f))[1:]
    want = len(labels if labels is not None else numbers)
    if len(got) != want:
        sys.exit("%d rows, expected %d" % (len(got), want))
    worst = 0.0
    for i, row in enumerate(got):
        if labels is not None:
            label = labels[i]
            label = int(label) if isinstance(label, bool) else label
            if str(label) != row[0]:
                sys.exit("row %d: %s, expected %s" % (i + 1, row[0], label))
            row = row[1:]
        if numbers is not None:
            if len(row) != len(numbers[i]):
                sys.exit("row %d: %d numbers, expected %d" % (i + 1, len(row), len(numbers[i])))
            for a, b in zip(row, numbers[i]):
                off = abs(float(a) - b) / max(1.0, abs(b))
                worst = max(worst, off)
    if worst > tolerance:
        sys.exit("numbers differ by %g" % worst)
    print("%d rows, numbers differ by at most %.1e" % (want, worst))


if sys.argv[1] == "rows":
    rows(sys.argv[2], sys.argv[3], sys.argv[4].split(",") if len(sys.argv) > 4 else [])
else:
    compare(sys.argv[2], sys.argv[3], float(sys.argv[4]) if len(sys.argv) > 4 else 1e-4)
