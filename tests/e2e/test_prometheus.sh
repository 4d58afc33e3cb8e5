#!/bin/bash
# Prometheus itself: its linter, its scrape over TLS with a token, our rules and the dashboard's expressions on what it scraped.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v promtool >/dev/null && command -v prometheus >/dev/null || skip "no prometheus"
command -v openssl >/dev/null || skip "no openssl"
command -v python3 >/dev/null || skip "no python3"
guide=$ROOT/docs/guide/prometheus

expect_exit "rules are right" 0 promtool check rules "$guide/hone-alerts.yml"
expect_exit "and ring when they should" 0 promtool test rules "$guide/hone-alerts.test.yml"
expect_exit "the scrape of the guide is right" 0 promtool check config --syntax-only "$guide/prometheus.yml"

make_buyers
train buyers 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout key.pem -out ca.pem 2>openssl.err || skip "openssl: $(tail -1 openssl.err)"
expect_exit grant 0 "$HONE" grant prometheus --role read
tail -1 out >hone.token
expect_exit "grant a writer" 0 "$HONE" grant client --role write
client=$(tail -1 out)
serve "serves with TLS and tokens" models:/buyers/1 --require-token --tls-cert ca.pem --tls-key key.pem || exit 1
curl=(curl -s --cacert ca.pem -H "Authorization: Bearer $client")
"${curl[@]}" "$URL/predict" -d '[{"age":70,"extra":1},{"job":"nurse"}]' >/dev/null
"${curl[@]}" "$URL/predict" -d '{"age":"old"}' >/dev/null
"${curl[@]}" "$URL/metrics" >metrics
expect_exit "promtool check metrics has nothing to say" 0 sh -c 'promtool check metrics <metrics'
expect_equal "not even advice" "$(cat out err)" ""
"${curl[@]}" -D head -H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5' "$URL/metrics" >open
expect_contains "OpenMetrics when asked for" head '^[Cc]ontent-[Tt]ype: application/openmetrics-text; version=1.0.0'
expect_equal "it has an end" "$(tail -1 open)" "# EOF"
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
    /usr/bin/python3 - <<'PY' && ok "both formats say the same to Python's parsers" || fail "parsers" "see above"
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as text
names = lambda families: {s.name for f in families for s in f.samples}
a, b = names(strict(open("open").read())), names(text(open("metrics").read()))
assert a == b, a ^ b
PY
fi

sed -e "s#models.example.org:8443#${URL#https://}#" -e 's/scrape_interval: 15s/scrape_interval: 1s/' -e 's/evaluation_interval: 15s/evaluation_interval: 1s/' \
    "$guide/prometheus.yml" >prometheus.yml
cp "$guide/hone-alerts.yml" .
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file=prometheus.yml --storage.tsdb.path=tsdb --web.listen-address="127.0.0.1:$port" >prometheus.out 2>&1 &
pids+=("$!")
cat >ask.py <<'PY'
import json, sys, time, urllib.parse, urllib.request
port, dashboard = sys.argv[1:]
def ask(expr):
    query = urllib.parse.urlencode({"query": expr})
    reply = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}", timeout=10))
    assert reply["status"] == "success", reply
    return reply["data"]["result"]
def wait(what, expr):
    for _ in range(300):
        try:
            if ask(expr):
                print("ok", what)
                return
        except OSError:
            pass
        time.sleep(0.1)
    print(f"FAIL {what}: nothing for {expr}")
    sys.exit(1)
wait("Prometheus scrapes over TLS with a token of role read", 'up{job="hone"} == 1')
wait("and sees what was asked", 'hone_requests_total{model="buyers",route="predict",code="200"} == 1')
wait("and what was refused", 'hone_requests_total{model="buyers",route="predict",code="400"} == 1')
wait("twice, so that there are rates", "count_over_time(hone_rows_total[1m]) > 3")
rules = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/rules"))["data"]["groups"][0]["rules"]
bad = [r["name"] for r in rules if r["health"] == "err"]
print(f"FAIL rules: {bad}" if bad or len(rules) < 10 else "ok the rules are evaluated")
empty, n = [], 0
for panel in json.load(open(dashboard))["panels"]:
    for target in panel.get("targets", []):
        expr = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*").replace("$model", ".*")
        n += 1
        if not ask(expr) and not any(word in expr for word in ("drifted", "realised", "tested")):
            empty.append(panel["title"])
print(f"FAIL the dashboard: nothing for {empty}" if empty else f"ok {n} expressions of the dashboard have values")
PY
python3 ask.py "$port" "$guide/grafana-dashboard.json" >asked 2>ask.err
status=$?
cat asked
failures=$((failures + $(grep -c '^FAIL' asked)))
[ "$status" -eq 0 ] || grep -q '^FAIL' asked || fail "asking Prometheus" "$(tail -2 ask.err prometheus.out)"
grep -ohE '\bhone_[a-z_]+' "$guide"/hone-alerts.yml "$guide"/grafana-dashboard.json | sort -u >named
grep -oE '^hone_[a-z_]+' metrics | sed -E 'p; s/_(bucket|sum|count)$//' | sort -u >there
expect_equal "rules and dashboard name what is there" "$(comm -23 named there | grep -vE '^hone_(drifted_columns|realised_metric|tested_metric)$')" ""
