#!/bin/bash
# train: what is stopped says so, and goes on where it was; the model is the one it would have been.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN { srand(2); print "a,b,c,d,e,f,y"
    for (i = 0; i < 6000; i++) { s = 0; for (j = 0; j < 6; j++) { x = rand(); s += x * (j - 2); printf "%.4f,", x }
        print (s + rand() > 2.2 ? "yes" : "no") } }' >data.csv
train=("$HONE" train data.csv --target y --model gbt --set rounds=600 --set patience=600 --checks off --bootstrap 0 --threads 1 --name m)
expect_exit "never stopped" 0 "${train[@]}" --store whole --json
hash=$(json out .hash)

# half_way SIGNAL: start, wait for a fit that is kept, send it; the exit status is in $status.
half_way() {
    local pid
    rm -rf .hone/trials
    "${train[@]}" >out 2>err &
    pid=$!
    pids+=("$pid")
    for _ in $(seq 6000); do
        compgen -G '.hone/trials/*/*.json' >/dev/null && break
        sleep 0.01
    done
    kill -"$1" "$pid"
    wait "$pid" 2>/dev/null
    status=$?
}

half_way INT
expect_equal "stopped by the user" "$status" 9
expect_contains "says so" err '^hone: stopped on request'
expect_contains "and what is there" err 'hint: run [0-9a-f]{8} is on record as KILLED; the same command goes on after [1-4] fits? '
expect_exit "on record" 0 "$HONE" runs
expect_contains "as killed" out 'KILLED'
kept=$(find .hone/trials -name '*.json' | wc -l)
expect_at_least "fits are kept" "$kept" 1
expect_exit "the same command goes on" 0 "${train[@]}" --json
expect_equal "to the same model" "$(json out .hash)" "$hash"
expect_equal "and clears up" "$(find .hone/trials -name '*.json' | wc -l)" 0

half_way KILL
expect_exit "after kill -9" 0 "${train[@]}" --json
expect_equal "the same model too" "$(json out .hash)" "$hash"

half_way INT
for file in .hone/trials/*/*.json; do echo '{"raw":[1.5],"rounds":3}' >"$file"; done
expect_exit "what is damaged is done again" 0 "${train[@]}" --json
expect_equal "to the same model still" "$(json out .hash)" "$hash"

half_way INT
cp -r .hone/trials before
expect_exit "another seed does not take them" 0 "${train[@]}" --seed 5 --json
expect_equal "nor removes them" "$(find .hone/trials -name '*.json' | wc -l)" "$(find before -name '*.json' | wc -l)"
