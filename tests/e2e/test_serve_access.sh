#!/bin/bash
# hone serve: tokens with roles, granted and revoked while it runs; TLS and the renewal of its certificate;
# a limit of requests for each client.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v openssl >/dev/null || skip "no openssl"
unset HONE_TOKEN

make_buyers
train buyers 1
row='{"age":70,"job":"nurse"}'

# until NAME STATUS PATH [CURL-ARGUMENT...]: the status comes within five seconds.
until_status() {
    local name=$1 want=$2 path=$3 got i
    shift 3
    for ((i = 0; i < 100; i++)); do
        got=$(curl -s -o body -w '%{http_code}' --max-time 20 "$@" "$URL$path")
        [ "$got" != "$want" ] || { ok "$name"; return; }
        sleep 0.05
    done
    fail "$name" "status $got, expected $want"
}

# --- tokens -------------------------------------------------------------------------------------------------
expect_exit "no tokens yet" 0 "$HONE" grant
expect_contains "says so" out 'no tokens'
expect_exit "a server that needs one" 2 "$HONE" serve models:/buyers/1 --port 0 --require-token
expect_contains "says how to make one" err 'hone grant NAME'
"$HONE" grant reader --role read >reader.token 2>reader.err || fail "grant reader" "$(cat reader.err)"
expect_equal "a token is one line" "$(grep -cE '^hone_[0-9a-f]{64}$' reader.token)" 1
expect_exit "a name twice" 4 "$HONE" grant reader
expect_contains "is refused" err 'named reader is in force'
expect_exit "a name that is none" 2 "$HONE" grant 'a/b'
expect_exit "a role that is none" 2 "$HONE" grant x --role god
expect_lacks "the store keeps no token" .hone/hone.db "$(cut -c6- reader.token)"

serve "serves for tokens" models:/buyers/1 --require-token --poll 0.05 || exit 1
as() { printf 'Authorization: Bearer %s' "$(cat "$1.token")"; }
ask "no token" 401 'Authorization: Bearer' /v2
ask "a reader looks" 200 '"name"' /v2 -H "$(as reader)"
ask "a reader sees metrics" 200 hone_model_info /metrics -H "$(as reader)"
ask "a reader does not predict" 403 'the token reader may read, this needs write' /predict -H "$(as reader)" -d "$row"
ask "in the dialect" 403 '"error_code":"PERMISSION_DENIED"' /invocations -H "$(as reader)" -H 'Content-Type: application/json' -d '{}'
ask "what is not there needs a token too" 401 error /nothing
"$HONE" grant writer >writer.token 2>/dev/null
until_status "a token granted meanwhile" 200 /predict -H "$(as writer)" -d "$row"
expect_exit "revoke" 0 "$HONE" revoke writer --reason 'end of test'
until_status "a token revoked meanwhile" 401 /predict -H "$(as writer)" -d "$row"
ask "the others stay" 200 '"name"' /v2 -H "$(as reader)"
expect_exit "revoke again" 4 "$HONE" revoke writer
expect_exit "list" 0 "$HONE" grant --all --json
expect_equal "one is in force" "$(json out .tokens[0].name) $(json out .tokens[0].role) $(json out .tokens[0].state)" 'reader read in force'
expect_equal "one is not" "$(json out .tokens[1].name) $(json out .tokens[1].role) $(json out .tokens[1].state)" 'writer write revoked'
stop_server "ends well" TERM 0
expect_lacks "no token is in the log" serve.err "$(cat reader.token)"
expect_equal "both are in the audit log" "$(sqlite3 .hone/hone.db \
    "SELECT group_concat(action || ' ' || subject, ',') FROM audit WHERE subject LIKE 'token:%'")" \
    'token_grant token:reader,token_grant token:writer,token_revoke token:writer'

# --- TLS ----------------------------------------------------------------------------------------------------
certificate() { # certificate NAME: NAME.pem, NAME.key for localhost
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj "/CN=$1" \
        -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$1.key" -out "$1.pem" 2>openssl.err ||
        fail "certificate $1" "$(cat openssl.err)"
}
certificate one
certificate two
expect_exit "a certificate without a key" 2 "$HONE" serve models:/buyers/1 --port 0 --tls-cert one.pem
expect_contains "names both" err 'go together'
expect_exit "another's key" 2 "$HONE" serve models:/buyers/1 --port 0 --tls-cert one.pem --tls-key two.key
expect_contains "is told" err 'two.key is not the key of the certificate in one.pem'
expect_exit "no certificate" 3 "$HONE" serve models:/buyers/1 --port 0 --tls-cert buyers.csv --tls-key one.key
expect_contains "names the file" err 'buyers.csv is no certificate chain'
expect_exit "no key" 3 "$HONE" serve models:/buyers/1 --port 0 --tls-cert one.pem --tls-key buyers.csv
expect_contains "names the key's file" err 'buyers.csv is no private key'
expect_exit "no file" 4 "$HONE" serve models:/buyers/1 --port 0 --tls-cert nowhere.pem --tls-key one.key

cp one.pem live.pem
cp one.key live.key
serve "serves with TLS" models:/buyers/1 --tls-cert live.pem --tls-key live.key --poll 0.05 || exit 1
expect_equal "the URL says so" "${URL%%:*}" https
ask "over TLS" 200 prediction /predict --cacert one.pem -d "$row"
ask "TLS 1.2" 200 prediction /predict --cacert one.pem --tls-max 1.2 -d "$row"
curl -s --cacert one.pem --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "$URL/v2" >/dev/null
expect_equal "not TLS 1.1" "$?" 35
curl -s --cacert two.pem "$URL/v2" >/dev/null
expect_equal "another certificate is not believed" "$?" 60
expect_equal "plain HTTP" "$(curl -s --max-time 5 "http://${URL#https://}/v2")" \
    '{"error":"this port speaks HTTPS: begin the address with https://"}'
head -c 4000 /dev/urandom >noise
curl -s --max-time 5 --data-binary @noise "telnet://${URL#https://}" >/dev/null 2>&1 </dev/null
cp two.key live.key # first the key, then the certificate: for a moment they do not fit
sleep 0.3
ask "half a renewal changes nothing" 200 prediction /predict --cacert one.pem -d "$row"
expect_contains "and is told" serve.err 'live.key is not the key of the certificate in live.pem'
cp two.pem live.pem
until_status "renewed without a restart" 200 /predict --cacert two.pem -d "$row"
expect_equal "told once" "$(grep -c 'is not the key' serve.err)" 1
expect_contains "days left are told" serve.err 'live.pem is good for 2 more days'
stop_server "ends well with TLS" TERM 0

# --- rate ---------------------------------------------------------------------------------------------------
serve "serves with a limit" models:/buyers/1 --max-rate 5 || exit 1
# One process asks them all: a new one for each may take longer than the limit on a busy machine.
curl -s -o body -D head -w '%{http_code}\n' -d "$row" "$URL/predict?[1-200]" >codes
expect_at_least "the first are answered" "$(grep -c 200 codes)" 5
expect_at_least "then it is enough" "$(grep -c 429 codes)" 100
expect_contains "says how long" body 'more than 5 requests a second; wait [0-9]* ms'
has_header "and when to come again" '^retry-after: 1$'
ask "probes are free" 200 live /v2/health/live
stop_server "ends well with a limit" TERM 0
