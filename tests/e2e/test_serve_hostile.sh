#!/bin/bash
# hone serve: requests that are wrong, hostile or not allowed (hostile_cases.py), each with its error; afterwards the
# server answers as before, has not grown, and what it logged can be read.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"
unset HONE_TOKEN
export PYTHONDONTWRITEBYTECODE=1

# hostile GROUP [ARGUMENT...]: every case of a group against the server that runs.
hostile() {
    local group=$1 status
    shift
    python3 "$ROOT/tests/e2e/hostile.py" "$group" "${URL#*://}" "$@" >table.out 2>&1
    status=$?
    cat table.out
    failures=$((failures + $(grep -c '^FAIL' table.out)))
    expect_equal "$group $*: nothing failed" "$status" 0
}
answer() { curl -s --max-time 60 "$@" "$URL/predict" -d '{"age":70,"job":"nurse"}' | sed 's/"id":"[^"]*",//'; }
resident() { awk '/^VmRSS/ {print $2}' "/proc/$SERVER_PID/status"; }
silent() { expect_lacks "$1: nothing was an error of ours" serve.err 'ERROR|error|Sanitizer'; }

make_buyers
train buyers 1
growth=6000 # kB: buffers of the largest case that no case before had filled
if grep -qa __asan_init "$HONE"; then
    export ASAN_OPTIONS="quarantine_size_mb=8:${ASAN_OPTIONS:-}"
    growth=40000
fi

# --- in the clear, open to this machine -----------------------------------------------------------------------
serve "serves" models:/buyers/1 --max-body 1 --max-rows 1000 || exit 1
before=$(answer)
expect_equal "answers" "$(grep -c '"prediction":"yes"' <<<"$before")" 1
hostile plain
hostile plain --rounds 1
warm=$(resident)
hostile plain --rounds 3
expect_at_most "it has not grown (kB)" "$(($(resident) - warm))" "$growth"
hostile mutate --count 2000 --seed 1
expect_equal "the same answer after all that" "$(answer)" "$before"
ask "GET of a POST" 405 'takes POST' /predict
has_header "tells the method" '^allow: POST$'
ask "unknown fields are counted" 200 'hone_unknown_fields_total\{model="buyers",version="1"\} [1-9]' /metrics
stop_server "ends well" TERM 0
silent "in the clear"
"$HONE" monitor models:/buyers/1 >out 2>err
expect_at_most "what was logged can be read (exit status)" "$?" 1
expect_lacks "and nothing in it is wrong" err 'hone:'

# --- with tokens ----------------------------------------------------------------------------------------------
for name in admin:admin writer:write reader:read revoked:admin expired:admin; do
    "$HONE" grant "${name%:*}" --role "${name#*:}" >token 2>err || fail "grant $name" "$(cat err)"
    printf '%s %s\n' "${name%:*}" "$(cat token)" >>tokens
done
"$HONE" revoke revoked >/dev/null || fail "revoke" "not revoked"
printf 'digest %s\n' "$(cut -d' ' -f2 tokens | head -1 | tr -d '\n' | sha256sum | cut -d' ' -f1)" >>tokens
if command -v sqlite3 >/dev/null; then
    sqlite3 .hone/hone.db "UPDATE token SET expires = 1 WHERE name = 'expired'"
else
    sed -i 's/^expired .*/expired none/' tokens
fi
serve "serves for tokens" models:/buyers/1 --require-token || exit 1
hostile token --tokens tokens
hostile token --tokens tokens --rounds 3
ask "no token" 401 'Authorization: Bearer' /v2
has_header "asks for one" '^www-authenticate: Bearer'
stop_server "ends well with tokens" TERM 0
silent "with tokens"
while read -r name token; do
    expect_lacks "the token of $name is in no log" serve.err "$token"
done < <(grep -v '^digest' tokens)

# --- with a limit ---------------------------------------------------------------------------------------------
serve "serves with a limit" models:/buyers/1 --max-rate 0.001 || exit 1
answer >/dev/null # what there is for a thousand seconds
hostile rate
has_header_of() { curl -s -o body -D head --max-time 60 "$URL/v2"; has_header "$@"; }
has_header_of "says when to come again" '^retry-after: [0-9]+$'
stop_server "ends well with a limit" TERM 0
silent "with a limit"

# --- with TLS -------------------------------------------------------------------------------------------------
command -v openssl >/dev/null || { echo "skipped: no openssl"; exit; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj /CN=one \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout one.key -out one.pem 2>openssl.err ||
    fail "certificate" "$(cat openssl.err)"
serve "serves with TLS" models:/buyers/1 --tls-cert one.pem --tls-key one.key || exit 1
hostile tls
expect_equal "the same answer over TLS" "$(answer --cacert one.pem)" "$before"
stop_server "ends well with TLS" TERM 0
silent "with TLS"
