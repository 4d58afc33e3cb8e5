#!/bin/bash
# convert, profile, check: what they do, and what they say to bad input.
. "$(dirname "$0")/lib.sh"

cat >rows.csv <<'CSV'
id,age,city,joined,score
1,34,Pune,2024-01-03,0.5
2,NA,Delhi,2024-01-04,0.25
3,51,Pune,2024-02-29,
4,34,Kochi,2024-03-01,1e3
5,34,Pune,2024-03-02,-7
CSV
expect_exit "convert to JSON Lines" 0 "$HONE" convert rows.csv rows.jsonl
expect_contains "convert says what it wrote" out '^rows\.jsonl: 5 rows, 5 columns$'
expect_exit "convert back" 0 "$HONE" convert rows.jsonl again.csv --quiet
expect_exit "convert the original to CSV" 0 "$HONE" convert rows.csv clean.csv --quiet
expect_equal "there and back is the same" "$(cat again.csv)" "$(cat clean.csv)"
expect_exit "convert to standard output" 0 "$HONE" convert rows.csv - --head 2 --columns city,id
expect_equal "columns in the order asked for" "$(head -2 out | tr '\n' ' ')" 'city,id Pune,1 '
expect_equal "head" "$(wc -l <out)" 3
"$HONE" convert - - --head 1 <rows.csv >piped 2>err
expect_equal "standard input to standard output" "$(wc -l <piped)" 2
expect_exit "convert as JSON" 0 "$HONE" convert rows.csv rows.jsonl --json
expect_equal "convert as JSON has rows" "$(json out .rows)" 5
expect_exit "head of nothing" 0 "$HONE" convert rows.csv none.csv --head 0
expect_equal "head of nothing keeps the names" "$(wc -l <none.csv)" 1
expect_exit "column that is not there" 4 "$HONE" convert rows.csv x.csv --columns aeg
expect_contains "gets a suggestion" err 'age'
expect_equal "and nothing is written" "$(ls x.csv 2>/dev/null)" ''
printf 'a b\n1 2\n' >space.txt
expect_exit "delimiter" 0 "$HONE" convert space.txt - --delimiter ' '
expect_equal "delimiter is used" "$(head -1 out)" 'a,b'

expect_exit "profile" 0 "$HONE" profile rows.csv
expect_contains "profile heads with the size" out 'rows\.csv  5 rows, 5 columns'
expect_contains "profile shows a range" out '^age .*34 to 51, median 34'
expect_contains "profile shows shares" out 'Pune 60\.0 %'
expect_contains "profile shows dates" out '2024-01-03 to 2024-03-02'
expect_lacks "profile off a terminal has no escapes" out $'\x1b'
LC_ALL=C "$HONE" profile rows.csv >ascii 2>err
expect_equal "profile without UTF-8 is ASCII" "$(LC_ALL=C grep -c '[^ -~]' ascii)" 0
expect_exit "profile as JSON" 0 "$HONE" profile rows.csv --json
expect_equal "profile as JSON has rows" "$(json out .rows)" 5
expect_exit "profile as a page" 0 "$HONE" profile rows.csv --html rows.html
expect_contains "page has its title" rows.html '<title>Profile of rows\.csv</title>'
expect_lacks "page loads nothing" rows.html '(src|href)="?https?:'
printf 'c\n"</script><script>alert(1)</script>"\n' >evil.csv
expect_exit "page of hostile text" 0 "$HONE" profile evil.csv --html evil.html
expect_lacks "hostile text is escaped" evil.html '<script>alert'
printf 'c\n\x1b[31mred\nx\n' >escape.csv
expect_exit "terminal text of hostile bytes" 0 "$HONE" profile escape.csv
expect_lacks "hostile bytes are not sent" out $'\x1b'

expect_exit "check" 0 "$HONE" check rows.csv --quiet
awk 'BEGIN { srand(1); print "id,x,leak,y"
    for (i = 0; i < 400; i++) { y = rand() < 0.5; print i "," rand() "," (y ? "paid" : "owed") "," y } }' >leak.csv
expect_exit "check finds a leak" 1 "$HONE" check leak.csv --target y
expect_contains "and names it" out 'leak'
expect_exit "check as JSON" 1 "$HONE" check leak.csv --target y --json
expect_equal "check as JSON says no" "$(json out .success)" false
expect_exit "check of a target that is not there" 4 "$HONE" check rows.csv --target nope

