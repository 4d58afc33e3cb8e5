#!/bin/bash
# query and databases: SQL over files, SQLite read and written, and what is said to wrong questions.
. "$(dirname "$0")/lib.sh"

cat >homes-1.csv <<'CSV'
id,city,price,day,sold,at
1,Berlin,10.5,2024-01-31,true,2024-01-31T10:00:00Z
2,Paris,20,2024-02-01,false,2024-02-01T11:30:00.5Z
3,Berlin,30.25,,true,
4,,7,2024-02-15,,2024-02-15T00:00:00Z
CSV
printf 'city,people\nBerlin,3.7\nParis,2.1\nRome,2.8\n' >towns.csv

expect_exit "a query" 0 "$HONE" query "select city, count(*) as n, median(price) as m from homes_1 group by 1" homes-1.csv
expect_equal "off a terminal it is CSV" "$(tr '\n' ' ' <out)" 'city,n,m ,1,7 Berlin,2,20.375 Paris,1,20 '
expect_exit "types come through" 0 "$HONE" query "select * from h" h=homes-1.csv
expect_equal "as they were" "$(sed -n 3p out)" '2,Paris,20,2024-02-01,false,2024-02-01T11:30:00.500000Z'
expect_exit "a join of two files" 0 "$HONE" query "select id, people from h join towns using (city) order by id" h=homes-1.csv towns.csv
expect_equal "has its rows" "$(tr '\n' ' ' <out)" 'id,people 1,3.7 2,2.1 3,3.7 '
expect_exit "as a table" 0 "$HONE" query "select city, price from h" h=homes-1.csv --table --limit 2
expect_contains "numbers to the right" out '^Berlin +10\.5$'
expect_contains "and how many there are" out '^2 of 4 rows; --limit'
expect_exit "as JSON" 0 "$HONE" query "select sold, price, day from h where id = 4" h=homes-1.csv --json
expect_equal "with types" "$(json out .columns[2].type)" date
expect_equal "and missing values" "$(json out .rows[0])" '[null, 7.0, "2024-02-15"]'
expect_exit "into a file" 0 "$HONE" query "select * from h where sold" h=homes-1.csv --out sold.jsonl
expect_equal "of all rows" "$(wc -l <sold.jsonl)" 2
expect_exit "the plan" 0 "$HONE" query "select * from h join t using (city)" h=homes-1.csv t=towns.csv --explain
expect_contains "names both" out '^SCAN t '
expect_exit "the file's own conditions" 0 "$HONE" query "select count(*) as n from h" h=homes-1.csv --where 'price >= 10'
expect_equal "come first" "$(tail -1 out)" 3
"$HONE" query "select count(*) as n from stdin" - <towns.csv >out 2>err
expect_equal "standard input" "$(tail -1 out)" 3

expect_exit "a wrong column" 2 "$HONE" query "select prise from h" h=homes-1.csv
expect_contains "is shown with its place" err 'no such column: prise \(character 8\)'
expect_contains "and the nearest" err 'did you mean price\?'
expect_exit "a wrong table" 2 "$HONE" query "select 1 from homes" homes-1.csv
expect_contains "gets the nearest" err 'did you mean homes_1\?'
expect_exit "no writing" 2 "$HONE" query "attach 'x.db' as x"
expect_equal "no file appears" "$(ls x.db 2>/dev/null)" ''
expect_exit "no code" 2 "$HONE" query "select load_extension('x')"
expect_exit "one statement" 2 "$HONE" query "select 1; select 2"
expect_exit "a file for a query" 2 "$HONE" query homes-1.csv
expect_contains "is told how" err 'the query comes first'
expect_exit "a file that is not there" 4 "$HONE" query "select 1" none.csv

expect_exit "into a database" 0 "$HONE" convert homes-1.csv all.db
expect_exit "a second table" 0 "$HONE" convert towns.csv 'sqlite:all.db?table=towns'
expect_exit "not twice" 4 "$HONE" convert towns.csv 'sqlite:all.db?table=towns'
expect_contains "unless asked" err 'replace=1'
expect_exit "two tables" 2 "$HONE" convert all.db -
expect_contains "are listed with their rows" err 'all \(4 rows\), towns \(3 rows\)'
expect_exit "one of them" 0 "$HONE" convert 'sqlite:all.db?table=all' -
expect_equal "is as the file was" "$(sort out)" "$(sed 's/00\.5Z/00.500000Z/' homes-1.csv | sort)"
expect_exit "a query of a database" 0 "$HONE" convert 'sqlite:all.db?query=select city, max(people) as p from towns' -
expect_equal "gives its rows" "$(tail -1 out)" 'Berlin,3.7'
expect_exit "files and databases together" 0 "$HONE" query "select sum(people) as s from h join towns using (city)" h=homes-1.csv 'sqlite:all.db?table=towns'
expect_equal "join" "$(tail -1 out)" 9.5
gzip -k all.db
expect_exit "a packed database" 2 "$HONE" convert all.db.gz -
expect_contains "is a database too" err 'has 2 tables'
sqlite3 wal.db 'pragma journal_mode=wal; create table w (a); insert into w values (1)' >/dev/null
expect_exit "a database in WAL mode" 0 "$HONE" convert wal.db -
expect_equal "is read" "$(tail -1 out)" 1
head -c 5000 /dev/zero | tr '\0' 'x' >noise.db
expect_exit "noise" 3 "$HONE" convert noise.db -
: >empty.db
expect_exit "nothing" 3 "$HONE" convert empty.db -

# --- the guide's query that makes a table of an export for people
cat >people.csv <<'END'
Customer ID,Monthly Charges,Satisfaction %,Signup,Plan,Contact,Churned
C-1,"$1,234.50",53%,06/14/2024,Pro ,-,Yes
C-2,,,01/02/2025,basic,06/01/2024,No
END
sed -n '/^SELECT "Customer ID"/,/^FROM t$/p' "$ROOT/docs/guide/query.md" >clean.sql
expect_exit "the guide's query" 0 "$HONE" query "$(cat clean.sql)" t=people.csv --out clean.csv
expect_equal "dressed values are plain" "$(sed -n 2p clean.csv)" "C-1,1234.5,53.0,2024-06-14,pro,,Yes"
expect_equal "what is missing stays so" "$(sed -n 3p clean.csv)" "C-2,,,2025-01-02,basic,06/01/2024,No"
