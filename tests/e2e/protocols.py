"""A client written from specifications alone, one check per clause: the Open Inference Protocol v2 (REST) with Triton's
extensions, TensorFlow Serving's REST API, MLflow's scoring server, SageMaker's container contract.  docs/protocols.md lists
the clauses by the same marks.

usage: protocols.py URL MODEL ROWS.csv OFFLINE.csv
  MODEL       two classes from age (number), job (text), since (date), member (truth value)
  ROWS        its table;  OFFLINE  what `hone predict` says of it
"""
import csv, datetime, http.client, json, struct, sys, urllib.parse

url, model, rows_path, offline_path = sys.argv[1:5]
place = urllib.parse.urlsplit(url)
failed = 0


def send(method, path, body=None, headers=None):
    """status, headers (lower case), body bytes"""
    link = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    link.request(method, path, body, headers or {})
    reply = link.getresponse()
    data = reply.read()
    link.close()
    return reply.status, {k.lower(): v for k, v in reply.getheaders()}, data


def get(path):
    status, head, body = send("GET", path)
    assert status == 200, (path, status, body)
    return json.loads(body) if body.strip() else None


def post(path, value, headers=None):
    status, head, body = send("POST", path, json.dumps(value), {"Content-Type": "application/json", **(headers or {})})
    assert status == 200, (path, status, body)
    return json.loads(body)


def refused(path, value, statuses=(400,), raw=None, headers=None, key="error"):
    body = raw if raw is not None else json.dumps(value)
    status, head, data = send("POST", path, body, {"Content-Type": "application/json", **(headers or {})})
    assert status in statuses, (status, data)
    assert head["content-type"] == "application/json", head
    assert isinstance(json.loads(data)[key], str) and json.loads(data)[key], data
    return json.loads(data)[key]


def check(mark):
    def run(body):
        global failed
        try:
            body()
            print("ok", mark, body.__doc__)
        except Exception as error:  # one clause that fails does not hide the others
            failed += 1
            print(f"FAIL {mark} {body.__doc__}: {type(error).__name__} {error}")
    return run


f32 = lambda x: struct.unpack("<f", struct.pack("<f", float(x)))[0]
table = list(csv.DictReader(open(rows_path, newline="")))[:20]
offline = list(csv.DictReader(open(offline_path, newline="")))[:20]
want_label = [r["prediction"] for r in offline]
classes = [k[len("probability_"):] for k in offline[0] if k.startswith("probability_")]
want_scores = [[f32(r["probability_" + c]) for c in classes] for r in offline]
N = len(table)
days = [(datetime.date.fromisoformat(r["since"]) - datetime.date(1970, 1, 1)).days for r in table]
ages = [float(r["age"]) for r in table]
jobs = [r["job"] for r in table]
members = [r["member"] == "true" for r in table]
M = f"/v2/models/{model}"
INFER = M + "/infer"


def columns(shape=lambda n: [n]):
    return [
        {"name": "age", "shape": shape(N), "datatype": "FP32", "data": ages},
        {"name": "job", "shape": shape(N), "datatype": "BYTES", "data": jobs},
        {"name": "since", "shape": shape(N), "datatype": "INT64", "data": days},
        {"name": "member", "shape": shape(N), "datatype": "BOOL", "data": members},
    ]


def same(reply):
    out = {o["name"]: o for o in reply["outputs"]}
    assert out["label"]["data"] == want_label
    flat = [f32(x) for x in out["probabilities"]["data"]]
    assert flat == [x for row in want_scores for x in row]
    return out


# --- Open Inference Protocol: health and metadata


@check("OIP-1")
def _():
    "GET v2/health/live: 200 and live"
    assert get("/v2/health/live")["live"] is True


@check("OIP-2")
def _():
    "GET v2/health/ready: 200, and live as the table of the text has it, ready as its examples"
    assert get("/v2/health/ready") == {"live": True, "ready": True}


@check("OIP-3")
def _():
    "GET v2, with a slash behind it too: name, version, extensions"
    for path in ("/v2", "/v2/"):
        server = get(path)
        assert isinstance(server["name"], str) and isinstance(server["version"], str)
        assert all(isinstance(e, str) for e in server["extensions"]) and "binary_tensor_data" in server["extensions"]


