#!/usr/bin/env python3
"""Requests for bench/serve/drive, made from the rows of a table and the offline predictions for them.

usage: requests.py ROWS.csv MODEL [--offline VERSION=PREDICTIONS.csv]... [--all] [--bad] [--named] > records

ROWS.csv has a header and no target; PREDICTIONS.csv is what `hone predict models:/MODEL/VERSION ROWS.csv -o` wrote.
Without options: each row as one object to /predict, and a record for labels.  With --all also the other dialects,
tables of several rows and the pages; with --named those alone that name the model in their path; with --bad also requests that must be refused.  Every reply to a prediction
must hold the numbers of the offline prediction of the version that answers, to the byte.
"""
import argparse
import csv
import json
import re
import struct
import sys

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?$")
HOST = "127.0.0.1"


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\n]', text) else text


class Writer:
    def __init__(self, out):
        self.out = out

    def raw(self, name, data, words="", answers=()):
        self.out.write(f"request {name} bytes={len(data)}{' ' + words if words else ''}\n".encode())
        self.out.write(data + b"\n")
        for version, text in answers:
            self.out.write(f"answer {version} bytes={len(text)}\n".encode() + text + b"\n")

    def post(self, name, path, body, words="", answers=(), kind="application/json", headers=""):
        if isinstance(body, str):
            body = body.encode()
        head = (f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n{headers}\r\n")
        self.raw(name, head.encode() + body, words, answers)

    def get(self, name, path, words=""):
        self.raw(name, f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode(), words)


class Offline:
    """The numbers of one version's predictions as they stand in its file."""

    def __init__(self, text):
        self.version, path = text.split("=", 1)
        with open(path, newline="") as f:
            lines = list(csv.reader(f))
        self.classes = [c[len("probability_"):] for c in lines[0] if c.startswith("probability_")]
        self.rows = [(line[0], line[1:1 + len(self.classes)]) for line in lines[1:]]

    def object(self, i):
        label, p = self.rows[i]
        if not self.classes:
            return f'"prediction":{label}'
        pairs = ",".join(f"{compact(k)}:{x}" for k, x in zip(self.classes, p))
        return f'"prediction":{compact(label)},"probabilities":{{{pairs}}}'

    def list(self, i, key):
        label, p = self.rows[i]
        return f'"{key}":[{",".join(p)}]' if self.classes else label

    def bytes(self, i):
        label, p = self.rows[i]
        return b"".join(struct.pack("<f", float(x)) for x in (p if self.classes else [label]))


def v2_json(names, numeric, row):
    inputs = []
    for name, number, text in zip(names, numeric, row):
        if text != "":
            inputs.append({"name": name, "shape": [1, 1], "datatype": "FP32" if number else "BYTES",
                           "data": [float(text) if number else text]})
    return inputs


def v2_binary(inputs):
    """The same with its data behind the JSON; the reply is asked for in that form, too."""
    tail = b""
    heads = []
    for one in inputs:
        value = one["data"][0]
        data = struct.pack("<f", value) if one["datatype"] == "FP32" else \
            struct.pack("<I", len(value.encode())) + value.encode()
        heads.append({**{k: one[k] for k in ("name", "shape", "datatype")},
                      "parameters": {"binary_data_size": len(data)}})
        tail += data
    head = compact({"inputs": heads, "parameters": {"binary_data_output": True}}).encode()
    return head, tail


def good(out, args, names, numeric, rows, offline):
    def value(j, text):
        return None if text == "" else json.loads(text) if numeric[j] else text

    objects = [{n: value(j, t) for j, (n, t) in enumerate(zip(names, row)) if t != ""} for row in rows]
    model = args.model
    for i, row in enumerate(rows):
        whole = [(o.version, o.object(i).encode()) for o in offline]
        if not args.named:
            out.post(f"predict{i}", "/predict", compact(objects[i]), "logs", whole)
        if not args.all:
            continue
        inputs = v2_json(names, numeric, row)
        out.post(f"v2_{i}", f"/v2/models/{model}/infer", compact({"inputs": inputs}), "weight=0.3 logs",
                 [(o.version, o.list(i, "data").encode()) for o in offline])
        head, tail = v2_binary(inputs)
        out.post(f"binary{i}", f"/v2/models/{model}/infer", head + tail, "weight=0.2",
                 [(o.version, o.bytes(i)) for o in offline], "application/octet-stream",
                 f"Inference-Header-Content-Length: {len(head)}\r\n")
        out.post(f"v1_{i}", f"/v1/models/{model}:predict", compact({"instances": [objects[i]]}), "weight=0.2",
                 [(o.version, o.list(i, "probabilities").encode()) for o in offline])
        if args.named:
            continue
        line = ",".join(names) + "\n" + ",".join(quoted(t) for t in row) + "\n"
        out.post(f"csv{i}", "/predict", line, "weight=0.2 logs", whole, "text/csv")
        if i % 8 == 0:
            many = list(range(i, min(i + 8, len(rows))))
            out.post(f"rows{i}", "/predict", compact([objects[k] for k in many]), "weight=0.5 logs",
                     [(o.version, o.object(many[-1]).encode()) for o in offline])
            split = {"columns": names, "data": [[value(j, t) for j, t in enumerate(rows[k])] for k in many]}
            out.post(f"split{i}", "/invocations", compact({"dataframe_split": split}), "weight=0.3")
            table = ",".join(names) + "\n" + "".join(
                ",".join(quoted(t) for t in rows[k]) + "\n"
                for k in many)
            out.post(f"table{i}", "/invocations", table, "weight=0.2", kind="text/csv")
    if args.named:
        return
    out.post("feedback", "/feedback", '{"id":"' + 26 * "@" + '","label":"yes"}', "feedback")
    if args.all:
        for path, weight in (("/metrics", 0.2), ("/status", 0.2), ("/", 0.2), ("/openapi.json", 0.1), ("/v2", 0.5),
                             ("/v2/health/live", 1), ("/v2/health/ready", 1), ("/ping", 1), ("/v1/models", 0.5),
                             ("/v2/models", 0.5), (f"/v2/models/{model}", 0.5)):
            out.get("get" + path.replace("/", "_"), path, f"weight={weight}")
        out.raw("head", f"HEAD /metrics HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode(), "head weight=0.2")


def bad(out, args, names):
    """What must be refused, and never more than that."""
    model = args.model
    c = "expect=4xx|none close"
    bodies = {
        "empty": "", "open": "{", "word": "nonsense", "number": "12", "text": '"x"', "null": "null", "array": "[]",
        "deep": "[" * 5000, "deep_object": '{"a":' * 3000, "twice": '{%s:1,%s:2}' % ((compact(names[0]),) * 2),
        "wrong_type": '{%s:{"a":[1]}}' % compact(names[0]), "list_type": '{%s:[1,2]}' % compact(names[0]),
        "no_field": '{"no such field":1}', "bad_escape": '{"a\\x":1}', "lone_surrogate": '{"\\ud800":1}',
        "tail": '{%s:1} x' % compact(names[0]),
        "comma": '{%s:1,}' % compact(names[0]), "nul": '{"a\0":1}', "rows_word": '{"rows":"x"}',
        "rows_mixed": '{"rows":[1,{},[]]}', "short_row": "[[1]]", "long_row": compact([[1] * 500]),
    }
    for name, body in bodies.items():
        out.post("bad_" + name, "/predict", body, "expect=4xx")
        out.post("bad_v2_" + name, f"/v2/models/{model}/infer", body, "expect=4xx weight=0.5")
        out.post("bad_v1_" + name, f"/v1/models/{model}:predict", body, "expect=4xx weight=0.5")
        out.post("bad_inv_" + name, "/invocations", body, "expect=4xx weight=0.5")
        out.post("bad_feedback_" + name, "/feedback", body, "expect=4xx weight=0.5")
    out.post("bad_utf8", "/predict", b'{"\xff\xfe":1}', "expect=4xx")
    out.post("bad_csv", "/predict", 'a,b\n"open', "expect=4xx", kind="text/csv")
    out.post("bad_csv_long", "/invocations", "\n".join(["1,2,3,4,5,6,7,8,9"] * 50), "expect=4xx", kind="text/csv")
    first = compact(names[0])
    for name, one in {
        "shape": '{"name":%s,"shape":[-1],"datatype":"FP32","data":[1]}' % first,
        "count": '{"name":%s,"shape":[3],"datatype":"FP32","data":[1]}' % first,
        "vast": '{"name":%s,"shape":[9223372036854775807,9],"datatype":"FP32","data":[1]}' % first,
        "type": '{"name":%s,"shape":[1],"datatype":"FP99","data":[1]}' % first,
        "name": '{"name":"nobody","shape":[1],"datatype":"FP32","data":[1]}',
        "none": '{"name":%s}' % first,
    }.items():
        out.post("bad_tensor_" + name, f"/v2/models/{model}/infer", '{"inputs":[%s]}' % one, "expect=4xx")
    for size, length in ((4, "4"), (10 ** 12, "5"), (4, "999999999999999999999"), (4, "x"), (-1, "0")):
        head = compact({"inputs": [{"name": names[0], "shape": [1], "datatype": "FP32",
                                    "parameters": {"binary_data_size": size}}]}).encode()
        out.post("bad_binary", f"/v2/models/{model}/infer", head + b"\0\0", "expect=4xx", kind="application/octet-stream",
                 headers=f"Inference-Header-Content-Length: {length}\r\n")
    for name, path in {"path": "/nothing", "dots": "/../../etc/passwd", "coded": "/%2e%2e/%00", "model": "/v2/models/x/infer",
                       "long": "/" + "a" * 3000, "version": f"/v2/models/{model}/versions/99/infer"}.items():
        out.post("bad_" + name, path, "{}", "expect=4xx")
    out.get("bad_method_get", "/predict", "expect=405")
    out.post("bad_method_post", "/metrics", "", "expect=405")
    out.post("bad_label_id", "/feedback", '{"id":"nobody","label":1}', "expect=404")
    out.post("bad_label", "/feedback", '{"id":"nobody"}', "expect=4xx")
    out.post("bad_time", "/feedback", '{"id":"nobody","label":1,"time":"yesterday"}', "expect=4xx")
    # What is not HTTP, or not quite.
    host = f"Host: {HOST}\r\n"
    for name, data in {
        "garbage": b"\0\1\2\3\r\n\r\n", "text": b"hello\r\n\r\n", "no_version": b"GET /ping\r\n\r\n",
        "no_host": b"GET /ping HTTP/1.1\r\n\r\n", "other_host": b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "two_lengths": f"POST /predict HTTP/1.1\r\n{host}Content-Length: 2\r\nContent-Length: 5\r\n\r\n{{}}xxx".encode(),
        "length_word": f"POST /predict HTTP/1.1\r\n{host}Content-Length: two\r\n\r\n{{}}".encode(),
        "length_minus": f"POST /predict HTTP/1.1\r\n{host}Content-Length: -2\r\n\r\n{{}}".encode(),
        "length_vast": f"POST /predict HTTP/1.1\r\n{host}Content-Length: 99999999999\r\n\r\n{{}}".encode(),
        "chunk_size": f"POST /predict HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n".encode(),
        "chunk_vast": f"POST /predict HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx\r\n".encode(),
        "many_headers": f"GET /ping HTTP/1.1\r\n{host}{'X-A: b' + chr(13) + chr(10)}".encode() + b"X-B: c\r\n" * 3000 + b"\r\n",
        "long_header": f"GET /ping HTTP/1.1\r\n{host}X: {'y' * 40000}\r\n\r\n".encode(),
    }.items():
        out.raw("raw_" + name, data, c + " half")
    out.raw("raw_cut_head", f"POST /predict HTTP/1.1\r\n{host}Content-Le".encode(), c + " half")
    out.raw("raw_cut_body", f"POST /predict HTTP/1.1\r\n{host}Content-Length: 50\r\n\r\n{{\"a\":".encode(), c + " half")
    out.raw("raw_cut_chunk", f"POST /predict HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n10\r\n{{\"a".encode(),
            c + " half")
    out.raw("raw_hang_up", f"POST /predict HTTP/1.1\r\n{host}Content-Length: 5000\r\n\r\n".encode() + b" " * 2000,
            c + " half")
    out.post("bad_large", "/predict", '{"a":"' + "x" * 3000000 + '"', "expect=4xx weight=0.01")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows")
    parser.add_argument("model")
    parser.add_argument("--offline", action="append", default=[])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--named", action="store_true")
    parser.add_argument("--bad", action="store_true")
    args = parser.parse_args()
    with open(args.rows, newline="") as f:
        names, *rows = list(csv.reader(f))
    numeric = [all(r[j] == "" or NUMBER.match(r[j]) for r in rows) for j in range(len(names))]
    offline = [Offline(text) for text in args.offline]
    for o in offline:
        if len(o.rows) != len(rows):
            sys.exit(f"requests.py: version {o.version} has {len(o.rows)} predictions for {len(rows)} rows")
    out = Writer(sys.stdout.buffer)
    good(out, args, names, numeric, rows, offline)
    if args.bad:
        bad(out, args, names)


if __name__ == "__main__":
    main()
