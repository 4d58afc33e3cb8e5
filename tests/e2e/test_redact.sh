#!/bin/bash
# privacy and redact: what is found, taken out, turned back, and what they say to bad input.
. "$(dirname "$0")/lib.sh"

cat >people.csv <<'CSV'
id,name,email,phone,dob,zip,sex,notes,amount
1,Priya Sharma,priya@example.org,+91 98765 43210,1987-03-12,411001,f,call (212) 555-0123,10.5
2,John Smith,john@example.com,030 1234567,1990-05-01,10115,m,nothing,11.5
3,Hans Müller,hans@example.de,06 12 34 56 78,1977-12-24,75001,m,write a.b@c.org,12
4,Maria Silva,maria@example.br,(11) 98765-4321,1987-01-31,01310,f,order 123456789012,13
CSV

expect_exit "privacy" 0 "$HONE" privacy people.csv
expect_contains "finds e-mail" out '^email +e-mail address +names a person'
expect_contains "finds names" out '^name +name of a person'
expect_contains "finds phones in texts" out '^notes +phone number .*1 of 4 texts'
expect_contains "finds birth dates" out '^dob +birth date +narrows down'
expect_lacks "prints no value" out 'priya|Sharma|98765|411001'
expect_exit "privacy as JSON" 0 "$HONE" privacy people.csv --json
expect_equal "JSON has the kind" "$(json out .personal[0].kind)" person_name
printf 'a,b\n1,x\n' >plain.csv
expect_exit "privacy of nothing personal" 0 "$HONE" privacy plain.csv
expect_contains "says so" out 'no personal data found'

expect_exit "check" 0 "$HONE" check people.csv --all
expect_contains "check warns of what names people" out '^warn +personal_data: column email holds what names people'
expect_contains "and notes what narrows down" out 'columns describe people .*dob, zip, sex'
expect_exit "check of nothing personal" 0 "$HONE" check plain.csv
expect_lacks "is silent" out 'names people|describe people'
expect_exit "kinds are listed" 0 "$HONE" list personal
expect_contains "with their titles" out 'steuer_id +tax number'

expect_exit "anonymity" 0 "$HONE" privacy people.csv --quasi sex,zip --sensitive amount
expect_contains "says k" out '^1-anonymous: 4 rows in 4 classes'
expect_exit "anonymity as a gate" 1 "$HONE" privacy people.csv --quasi sex --k 3
expect_contains "the gate says how many" err '4 of 4 rows are in classes smaller than 3'
expect_exit "anonymity that is enough" 0 "$HONE" privacy people.csv --quasi sex --k 2
expect_exit "diversity as a gate" 1 "$HONE" privacy people.csv --quasi zip --sensitive sex --l 2
expect_exit "anonymity as JSON" 0 "$HONE" privacy people.csv --quasi sex --json
expect_equal "JSON has k" "$(json out .k)" 2
expect_exit "k without columns" 2 "$HONE" privacy people.csv --k 3
expect_contains "says what is missing" err 'quasi'
expect_exit "a column that is not there" 4 "$HONE" privacy people.csv --quasi sxe
expect_contains "names the nearest" err 'sex'

expect_exit "a key" 0 "$HONE" redact --new-key key
expect_equal "only its owner may read it" "$(stat -c %a key)" 600
expect_exit "no key over a key" 4 "$HONE" redact --new-key key
expect_exit "a plan" 0 "$HONE" redact people.csv --auto --write-plan plan.yaml
expect_contains "the plan has methods" plan.yaml '^    method: hash$'
expect_lacks "the plan has no values" plan.yaml 'priya|Sharma'
expect_exit "the plan is done" 0 "$HONE" redact people.csv clean.csv --plan plan.yaml --key key
expect_contains "and looked at afterwards" out 'Nothing personal|Still found'
expect_lacks "names are gone" clean.csv 'name|Sharma'
expect_lacks "addresses are gone" clean.csv '@|98765|555-0123'
expect_contains "texts keep the rest" clean.csv 'call \[PHONE\]'
expect_contains "years stay" clean.csv ',1987,411\*\*\*,'
expect_exit "the same again" 0 "$HONE" redact people.csv again.csv --plan plan.yaml --key key --quiet
expect_equal "gives the same" "$(cat again.csv)" "$(cat clean.csv)"
HONE_REDACT_KEY=$(cat key) "$HONE" redact people.csv again.csv --plan plan.yaml --quiet
expect_equal "the key by a variable too" "$(cat again.csv)" "$(cat clean.csv)"

