/*
 * store/piece_priv.h - where a file is cut into pieces
 *
 * Pieces end where a hash of the last 64 bytes says so, so an insertion changes the pieces around it
 * and no others: versions of a file share all the rest.
 * Source: Muthitacharoen, Chen & Mazieres, "A low-bandwidth network file system", SOSP 2001; the hash is
 * Gear of Xia et al., "FastCDC", USENIX ATC 2016.
 */
#ifndef HONE_STORE_PIECE_PRIV_H
#define HONE_STORE_PIECE_PRIV_H

#include <stddef.h>
#include <stdint.h>

#define HONE_PIECE_LEAST   ((size_t)64 << 10)
#define HONE_PIECE_TYPICAL ((size_t)256 << 10)
#define HONE_PIECE_MOST    ((size_t)1 << 20)
#define HONE_PIECE_BLOCK   ((size_t)4 << 10) /* at most one mark is kept in a block */
#define HONE_PIECE_NO_MARK UINT16_MAX

/*
 * The first place in each block of bytes[from, to) where a piece may end.
 *
 *   bytes   a file from some block of it on; from is a multiple of HONE_PIECE_BLOCK
 *   mark    (blocks of [from, to)) written: offset in the block of the last byte of a piece, or none
 *
 * A function of the 64 bytes before each place alone, so blocks may be looked at in parallel; only what is
 * marked in the first 64 bytes of all is arbitrary, and no piece ends there.
 */
void hone_piece_marks(const uint8_t *bytes, size_t from, size_t to, uint16_t *mark);

/*
 * The length of the first piece of bytes[start, len), 0 when more bytes are needed to tell.
 *
 *   mark   of the blocks of bytes[0, len)
 *   whole  the file ends at len
 */
size_t hone_piece_length(const uint16_t *mark, size_t start, size_t len, int whole);

#endif
