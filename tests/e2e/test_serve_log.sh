#!/bin/bash
# The log of hone serve: one JSON object on each line, whatever clients send; refused, failed, slow and sampled requests.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"
unset HONE_TOKEN

make_buyers
train buyers 1
row='{"age":70,"job":"nurse"}'
HONE_TOKEN=secret serve "serves" models:/buyers/1 --log-format json --slow 0.0001 --poll 0.05 --flush 0.05 || exit 1
auth=(-H 'Authorization: Bearer secret')
ask "a slow one" 200 prediction /predict "${auth[@]}" -d "$row" -H 'X-Request-Id: my-7' \
    -H 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
has_header "the id comes back" '^x-request-id: my-7'
stop_server "ends" TERM 0
mv serve.err slow.err

HONE_TOKEN=secret serve "serves again" models:/buyers/1 --log-format json --access-log 1 --poll 0.05 --flush 0.05 || exit 1
ask "one that is told" 200 prediction /predict "${auth[@]}" -d "$row"
ask "quotes and new lines" 400 error /predict "${auth[@]}" -d "$(printf '{"a\\"\\n\\u0000b\x01":"\xff\xfe"}')"
ask "no token" 401 error /predict -d "$row"
ask "no path" 404 error "/%22%0a%7b%7d%5c" "${auth[@]}"
ask "a trace that is none" 400 error /predict "${auth[@]}" -H 'traceparent: "},{' -d '{"age":"x"}'
for i in $(seq 60); do
    printf 'url = "%s/predict"\ndata = "nonsense %s"\noutput = "/dev/null"\nsilent\nheader = "Authorization: Bearer secret"\n%s\n' \
        "$URL" "$i" "$([ "$i" -lt 60 ] && echo next)"
done | curl -K -
stop_server "ends too" TERM 0
mv serve.err noisy.err
cat slow.err noisy.err >serve.err

python3 - <<'PY' >checked 2>&1 && ok "every line is an object with its facts" || fail "every line is an object with its facts" "$(tail -3 checked)"
import json, datetime
events = {}
for line in open("serve.err", "rb"):
    e = json.loads(line.decode("utf-8"))
    assert list(e)[:4] == ["time", "level", "event", "text"], e
    datetime.datetime.strptime(e["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert e["level"] in ("debug", "info", "warn", "error"), e
    events.setdefault(e["event"], []).append(e)
slow = [e for e in events["slow"] if e.get("request") == "my-7"][0]
assert slow["trace"] == "4bf92f3577b34da6a3ce929d0e0e4736" and slow["span"] == "00f067aa0ba902b7", slow
assert slow["model"] == "buyers" and slow["version"] == "1" and slow["status"] == 200 and slow["client"] == "token", slow
assert len(slow["prediction"]) == 26 and slow["path"] == "/predict" and slow["method"] == "POST", slow
parts = slow["read_ms"] + slow["parse_ms"] + slow["infer_ms"] + slow["write_ms"]
assert abs(parts - slow["ms"]) < 0.01 and slow["infer_ms"] > 0, slow
assert any(e["path"] == "/predict" and e["status"] == 200 for e in events["access"])
assert {400, 401, 404} <= {e.get("status") for e in events["refused"]}, events["refused"]
assert all("trace" not in e for e in events["refused"])
assert any("string" in e["text"] for e in events["refused"]), "the reason is told"
told = sum(1 for e in events["refused"] if "status" in e)
assert told < 64, told
PY
expect_lacks "no secret is in it" serve.err secret

HONE_TOKEN=secret serve "for people" models:/buyers/1 --poll 0.05 || exit 1
ask "refused" 400 error /predict "${auth[@]}" -d '{"age":"old"}' -H 'X-Request-Id: r-1'
stop_server "ends at last" TERM 0
expect_contains "text and name=value" serve.err '^20[0-9TZ:.-]+ info refused row.* request=r-1 client=token method=POST path=/predict model=buyers version=1 status=400 ms=[0-9.e-]+ '
expect_contains "its end is told" serve.err ' info drain '

# --- the service manager -------------------------------------------------------------------------------------
python3 - "$HONE" <<'PY' >notified 2>&1 && ok "the service manager is told of start, life and end" || fail "the service manager" "$(cat notified)"
import os, socket, subprocess, sys, time, signal
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("notify.sock")
s.settimeout(20)
env = dict(os.environ, NOTIFY_SOCKET=os.path.abspath("notify.sock"), WATCHDOG_USEC="400000")
p = subprocess.Popen([sys.argv[1], "serve", "models:/buyers/1", "--port", "0"], env=env, stdout=subprocess.DEVNULL)
assert s.recv(1000) == b"READY=1\nSTATUS=serving"
assert [s.recv(1000) for _ in range(3)] == [b"WATCHDOG=1"] * 3
p.send_signal(signal.SIGTERM)
rest = b""
while b"STOPPING=1" not in rest:
    rest = s.recv(1000)
assert p.wait(20) == 0
PY
exit 0
