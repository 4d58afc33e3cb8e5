#!/bin/bash
# hone serve: every dialect with good requests, and its pages.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"

make_buyers
train buyers 1
serve "serves a version" models:/buyers/1 || exit 1
expect_equal "one line says where" "$(wc -l <serve.out)" 1
row='{"age":70,"job":"nurse","since":"2015-02-11","member":true}'
one='"prediction":"yes","probabilities":\{"no":0\.[0-9]+,"yes":0\.[0-9]+\}\}'

ask "a row" 200 "^\{\"id\":\"[0-9A-Z]{26}\",$one\$" /predict -d "$row"
has_header "names the model" '^x-hone-model: buyers$'
has_header "names the version" '^x-hone-version: 1$'
has_header "has an id" '^x-request-id: [0-9A-Z]{26}$'
has_header "is JSON" '^content-type: application/json$'
ask "a told id comes back" 200 yes /predict -d "$row" -H 'X-Request-Id: mine-7'
has_header "as it was" '^x-request-id: mine-7$'
ask "an array of rows" 200 "^\[\{\"id\":\"[0-9A-Z]{26}-0\",$one,\{\"id\":\"[0-9A-Z]{26}-1\"" /predict -d "[$row,{\"age\":20}]"
ask "rows in an object" 200 "^\[\{\"id\"" /predict -d "{\"rows\":[$row]}"
ask "CSV at /predict" 200 "^\[\{\"id\".*\"yes\"" /predict -H 'Content-Type: text/csv' -d $'age,job\n70,nurse\n'
ask "a quote in a category" 200 prediction /predict -d '{"age":50,"job":"the \"boss\""}'

expect_exit "offline prediction" 0 "$HONE" predict models:/buyers/1 buyers.csv -o offline.csv
awk -F, 'NR == 1 { print } NR > 1 && NR <= 51' buyers.csv | cut -d, -f1-4 >fifty.csv
ask "fifty rows as CSV" 200 prediction /predict -H 'Content-Type: text/csv' --data-binary @fifty.csv
if command -v python3 >/dev/null; then
    python3 - <<'PY' && ok "served as offline, to the bit" || fail "served as offline" "they differ"
import csv, json, struct
served = json.load(open("body"))
offline = list(csv.DictReader(open("offline.csv")))[:50]
f32 = lambda x: struct.pack("<f", float(x))
assert len(served) == 50
for s, o in zip(served, offline):
    assert s["prediction"] == o["prediction"], (s, o)
    assert f32(s["probabilities"]["yes"]) == f32(o["probability_yes"]), (s, o)
PY
fi

v2='{"id":"r1","inputs":[{"name":"age","shape":[2],"datatype":"INT64","data":[70,20]},{"name":"job","shape":[2,1],"datatype":"BYTES","data":[["nurse"],["clerk"]]}]'
ask "v2 infer" 200 '"id":"r1".*"name":"label","datatype":"BYTES","shape":\[2\],"data":\["yes","no"\].*"name":"probabilities","datatype":"FP32","shape":\[2,2\]' /v2/models/buyers/infer -d "$v2}"
ask "v2 infer of a version" 200 '"model_version":"1"' /v2/models/buyers/versions/1/infer -d "$v2}"
ask "v2 chosen output" 200 '"outputs":\[\{"name":"probabilities"[^}]*\}\]\}$' /v2/models/buyers/infer -d "$v2,\"outputs\":[{\"name\":\"probabilities\"}]}"
ask "v2 unknown output" 400 '"error":"the model has no output \\"x\\""' /v2/models/buyers/infer -d "$v2,\"outputs\":[{\"name\":\"x\"}]}"
printf '{"inputs":[{"name":"age","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"probabilities","parameters":{"binary_data":true}}]}' >tensor.json
json_length=$(wc -c <tensor.json)
printf '\0\0\x8c\x42\0\0\xa0\x41' >>tensor.json
ask "v2 binary tensors" 200 '"binary_data_size":16' /v2/models/buyers/infer -H 'Content-Type: application/octet-stream' -H "Inference-Header-Content-Length: $json_length" --data-binary @tensor.json
has_header "tells the JSON's length" '^inference-header-content-length: [0-9]+$'
length=$(tr -d '\r' <./head | sed -n 's/^[Ii]nference-[Hh]eader-[Cc]ontent-[Ll]ength: //p')
expect_equal "bytes follow the JSON" "$(($(wc -c <body) - length))" 16
ask "v2 server" 200 '"extensions":\["binary_tensor_data"' /v2
ask "v2 live" 200 '"live":true' /v2/health/live
ask "v2 ready" 200 '"ready":true' /v2/health/ready
ask "v2 models" 200 '^\{"models":\["buyers"\]\}$' /v2/models
ask "v2 model" 200 '"inputs":\[\{"name":"age","datatype":"FP32","shape":\[-1,1\]\},\{"name":"job","datatype":"BYTES".*"name":"since","datatype":"INT64"' /v2/models/buyers
ask "v2 model version" 200 '"versions":\["1"\]' /v2/models/buyers/versions/1
ask "v2 model ready" 200 '"name":"buyers","ready":true' /v2/models/buyers/ready
ask "v2 index" 200 '"state":"READY"' /v2/repository/index -X POST -d '{}'
ask "v1 instances" 200 '^\{"predictions":\[\{"label":"yes","probabilities":\[0\.[0-9]+,0\.[0-9]+\]\}\]\}$' /v1/models/buyers:predict -d "{\"instances\":[$row]}"
ask "v1 inputs" 200 '^\{"outputs":\{"label":\["yes","no"\],"probabilities":\[\[' /v1/models/buyers:predict -d '{"inputs":{"age":[70,20],"job":["nurse","clerk"]}}'
ask "v1 version" 200 predictions /v1/models/buyers/versions/1:predict -d "{\"instances\":[$row]}"
ask "v1 state" 200 '"state":"AVAILABLE"' /v1/models/buyers
ask "v1 models" 200 '"models":\["buyers"\]' /v1/models
for body in "{\"dataframe_records\":[$row]}" "{\"instances\":[$row]}" '{"inputs":{"age":[70]}}' \
    '{"dataframe_split":{"columns":["age","job"],"data":[[70,"nurse"]]}}'; do
    ask "invocations ${body:2:15}" 200 '^\{"predictions":\["(yes|no)"\]\}$' /invocations -H 'Content-Type: application/json; charset=utf-8' -d "$body"