PLATFORMS = {"tensorrt_plan", "tensorflow_graphdef", "tensorflow_savedmodel", "onnx_onnxv1", "pytorch_torchscript", "mxnet_mxnet", "caffe2_netdef"}
TYPES = {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"}


@check("OIP-4")
def _():
    "model metadata: name, versions, a platform of the list, tensors with name, datatype and shape, -1 for what varies"
    meta = get(M)
    assert meta["name"] == model and meta["versions"] == ["1"] and meta["platform"] in PLATFORMS
    for tensor in meta["inputs"] + meta["outputs"]:
        assert isinstance(tensor["name"], str) and tensor["datatype"] in TYPES and tensor["shape"][0] == -1, tensor
    assert [t["name"] for t in meta["outputs"]] == ["label", "probabilities"]
    assert meta["outputs"][1]["shape"] == [-1, len(classes)]


@check("OIP-5")
def _():
    "model ready: name and ready, with and without a version"
    for path in (M + "/ready", M + "/versions/1/ready"):
        assert get(path) == {"name": model, "ready": True}


@check("OIP-6")
def _():
    "versions in the path are optional; all a model's paths take one"
    assert get(M) == get(M + "/versions/1")
    same(post(M + "/versions/1/infer", {"inputs": columns()}))


@check("OIP-7")
def _():
    "errors of metadata: an HTTP error and {error}"
    for path in ("/v2/models/nobody", M + "/versions/99", "/v2/models/nobody/ready", M + "/versions/99/ready"):
        status, head, body = send("GET", path)
        assert status in (400, 404) and isinstance(json.loads(body)["error"], str), (path, status, body)


# --- inference


@check("OIP-8")
def _():
    "infer: model_name, model_version, id, outputs; the answers are the offline ones"
    reply = post(INFER, {"inputs": columns()})
    assert reply["model_name"] == model and reply["model_version"] == "1" and isinstance(reply["id"], str)
    same(reply)


@check("OIP-9")
def _():
    "an id comes back as it was"
    for text in ("42", "naïve ☕ \"quoted\" \\ \n", "x" * 500):
        assert post(INFER, {"id": text, "inputs": columns()})["id"] == text


@check("OIP-10")
def _():
    "without outputs all come, with outputs those that are named, in their order"
    assert [o["name"] for o in post(INFER, {"inputs": columns()})["outputs"]] == ["label", "probabilities"]
    for names in (["probabilities"], ["label"], ["probabilities", "label"]):
        reply = post(INFER, {"inputs": columns(), "outputs": [{"name": n} for n in names]})
        assert [o["name"] for o in reply["outputs"]] == names


@check("OIP-11")
def _():
    "parameters (string, number, boolean) of request, input and output that nobody knows are passed over"
    odd = {"my_text": "x", "my_number": 42.5, "my_truth": True, "timeout": 1000, "priority": 2}
    inputs = [{**i, "parameters": odd} for i in columns()]
    same(post(INFER, {"parameters": odd, "inputs": inputs, "outputs": [{"name": "label", "parameters": odd}, {"name": "probabilities", "parameters": odd}]}))
    same(post(INFER, {"parameters": {}, "inputs": [{**i, "parameters": {}} for i in columns()]}))


@check("OIP-12")
def _():
    "shapes tell the whole batch; data flat or nested; the order of inputs and of members is free"
    same(post(INFER, {"inputs": columns(lambda n: [n, 1])}))
    nested = [{**i, "data": [[v] for v in i["data"]]} for i in columns(lambda n: [n, 1])]
    same(post(INFER, {"inputs": nested}))
    same(post(INFER, {"inputs": [dict(reversed(list(i.items()))) for i in reversed(columns())]}))


@check("OIP-13")
def _():
    "every datatype whose values the input can hold"
    small = [float(int(a)) for a in ages]
    want = post(INFER, {"inputs": [{"name": "age", "shape": [N], "datatype": "FP32", "data": small}]})["outputs"]
    for datatype in ("UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"):
        data = small if datatype.startswith("FP") else [int(a) for a in ages]
        assert post(INFER, {"inputs": [{"name": "age", "shape": [N], "datatype": datatype, "data": data}]})["outputs"] == want, datatype


@check("OIP-14")
def _():
    "outputs have name, datatype, shape, and data in row-major order that fills the shape"
    out = same(post(INFER, {"inputs": columns()}))
    assert out["label"]["datatype"] == "BYTES" and out["label"]["shape"] == [N]
    assert out["probabilities"]["datatype"] == "FP32" and out["probabilities"]["shape"] == [N, len(classes)]
    assert len(out["probabilities"]["data"]) == N * len(classes)


@check("OIP-15")
def _():
    "strings are case-sensitive"
    assert "fp32" in refused(INFER, {"inputs": [{"name": "age", "shape": [1], "datatype": "fp32", "data": [1]}]})
    refused(INFER, {"inputs": [{"name": "AGE", "shape": [1], "datatype": "FP32", "data": [1]}]})


@check("OIP-16")
def _():
    "every failed inference: an HTTP error and {error}, naming what is wrong"
    age = {"name": "age", "shape": [1], "datatype": "FP32", "data": [41]}
    assert "inputs" in refused(INFER, {})
    refused(INFER, {"inputs": []})
    for name in ("name", "shape", "datatype", "data"):
        assert name in refused(INFER, {"inputs": [{k: v for k, v in age.items() if k != name}]})
    for change, word in (({"shape": [2]}, "age"), ({"shape": [1, 2]}, "age"), ({"shape": "x"}, "shape"), ({"shape": [-1]}, "shape"), ({"shape": [1.5]}, "shape"),
                         ({"datatype": "FP31"}, "FP31"), ({"datatype": 7}, "datatype"), ({"data": [1, 2]}, "age"), ({"data": []}, "age"),
                         ({"data": ["old"]}, "age"), ({"data": 7}, "data"), ({"name": 7}, "name"), ({"datatype": "UINT8", "data": [256]}, "age"),
                         ({"datatype": "INT8", "data": [-129]}, "age"), ({"datatype": "BOOL", "data": [2]}, "age"), ({"datatype": "BYTES"}, "age")):
        message = refused(INFER, {"inputs": [{**age, **change}]})
        assert word in message, (change, message)
    refused(INFER, {"inputs": [age, age]})
    refused(INFER, {"inputs": [age, {**age, "name": "member", "shape": [2], "data": [1, 0]}]})
    assert "nothing" in refused(INFER, {"inputs": [age], "outputs": [{"name": "nothing"}]})
    refused(INFER, {"inputs": [age], "outputs": [{}]})
    refused(INFER, {"inputs": [age], "id": 7})
    refused(INFER, None, raw="{")
    refused(INFER, None, raw="")
    refused("/v2/models/nobody/infer", {"inputs": [age]}, (400, 404))
    refused(M + "/versions/99/infer", {"inputs": [age]}, (400, 404))


# --- binary tensor data


def pack(datatype, values):
    if datatype == "BYTES":
        return b"".join(struct.pack("<I", len(v.encode())) + v.encode() for v in values)
    code = {"BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "FP16": "e", "FP32": "f", "FP64": "d"}
    return struct.pack(f"<{len(values)}{code[datatype]}", *values)


def unpack(datatype, data):
    if datatype == "FP32":
        return list(struct.unpack(f"<{len(data) // 4}f", data))
    values = []
    while data:
        size = struct.unpack("<I", data[:4])[0]
        values.append(data[4:4 + size].decode())
        data = data[4 + size:]
    return values


def binary(request, blobs, headers=None, header=None):
    text = json.dumps(request).encode()
    head = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(text) if header is None else header)}
    return send("POST", INFER, text + b"".join(blobs), {**head, **(headers or {})})


