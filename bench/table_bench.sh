# shellcheck shell=sh
# What the benchmarks of tables share: sourced from the repository's root with bench= set to the folder, and
# the arguments of the script.  Leaves $out, $work, $csv, the program "$work/time" of the folder's time.c, and the
# folder's npm packages installed.
: "${bench:?}"
out=${OUT:-build}
work=$out/bench-$bench
mkdir -p "$work"
make -s MODE=release OUT="$out" LAYERS='base table io' "$out/release/libhone.a"
libs=$(pkg-config --libs jansson yaml-0.1 sqlite3 zlib libzstd liblz4 snappy libbrotlidec libcrypto)
for name in "$bench/time" csv/gen; do
    # shellcheck disable=SC2086
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$work/${name#*/}" "bench/$name.c" "$out/release/libhone.a" \
        $libs -lm -lpthread
done
# Not npm ci: it insists on the packages of all other systems too, which some mirrors do not have.
(cd "bench/$bench" && npm install --no-save --loglevel=error --prefer-offline)
csv=${1:-$work/mixed.csv}
[ -s "$csv" ] || "$work/gen" > "$csv"
