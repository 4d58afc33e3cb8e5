#!/bin/bash
# Data versions at the speed of the disk: adding a tree for the first time beside hashing it with md5sum on
# all processors, and adding it again unchanged.
#
#   bench/data/run.sh [MIB]      (default 1024 MiB: half random bytes, half text; and 20,000 small files)
#
# md5sum only reads, hone also keeps a compressed copy; so the disk's own speed is shown beside (dd with
# a sync).  All files are in the page cache.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
HONE=$(realpath "${HONE:-$root/build/release/hone}")
mib=${1:-1024}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir big small
head -c $((mib / 2))M /dev/urandom >big/random.bin
seq 1 $((mib * 80000)) | head -c $((mib / 2))M >big/numbers.csv
for folder in $(seq 1 20); do
    mkdir "small/$folder"
    (cd "small/$folder" && seq 1 40000 | split -l 40 -a 3 - f)
done

seconds() { # seconds COMMAND...: wall time
    local start=$EPOCHREALTIME
    "$@" >/dev/null
    awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }'
}
hash_all() { find "$1" -type f -print0 | xargs -0 -P "$(nproc)" -n "$2" md5sum; }
write_all() { dd if=/dev/zero of=zeroes bs=1M count="$mib" conv=fsync status=none; }

disk=$(seconds write_all)
rm -f zeroes
md5=$(seconds hash_all big 1)
first=$(seconds "$HONE" data add big --no-table --store s)
sleep 3 # or the files would be too young to be trusted
"$HONE" data add big --no-table --store s --quiet
again=$(seconds "$HONE" data add big --no-table --store s)
files=$(find small -type f | wc -l)
md5_small=$(seconds hash_all small 200)
first_small=$(seconds "$HONE" data add small --store s)
sleep 3
"$HONE" data add small --store s --quiet
again_small=$(seconds "$HONE" data add small --store s)

awk -v mib="$mib" -v disk="$disk" -v md5="$md5" -v first="$first" -v again="$again" 'BEGIN {
    printf "%d MiB      md5sum %s s   disk alone %s s   hone data add %s s (%.2f of md5sum)   again %s s\n",
        mib, md5, disk, first, md5 / first, again }'
awk -v n="$files" -v md5="$md5_small" -v first="$first_small" -v again="$again_small" 'BEGIN {
    printf "%d files   md5sum %s s   hone data add %s s (%.0f files/s)   again %s s\n",
        n, md5, first, n / first, again }'
