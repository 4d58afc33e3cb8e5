#!/bin/bash
# A night on call, made up: models, people who promoted them and said why, servers, load, errors, labels, drift.
#
#   bench/serve/oncall.sh STATE FOLDER [COMMAND...]
#
#   STATE  empty   a server of a file that is in no store; nothing was asked
#          calm    one model, a look at its data, a little load
#          busy    two models, more load, clients that send nonsense
#          alarm   three models, two servers (one killed), drift that was planted, an alarm open, one closed,
#                  labels, a token, TLS
#          many    50 models on one server
#          names   names and reasons that are long, or HTML
#
# Makes FOLDER anew, runs COMMAND in it while the servers run (else waits for a key or a signal), ends them.
# For COMMAND: URL and TOKEN (may be empty); ids of predictions in ./ids, the certificate in ./cert.pem.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
export HONE=${HONE:-$root/build/release/hone} NO_COLOR=1
state=${1:?STATE} folder=${2:?FOLDER}
shift 2
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder" || exit 2
unset HONE_TOKEN
export URL='' TOKEN=''
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
}
trap finish EXIT
die() { echo "oncall.sh: $*" >&2; exit 1; }
quiet() { "$@" >last.out 2>last.err || { cat last.err; die "failed: $*"; }; }
as() { # as WHO COMMAND...
    local who=$1
    shift
    USER=$who quiet "$@"
}

buyers() { # buyers SEED: a table of two classes
    awk -v seed="$1" 'BEGIN {
        srand(seed); print "age,job,since,member,buys"
        for (i = 0; i < 600; i++) {
            age = int(18 + 60 * rand()); job = i % 3 == 0 ? "nurse" : i % 3 == 1 ? "clerk" : "boss"
            yes = rand() < 1 / (1 + exp(-(age - 45) / 6 - (i % 3 == 0)))
            printf "%d,%s,20%02d-0%d-1%d,%s,%s\n", age, job, 10 + i % 14, 1 + i % 9, i % 10, \
                i % 2 ? "true" : "false", yes ? "yes" : "no"
        }
    }' >"buyers$1.csv"
}
prices() { # a table whose target is a number
    awk 'BEGIN {
        srand(3); print "area,rooms,district,price"
        for (i = 0; i < 500; i++) {
            area = 30 + 120 * rand(); rooms = 1 + int(5 * rand())
            printf "%.1f,%d,%s,%.0f\n", area, rooms, i % 4 ? "north" : "south", 2000 * area + 9000 * rooms + 8000 * rand()
        }
    }' >prices.csv
}
train() { # train NAME FILE TARGET MODEL SEED
    quiet "$HONE" train "$2" --target "$3" --model "$4" --seed "$5" --name "$1" --json
}
serve() { # serve ARGUMENTS...: sets URL and PID
    "$HONE" serve "$@" --port 0 --poll 0.2 --flush 0.2 >serve.out 2>>serve.err </dev/null &
    PID=$!
    pids+=("$PID")
    for _ in $(seq 200); do
        URL=$(grep -oE 'https?://[^ "]+' serve.out | head -1)
        [ -n "$URL" ] && return
        sleep 0.05
    done
    cat serve.err
    die "the server did not start"
}
call() { # call PATH BODY
    curl -sk --max-time 20 -H "Authorization: Bearer $TOKEN" -H 'X-Request-Id: night' -d "$2" "$URL$1"
}
# rows N AGE SEED: like those of training, or all of one age
rows() {
    awk -v n="$1" -v fixed="$2" -v seed="$3" 'BEGIN {
        srand(seed); printf "["
        for (i = 0; i < n; i++) {
            age = fixed > 0 ? fixed : int(18 + 60 * rand()); job = i % 3 == 0 ? "nurse" : i % 3 == 1 ? "clerk" : "boss"
            printf "%s{\"age\":%d,\"job\":\"%s\",\"since\":\"20%02d-0%d-1%d\",\"member\":%s}", i ? "," : "", age, job, \
                10 + i % 14, 1 + i % 9, i % 10, i % 2 ? "true" : "false"
        }
        printf "]"
    }'
}
load() { # load N: single requests, one of nine nonsense, over one connection
    rows 1 0 5 | sed 's/^\[//; s/\]$//; s/"/\\"/g' | awk -v n="$1" -v url="$URL" -v token="$TOKEN" '{
        for (i = 1; i <= n; i++) {
            print "url = \"" url "/predict\"\ninsecure\nsilent\noutput = \"/dev/null\""
            print "header = \"Authorization: Bearer " token "\""
            print "data = \"" (i % 9 ? $0 : "{\\\"age\\\":\\\"old\\\"}") "\""
            if (i < n) print "next"
        }
    }' >curl.cfg
    curl --config curl.cfg
}
# ask ROWS: predictions, which label knows
ask() { call /predict "$1" | tee -a answers >/dev/null; }
label() { # label SHARE: the truth of the predictions asked for so far, so many of a hundred as predicted
    python3 - "$1" answers >labels.json <<'PY'
import json, random, sys
random.seed(1)
rows = [row for line in open(sys.argv[2]) for row in json.loads(line)]
flip = {"yes": "no", "no": "yes"}
print(json.dumps([{"id": r["id"], "label": r["prediction"] if random.random() * 100 < int(sys.argv[1]) else flip[r["prediction"]]}
                  for r in rows]))
PY
    call /feedback "$(cat labels.json)" >labels.out
}