def as_binary(inputs, some=lambda name: True):
    request, blobs = [], []
    for i in inputs:
        if some(i["name"]):
            blob = pack(i["datatype"], i["data"])
            request.append({"name": i["name"], "shape": i["shape"], "datatype": i["datatype"], "parameters": {"binary_data_size": len(blob)}})
            blobs.append(blob)
        else:
            request.append(i)
    return request, blobs


def split(head, body):
    size = int(head["inference-header-content-length"])
    reply, rest = json.loads(body[:size]), body[size:]
    assert int(head["content-length"]) == len(body)
    for output in reply["outputs"]:
        if "data" not in output:
            size = output["parameters"]["binary_data_size"]
            output["data"], rest = unpack(output["datatype"], rest[:size]), rest[size:]
    assert rest == b""
    return reply


@check("BIN-1")
def _():
    "inputs as bytes after the JSON, all of them or some; answers in JSON unless asked otherwise"
    for some in (lambda name: True, lambda name: name in ("job", "member"), lambda name: name == "age"):
        inputs, blobs = as_binary(columns(), some)
        status, head, body = binary({"inputs": inputs}, blobs)
        assert status == 200 and "inference-header-content-length" not in head and head["content-type"] == "application/json", (status, body)
        same(json.loads(body))


@check("BIN-2")
def _():
    "every datatype in its own size, little-endian"
    whole = [int(a) for a in ages]
    want = post(INFER, {"inputs": [{"name": "age", "shape": [N], "datatype": "FP32", "data": whole}]})["outputs"]
    for datatype in ("UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"):
        inputs, blobs = as_binary([{"name": "age", "shape": [N], "datatype": datatype, "data": whole}])
        status, head, body = binary({"inputs": inputs}, blobs)
        assert status == 200 and json.loads(body)["outputs"] == want, (datatype, status, body)


