#!/bin/bash
# Text files as people have them, through the program: standard input, encodings, packed files, picked rows and
# columns, shapes of JSON, and files that are broken or something else.
. "$(dirname "$0")/lib.sh"

printf 'id,city,age\n1,Bonn,30\n2,Ulm,17\n3,Bonn,\n' >rows.csv

# --- in and out -------------------------------------------------------------------------------
"$HONE" convert - out.jsonl <rows.csv >said
expect_equal "standard input" "$(cat out.jsonl)" '{"id":1,"city":"Bonn","age":30}
{"id":2,"city":"Ulm","age":17}
{"id":3,"city":"Bonn","age":null}'
expect_exit "to standard output" 0 "$HONE" convert rows.csv - --to jsonl --columns age,id --where "city = 'Bonn'"
expect_equal "columns and rows picked" "$(cat out)" '{"age":30,"id":1}
{"age":null,"id":3}'
expect_exit "packed with gzip" 0 "$HONE" convert rows.csv rows.csv.gz
expect_equal "gzip understands it" "$(gzip -dc rows.csv.gz)" "$(cat rows.csv)"
expect_exit "packed by option" 0 "$HONE" convert rows.csv rows.packed --compression gzip
expect_equal "the same bytes" "$(cmp rows.csv.gz rows.packed && echo same)" same
expect_exit "packed with zstd" 0 "$HONE" convert rows.csv rows.jsonl.zst
expect_exit "read back" 0 "$HONE" convert rows.jsonl.zst back.csv
expect_equal "nothing lost" "$(cat back.csv)" "$(cat rows.csv)"
expect_exit "other delimiter" 0 "$HONE" convert rows.csv - --to csv --to-delimiter ';' --no-names --head 1
expect_equal "other delimiter is written" "$(cat out)" '1;Bonn;30'
expect_exit "unknown packing" 2 "$HONE" convert rows.csv x.csv --compression rar
expect_contains "unknown packing says which there are" err 'gzip or zstd'
expect_exit "unknown column" 4 "$HONE" convert rows.csv - --columns agee
expect_contains "unknown column names the nearest" err 'age'
expect_exit "wrong expression" 2 "$HONE" convert rows.csv - --where 'age >'

# --- encodings --------------------------------------------------------------------------------
printf 'name;city\nJos\xe9;K\xf6ln\nAda;Bonn\n' >western.csv
expect_exit "latin-1" 0 "$HONE" convert western.csv - --to jsonl
expect_contains "latin-1 is read" out '^\{"name":"José","city":"Köln"\}$'
expect_contains "latin-1 is said" err 'western.csv is not UTF-8 and was read as windows-1252'
expect_exit "encoding by name" 0 "$HONE" convert western.csv - --to jsonl --encoding latin1
expect_lacks "encoding by name is no guess" err 'note:'
printf '\xff\xfen\x00\n\x00\x31\x00\n\x00' >wide.csv
expect_exit "utf-16" 0 "$HONE" profile wide.csv --verbose
expect_contains "utf-16 is said" err 'csv, utf-16le, 1 rows'
expect_exit "no such encoding" 2 "$HONE" profile western.csv --encoding klingon
expect_contains "no such encoding says what there is" err 'iconv -l'
printf '\xcc\xee\xf1\xea\xe2\xe0;1\n\xca\xe0\xe7\xe0\xed\xfc;2\n' >russian.csv
expect_exit "no western text" 3 "$HONE" profile russian.csv
expect_contains "no western text has advice" err '--encoding cp1251'
expect_exit "cp1251" 0 "$HONE" convert russian.csv - --to jsonl --encoding cp1251
expect_contains "cp1251 is read" out 'Москва'

# --- shapes of JSON ---------------------------------------------------------------------------
echo '[{"a":1,"b":{"c":"x"}},{"a":2}]' >list.json
expect_exit "a list of objects" 0 "$HONE" convert list.json - --to csv
expect_equal "nested members have dots" "$(cat out)" 'a,b.c
1,x
2,'
echo '{"a":[1,2],"b":["x","y"]}' >columns.json
expect_exit "columns" 0 "$HONE" convert columns.json - --to csv
expect_equal "columns are columns" "$(cat out)" 'a,b
1,x
2,y'
echo '{"a":NaN}' >nan.jsonl
expect_exit "NaN" 3 "$HONE" profile nan.jsonl
expect_contains "NaN says where and what to do" err 'nan.jsonl, line 1: column 6: NaN and Infinity are no JSON: write null'

# --- files that are broken or something else --------------------------------------------------
expect_exit "missing file" 4 "$HONE" profile nowhere.csv
expect_exit "folder" 2 "$HONE" profile .
: >empty.csv
expect_exit "no bytes" 3 "$HONE" profile empty.csv
expect_contains "no bytes: said" err 'empty.csv is empty'
printf '\xef\xbb\xbf' >bom.csv
expect_exit "only a mark" 3 "$HONE" profile bom.csv
echo 'a,b' >names.csv
expect_exit "only names" 0 "$HONE" profile names.csv
printf 'n\n1\n2' >one.csv
expect_exit "one column, no line end" 0 "$HONE" convert one.csv - --to jsonl
expect_equal "both rows" "$(wc -l <out)" 2
printf 'a,b\n1,\0\n2,3\n' >nul.csv
expect_exit "zero byte" 3 "$HONE" convert nul.csv -
expect_contains "zero byte has its line" err 'nul.csv, line 2: column b'
expect_exit "zero byte left out" 0 "$HONE" convert nul.csv - --on-bad-row skip
{ printf 'a,b\n1,'; head -c 20000000 /dev/zero | tr '\0' x; } >long.csv
expect_exit "a line of 20 MB" 3 "$HONE" profile long.csv
expect_contains "a line of 20 MB: said" err 'long.csv, line 2: column b: a field longer than 16 MiB'
head -c 20 rows.csv.gz >cut.csv.gz
expect_exit "truncated gzip" 3 "$HONE" profile cut.csv.gz
expect_contains "truncated gzip: said" err 'cut.csv.gz: the compressed data end too early'
printf '\x89PNG\r\n\x1a\n' >picture.csv
expect_exit "picture" 5 "$HONE" profile picture.csv
expect_contains "picture: said" err 'picture.csv is a PNG picture'
printf 'PK\x03\x04\x14\0\0\0 [Content_Types].xml xl/workbook.xml' >book.xlsx
expect_exit "workbook" 5 "$HONE" profile book.xlsx
expect_contains "workbook: what to do" err 'libreoffice'
echo '<!DOCTYPE html><html><body>404 Not Found</body></html>' >page.csv
expect_exit "web page" 5 "$HONE" profile page.csv
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n' >pointer.csv
expect_exit "LFS pointer" 5 "$HONE" profile pointer.csv
expect_contains "LFS pointer: what to do" err 'git lfs pull'
if [ "$(id -u)" -ne 0 ]; then
    cp rows.csv secret.csv && chmod 000 secret.csv
    expect_exit "no permission" 8 "$HONE" profile secret.csv
fi
