#!/bin/bash
# What is left when a disk is full, a lock is held, a right is missing, or somebody pulls the plug.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 1200 --days 2 --per-day 10 --drift-day 1 --quiet >/dev/null
"$HONE" convert loans/history.csv good.csv --on-bad-row skip --quiet
train=("$HONE" train good.csv --target default --drop application_id --name m)
expect_exit "a first version" 0 "${train[@]}" --model baseline

status_of() { "$HONE" runs "$1" --json >run.json && json run.json .status; }
versions() { "$HONE" models m --json | tr , '\n' | grep -c '"version"'; }
leftovers() { find . -name '*.tmp*' -o -name '*~' -o -name '*.partial' -o -name '.*.new' | grep -v '^\./loans'; }
files() { find .hone/artifacts -type f | wc -l; }

# --- interrupted ------------------------------------------------------------------------------------
# A training that lasts: many slow rounds on rows repeated.
{ cat good.csv; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do tail -n +2 good.csv; done; } >big.csv
long=("$HONE" train big.csv --target default --drop application_id --name long --checks off
    --model gbt --set rounds=20000 --set patience=20000 --set learning_rate=0.001)
run_of() { "$HONE" runs --json 2>/dev/null | tr '{' '\n' | grep '"model":"long"' | grep -m1 "\"$1\"" |
    grep -oE '[0-9a-f]{32}' | head -1; }
begun() { # wait until the training named long is on record as running
    local i
    for ((i = 0; i < 200; i++)); do
        [ -z "$(run_of RUNNING)" ] || return 0
        sleep 0.05
    done
    return 1
}
for signal in INT TERM; do
    kept=$(files)
    "${long[@]}" >out 2>err </dev/null &
    pid=$!
    pids+=("$pid")
    begun && ok "$signal: training has begun" || fail "$signal: training has begun" "$(cat err)"
    id=$(run_of RUNNING)
    sleep 0.3
    start=$(date +%s%N)
    kill -"$signal" "$pid"
    wait "$pid"
    expect_equal "$signal: exit status" $? 9
    # the training would last minutes; the bound is wide for machines that are busy
    expect_at_most "$signal: stops before its end" $((($(date +%s%N) - start) / 1000000)) 20000
    expect_contains "$signal: says so" err '^hone: .*(cancelled|stopped|interrupted)'
    expect_equal "$signal: run is on record" "$(status_of "$id")" KILLED
    expect_exit "$signal: no model" 4 "$HONE" models long
    expect_equal "$signal: no file is left" "$(files)" "$kept"
    expect_equal "$signal: nothing temporary is left" "$(leftovers)" ''
done

# --- killed -----------------------------------------------------------------------------------------
"${long[@]}" >out 2>err </dev/null &
pid=$!
pids+=("$pid")
begun && ok "kill -9: training has begun" || fail "kill -9: training has begun" "$(cat err)"
id=$(run_of RUNNING)
sleep 0.3
kill -9 "$pid"
wait "$pid" 2>/dev/null
expect_equal "kill -9: exit status" $? 137
expect_exit "kill -9: the store opens" 0 "$HONE" models m
expect_equal "kill -9: what was there is there" "$(versions)" 1
expect_exit "kill -9: the run is there" 0 "$HONE" runs "$id"
expect_exit "kill -9: no half model" 4 "$HONE" models long
if command -v sqlite3 >/dev/null; then
    expect_equal "kill -9: the database is whole" "$(sqlite3 .hone/hone.db 'PRAGMA integrity_check')" ok
fi
expect_exit "kill -9: training goes on" 0 "${train[@]}" --model baseline
expect_equal "kill -9: with the next version" "$(versions)" 2

# --- store locked -----------------------------------------------------------------------------------
if command -v python3 >/dev/null; then
    hold() { # hold SECONDS: the write lock of the store, from another process
        python3 - "$1" <<'PY' >locked &
import sqlite3, sys, time
db = sqlite3.connect(".hone/hone.db", isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[1]))
db.execute("ROLLBACK")
PY
        holder=$!
        pids+=("$holder")
        local i
        for ((i = 0; i < 100; i++)); do
            grep -q held locked && return
            sleep 0.05
        done
    }
    hold 30
    expect_exit "locked store" 4 "${train[@]}" --model baseline
    expect_contains "locked store: says so" err '^hone: .*(locked|busy|another process)'
    expect_exit "locked store: can be read" 0 "$HONE" models m
    expect_exit "locked store: predicts" 0 "$HONE" predict models:/m/1 good.csv -o scored.csv
    expect_contains "locked store: says what is missing" err 'not counted for hone monitor: .*locked'
    kill "$holder" && wait "$holder" 2>/dev/null
    expect_equal "locked store: nothing was registered" "$(versions)" 2
    : >locked
    hold 1.5
    expect_exit "locked for a moment" 0 "${train[@]}" --model baseline
    expect_equal "locked for a moment: waits" "$(versions)" 3
    wait "$holder"