@check("BIN-3")
def _():
    "outputs as bytes where binary_data says so, the header and the order told"
    for names in (["label"], ["probabilities"], ["label", "probabilities"], ["probabilities", "label"]):
        outputs = [{"name": n, "parameters": {"binary_data": n in names}} for n in ("label", "probabilities")]
        status, head, body = send("POST", INFER, json.dumps({"inputs": columns(), "outputs": outputs}), {"Content-Type": "application/json"})
        assert status == 200 and head["content-type"] == "application/octet-stream", (status, head)
        same(split(head, body))


@check("BIN-4")
def _():
    "binary_data_output for all, overridden by binary_data of one"
    inputs, blobs = as_binary(columns())
    status, head, body = binary({"inputs": inputs, "parameters": {"binary_data_output": True}}, blobs)
    reply = split(head, body)
    assert all("binary_data_size" in o["parameters"] for o in reply["outputs"])
    same(reply)
    outputs = [{"name": "label", "parameters": {"binary_data": False}}, {"name": "probabilities"}]
    status, head, body = binary({"inputs": inputs, "parameters": {"binary_data_output": True}, "outputs": outputs}, blobs)
    reply = split(head, body)
    assert "parameters" not in reply["outputs"][0] and "binary_data_size" in reply["outputs"][1]["parameters"]
    same(reply)


@check("BIN-5")
def _():
    "wrong lengths are refused: header, tensor, rest, strings; and values of the wrong kind"
    one = {"name": "age", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}}
    job = {"name": "job", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 8}}
    four = pack("FP32", [41.0])
    for request, blobs, header in (
        ({"inputs": [one]}, [four], 10 ** 6), ({"inputs": [one]}, [four], 5), ({"inputs": [one]}, [four], "x"), ({"inputs": [one]}, [four], -1),
        ({"inputs": [one]}, [], None), ({"inputs": [one]}, [four[:3]], None), ({"inputs": [one]}, [four, b"x"], None),
        ({"inputs": [{**one, "shape": [2]}]}, [four], None), ({"inputs": [{**one, "parameters": {"binary_data_size": 5}}]}, [four, b"x"], None),
        ({"inputs": [{**one, "parameters": {"binary_data_size": "4"}}]}, [four], None), ({"inputs": [{**one, "parameters": {"binary_data_size": -4}}]}, [four], None),
        ({"inputs": [job]}, [struct.pack("<I", 99) + b"abcd"], None), ({"inputs": [job]}, [struct.pack("<I", 4) + b"\xff\xfe\xfd\xfc"], None),
        ({"inputs": [one], "parameters": {"binary_data_output": "yes"}}, [four], None),
        ({"inputs": [one], "outputs": [{"name": "label", "parameters": {"binary_data": 1}}]}, [four], None),
    ):
        status, head, body = binary(request, blobs, header=header)
        assert status == 400 and isinstance(json.loads(body)["error"], str), (request, status, body)