expect_exit "schema written" 0 "$HONE" check leak.csv --write-schema s.yaml
expect_contains "schema names a column" s.yaml '^  leak:'
expect_exit "schema passes its own table" 0 "$HONE" check leak.csv --schema s.yaml
sed 's/,paid,/,PAID,/' leak.csv >other.csv
expect_exit "schema sees another value" 0 "$HONE" check other.csv --schema s.yaml
expect_contains "and says so" out 'PAID'
printf 'schema: 1\ncolumns:\n  x:\n    range: {max: 0.5, action: quarantine}\n  nope:\n    required: {action: fail}\n' >strict.yaml
expect_exit "schema fails" 1 "$HONE" check leak.csv --schema strict.yaml --aside aside.csv
expect_equal "and sets rows aside" "$(awk -F, 'NR > 1 && $2 <= 0.5' aside.csv | wc -l)" 0
expect_at_least "all of them" "$(wc -l <aside.csv)" 100
printf 'schema: 1\ncolumns: [1\n' >bad.yaml
expect_exit "schema that is no YAML" 3 "$HONE" check leak.csv --schema bad.yaml
expect_contains "is named" err 'bad\.yaml'
expect_exit "schema that is not there" 4 "$HONE" check leak.csv --schema absent.yaml

# --- bad input to each of them ---------------------------------------------------------
: >empty.csv
head -c 4096 /dev/urandom >binary.csv
printf '\x7fELF\x02\x01\x01\x00\x00\x00' >program.csv
printf 'a,b\n' >header.csv
printf 'a,b\n1,x\n' >one.csv
printf 'a,b\n,\n,\n,\n' >missing.csv
printf 'a,b\n1,2\n3\n4,5\n' >ragged.csv
printf 'a,b\n1,2\n' >secret.csv
chmod 000 secret.csv
mkdir folder
for verb in "convert IN x.jsonl" "profile IN" "check IN" "profile IN --html x.html" "profile IN --json"; do
    name=${verb/IN/}
    # shellcheck disable=SC2086 # words on purpose
    with() { "$HONE" ${verb/IN/$1}; }
    expect_exit "$name: no file" 4 with absent.csv
    expect_contains "$name: no file is named" err 'absent\.csv'
    expect_exit "$name: folder" 2 with folder
    expect_exit "$name: empty file" 3 with empty.csv
    expect_contains "$name: empty file is said" err 'empty'
    expect_exit "$name: binary file" 3 with binary.csv
    expect_exit "$name: program" 5 with program.csv
    expect_exit "$name: ragged row" 3 with ragged.csv
    expect_contains "$name: ragged row has its line" err 'ragged\.csv, line 3'
    expect_exit "$name: ragged row skipped" 0 with "ragged.csv --on-bad-row skip"
    expect_contains "$name: and told" err '1 bad row left out'
    expect_exit "$name: one row" 0 with one.csv
    empty=0
    [ "${verb%% *}" != check ] || empty=1 # it says that there is nothing to learn from
    expect_exit "$name: header only" "$empty" with header.csv
    expect_exit "$name: all missing" "$empty" with missing.csv
    if [ "$(id -u)" -ne 0 ]; then
        expect_exit "$name: no permission" 8 with secret.csv
    fi
done
expect_exit "convert to a folder that is not there" 4 "$HONE" convert rows.csv no/such/x.csv
if [ -e /dev/full ]; then
    "$HONE" profile rows.csv >/dev/full 2>err
    expect_equal "profile to a full disk" $? 8
    "$HONE" convert rows.csv - >/dev/full 2>err
    expect_equal "convert to a full disk" $? 8
    expect_contains "convert to a full disk says why" err 'No space left'
fi

# A file that cannot be written whole is not there at all, and what was there stays.
mkdir small
echo old >small/kept.html
limited() { (ulimit -f 16 && "$@"); } # 16 KiB at most, less than a page without charts
awk 'BEGIN { print "a,b"; for (i = 0; i < 20000; i++) print i "," i * i }' >big.csv
expect_exit "page over the limit" 8 limited "$HONE" profile big.csv --html small/kept.html
expect_contains "says why" err 'too large'
expect_exit "table over the limit" 8 limited "$HONE" convert big.csv small/new.csv
expect_equal "nothing half written" "$(ls -A small)" kept.html
expect_equal "the old file stays" "$(cat small/kept.html)" old

# Interrupted while it waits for input: it ends, and leaves nothing behind.
mkfifo pipe
"$HONE" convert pipe never.csv 2>err &
pid=$!
pids+=("$pid")
exec 3>pipe
sleep 0.2
kill -INT "$pid" 2>/dev/null
sleep 0.1
kill -INT "$pid" 2>/dev/null
wait "$pid"
got=$?
exec 3>&-
case $got in
9 | 130) ok "interrupted" ;;
*) fail "interrupted" "exit $got" ;;
esac
expect_equal "interrupted leaves nothing" "$(ls never.csv* 2>/dev/null)" ''
