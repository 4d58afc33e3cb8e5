#!/bin/bash
# Arrow files and streams on the command line: there and back, options, and files that are none.
. "$(dirname "$0")/lib.sh"

cat >rows.csv <<'CSV'
id,x,flag,word,day,when,note
1,1.5,true,red,2024-02-29,2024-02-29T12:00:00.500000Z,hello world
2,,false,green,1969-12-31,1960-01-01T00:00:00Z,"a ""quote"""
3,-0.25,,red,,,ünï
4,1e+300,true,,2024-01-01,2024-02-29T12:00:00Z,x
5,1e+300,true,green,2024-01-01,2024-02-29T12:00:00Z,y
CSV
for file in rows.arrow rows.feather rows.arrows rows.ipc; do
    for compression in none zstd lz4; do
        expect_exit "write $file $compression" 0 "$HONE" convert rows.csv "$file" --compression $compression --row-group 2
        expect_exit "read $file $compression" 0 "$HONE" convert "$file" back.csv
        expect_equal "same $file $compression" "$(cat back.csv)" "$(cat rows.csv)"
    done
done
expect_equal "a file" "$(head -c 6 rows.ipc)" ARROW1
expect_equal "a stream" "$(head -c 4 rows.arrows | od -An -tx1 | tr -d ' ')" ffffffff

# The same bytes each time, with any number of threads.
for threads in 1 2 7; do
    "$HONE" convert rows.csv "t$threads.arrow" --compression zstd --threads $threads --quiet
done
expect_equal "same bytes" "$(sha256sum <t1.arrow)" "$(sha256sum <t7.arrow)"
expect_equal "same bytes again" "$(sha256sum <t1.arrow)" "$(sha256sum <t2.arrow)"

# Found by its bytes, from a pipe, under any name, packed as a whole.
cp rows.arrow misnamed.csv
expect_exit "by its bytes" 0 "$HONE" convert misnamed.csv back.csv
expect_equal "by its bytes, same" "$(cat back.csv)" "$(cat rows.csv)"
"$HONE" convert - back.csv <rows.arrows >out 2>err
expect_equal "from a pipe" "$(cat back.csv)" "$(cat rows.csv)"
"$HONE" convert rows.csv - --to arrow --quiet >piped 2>err
"$HONE" convert - back.csv <piped >out 2>err
expect_equal "through a pipe" "$(cat back.csv)" "$(cat rows.csv)"
gzip -k rows.arrows
expect_exit "gzip around it" 0 "$HONE" convert rows.arrows.gz back.csv
expect_equal "gzip around it, same" "$(cat back.csv)" "$(cat rows.csv)"

# Options of reading.
expect_exit columns 0 "$HONE" convert rows.arrow out.csv --columns word,id
expect_equal "columns, in their order" "$(head -2 out.csv | tr '\n' ' ')" "word,id red,1 "
expect_exit types 0 "$HONE" convert rows.arrow out.csv --columns id,x --type id=text --type x=float32
expect_equal "types, values" "$(sed -n 2p out.csv)" "1,1.5"
expect_exit "no such type" 2 "$HONE" convert rows.arrow out.csv --type ids=text
expect_contains "no such type, which" err "names column 'ids'"
expect_exit "no such column" 4 "$HONE" convert rows.arrow out.csv --columns wrod
expect_contains "no such column, nearest" err "'word'"
expect_exit "no such packing" 2 "$HONE" convert rows.csv x.arrow --compression brotli
expect_contains "no such packing, which" err "zstd and lz4"
expect_equal "nothing is left" "$(ls x.arrow* 2>/dev/null)" ""

# Files that are damaged, or no Arrow.
"$HONE" convert rows.csv rows.arrow --quiet
head -c 700 rows.arrow >cut.arrow
expect_exit "cut file" 3 "$HONE" convert cut.arrow out.csv
expect_contains "cut file, why" err "does not end as one"
head -c 1500 rows.arrows >cut.arrows
expect_exit "cut stream" 3 "$HONE" convert cut.arrows out.csv
expect_contains "cut stream, where" err "at byte [0-9]+ of 1500 is cut short"
printf 'FEA1aaaaaaaaaaaaaaaaaaaaaaaaFEA1' >old.feather
expect_exit "old Feather" 5 "$HONE" convert old.feather out.csv
expect_contains "old Feather, what to do" err "write_feather"
printf 'id,x\n1,2\n' >text.arrow
expect_exit "no Arrow at all" 3 "$HONE" convert text.arrow out.csv
expect_contains "no Arrow at all, says so" err "is no arrow file"
