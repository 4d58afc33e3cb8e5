#include "base/hash.h"
#include "store/piece_priv.h"

#define WINDOW 64
#define MARK_MASK                                                                              \
    (((uint64_t)HONE_PIECE_TYPICAL - 1) << (64 - 18)) /* 18 bits: 2^18 is typical */

/* Gear's table: any fixed random numbers do.  Changing one cuts all files anew. */
static void make_gear(uint64_t gear[256])
{
    for (uint64_t i = 0; i < 256; i++) {
        gear[i] = hone_mix64((i + 1) * 0x9e3779b97f4a7c15u);
    }
}

void hone_piece_marks(const uint8_t *bytes, size_t from, size_t to, uint16_t *mark)
{
    uint64_t gear[256];
    uint64_t hash = 0;

    make_gear(gear);
    for (size_t i = from < WINDOW ? 0 : from - WINDOW; i < from; i++) {
        hash = (hash << 1) + gear[bytes[i]];
    }
    for (size_t block = from; block < to; block += HONE_PIECE_BLOCK) {
        size_t n = to - block < HONE_PIECE_BLOCK ? to - block : HONE_PIECE_BLOCK;
        uint16_t found = HONE_PIECE_NO_MARK;
        for (size_t i = 0; i < n; i++) {
            hash = (hash << 1) + gear[bytes[block + i]];
            if ((hash & MARK_MASK) == 0 && found == HONE_PIECE_NO_MARK) {
                found = (uint16_t)i;
            }
        }
        mark[(block - from) / HONE_PIECE_BLOCK] = found;
    }
}

size_t hone_piece_length(const uint16_t *mark, size_t start, size_t len, int whole)
{
    size_t left = len - start;
    size_t most = left < HONE_PIECE_MOST ? left : HONE_PIECE_MOST;

    for (size_t at = start + HONE_PIECE_LEAST; at < start + most;) {
        size_t block = at / HONE_PIECE_BLOCK;
        size_t end = block * HONE_PIECE_BLOCK + mark[block];
        if (mark[block] != HONE_PIECE_NO_MARK && end >= at && end < start + most) {
            return end + 1 - start;
        }
        at = (block + 1) * HONE_PIECE_BLOCK;
    }
    if (left >= HONE_PIECE_MOST) {
        return HONE_PIECE_MOST;
    }
    return whole ? left : 0;
}
