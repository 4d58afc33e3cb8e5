#!/bin/bash
# Alarms told to webhooks: signed, retried, once, whatever is killed; and what a receiver may do wrong.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"
unset HONE_WEBHOOK HONE_WEBHOOK_SECRET HONE_WEBHOOK_CA http_proxy https_proxy
KEY=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw

# receive NAME PORT [CERT KEY]: a receiver that logs to NAME.log and answers as NAME.answers says; RECEIVER_PID, PORT.
receive() {
    local name=$1 i
    shift
    : >"$name.port"
    python3 "$ROOT/tests/e2e/hook_receiver.py" "$name.log" "$name.answers" "$@" >"$name.port" 2>"$name.err" &
    RECEIVER_PID=$!
    pids+=("$RECEIVER_PID")
    for i in $(seq 100); do
        [ ! -s "$name.port" ] || break
        sleep 0.1
    done
    PORT=$(cat "$name.port")
}
answers() { # answers NAME LINE...: the last one stays
    local name=$1
    shift
    printf '%s\n' "$@" >"$name.answers"
}
# got NAME: how many requests it got; heard NAME N: wait until it got so many.
got() { wc -l <"$1.log"; }
heard() {
    local i
    for i in $(seq 120); do
        [ "$(got "$1")" -lt "$2" ] || return 0
        sleep 0.25
    done
    return 1
}
# field NAME LINE EXPRESSION: of the parsed request r and its body b.
field() {
    python3 -c '
import json, sys
r = json.loads(open(sys.argv[1] + ".log").read().splitlines()[int(sys.argv[2])])
b = json.loads(r["body"])
print(eval(sys.argv[3]))' "$@"
}
# signed NAME LINE KEY: as the specification says, with no code of ours.
signed() {
    python3 -c '
import base64, hashlib, hmac, json, sys
r = json.loads(open(sys.argv[1] + ".log").read().splitlines()[int(sys.argv[2])])
h = r["headers"]
key = base64.b64decode(sys.argv[3][6:]) if sys.argv[3].startswith("whsec_") else sys.argv[3].encode()
text = "%s.%s.%s" % (h["webhook-id"], h["webhook-timestamp"], r["body"])
want = "v1," + base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
print("yes" if hmac.compare_digest(want, h.get("webhook-signature", "")) else "no")' "$@"
}

make_buyers
train buyers 1
expect_exit "promote" 0 "$HONE" promote models:/buyers/1
touch a.log b.log
answers a 500 200
receive a 0
A="http://ann:secret@127.0.0.1:$PORT/secret?key=secret"
APORT=$PORT
A_PID=$RECEIVER_PID

# --- trying a hook before the night
try() { "$HONE" monitor models:/buyers@champion --test-webhook "$@"; }
expect_exit "a test that is not accepted" 8 try --webhook "$A"
expect_contains "says the status and what was said" err "http://127.0.0.1:$APORT answers with status 500: said"
expect_exit "a test that is" 0 try --webhook "$A"
expect_contains "says so" out "^http://127.0.0.1:$APORT accepted the test$"
expect_equal "it is a test" "$(field a 1 'b["type"]')" test
expect_equal "for people" "$(field a 1 'b["text"]')" "TEST test: hone can reach this webhook; nothing is wrong"
expect_equal "posted to its path" "$(field a 1 'r["path"]')" "/secret?key=secret"
expect_equal "without a key it is not signed" "$(field a 1 '"webhook-signature" in r["headers"]')" False
HONE_WEBHOOK_SECRET=$KEY HONE_WEBHOOK="$A $A" expect_exit "from the environment, as JSON" 0 try --json
expect_equal "one hook is told once" "$(got a)" 3
expect_equal "the JSON" "$(json out '[0].webhook') $(json out '[0].error')" "http://127.0.0.1:$APORT null"
expect_equal "signed by the specification" "$(signed a 2 $KEY)" yes
HONE_WEBHOOK_SECRET=night expect_exit "a key that is a plain text" 0 try --webhook "$A"
expect_equal "is the key itself" "$(signed a 3 night) $(signed a 3 day)" "yes no"
expect_exit "no hook" 2 try
expect_contains "says how to name one" err '--webhook URL, or in HONE_WEBHOOK'
expect_exit "no URL" 2 try --webhook hooks.example.com/secret
expect_contains "says what one is" err 'begins with https:// or http://'
expect_exit "another protocol" 2 try --webhook file:///etc/passwd
HONE_WEBHOOK_SECRET='whsec_?' expect_exit "no key" 2 try --webhook "$A"
answers a "redirect http://127.0.0.1:$APORT/elsewhere"
expect_exit "a redirect is not followed" 8 try --webhook "$A"
expect_contains "says what to do" err 'give the URL where it leads'
expect_equal "nobody was asked there" "$(field a -1 'r["path"]')" "/secret?key=secret"
answers a flood
expect_exit "an endless reply is cut off" 0 try --webhook "$A"
answers a stall
expect_exit "no answer" 8 try --webhook "$A"
expect_contains "ends after ten seconds" err 'imed out'

# --- TLS
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
        -addext subjectAltName=IP:127.0.0.1 2>/dev/null
    answers b 200
    receive b 0 cert.pem key.pem
    expect_exit "a certificate that nobody knows" 8 try --webhook "https://127.0.0.1:$PORT/"
    expect_contains "says so" err 'certificate'
    HONE_WEBHOOK_CA=cert.pem expect_exit "one that is trusted" 0 try --webhook "https://127.0.0.1:$PORT/"
    HONE_WEBHOOK_CA=cert.pem expect_exit "of another name" 8 try --webhook "https://localhost:$PORT/"