# --- Triton's other extensions


@check("CLS-1")
def _():
    "classification: BYTES of shape [batch, count], value:index:label, the highest first"
    for count in (1, 2):
        reply = post(INFER, {"inputs": columns(), "outputs": [{"name": "probabilities", "parameters": {"classification": count}}]})
        out = reply["outputs"][0]
        assert out["datatype"] == "BYTES" and out["shape"] == [N, count]
        for i in range(N):
            order = sorted(range(len(classes)), key=lambda k: -want_scores[i][k])[:count]
            for j, k in enumerate(order):
                value, index, label = out["data"][i * count + j].split(":", 2)
                assert (f32(value), int(index), label) == (want_scores[i][k], k, classes[k]), out["data"][i]


@check("CLS-2")
def _():
    "more classes than there are gives all; as bytes too; of strings, or not a number, is refused"
    ask = lambda parameters, name="probabilities": {"inputs": columns(), "outputs": [{"name": name, "parameters": parameters}]}
    assert post(INFER, ask({"classification": 9}))["outputs"][0]["shape"] == [N, len(classes)]
    status, head, body = send("POST", INFER, json.dumps(ask({"classification": 1, "binary_data": True})))
    assert len(split(head, body)["outputs"][0]["data"]) == N
    refused(INFER, ask({"classification": 1}, "label"))
    for bad in (0, -1, 1.5, "2", True):
        refused(INFER, ask({"classification": bad}))


@check("REP-1")
def _():
    "repository index: name, version, state, reason of each model, with ready or without"
    for body in ({}, {"ready": True}):
        index = post("/v2/repository/index", body)
        assert {(m["name"], m["version"], m["state"], m["reason"]) for m in index} == {(model, "1", "READY", "")}
    assert send("POST", "/v2/repository/index")[0] == 200


@check("REP-2")
def _():
    "load and unload are refused with {error}: what answers is chosen by promotion"
    for verb in ("load", "unload"):
        assert "promote" in refused(f"/v2/repository/models/{model}/{verb}", {})
        refused(f"/v2/repository/models/nobody/{verb}", {}, (400, 404))


@check("STA-1")
def _():
    "statistics of all, a model, a version: the fields, and counts that grow by what was asked"
    def of(path):
        stat = get(path)["model_stats"]
        assert [(s["name"], s["version"]) for s in stat] == [(model, "1")]
        for name in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit"):
            assert isinstance(stat[0]["inference_stats"][name]["count"], int) and isinstance(stat[0]["inference_stats"][name]["ns"], int)
        assert isinstance(stat[0]["batch_stats"], list)
        return stat[0]
    before = of("/v2/models/stats")
    post(INFER, {"inputs": columns()})
    refused(INFER, {})
    after = of(M + "/stats")
    assert after["inference_count"] - before["inference_count"] == N
    assert after["execution_count"] - before["execution_count"] == 1
    assert after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"] == 1
    assert after["inference_stats"]["fail"]["count"] - before["inference_stats"]["fail"]["count"] == 1
    assert after["inference_stats"]["compute_infer"]["ns"] > before["inference_stats"]["compute_infer"]["ns"]
    now = datetime.datetime.now(datetime.timezone.utc).timestamp() * 1000
    assert abs(now - after["last_inference"]) < 60000, (now, after["last_inference"])
    of(M + "/versions/1/stats")


@check("CFG-1")
def _():
    "configuration: name, platform, batch size, inputs and outputs with types and dimensions of a row"
    for path in (M + "/config", M + "/versions/1/config"):
        config = get(path)
        assert config["name"] == model and config["platform"] in PLATFORMS and config["max_batch_size"] >= N
        assert {(i["name"], i["data_type"], tuple(i["dims"])) for i in config["input"]} == {
            ("age", "TYPE_FP32", (1,)), ("job", "TYPE_STRING", (1,)), ("since", "TYPE_INT64", (1,)), ("member", "TYPE_FP32", (1,))}
        assert [o["name"] for o in config["output"]] == ["label", "probabilities"]


