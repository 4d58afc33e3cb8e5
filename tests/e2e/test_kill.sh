#!/bin/bash
# kill -9 at random moments of train, import, promote, rollback, archive and gc: the store opens clean and has all
# that was acknowledged.  KILLS=100 tests/e2e/test_kill.sh: more of them; SEED=7: other moments.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "no python3"
RANDOM=${SEED:-1}
kills=${KILLS:-30}

awk 'BEGIN { srand(3); print "a,b,c,y"; for (i = 0; i < 400; i++) {
    a = rand(); b = rand(); print a "," b "," (i % 4 ? "red" : "blue") "," (a + b + rand() / 2 > 1.2) } }' >t.csv
train=(train t.csv --target y --name m --model logistic --bootstrap 0 --checks off --quiet)
expect_exit "a first version" 0 "$HONE" "${train[@]}"
expect_exit "a second" 0 "$HONE" "${train[@]}" --seed 5
expect_exit "a file to import" 0 "$HONE" export models:/m/1 -o m.onnx --quiet
expect_exit "champion" 0 "$HONE" promote models:/m/1 --quiet

# how long each takes when nobody kills it, so that the moments are spread over all of it
took() {
    local start
    start=$(date +%s%N)
    "$HONE" "$@" >/dev/null 2>&1
    echo $((($(date +%s%N) - start) / 1000))
}
declare -A span
span[train]=$(took "${train[@]}" --name spare)
span[import]=$(took import m.onnx --name spare --quiet)
span[promote]=$(took promote models:/m/2 --quiet)
span[rollback]=$(took rollback m --quiet)
span[gc]=$(took gc --delete --grace 0s --failed 0s --archived 0s --quiet)
span[archive]=${span[promote]}

# state FILE: versions, aliases and the last row of the audit log, as the program tells them
state() {
    python3 - "$HONE" >"$1" <<'PY'
import json, subprocess, sys
def ask(*words):
    return json.loads(subprocess.run([sys.argv[1], *words, "--json"], capture_output=True, check=True).stdout)
for model in ask("models")["models"]:
    for v in ask("models", model["name"])["versions"]:
        print("version", model["name"], v["version"], v["hash"])
for row in ask("audit", "--limit", "1000000")["rows"]:
    print("audit", row["row"], row["hash"])
PY
}

killed=0 finished=0 lost=0 dirty=0 acknowledged=()
deeds=(train import promote rollback gc archive)
state before
for ((i = 0; i < kills; i++)); do
    deed=${deeds[$((i % ${#deeds[@]}))]}
    to=$((1 + RANDOM % 2))
    case $deed in
    train) line=("${train[@]}" --seed "$i" --json) ;;
    import) line=(import m.onnx --name im --note "$i" --json) ;;
    promote) line=(promote "models:/m/$to" --alias "alias$((i % 3))" --reason "kill $i" --json) ;;
    rollback) line=(rollback m --alias "alias$((i % 3))" --reason "kill $i" --json) ;;
    gc) line=(gc --delete --grace 0s --failed 0s --archived 0s --json) ;;
    archive) line=(archive models:/spare/1 --reason "kill $i" --json)
        ((i % 2)) || line+=(--restore) ;;
    esac
    wait_us=$(((RANDOM * 32768 + RANDOM) % (span[$deed] + 2000)))
    "$HONE" "${line[@]}" >said 2>/dev/null </dev/null &
    pid=$!
    sleep "$(awk -v us=$wait_us 'BEGIN { printf "%.6f", us / 1e6 }')"
    if kill -9 $pid 2>/dev/null; then
        killed=$((killed + 1))
    fi
    wait $pid 2>/dev/null
    status=$?
    [ $status -ne 0 ] || finished=$((finished + 1))
    # the line of JSON is the acknowledgement
    if [ -s said ] && { [ $status -eq 0 ] || [ $status -eq 137 ]; }; then
        case $deed in
        train | import) acknowledged+=("$(json said .model)") ;;
        esac
    fi
    if ! "$HONE" audit --verify --quiet >verified 2>&1; then
        dirty=$((dirty + 1))
        echo "  after $deed killed at $wait_us us: $(tail -2 verified)"
    fi
    state after
    grep -vxFf after before >missing && { lost=$((lost + 1)); echo "  $deed lost: $(head -3 missing)"; }
    mv after before
done
expect_at_least "$kills deeds, some were killed" "$killed" $((kills / 3))
expect_equal "after each the store was whole" "$dirty" 0
expect_equal "and nothing that had been there was gone" "$lost" 0
gone=0
for model in "${acknowledged[@]}"; do
    "$HONE" export "$model" -o x.onnx --quiet 2>err || { gone=$((gone + 1)); cat err; }
done
expect_equal "${#acknowledged[@]} acknowledged versions are all there" "$gone" 0
expect_exit "runs are listed" 0 "$HONE" runs --limit 1000 --json
expect_equal "none of the killed ones is still running" "$(grep -o '"status":"RUNNING"' out | wc -l)" 0
expect_exit "a last collection" 0 "$HONE" gc --delete --grace 0s --failed 0s --json
expect_exit "finds nothing more" 0 "$HONE" gc --grace 0s --failed 0s
expect_contains "to remove" out '^nothing to remove'
expect_equal "and leaves nothing half written" "$(find .hone -name '*.tmp' | wc -l)" 0
expect_exit "the store works" 0 "$HONE" "${train[@]}"
echo "ok $killed of $kills killed, $finished finished"
