# shellcheck shell=bash disable=SC2154,SC2034
# What the scripts of this folder that use drive share.  Sourced with $here (this folder); sets HONE, DRIVE, work.

root=$(cd "$here/../.." && pwd)
HONE=$(realpath "${HONE:-$root/build/release/hone}")
DRIVE=$(realpath "${DRIVE:-$(dirname "$HONE")/drive}")
FAST=$(realpath "${FAST:-$HONE}") # trains and predicts offline, where HONE is a slow build
shared=${HONE_SHARED:-$root/../shared}
adult=$shared/data/adult/adult.data.gz
names=age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,capital-gain,capital-loss,hours-per-week,native-country,income
[ -x "$DRIVE" ] || { echo "no $DRIVE: make $DRIVE" >&2; exit 2; }
work=$(mktemp -d)
keep=${KEEP:-}
server=
bad=0

finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
    if [ -n "$keep" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap finish EXIT
cd "$work" || exit 2

need_adult() { [ -e "$adult" ] || { echo "skipped: no adult data ($adult)"; exit 0; }; }

# train NAME [OPTION...]: a version of 100 trees on the adult data.
train() {
    local name=$1
    shift
    "$FAST" train "$adult" --target income --no-header --names "$names" --skip-initial-space --na '?' \
        --name "$name" --model gbt --set rounds=100 --set learning_rate=0.1 --quiet "$@" >train.out 2>train.err ||
        { cat train.err; exit 1; }
}

# rows N: ./rows.csv, the first N rows without the target.
rows() {
    echo "${names%,income}" >rows.csv
    gzip -dc "$adult" | head -n "$1" | sed 's/, */,/g; s/,[^,]*$//; s/?//g' >>rows.csv
}

# offline MODEL VERSION: ./VERSION.csv
offline() { "$FAST" predict "models:/$1/$2" rows.csv -o "$2.csv" --quiet >/dev/null || exit 1; }

# A port that is free now.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start ARGUMENT...: hone serve; sets server, url.
start() {
    local i
    : >serve.out
    "$HONE" serve "$@" >serve.out 2>>serve.err </dev/null &
    server=$!
    for ((i = 0; i < 1200; i++)); do
        url=$(grep -soE 'http://[^ ]+' serve.out | head -1)
        url=${url%/}
        [ -z "$url" ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    echo "the server did not start:"
    tail -5 serve.err
    exit 1
}

# stop: SIGTERM; sets status.
stop() {
    kill "$server"
    wait "$server"
    status=$?
    server=
}

value() { awk -v key="$2" '$1 == key { print $2 }' "$1"; } # value FILE KEY
# held NAME COMMAND...: say whether it is so.
held() {
    local name=$1
    shift
    if "$@"; then echo "ok   $name"; else
        echo "FAIL $name"
        bad=1
    fi
}
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }'; }
at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }'; }

# flat FILE: whether the memory that drive watched stood still: a line through the samples of the second half of the
# requests rises by less than 1 % of its level, or by less than they scatter about it.
flat() {
    awk '$1 == "memory_slope_mib_per_million" { s = $2 } $1 == "requests" { n = $2 } $1 == "memory_last_mib" { m = $2 }
        $1 == "memory_residual_mib" { r = $2 }
        END { rise = s * n * 0.5 / 1e6; most = m / 100 > r ? m / 100 : r
              printf "memory_rise_mib %.2f\nmemory_rise_limit_mib %.2f\n", rise, most; exit !(m > 0 && rise <= most) }' "$1"
}
