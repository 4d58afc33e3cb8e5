#!/bin/bash
# hone serve when it gets tight: a burst of connections, no file number left, a log that nobody reads, a store that
# another process holds.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"

make_buyers
train buyers 1
row='{"age":70,"job":"nurse"}'

# The loop's own queue has 256 places: while it is at work, more than that come at once.
serve "serves with one thread" models:/buyers/1 --threads 1 --log off || exit 1
python3 - "${URL##*:}" >burst.out 2>&1 <<'PY'
import socket, sys
port = int(sys.argv[1])
body = b"[" + b",".join([b'{"age":60,"job":"nurse"}'] * 90000) + b"]"
busy = socket.create_connection(("127.0.0.1", port))
busy.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
crowd = []
for i in range(700):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", port))
    crowd.append(s)
answered = 0
for s in crowd:
    s.settimeout(20)
    try:
        s.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered += s.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        pass
print(answered)
PY
expect_equal "a burst is answered, all of it" "$(cat burst.out)" 700
kill -HUP "$SERVER_PID"
wait "$SERVER_PID"
expect_equal "SIGHUP ends it in order" "$?" 0
expect_contains "and it says so" serve.err 'drain'

# Connections come and go at the limit of file numbers.
(
    ulimit -n 64
    exec "$HONE" serve --port 0 --log off models:/buyers/1 >serve.out 2>serve.err </dev/null
) &
SERVER_PID=$!
pids+=("$SERVER_PID")
for ((i = 0; i < 200; i++)); do
    URL=$(grep -oE 'http://[^ "]+' serve.out | head -1)
    [ -z "$URL" ] || break
    sleep 0.05
done
python3 - "${URL##*:}" <<'PY'
import socket, sys, time
crowd = []
until = time.time() + 2
while time.time() < until:
    crowd.append(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
    if len(crowd) > 90:
        crowd.pop(0).close()
PY
ask "answers when there is room again" 200 '' /ping
expect_equal "one line says that there was none" "$(grep -c 'error accept' serve.err)" 1
stop_server "ends" TERM 0

# A log's reader that stands still holds nothing up.
mkfifo pipe
exec 9<>pipe # a reader that never reads
: >serve.out
"$HONE" serve --port 0 --access-log 1 models:/buyers/1 >serve.out 2>pipe </dev/null &
SERVER_PID=$!
pids+=("$SERVER_PID")
for ((i = 0; i < 200; i++)); do
    URL=$(grep -oE 'http://[^ "]+' serve.out | head -1)
    [ -z "$URL" ] || break
    sleep 0.05
done
python3 - "${URL##*:}" <<'PY'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for i in range(1000): # some 200 bytes of log each
    s.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
    s.recv(4096)
PY
sleep 1 # its lines are written in the meantime, and fill the pipe
ask "answers while nobody reads its log" 200 '' /ping
kill -TERM "$SERVER_PID"
for ((i = 0; i < 200; i++)); do
    kill -0 "$SERVER_PID" 2>/dev/null || break
    sleep 0.05
done
if kill -0 "$SERVER_PID" 2>/dev/null; then
    fail "ends while nobody reads its log" "it is still there"
    kill -KILL "$SERVER_PID"
else
    ok "ends while nobody reads its log"
fi
exec 9>&-

# hold SECONDS: another process holds the store, from now on.
hold() {
    python3 - "$1" <<'PY' &
import sqlite3, sys, time
c = sqlite3.connect(".hone/hone.db", isolation_level=None, timeout=60)
c.execute("BEGIN IMMEDIATE")
open("held", "w").close()
time.sleep(float(sys.argv[1]))
c.execute("ROLLBACK")
PY
    HOLDER=$!
    pids+=("$HOLDER")
    while [ ! -e held ]; do sleep 0.05; done
    rm held
}

printf '[%s' "$row" >many.json
for ((i = 1; i < 20000; i++)); do printf ',%s' "$row"; done >>many.json
printf ']' >>many.json
serve "serves once more" models:/buyers/1 || exit 1
hold 15
ask "answers while the store is held" 200 prediction /predict --data-binary @many.json
id=$(grep -oE '[0-9A-Z]{26}-7"' body | tr -d '"')
ask "labels do not wait for ever" 503 'locked by another process' /feedback -d "{\"id\":\"$id\",\"label\":\"yes\"}"
wait "$HOLDER"
ask "and come when it is free" 200 '"accepted":1' /feedback -d "{\"id\":\"$id\",\"label\":\"yes\"}"
ask "nothing was lost" 200 '^hone_log_written_total 20000$' /metrics
expect_contains "nor dropped" body '^hone_log_dropped_total 0$'
hold 100
ask "answers again" 200 prediction /predict --data-binary @many.json
sleep 2 # the writer has them
begun=$SECONDS
stop_server "ends though the store is held" TERM 0
expect_at_most "and waits once, not for each transaction" $((SECONDS - begun)) 40
expect_contains "and tells what is lost" serve.err 'error log [0-9]+ predictions are lost'
kill "$HOLDER"
