# shellcheck shell=bash
# What the end-to-end scripts share.  A script begins with
#
#   . "$(dirname "$0")/lib.sh"
#
# and then runs in a new empty folder ($DIR) that is removed at its end.  $HONE is the program,
# $ROOT the repository, $SHARED the shared data sets (may not exist).  Each check prints one line:
# "ok NAME", "FAIL NAME: why" or "skipped: reason".

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
HONE=${HONE:-$ROOT/build/debug/hone}
SHARED=${HONE_SHARED:-$ROOT/../shared}
DIR=$(mktemp -d "${TMPDIR:-/tmp}/hone-e2e-XXXXXX")
export HONE ROOT SHARED DIR NO_COLOR=1
pids=()
failures=0
cd "$DIR" || exit 2

finish() {
    local status=$?
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    cd / && rm -rf "$DIR"
    [ "$failures" -eq 0 ] || exit 1
    exit "$status"
}
trap finish EXIT

ok() { echo "ok $*"; }
fail() { # fail NAME why...
    local name=$1
    shift
    echo "FAIL $name: $*"
    failures=$((failures + 1))
}

# skip REASON: nothing more of this script is run.
skip() {
    echo "skipped: $*"
    exit 0
}

# need_shared PATH...: leave the script unless these shared files are here.
need_shared() {
    local path
    for path in "$@"; do
        [ -e "$SHARED/$path" ] || skip "no shared data ($path)"
    done
}

# expect_exit NAME CODE COMMAND...: run it; stdout goes to ./out, stderr to ./err.
expect_exit() {
    local name=$1 want=$2 got
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    if [ "$got" -eq "$want" ]; then
        ok "$name"
        return 0
    fi
    fail "$name" "exit $got, expected $want: $*"
    sed 's/^/  stderr: /' err | tail -20
    return 1
}

# expect_contains NAME FILE REGEX: some line of FILE matches the extended regex.
expect_contains() {
    if grep -qE -e "$3" "$2"; then
        ok "$1"
        return 0
    fi
    fail "$1" "$2 has no line like $3"
    head -20 "$2" | sed 's/^/  /'
    return 1
}

# expect_lacks NAME FILE REGEX: no line of FILE matches.
expect_lacks() {
    if ! grep -qE -e "$3" "$2"; then
        ok "$1"
        return 0
    fi
    fail "$1" "$2 has a line like $3"
    grep -nE -e "$3" "$2" | head -5 | sed 's/^/  /'
    return 1
}

# expect_equal NAME GOT WANT
expect_equal() {
    if [ "$2" = "$3" ]; then
        ok "$1"
        return 0
    fi
    fail "$1" "got '$2', expected '$3'"
    return 1
}

# expect_at_least NAME GOT BOUND, expect_at_most NAME GOT BOUND: decimal numbers.
expect_at_least() {
    if awk -v a="$2" -v b="$3" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }'; then
        ok "$1"
        return 0
    fi
    fail "$1" "'$2' is below $3"
    return 1
}
expect_at_most() {
    if awk -v a="$2" -v b="$3" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }'; then
        ok "$1"
        return 0
    fi
    fail "$1" "'$2' is above $3"
    return 1
}

# json FILE PATH: one value of a JSON document, as ".metrics.roc_auc" or ".outputs[0].data".  The
# last line of the file is read when the whole is not one document.  Needs python3 or node.
json() {
    if command -v python3 >/dev/null; then
        python3 - "$1" "$2" <<'PY'
import json, re, sys
text = open(sys.argv[1]).read()
try:
    value = json.loads(text)
except ValueError:
    value = json.loads(text.strip().splitlines()[-1])
for key, index in re.findall(r"\.?([^.\[\]]+)|\[(\d+)\]", sys.argv[2]):
    value = value[int(index)] if index else value[key]
print(value if isinstance(value, str) else json.dumps(value))
PY
    else
        node -e '
const fs = require("fs"), text = fs.readFileSync(process.argv[1], "utf8");
let v; try { v = JSON.parse(text) } catch { v = JSON.parse(text.trim().split("\n").pop()) }
for (const m of process.argv[2].matchAll(/\.?([^.\[\]]+)|\[(\d+)\]/g)) v = v[m[2] ?? m[1]];
console.log(typeof v === "string" ? v : JSON.stringify(v))' "$1" "$2"
    fi
}

# serve NAME ARGUMENTS...: start `hone serve --port 0 ARGUMENTS`, wait for its line with the URL, set
# URL and SERVER_PID; the server ends with the script.  Its output is in ./serve.out, ./serve.err.
serve() {
    local name=$1 i
    shift
    : >serve.out # the last server's line is not to be read
    "$HONE" serve --port 0 "$@" >serve.out 2>serve.err </dev/null &
    SERVER_PID=$!
    pids+=("$SERVER_PID")
    for ((i = 0; i < 200; i++)); do
        URL=$(grep -oE 'https?://[^ "]+' serve.out | head -1)
        URL=${URL%/}
        [ -z "$URL" ] || { ok "$name"; return 0; }
        kill -0 "$SERVER_PID" 2>/dev/null || break
        sleep 0.05
    done
    fail "$name" "the server did not start: $(tail -3 serve.err)"
    return 1
}