done
ask "invocations CSV" 200 '^\{"predictions":\["yes","no"\]\}$' /invocations -H 'Content-Type: text/csv' --data-binary $'age,job\n70,nurse\n20,clerk\n'
ask "invocations CSV without header" 200 '^yes$' /invocations -H 'Content-Type: text/csv' -H 'Accept: text/csv' --data-binary $'70,nurse,2015-02-11,true\n'
ask "ping" 200 '^$' /ping

ask "metrics" 200 '^hone_requests_total\{model="buyers",version="1",route="predict",code="200"\} [0-9]+$' /metrics
has_header "metrics type" '^content-type: text/plain; version=0.0.4; charset=utf-8$'
for name in hone_request_duration_seconds_bucket hone_inference_seconds_sum hone_log_dropped_total hone_model_info process_resident_memory_bytes process_cpu_seconds_total; do
    expect_contains "metric $name" body "^$name"
done
expect_contains "histogram ends in +Inf" body 'le="\+Inf"'
expect_contains "finest bucket" body 'le="5e-05"'
if command -v python3 >/dev/null; then
    python3 - <<'PY' && ok "metrics are well formed" || fail "metrics" "not the text format"
import re
seen, family = set(), None
buckets = {}
for line in open("body"):
    assert line.endswith("\n")
    line = line[:-1]
    if line.startswith("# HELP "):
        family = line.split()[2]; assert family not in seen, family; seen.add(family)
    elif line.startswith("# TYPE "):
        assert line.split()[2] == family
    else:
        m = re.fullmatch(r'([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)', line)
        assert m and m[1].startswith(family), line
        float(m[3])
        if m[1].endswith("_bucket"):
            key = m[1] + re.sub(r',?le="[^"]*"', "", m[2])
            assert float(m[3]) >= buckets.get(key, 0); buckets[key] = float(m[3])
        if m[1].endswith("_count"):
            assert buckets[m[1][:-6] + "_bucket" + m[2]] == float(m[3])
PY
fi
ask "openapi" 200 '"openapi": "3.1.0"' /openapi.json
if command -v python3 >/dev/null; then
    python3 -c '
import json
d = json.load(open("body"))
assert set(d["components"]["schemas"]["Row"]["properties"]) == {"age", "job", "since", "member"}
assert "post" in d["paths"]["/predict"] and "get" in d["paths"]["/metrics"]' && ok "openapi has the row" || fail "openapi" "no row"
fi
ask "the page" 200 '<b>ok</b>nothing is wrong' /
has_header "the page is HTML" '^content-type: text/html; charset=utf-8$'
expect_contains "it says what is served" body 'href="/models/buyers"'
ask "the page of a model" 200 'models:/buyers/1' /models/buyers
expect_contains "it shows a line to try" body 'curl -s http://127.0.0.1:[0-9]*/predict'
ask "HEAD" 200 '' /v2/health/live -I
stop_server "SIGTERM ends it well" TERM 0

train other 2
serve "serves two models" models:/buyers/1 models:/other/1 || exit 1
ask "the first is meant" 200 prediction /predict -d "$row"
has_header "by default" '^x-hone-model: buyers$'
ask "the second by its name" 200 label /v1/models/other:predict -d "{\"instances\":[$row]}"
has_header "answers" '^x-hone-model: other$'
stop_server "SIGINT ends it well" INT 0

expect_exit "export" 0 "$HONE" export models:/buyers/1 -o buyers.onnx
serve "serves a file" buyers.onnx || exit 1
expect_contains "says that it does not log" serve.out 'without a log'
ask "and answers" 200 "$one" /predict -d "$row"
ask "but takes no feedback" 501 'not logged' /feedback -d '{"id":"a","label":"yes"}'
stop_server "and ends" TERM 0

expect_exit "no such version" 4 "$HONE" serve models:/buyers/9 --port 0
expect_exit "no such model" 4 "$HONE" serve models:/nobody@champion --port 0
expect_exit "no such file" 4 "$HONE" serve nothing.onnx --port 0
echo "not a model" >bad.onnx
expect_exit "not a model" 3 "$HONE" serve bad.onnx --port 0
expect_exit "same model twice" 4 "$HONE" serve models:/buyers/1 models:/buyers/1 --port 0
expect_exit "port out of range" 2 "$HONE" serve models:/buyers/1 --port 70000
expect_exit "open to all without a token" 2 env -u HONE_TOKEN "$HONE" serve models:/buyers/1 --port 0 --host 0.0.0.0
expect_contains "says what to do" err 'HONE_TOKEN'
expect_exit "no such address" 2 "$HONE" serve models:/buyers/1 --port 0 --host no.such.host.invalid
serve "holds a port" models:/buyers/1 || exit 1
expect_exit "a port that is taken" 4 "$HONE" serve models:/buyers/1 --port "${URL##*:}"
expect_contains "says so" err 'is taken'