else
    echo "skipped: no python3 to hold a lock with"
fi

# --- no room ------------------------------------------------------------------------------------------
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    expect_exit "full disk: a model fits" 0 "${train[@]}" --model baseline --store small/.hone
    dd if=/dev/zero of=small/ballast bs=1k count=2000 2>/dev/null
    expect_exit "full disk" 8 "${train[@]}" --model gbt --set rounds=300 --store small/.hone
    expect_contains "full disk: says so" err '^hone: .*(No space left|full)'
    expect_exit "full disk: predict" 8 "$HONE" predict models:/m/1 good.csv -o small/out.csv
    expect_contains "full disk: predict says so" err '^hone: .*small/out\.csv.*No space left'
    expect_exit "full disk: convert" 8 "$HONE" convert big.csv small/out.csv
    expect_exit "full disk: export" 8 "$HONE" export models:/m/1 -o small/m.onnx
    expect_exit "full disk: demo" 8 "$HONE" demo small/loans
    expect_equal "full disk: no half file" "$(ls small/out.csv small/m.onnx 2>/dev/null)" ''
    expect_equal "full disk: nothing temporary" "$(find small -name '*.csv*' -o -name '*.tmp*')" ''
    rm -f small/ballast
    expect_exit "room again: what was there is there" 0 "$HONE" models m --store small/.hone
    expect_exit "room again: training goes on" 0 "${train[@]}" --model baseline --store small/.hone
    umount small
else
    echo "skipped: cannot mount a small file system (not root)"
fi

# --- no right -----------------------------------------------------------------------------------------
as=()
if [ "$(id -u)" -eq 0 ]; then
    command -v setpriv >/dev/null && as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 755 "$DIR"
fi
if { [ "$(id -u)" -ne 0 ] || [ ${#as[@]} -gt 0 ]; } && "${as[@]}" "$HONE" --version >/dev/null 2>&1; then
    cp good.csv secret.csv && chmod 000 secret.csv
    mkdir shut && chmod 555 shut
    [ "$(id -u)" -eq 0 ] || chmod -R a-w .hone
    expect_exit "unreadable table" 8 "${as[@]}" "$HONE" profile secret.csv
    expect_contains "unreadable table: says so" err '^hone: .*secret\.csv.*Permission denied'
    expect_exit "unreadable table to train on" 8 "${as[@]}" "$HONE" train secret.csv --target default --store /tmp/nowhere-$$
    rm -rf "/tmp/nowhere-$$"
    expect_exit "folder that takes no files" 8 "${as[@]}" "$HONE" convert good.csv shut/out.csv
    expect_contains "folder that takes no files: says so" err '^hone: .*shut/out\.csv.*Permission denied'
    expect_exit "no store can be made" 8 "${as[@]}" "$HONE" train good.csv --target default --store shut/.hone
    expect_contains "no store can be made: says so" err '^hone: .*shut/\.hone.*Permission denied'
    expect_exit "store that may not be written" 8 "${as[@]}" "$HONE" train good.csv --target default --model baseline
    expect_contains "store that may not be written: says so" err '^hone: .*(read-only|readonly|Permission denied|attempt to write)'
    expect_contains "store that may not be written: says what to do" err 'run hone as the owner of that folder, or .*chown -R'
    expect_exit "a server that could log nothing does not start" 8 "${as[@]}" "$HONE" serve models:/m/1 --port 0
    expect_contains "and says why" err '^hone: .*\.hone: this user may not write the store'
    expect_exit "what is to be changed is not" 8 "${as[@]}" "$HONE" promote models:/m/1
    expect_contains "in the same words" err 'this user may not write the store'
    chmod -R u+w shut .hone
else
    echo "skipped: root may do everything, and there is no setpriv to be less"
fi

# --- all of it is still there ------------------------------------------------------------------------
expect_exit "in the end: the store is whole" 0 "$HONE" models m
expect_exit "in the end: version 1 predicts" 0 "$HONE" predict models:/m/1 good.csv -o scored.csv
expect_exit "in the end: and is reproduced" 0 "$HONE" reproduce models:/m/1
