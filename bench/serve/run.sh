#!/bin/bash
# How many single-row predictions a second hone serve answers, beside nginx answering a constant.
#
#   bench/serve/run.sh [SECONDS [ROUNDS]]
#
# Needs wrk, nginx and the adult data below $HONE_SHARED (../shared).  Both servers and wrk share this machine's
# processors; they are asked in turn, ROUNDS times, since machines are not equally quick all the time.  Shown are requests a
# second and latency percentiles of each round, the ratio of the medians, what the log dropped, and resident memory idle and
# after the load.  The model has 100 trees, the log is on, everything else is the default.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
HONE=${HONE:-$root/build/release/hone}
shared=${HONE_SHARED:-$root/../shared}
seconds=${1:-6}
rounds=${2:-5}
connections=16
for tool in wrk nginx curl; do
    command -v $tool >/dev/null || { echo "skipped: no $tool (apt-get install wrk nginx-light curl)"; exit 0; }
done
[ -e "$shared/data/adult/adult.data.gz" ] || { echo "skipped: no adult data"; exit 0; }
work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
    rm -rf "$work"
}
trap finish EXIT
cd "$work" || exit 2

names=age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,capital-gain,capital-loss,hours-per-week,native-country,income
"$HONE" train "$shared/data/adult/adult.data.gz" --target income --no-header --names "$names" \
    --skip-initial-space --na '?' --name adult --model gbt --set rounds=100 --json >train.out 2>train.err ||
    { cat train.err; exit 1; }
row='{"age":39,"workclass":"State-gov","fnlwgt":77516,"education":"Bachelors","education-num":13,"marital-status":"Never-married","occupation":"Adm-clerical","relationship":"Not-in-family","race":"White","sex":"Male","capital-gain":2174,"capital-loss":0,"hours-per-week":40,"native-country":"United-States"}'
cat >post.lua <<LUA
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '$row'
LUA

rss() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
load() { wrk -t2 -c$connections -d"${seconds}s" --latency -s post.lua "$1" >"$2"; }
rate() { awk '/Requests\/sec/ { print $2 }' "$1"; }
field() { awk -v f="$1" '$1 == f { print $2 }' "$2"; }
show() { # show NAME FILE: a round
    printf '%-28s %10.0f req/s   p50 %-9s p99 %s\n' "$1" "$(rate "$2")" "$(field 50% "$2")" "$(field 99% "$2")"
    grep -E 'Non-2xx|Socket errors' "$2" || true
}
ms() { awk -v v="$1" 'BEGIN { n = v + 0; print v ~ /us$/ ? n / 1000 : v ~ /ms$/ ? n : 1000 * n }'; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

start() { # start ARGUMENTS...: sets url, server
    : >serve.out
    "$HONE" serve "$@" --port 0 >serve.out 2>serve.err &
    server=$!
    pids+=("$server")
    url=
    while [ -z "$url" ]; do
        kill -0 "$server" 2>/dev/null || { cat serve.err; exit 1; }
        url=$(grep -soE 'http://[^ ]+' serve.out)
    done
}

start models:/adult/1
curl -s -o first.json -d "$row" "$url/predict"
echo "idle                         $(rss "$server") MiB resident"

cat >nginx.conf <<CONF
worker_processes $(nproc);
pid $work/nginx.pid;
error_log /dev/null;
daemon off;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 100000000;
    server {
        listen 127.0.0.1:18099 reuseport;
        location / { default_type application/json; return 200 '$(cat first.json)'; }
    }
}
CONF
nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null &
pids+=("$!")
sleep 0.5
for ((r = 1; r <= rounds; r++)); do
    load http://127.0.0.1:18099/predict nginx.txt
    show "nginx, a constant" nginx.txt
    rate nginx.txt >>nginx.rates
    ms "$(field 99% nginx.txt)" >>nginx.p99
    load "$url/predict" hone.txt
    show "hone, with the log" hone.txt
    rate hone.txt >>hone.rates
    ms "$(field 99% hone.txt)" >>hone.p99
done
printf 'medians: nginx %.0f req/s, p99 %.2f ms; hone %.0f req/s, p99 %.2f ms; ratio %.2f (0.4 wanted, 0.5 aimed at; p99 below 2 ms)\n' \
    "$(median <nginx.rates)" "$(median <nginx.p99)" "$(median <hone.rates)" "$(median <hone.p99)" \
    "$(awk -v a="$(median <hone.rates)" -v b="$(median <nginx.rates)" 'BEGIN { print a / b }')"
curl -s "$url/metrics" >metrics.txt
grep -E '^hone_log_(written|dropped)_total' metrics.txt
awk '/^hone_inference_seconds_sum/ { s = $2 } /^hone_inference_seconds_count/ { n = $2 } END { printf "graph alone                  %.2f µs\n", 1e6 * s / n }' metrics.txt
echo "after the load               $(rss "$server") MiB resident"
kill "$server"; wait "$server" 2>/dev/null

start models:/adult/1 --log off
load "$url/predict" quiet.txt
show "hone, without the log" quiet.txt
