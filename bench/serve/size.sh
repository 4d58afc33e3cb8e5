#!/bin/bash
# How small and how quick to start a server is.
#
#   bench/serve/size.sh [MODELS]          (50)
#
# Resident memory of an idle server with one model (limit 40 MB), and with MODELS different ones of 100 trees each, all of
# which have answered (limit 200 MB).  From the start of the process to its first answer (limit 50 ms): drive starts it
# and asks until it answers; the best of 20 starts, since the machine may be busy with other things.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../bench/serve/common.sh
. "$here/common.sh"
models=${1:-50}
need_adult
rows 100
gzip -dc "$adult" | head -n 6000 >part.csv
for ((i = 1; i <= models; i++)); do
    "$FAST" train part.csv --target income --no-header --names "$names" --skip-initial-space --na '?' \
        --name "m$i" --model gbt --set rounds=100 --set learning_rate=0.1 --set max_leaves=31 --set patience=100 --checks off --bootstrap 0 --seed "$i" \
        --quiet >train.out 2>train.err || { cat train.err; exit 1; }
done
# resident: of the server, MB as the limits are
resident() { awk '$1 == "VmRSS:" { printf "%.1f", $2 * 1024 / 1e6 }' "/proc/$server/status"; }
limit() { # limit NAME VALUE UNIT MOST
    printf '%-40s %8s %s, at most %s\n' "$1" "$2" "$3" "$4"
    at_most "$2" "$4" || bad=1
}

offline m1 1
python3 "$here/requests.py" rows.csv m1 --offline 1=1.csv >first.rec || exit 1
port=$(free_port)
for ((i = 0; i < 20; i++)); do
    "$DRIVE" --url "http://127.0.0.1:$port" --first first.rec -- "$HONE" serve models:/m1/1 --port "$port" \
        >first.out 2>/dev/null || bad=1
    awk '$1 == "first_ms" { print $2 }' first.out >>first.txt
    server=$(value first.out pid)
    kill "$server"
    while kill -0 "$server" 2>/dev/null; do sleep 0.01; done
done
server=
limit "start to first answer, best of 20" "$(sort -n first.txt | head -1)" ms 50
echo "median $(sort -n first.txt | sed -n 10p) ms"

start models:/m1/1 --port 0
sleep 1
limit "idle, one model" "$(resident)" MB 40
one=$(resident)
stop
all=()
for ((i = 1; i <= models; i++)); do
    all+=("models:/m$i/1")
done
start "${all[@]}" --port 0
sleep 1
limit "idle, $models models" "$(resident)" MB 200
python3 - "$models" >all.rec <<'PY'
import json, sys
with open("rows.csv") as f:
    names, *rows = [line.rstrip("\n").split(",") for line in f]
rows = [{n: (int(v) if v.isdigit() else v) for n, v in zip(names, r) if v} for r in rows]
for m in range(1, int(sys.argv[1]) + 1):
    for row in rows[:20]:
        body = json.dumps({"instances": [row]}).encode()
        raw = (f"POST /v1/models/m{m}:predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        sys.stdout.buffer.write(f"request m{m} bytes={len(raw)}\n".encode() + raw + b"\n")
PY
"$DRIVE" --url "$url" --requests $((models * 400)) --connections 16 all.rec >all.out || { cat all.out; bad=1; }
sleep 1.5
limit "$models models, each asked by every worker" "$(resident)" MB 200
awk -v a="$one" -v b="$(resident)" -v n="$models" \
    'BEGIN { printf "%-40s %8.2f MB\n", "one more model", (b - a) / (n - 1) }'
ls -l .hone/artifacts/*/* | awk '{ print $5 }' | sort -n | awk '{ v[NR] = $1 } END { printf "%-40s %8.2f MB\n", "model file, median of all artifacts", v[int((NR + 1) / 2)] / 1e6 }'
stop
exit $bad