expect_exit "tokens" 0 "$HONE" redact people.csv tokens.csv --column email=token,amount=token:column --column name=keep --key key
expect_contains "tokens stand there" tokens.csv ',tok1[a-z2-7]+,'
expect_exit "tokens back" 0 "$HONE" redact tokens.csv back.csv --reverse --key key
expect_equal "as they were" "$(cat back.csv)" "$("$HONE" convert people.csv -)"
expect_exit "tokens back in one column" 0 "$HONE" redact tokens.csv back.csv --reverse --column email --key key --json
expect_equal "counts them" "$(json out .tokens)" 4
expect_exit "another format" 0 "$HONE" redact people.csv tokens.jsonl --column email=token --key key
expect_exit "and back from there" 0 "$HONE" redact tokens.jsonl back.csv --reverse --key key
expect_contains "the address is back" back.csv 'priya@example\.org'

mkdir .hone && "$HONE" redact people.csv clean.csv --column name=drop --quiet
expect_equal "the store's log has a line" "$(python3 -c '
import sqlite3
for row in sqlite3.connect(".hone/hone.db").execute("select action, detail from audit"): print(row[0], "drop" in row[1], "Sharma" in row[1])')" \
    "redact True False"

"$HONE" redact --new-key other --quiet
expect_exit "the wrong key" 3 "$HONE" redact tokens.csv x.csv --reverse --key other
expect_contains "says where" err 'column email, row 1: this token was made with another key'
expect_exit "no key" 2 "$HONE" redact people.csv x.csv --column email=hash
expect_contains "says how to get one" err 'new-key'
printf 'short\n' >short && chmod 600 short
expect_exit "a short key" 2 "$HONE" redact people.csv x.csv --column email=hash --key short
expect_contains "says how long" err 'at least 32'
cp key open && chmod 644 open
expect_exit "a key that others may read" 2 "$HONE" redact people.csv x.csv --column email=hash --key open
expect_contains "says so" err 'by others \(mode 644\)'
expect_lacks "and never shows it" err "$(cat key)"
expect_exit "no such key" 4 "$HONE" redact people.csv x.csv --column email=hash --key nokey
expect_exit "a method that is none" 2 "$HONE" redact people.csv x.csv --column email=hsh
expect_contains "did you mean" err 'did you mean hash'
expect_exit "an option that is none" 2 "$HONE" redact people.csv x.csv --column email=mask:many
expect_exit "a column that is none" 4 "$HONE" redact people.csv x.csv --column emial=drop
expect_contains "did you mean the column" err "did you mean 'email'"
expect_exit "OUT is DATA" 2 "$HONE" redact people.csv ./people.csv --auto --key key
expect_contains "is refused" err 'would be written over'
ln -s people.csv linked.csv
expect_exit "OUT is DATA by another name" 2 "$HONE" redact people.csv linked.csv --auto --key key
expect_exit "nothing to do" 2 "$HONE" redact people.csv x.csv
expect_exit "no OUT" 2 "$HONE" redact people.csv --auto
expect_exit "two plans" 2 "$HONE" redact people.csv x.csv --auto --plan plan.yaml
expect_exit "nothing to turn back" 4 "$HONE" redact people.csv x.csv --reverse --key key
printf 'columns: {email: {method: hash, bits: 3}}\n' >bad.yaml
expect_exit "a plan with a wrong key" 3 "$HONE" redact people.csv x.csv --plan bad.yaml --key key
expect_contains "names file and column" err '^hone: bad\.yaml: column email: there is no bits'
expect_exit "everything dropped" 2 "$HONE" redact plain.csv x.csv --column a=drop,b=drop
expect_equal "nothing was written" "$(ls x.csv 2>/dev/null)" ''
expect_exit "standard output" 0 "$HONE" redact people.csv - --column name=drop
expect_equal "is the table alone" "$(head -1 out)" 'id,email,phone,dob,zip,sex,notes,amount'
