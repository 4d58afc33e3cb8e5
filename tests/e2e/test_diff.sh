#!/bin/bash
# hone diff: what it finds, how it ends, and what it says to tables that cannot be compared.
. "$(dirname "$0")/lib.sh"

printf 'id,name,price,day\n1,ink,2.5,2024-01-01\n2,pen,1.0,2024-01-02\n3,pad,4.0,2024-01-03\n' >a.csv
printf 'id,name,price,day\n3,pad,4.0,2024-01-03\n2,pen,1.2,2024-01-02\n4,cap,9.9,2024-01-04\n' >b.csv

expect_exit "by a key" 0 "$HONE" diff a.csv b.csv --key id
expect_contains "the summary is first" out 'a\.csv -> b\.csv  1 row added, 1 row removed, 1 row changed in 1 cell, 1 row the same'
expect_contains "a changed cell is shown" out '^price +1 .*2: 1 -> 1\.2'
expect_contains "removed rows by number" out 'removed: row 1 of a\.csv'
expect_contains "added rows by number" out 'added: row 3 of b\.csv'
expect_lacks "no escapes off a terminal" out $'\x1b'
expect_exit "differences alone are no failure" 0 "$HONE" diff a.csv b.csv
expect_contains "without a key rows are compared whole" out '2 rows added, 2 rows removed'
expect_contains "a key is suggested" out '\-\-key id would tell'
expect_exit "exit code on request" 1 "$HONE" diff a.csv b.csv --key id --exit-code
expect_exit "equal tables" 0 "$HONE" diff a.csv a.csv --exit-code
expect_contains "equal is said" out 'equal: 3 rows, 4 columns'
expect_exit "within the tolerance" 0 "$HONE" diff a.csv b.csv --key id --tolerance 0.2,0
expect_contains "nothing changed then" out '1 row removed, 2 rows the same'

expect_exit "as JSON" 1 "$HONE" diff a.csv b.csv --key id --json --exit-code
expect_equal "JSON counts rows" "$(json out .rows.changed) $(json out .rows.added) $(json out .rows.removed)" "1 1 1"
expect_equal "JSON has the cell" "$(json out .column[2].examples[0].new)" 1.2
expect_exit "rows to a file" 0 "$HONE" diff a.csv b.csv --key id --out changed.csv
expect_equal "the file" "$(cat changed.csv)" '_change,id,name,price,day
removed,1,ink,2.5,2024-01-01
added,4,cap,9.9,2024-01-04
old,2,pen,1,2024-01-02
new,2,pen,1.2,2024-01-02'
expect_exit "as a page" 0 "$HONE" diff a.csv b.csv --key id --html page.html
expect_contains "the page is whole" page.html '</html>'

sed 's/^id,name/id,title/' a.csv >c.csv
expect_exit "another name" 0 "$HONE" diff a.csv c.csv --key id
expect_contains "column gone" out 'name: removed'
expect_contains "column come" out 'title: added'
expect_exit "only some columns" 0 "$HONE" diff a.csv c.csv --key id --columns id,price,day --exit-code
expect_exit "only some rows" 0 "$HONE" diff a.csv b.csv --where 'id = 3' --exit-code

printf 'id,name\n1,x\n1,y\n' >twice.csv
printf 'id,name\n1,x\n,y\n' >gap.csv
printf 'p,q\n1,2\n' >other.csv
: >empty.csv
expect_exit "a key that stands twice" 4 "$HONE" diff a.csv twice.csv --key id
expect_contains "says table and rows" err 'twice\.csv: id 1 stands in rows 1 and 2'
expect_exit "a key that is missing" 4 "$HONE" diff a.csv gap.csv --key id
expect_contains "says table and row" err 'gap\.csv, row 2: the key id is missing'
expect_exit "no such key" 4 "$HONE" diff a.csv b.csv --key ident
expect_contains "the nearest column" err "id"
expect_exit "nothing in common" 2 "$HONE" diff a.csv other.csv
expect_contains "says what both have" err 'no column in common'
expect_exit "one table only" 2 "$HONE" diff a.csv
expect_exit "a tolerance that is none" 2 "$HONE" diff a.csv b.csv --key id --tolerance little
expect_contains "says what it should be" err 'for instance --tolerance'
expect_exit "a tolerance below 0" 2 "$HONE" diff a.csv b.csv --key id --tolerance=-1
expect_exit "a tolerance without a key" 2 "$HONE" diff a.csv b.csv --tolerance 1
expect_exit "a table that is not there" 4 "$HONE" diff a.csv absent.csv
expect_exit "an empty file" 3 "$HONE" diff a.csv empty.csv
printf 'id,evil\n1,"</script><script>alert(1)</script>"\n' >evil1.csv
printf 'id,evil\n1,"\x1b[31mred"\n' >evil2.csv
expect_exit "hostile text" 0 "$HONE" diff evil1.csv evil2.csv --key id --html evil.html
expect_lacks "is escaped on the page" evil.html '<script>alert'
"$HONE" diff evil1.csv evil2.csv --key id >out
expect_lacks "is harmless on a terminal" out $'\x1b'