fi

# --- hone monitor tells
serve "serves" models:/buyers@champion --flush 0.05 --watch off || exit 1
rows=$(printf '{"age":999,"job":"nurse","member":true},%.0s' $(seq 100))
ask "odd rows" 200 prediction /predict -d "[${rows%,}]"
stop_server "ends" TERM 0
look() { "$HONE" monitor models:/buyers@champion --window 50 --k 1 --of 1 "$@"; }
answers a 500 200
: >a.log
expect_exit "monitor rings, and is not heard" 1 look --webhook "$A"
expect_contains "says so" err 'that alarm:1 rings was not told: .* status 500'
expect_exit "too soon to tell again" 1 look --webhook "$A"
expect_equal "told once so far" "$(got a)" 1
sqlite3 .hone/hone.db 'UPDATE telling SET next = 0' # five seconds later
printf 'monitor:\n  webhook: ["%s"]\n  watch: day\n' "$A" >hone.yaml
HONE_WEBHOOK_SECRET=$KEY expect_exit "then it is heard, by the project file" 1 look --config hone.yaml
expect_contains "says so" err "^http://127.0.0.1:$APORT was told that alarm:1 rings$"
expect_equal "the same message" "$(field a 0 'r["headers"]["webhook-id"]')" "$(field a 1 'r["headers"]["webhook-id"]')"
expect_equal "signed" "$(signed a 1 $KEY)" yes
expect_equal "what rings" "$(field a 1 '[b["type"], b["data"]["id"], b["data"]["model"], b["data"]["kind"], b["data"]["command"]]')" \
    "['alarm.raised', 'alarm:1', 'buyers', 'drift', 'hone why alarm:1']"
expect_exit "a third look" 1 look --webhook "$A"
expect_equal "tells nothing more" "$(got a)" 2
expect_exit "another key of the file is refused" 2 "$HONE" train buyers.csv --target buys --config <(echo 'monitor: {webhok: x}')
expect_contains "says what there is" err 'did you mean webhook'

# --- the server tells what others raised
expect_exit "closed" 0 "$HONE" close alarm:1 --reason 'a <test>'
answers a 500 200
serve "serves and tells" models:/buyers@champion --config hone.yaml --log-level info || exit 1
heard a 3 && heard a 4
expect_equal "that it is closed, once more after a 500" "$(field a 3 'b["type"]')" alarm.closed
expect_equal "by whom and why" "$(field a 3 'b["data"]["closed"]["reason"]')" 'a <test>'
expect_equal "and where to read of it" "$(field a 3 'b["data"]["page"]')" "$URL/alarms/1"
ask "which is there" 200 '<b>alarm:1</b>' /alarms/1 -H 'Accept: text/html'
expect_contains "the log says that it failed" serve.err 'webhook alarm:1 is closed, attempt 1: .*status 500.*again in 5 s'
expect_contains "and that it was told" serve.err "webhook http://127.0.0.1:$APORT was told that alarm:1 is closed"

# --- a server that is killed between raising and telling; the receiver is down, too
kill "$A_PID" && wait "$A_PID" 2>/dev/null
raise() { # an alarm of its own: a later window
    sqlite3 .hone/hone.db "INSERT INTO alarm (time, kind, severity, subject, message, detail, key, seen)
        VALUES ($1 * 1000000, 'service', 'warning', 'test', 'alarm $1', '{}', 'test $1', $1 * 1000000)"
}
raise 101
for _ in $(seq 60); do
    grep -q 'alarm:2, attempt 1' serve.err && break
    sleep 0.25
done
expect_contains "nobody is there" serve.err 'alarm:2, attempt 1: http://127.0.0.1:[0-9]*: .*onnect'
kill -9 "$SERVER_PID" && wait "$SERVER_PID" 2>/dev/null
: >a.log
answers a stall 200
receive a "$APORT"
serve "again" models:/buyers@champion --webhook "$A" || exit 1
heard a 1
kill -9 "$SERVER_PID" && wait "$SERVER_PID" 2>/dev/null # while it tells
expect_equal "nobody knows whether it was told" "$(sqlite3 .hone/hone.db 'SELECT told FROM alarm WHERE id = 2')" 0
sqlite3 .hone/hone.db 'UPDATE telling SET next = 0' # the lease is over

# --- two servers on one store: one message
serve "one" models:/buyers@champion --webhook "$A" || exit 1
cp serve.err one.err
serve "two" models:/buyers@champion --webhook "$A" || exit 1
heard a 2
expect_equal "it is told again after the kill, by the same id" \
    "$(field a 1 'r["headers"]["webhook-id"]')" "$(field a 0 'r["headers"]["webhook-id"]')"
for i in 102 103 104 105; do raise $i; done
heard a 6
sleep 6 # more than a step of both
expect_equal "four alarms, two servers, four messages" "$(got a)" 6
expect_equal "each once" "$(for i in 2 3 4 5; do field a $i 'b["data"]["id"]'; done | sort -u | wc -l)" 4
expect_equal "all are told" "$(sqlite3 .hone/hone.db 'SELECT count(*) FROM alarm WHERE told = 0')" 0
stop_server "ends" TERM 0

# --- secrets stay where they are
expect_equal "no secret in logs and store" "$(cat serve.err one.err .hone/hone.db* | grep -c -a secret)" 0
expect_exit "a model as a file" 0 "$HONE" export models:/buyers/1 -o model.onnx
expect_exit "has no alarms" 2 "$HONE" serve model.onnx --port 0 --webhook "$A"
expect_contains "says why" err 'no model of a store is served'
