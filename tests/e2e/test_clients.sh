#!/bin/bash
# Clients, validators and generators of others against a server with four models, TLS and a token.
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || skip "no node"
command -v openssl >/dev/null || skip "no openssl"
clients=$ROOT/bench/clients
[ -d "$clients/node_modules/swagger-client" ] || skip "no clients (npm ci in bench/clients)"

node "$clients/tables.mjs" .
while read -r name target model; do
    expect_exit "train $name" 0 "$HONE" train "$name.csv" --target "$target" --model "$model" \
        --task "$([ "$name" = prices ] && echo regression || echo classification)" --name "$name" --seed 1 || exit 1
    expect_exit "offline answers of $name" 0 "$HONE" predict "models:/$name/1" "$name.csv" -o "$name.offline.csv"
done <<'LIST'
people rich gbt
flowers kind logistic
prices price gbt
messages topic logistic
LIST
expect_exit promote 0 "$HONE" promote models:/people/1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout key.pem -out cert.pem 2>openssl.err || skip "openssl: $(tail -1 openssl.err)"
export CLIENTS_TOKEN=a-token-of-the-tests CLIENTS_DIR=$DIR NODE_EXTRA_CA_CERTS=$DIR/cert.pem
HONE_TOKEN=$CLIENTS_TOKEN serve "serves four models over TLS" models:/people@champion models:/flowers/1 models:/prices/1 models:/messages/1 \
    --tls-cert cert.pem --tls-key key.pem || exit 1
export CLIENTS_URL=$URL

# A script prints the lines of its own checks.
run_script() {
    local failed
    node "$clients/$1" >script.out 2>script.err
    local status=$?
    cat script.out
    failed=$(grep -c '^FAIL' script.out)
    failures=$((failures + failed))
    [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || fail "$1" "exit $status: $(tail -5 script.err)"
}
run_script clients.mjs
run_script description.mjs
run_script contract.mjs
expect_lacks "no error in the server's log" serve.err '^[0-9TZ:.-]+ error |"level":"error"'
