# shellcheck shell=bash
# What the scripts of the server share: a model to serve, and one line per request.  Sourced after lib.sh.

command -v curl >/dev/null || skip "no curl"

# buyers.csv: two classes from numbers, a category with a quote in it, a date and a truth value.
make_buyers() {
    awk 'BEGIN {
        srand(7); print "age,job,since,member,buys"
        for (i = 0; i < 400; i++) {
            age = int(18 + 60 * rand()); job = i % 3 == 0 ? "nurse" : i % 3 == 1 ? "clerk" : "the \"boss\""
            gsub(/"/, "\"\"", job)
            yes = rand() < 1 / (1 + exp(-(age - 45) / 6 - (i % 3 == 0)))
            printf "%d,\"%s\",20%02d-0%d-1%d,%s,%s\n", age, job, 10 + i % 14, 1 + i % 9, i % 10, \
                i % 2 ? "true" : "false", yes ? "yes" : "no"
        }
    }' >buyers.csv
}

# train NAME SEED: one more version of a model; leaves the script when training is not there.
train() {
    expect_exit "train $1" 0 "$HONE" train buyers.csv --target buys --model logistic --name "$1" \
        --seed "$2" --json || exit 1
}

# ask NAME STATUS REGEX PATH [CURL-ARGUMENT...]: the reply has the status and a line like the regex.
# The body is in ./body, the headers in ./head.
ask() {
    local name=$1 want=$2 like=$3 path=$4 got
    shift 4
    got=$(curl -s -o body -D head -w '%{http_code}' --max-time 20 --path-as-is "$@" "$URL$path")
    if [ "$got" != "$want" ]; then
        fail "$name" "status $got, expected $want: $(head -c 300 body)"
    elif ! grep -qE -e "$like" body; then
        fail "$name" "no line like $like: $(head -c 300 body)"
    else
        ok "$name"
    fi
}

# has_header NAME REGEX: the reply to the last ask had such a header.
has_header() {
    if tr -d '\r' <./head | grep -qiE -e "$2"; then
        ok "$1"
    else
        fail "$1" "no header like $2: $(tr -d '\r' <./head | tr '\n' ' ')"
    fi
}

# raw NAME REGEX TEXT: what the server says to bytes that curl would not send.
raw() {
    local host=${URL#http://} got
    got=$({
        exec 3<>"/dev/tcp/${host%:*}/${host##*:}" || exit 1
        printf '%b' "$3" >&3
        timeout 5 head -c 400 <&3 | tr -d '\r\0'
    } 2>/dev/null)
    if grep -qE -e "$2" <<<"$got"; then
        ok "$1"
    else
        fail "$1" "got '${got:0:200}', expected $2"
    fi
}

stop_server() { # stop_server NAME SIGNAL CODE
    local got
    kill "-$2" "$SERVER_PID"
    wait "$SERVER_PID" 2>/dev/null
    got=$?
    expect_equal "$1" "$got" "$3"
}
