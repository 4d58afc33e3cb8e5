# The gates refuse what they are for: a small tree with one planted fault each.
. "$(dirname "$0")/lib.sh"

# fresh: a clean tree of two layers in ./tree
fresh() {
    rm -rf tree
    mkdir -p tree/src/base tree/src/table tree/src/store tree/include
    cp -r "$ROOT/tools" "$ROOT/layers.txt" tree/
    : >tree/tools/size-waivers.txt
    printf 'int hone_base_one(void);\n' >tree/src/base/one.h
    printf '#include "base/one.h"\nint hone_base_one(void)\n{\n    return 1;\n}\n' >tree/src/base/one.c
    printf '#include "base/one.h"\nint hone_table_two(void);\nint hone_table_two(void)\n{\n    return hone_base_one();\n}\n' >tree/src/table/two.c
}

fresh
expect_exit "clean layers" 0 tree/tools/check-layers
expect_exit "clean bans" 0 tree/tools/check-banned

printf '#include "table/two.h"\n' >tree/src/store/three.c
expect_exit "a layer that is not allowed" 1 tree/tools/check-layers
expect_contains "is named with its line" out '^src/store/three.c:1: store may not include table$'

fresh
printf '#include <sqlite3.h>\n' >tree/src/table/two.c
expect_exit "a library outside its fence" 1 tree/tools/check-layers

fresh
printf '#include "base/arena_priv.h"\n' >tree/src/table/two.c
expect_exit "another layer's private header" 1 tree/tools/check-layers

fresh
: >tree/src/table/one.h
expect_exit "two files of one name" 1 tree/tools/check-layers

fresh
mkdir tree/src/attic && : >tree/src/attic/x.c && echo ' ' >tree/src/attic/x.c
expect_exit "a folder that is no layer" 1 tree/tools/check-layers

for line in 'strcpy(a, b);' 'x = malloc(8);' 'printf("%d", 1);' 'exit(1);' 'assert(x);' 'x = atoi(s);' \
    'x = 1; // why' '/* TODO: later */'; do
    fresh
    printf '%s\n' "$line" >>tree/src/table/two.c
    expect_exit "banned: $line" 1 tree/tools/check-banned
done

fresh
mkdir -p tree/build/base tree/build/table tree/build/store
printf 'int hone_table_two(void);\nint hone_store_use(void);\nint hone_store_use(void)\n{\n    return hone_table_two();\n}\n' >tree/src/store/three.c
for f in base/one table/two store/three; do
    ${CC:-gcc} -Itree/src -c -o "tree/build/$f.o" "tree/src/$f.c"
done
expect_exit "a symbol of a layer that is not allowed" 1 tree/tools/check-symbols build
expect_contains "is named" out 'store may not use hone_table_two of table$'
rm tree/src/store/three.c
expect_exit "clean symbols" 0 tree/tools/check-symbols build

if ! command -v pmccabe >/dev/null; then
    skip "pmccabe is not installed"
fi
fresh
expect_exit "clean sizes" 0 tree/tools/check-size
{
    printf 'int hone_long(int x)\n{\n'
    for ((i = 0; i < 90; i++)); do printf '    x += %d;\n' "$i"; done
    printf '    return x;\n}\n'
} >tree/src/base/long.c
expect_exit "a long function" 1 tree/tools/check-size
expect_contains "is measured" out '^src/base/long.c:hone_long: 9[0-9] lines, at most 80$'
echo 'src/base/long.c:hone_long a table of cases' >tree/tools/size-waivers.txt
expect_exit "a waiver" 0 tree/tools/check-size
rm tree/src/base/long.c
expect_exit "a waiver that is not needed" 1 tree/tools/check-size
: >tree/tools/size-waivers.txt
printf 'int hone_wide(struct hone_run *run, int a, int b, int c, int d, int e,\n              int f, int g, int h);\n' >tree/src/base/wide.h
expect_exit "too many parameters" 1 tree/tools/check-size