# --- TensorFlow Serving

T = f"/v1/models/{model}"
instances = [{"age": a, "job": j, "since": r["since"], "member": m} for a, j, r, m in zip(ages, jobs, table, members)]


def same_v1(list_):
    assert [p["label"] for p in list_] == want_label
    assert [[f32(x) for x in p["probabilities"]] for p in list_] == want_scores


@check("TFS-1")
def _():
    "model status, also of a version and of a label"
    for path in (T, T + "/versions/1", T + "/labels/champion"):
        status = get(path)["model_version_status"]
        assert status == [{"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}], status
    for path in ("/v1/models/nobody", T + "/versions/99", T + "/labels/nobody"):
        status, head, body = send("GET", path)
        assert status == 404 and isinstance(json.loads(body)["error"], str), (path, status)


@check("TFS-2")
def _():
    "model metadata: model_spec and the signature with types and shapes"
    for path in (T + "/metadata", T + "/versions/1/metadata"):
        meta = get(path)
        assert meta["model_spec"]["name"] == model and meta["model_spec"]["version"] == "1"
        signature = meta["metadata"]["signature_def"]["signature_def"]["serving_default"]
        assert signature["inputs"]["age"]["dtype"] == "DT_FLOAT" and signature["method_name"] == "tensorflow/serving/predict"
        assert [d["size"] for d in signature["outputs"]["probabilities"]["tensor_shape"]["dim"]] == ["-1", str(len(classes))]


@check("TFS-3")
def _():
    "predict by rows: instances give predictions, objects for several outputs; of a version and a label too"
    for path in (T, T + "/versions/1", T + "/labels/champion"):
        same_v1(post(path + ":predict", {"instances": instances})["predictions"])
    same_v1(post(T + ":predict", {"signature_name": "serving_default", "instances": instances})["predictions"])


@check("TFS-4")
def _():
    "predict by columns: inputs give outputs by name"
    out = post(T + ":predict", {"inputs": {"age": ages, "job": jobs, "since": [r["since"] for r in table], "member": members}})["outputs"]
    assert out["label"] == want_label and [[f32(x) for x in row] for row in out["probabilities"]] == want_scores


@check("TFS-5")
def _():
    "not both, not neither; errors are {error}"
    refused(T + ":predict", {"instances": instances, "inputs": {"age": ages}})
    refused(T + ":predict", {})
    refused(T + ":predict", {"instances": [{"age": "old"}]})
    refused("/v1/models/nobody:predict", {"instances": instances}, (404,))


# --- MLflow and SageMaker

names = ["age", "job", "since", "member"]
cells = [[r[n] for n in names] for r in instances]
for_csv = lambda values: ",".join('"' + str(v).replace('"', '""') + '"' for v in values)
text = "\n".join(for_csv(["true" if v is True else "false" if v is False else v for v in row]) for row in cells) + "\n"


def invoke(body, kind="application/json", accept=None, more=None):
    return send("POST", "/invocations", body, {"Content-Type": kind, **({"Accept": accept} if accept else {}), **(more or {})})


@check("MLF-1")
def _():
    "dataframe_split, dataframe_records, instances, inputs: predictions"
    for body in ({"dataframe_split": {"columns": names, "data": cells}}, {"dataframe_split": {"index": list(range(N)), "data": cells, "columns": names}},
                 {"dataframe_records": instances}, {"instances": instances}, {"inputs": {n: [r[n] for r in instances] for n in names}},
                 {"dataframe_records": instances, "params": {"temperature": 0.5}}):
        for kind in ("application/json", "application/json; charset=utf-8", "application/json; format=pandas-records"):
            status, head, data = invoke(json.dumps(body), kind)
            assert status == 200 and json.loads(data) == {"predictions": want_label}, (kind, status, data)


@check("MLF-2")
def _():
    "CSV with a header; the order of its columns is free"
    status, head, data = invoke(",".join(names) + "\n" + text, "text/csv")
    assert status == 200 and json.loads(data) == {"predictions": want_label}, data
    turned = "\n".join(for_csv([str(v) for v in row[::-1]]) for row in [names] + [[a, j, s, str(m).lower()] for a, j, s, m in cells])
    assert json.loads(invoke(turned, "text/csv; charset=utf-8")[2]) == {"predictions": want_label}


@check("MLF-3")
def _():
    "errors: 400 with error_code and message, 415 for another type; exactly one of the keys"
    for body in ({}, {"instances": instances, "inputs": {}}, {"dataframe_split": {"columns": names}}, {"dataframe_records": [{"age": "old"}]}):
        refused("/invocations", body, key="message")
    refused("/invocations", None, raw="{", key="error_code")
    assert invoke("x", "application/x-thing")[0] == 415


@check("MLF-4")
def _():
    "GET /ping and /health: 200"
    assert send("GET", "/ping")[0] == 200 and send("GET", "/health")[0] == 200


@check("SMK-1")
def _():
    "the container's contract: CSV without a header, answers as Accept says, headers of the service passed over"
    more = {"X-Amzn-SageMaker-Custom-Attributes": "trace=1", "X-Amzn-SageMaker-Target-Model": "m.tar.gz"}
    status, head, data = invoke(text, "text/csv", "text/csv", more)
    assert status == 200 and head["content-type"].startswith("text/csv") and data.decode().split() == want_label, data
    status, head, data = invoke(text, "text/csv", "application/json", more)
    assert json.loads(data) == {"predictions": want_label}


@check("SMK-2")
def _():
    "GET /ping answers 200 at once, with no more than a line"
    status, head, body = send("GET", "/ping")
    assert status == 200 and len(body) <= 1


# --- HTTP itself


@check("WEB-1")
def _():
    "HEAD is answered as GET without the body; another method is 405 with Allow; nothing there is 404"
    for path in ("/v2", "/v2/health/live", M, "/v1/models"):
        status, head, body = send("HEAD", path)
        assert (status, body) == (200, b"") and int(head["content-length"]) > 0, (path, status)
    for method, path, allow in (("GET", INFER, "POST"), ("PUT", INFER, "POST"), ("POST", M, "GET, HEAD"), ("DELETE", "/v2", "GET, HEAD")):
        status, head, body = send(method, path)
        assert status == 405 and head["allow"].startswith(allow), (method, path, status, head)
    assert send("GET", "/v3")[0] == 404


@check("WEB-2")
def _():
    "a page of this machine's may read replies and errors (CORS), asks with OPTIONS first; a stranger's page may not"
    page = {"Origin": "http://localhost:3000"}
    ask = {**page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    for path in (INFER, "/predict", T + ":predict", "/feedback"):
        status, head, body = send("OPTIONS", path, headers=ask)
        assert status == 200 and body == b"" and head["access-control-allow-origin"] == page["Origin"], (path, status, head)
        assert "POST" in head["access-control-allow-methods"]
        assert {"authorization", "content-type"} <= set(head["access-control-allow-headers"].lower().split(", "))
    for body, want in (('{"age": 41}', 200), ('{"age": "old"}', 400)):
        status, head, data = send("POST", "/predict", body, {**page, "Content-Type": "application/json"})
        assert (status, head["access-control-allow-origin"], head["vary"]) == (want, page["Origin"], "Origin"), (status, head)
    for method, headers in (("OPTIONS", ask), ("POST", {})):
        status, head, body = send(method, "/predict", None if method == "OPTIONS" else "{}", {**headers, "Origin": "https://evil.example"})
        assert status == 403 and "access-control-allow-origin" not in head, (method, status, head)
    assert send("OPTIONS", "/nothing", headers=ask)[0] == 404
    assert "access-control-allow-origin" not in send("GET", "/ping")[1]


@check("WEB-3")
def _():
    "a coded body is refused by its name, not as wrong JSON"
    status, head, body = send("POST", INFER, b"\x1f\x8b...", {"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert status == 415 and "gzip" in json.loads(body)["error"], (status, body)


sys.exit(failed > 0)