case $state in
empty)
    buyers 1
    train plain buyers1.csv buys logistic 1
    quiet "$HONE" export models:/plain/1 -o served.onnx
    rm -rf .hone
    serve served.onnx
    ;;
calm)
    buyers 1
    train buyers buyers1.csv buys logistic 1
    as anna "$HONE" promote models:/buyers/1 --reason 'first version, checked by the shop'
    serve models:/buyers@champion
    ask "$(rows 200 0 2)"
    sleep 0.6
    label 90
    "$HONE" monitor models:/buyers@champion --window 100 >monitor.out 2>&1
    load 40 # four of them are nonsense, which is too few to speak of
    ;;
busy)
    buyers 1
    prices
    train buyers buyers1.csv buys logistic 1
    train prices prices.csv price linear 1
    as anna "$HONE" promote models:/buyers/1 --reason 'first version'
    as boris "$HONE" promote models:/prices/1 --reason 'asked for by sales'
    serve models:/buyers@champion models:/prices@champion
    for i in 1 2 3; do
        load 400
        call /v1/models/prices:predict '{"instances":[{"area":70,"rooms":3,"district":"north"}]}' >/dev/null
        sleep 4
    done
    ;;
alarm)
    openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout key.pem -out cert.pem 2>/dev/null
    buyers 1
    buyers 2
    prices
    train buyers buyers1.csv buys logistic 1
    train buyers buyers2.csv buys gbt 2
    train buyers buyers1.csv buys logistic 3
    train prices prices.csv price linear 1
    train prices prices.csv price gbt 2
    train churn buyers2.csv member logistic 1
    as anna "$HONE" promote models:/buyers/1 --reason 'first version, checked by the shop'
    as boris "$HONE" promote models:/buyers/2 --reason 'trees do better on new customers'
    as chen "$HONE" rollback buyers --reason 'answers changed for members: ticket 4711'
    as boris "$HONE" promote models:/prices/1 --reason 'asked for by sales'
    as anna "$HONE" promote models:/prices/2 --reason 'half the error of version 1'
    as anna "$HONE" promote models:/buyers/3 --reason 'logistic again, on newer rows'
    TOKEN=$(USER=anna "$HONE" grant phone-of-anna --role admin 2>/dev/null)
    serve models:/prices@champion
    call /v1/models/prices:predict '{"instances":[{"area":70,"rooms":3,"district":"north"}]}' >/dev/null
    sleep 1
    kill -9 "$PID"
    wait "$PID" 2>/dev/null
    sqlite3 .hone/hone.db 'UPDATE server SET seen = seen - 3000000000, started = started - 90000000000'
    serve models:/buyers@champion models:/prices@champion --require-token --tls-cert cert.pem --tls-key key.pem
    ask "$(rows 300 999 2)"
    sleep 0.6
    "$HONE" monitor models:/buyers@champion --window 50 --k 1 --of 1 >monitor.out 2>&1
    as chen "$HONE" close alarm:1 --reason 'a test of the shop with made-up ages; told them to stop'
    ask "$(rows 300 0 4)"
    ask "$(rows 300 7 6)"
    sleep 0.6
    label 70
    "$HONE" monitor models:/buyers@champion --window 100 --k 1 --of 1 >monitor.out 2>&1
    load 500
    curl -sk "$URL/v2" >/dev/null
    curl -sk "$URL/nothing" -H "Authorization: Bearer $TOKEN" >/dev/null
    call /v1/models/prices:predict '{"instances":[{"area":70,"rooms":3,"district":"north"}]}' >/dev/null
    ;;
many)
    buyers 1
    train model-01 buyers1.csv buys logistic 1
    quiet "$HONE" export models:/model-01/1 -o one.onnx
    uris=()
    for i in $(seq -w 1 50); do
        [ "$i" = 01 ] || quiet "$HONE" import one.onnx --name "model-$i"
        as anna "$HONE" promote "models:/model-$i/1" --reason "number $i of 50"
        uris+=("models:/model-$i@champion")
    done
    serve "${uris[@]}"
    load 50
    ;;
names)
    buyers 1
    long=$(printf 'a-very-long-name-of-a-model-%.0s' 1 2 3 4 5 6)
    train "${long:0:120}" buyers1.csv buys logistic 1
    train short buyers1.csv buys logistic 1
    as '<script>alert(1)</script>' "$HONE" promote "models:/${long:0:120}/1" \
        --reason '</title><script>document.title="hacked"</script><img src=x onerror=alert(1)> & "quotes"'
    as anna "$HONE" promote models:/short/1 --reason "$(printf 'averyveryverylongword%.0s' $(seq 30))"
    serve "models:/${long:0:120}@champion" models:/short@champion
    load 30
    ;;
*) die "no state $state" ;;
esac
[ -d .hone ] && sqlite3 .hone/hone.db 'SELECT id FROM prediction ORDER BY time DESC LIMIT 20' >ids
sleep 6 # a beat
if [ $# -gt 0 ]; then
    "$@"
    exit $?
fi
echo "$state: $URL token '$TOKEN' in $folder (a key ends it)"
read -r _
