#!/bin/bash
# hone serve: what one client may take from the others (limits.py): connections of an address, wrong tokens, and time,
# of those that send or read slowly; that others are answered meanwhile, and that each limit ends.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"
unset HONE_TOKEN
export PYTHONDONTWRITEBYTECODE=1

# limits GROUP ARGUMENT...: what it prints, and whether nothing failed.
limits() {
    local status
    python3 "$ROOT/tests/e2e/limits.py" "$@" >table.out 2>&1
    status=$?
    cat table.out
    failures=$((failures + $(grep -c '^FAIL' table.out)))
    expect_equal "$1: nothing failed" "$status" 0
}
place() { printf '127.0.0.1:%s' "${URL##*:}"; }
finish_server() {
    stop_server "$1: ends well" TERM 0
    expect_lacks "$1: nothing was an error of ours" serve.err ' error |Sanitizer'
}

make_buyers
train buyers 1
"$HONE" grant reader --role read >token 2>err || fail "grant" "$(cat err)"
token=$(cat token)

# --- connections of an address --------------------------------------------------------------------------------
serve "serves few of an address" models:/buyers/1 --max-per-address 3 || exit 1
limits address "$(place)" 3
expect_equal "the log says it once a minute" "$(grep -c 'max-per-address' serve.err)" 1
expect_contains "and names the address" serve.err \
    ' warn accept 127\.0\.0\.2 has 3 connections, all that one address may have .*; hung up on 1 more'
finish_server "few of an address"

serve "serves few in all" models:/buyers/1 --max-connections 8 || exit 1
limits own "$(place)" 7
finish_server "few in all"

# Both families of addresses on one socket: a client of IPv4 is not all clients of IPv4.
if python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null; then
    serve "serves on both" models:/buyers/1 --host :: --max-per-address 2 || exit 1
    limits mapped "$(place)" "$token" 2
    finish_server "on both"
else
    echo "skipped: IPv4 on a socket of IPv6: no IPv6 here"
fi

# An address of this machine that is not loopback, if it has one: nothing is sent to find it.
there=$(python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("192.0.2.1", 9))
print(s.getsockname()[0])' 2>/dev/null)
case $there in
'' | 127.*) echo "skipped: half of all for an address: this machine has only loopback" ;;
*)
    serve "serves others" models:/buyers/1 --host 0.0.0.0 --max-connections 6 || exit 1
    limits strangers "$there" "${URL##*:}" "$token" 3
    finish_server "others"
    ;;
esac

# --- wrong tokens ---------------------------------------------------------------------------------------------
serve "serves for tokens" models:/buyers/1 --require-token || exit 1
limits guesses "$(place)" "$token"
finish_server "tokens"
expect_at_most "a few lines a second tell of refusals" "$(grep -c ' refused ' serve.err)" 600
expect_lacks "no token is in the log" serve.err "$token"

# --- slow clients ---------------------------------------------------------------------------------------------
serve "serves the slow" models:/buyers/1 --patience 4 --keep-alive 2 --max-per-address 1 || exit 1
limits slow "$(place)"
expect_equal "both slow readers are in the log" "$(grep -c ' cut .*client=127\.0\.1\.[67] .*status=200' serve.err)" 2
expect_contains "with why" serve.err 'the client took its reply too slowly \(--patience\) and was hung up on'
ask "a refused request is counted once" 200 'hone_requests_total\{.*code="404"\} 1$' /metrics
expect_equal "and the slow ones, too" "$(awk '/^hone_requests_total.*code="408"/ {n += $2} END {print n}' body)" 3
expect_equal "none is in flight but this" "$(awk '/^hone_requests_in_flight/ {print $2}' body)" 1
finish_server "the slow"
