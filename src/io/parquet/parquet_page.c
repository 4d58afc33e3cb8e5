/* The pages of one column chunk; declared in io/parquet_priv.h. */
#include <zlib.h>

#include "io/parquet/parquet_priv.h"

struct header {
    int64_t type, unpacked, packed, crc, values, nulls, rows, encoding;
    int64_t def_encoding, rep_encoding, def_len, rep_len;
    bool has_crc, is_packed, there; /* there: the part of its own type */
};

void hone_pq_pages_begin(struct hone_pq_pages *p, const struct hone_pq_file *file, size_t group,
                         size_t leaf, struct hone_arena *mem)
{
    const struct hone_pq_chunk *chunk = &file->group[group].chunk[leaf];

    *p = (struct hone_pq_pages){.file = file,
                                .node = &file->node[file->leaf[leaf]],
                                .chunk = chunk,
                                .group = group,
                                .leaf = leaf,
                                .at = chunk->at,
                                .end = chunk->at + chunk->len,
                                .left = chunk->values,
                                .mem = mem};
}

/* The fields of DataPageHeader, DictionaryPageHeader and DataPageHeaderV2 that matter. */
static void read_inner(struct hone_thrift *t, int kind, struct header *h)
{
    int64_t *const data[] = {NULL, &h->values, &h->encoding, &h->def_encoding,
                             &h->rep_encoding};
    int64_t *const second[] = {NULL,         &h->values,  &h->nulls,  &h->rows,
                               &h->encoding, &h->def_len, &h->rep_len};
    struct hone_thrift_field f = {0};

    h->there = true;
    while (hone_thrift_next(t, &f)) {
        if (kind == 5 && f.id >= 1 && f.id <= 4) {
            *data[f.id] = hone_thrift_i32(t, &f);
        } else if (kind == 7 && f.id >= 1 && f.id <= 2) {
            *data[f.id] = hone_thrift_i32(t, &f);
        } else if (kind == 8 && f.id >= 1 && f.id <= 6) {
            *second[f.id] = hone_thrift_i32(t, &f);
        } else if (kind == 8 && f.id == 7) {
            h->is_packed = hone_thrift_bool(t, &f);
        } else {
            hone_thrift_skip(t, f.type);
        }
    }
}

static enum hone_code read_header(struct hone_run *run, struct hone_pq_pages *p,
                                  struct header *h)
{
    struct hone_str bytes = {p->file->bytes.ptr + p->at, p->end - p->at};
    struct hone_thrift t = hone_thrift_of(bytes);
    struct hone_thrift_field f = {0};
    int inner[] = {5, 0, 7, 8}; /* the field that belongs to the page's type */

    *h = (struct header){.type = -1,
                         .unpacked = -1,
                         .packed = -1,
                         .values = -1,
                         .encoding = -1,
                         .def_encoding = HONE_PQ_RLE,
                         .rep_encoding = HONE_PQ_RLE,
                         .is_packed = true};
    hone_thrift_enter(&t);
    while (hone_thrift_next(&t, &f)) {
        if (f.id == 1) {
            h->type = hone_thrift_i32(&t, &f);
        } else if (f.id == 2) {
            h->unpacked = hone_thrift_i32(&t, &f);
        } else if (f.id == 3) {
            h->packed = hone_thrift_i32(&t, &f);
        } else if (f.id == 4) {
            h->crc = hone_thrift_i32(&t, &f);
            h->has_crc = true;
        } else if (h->type >= 0 && h->type <= 3 && f.id == inner[h->type]) {
            if (hone_thrift_struct(&t, &f)) {
                read_inner(&t, f.id, h);
            }
        } else {
            hone_thrift_skip(&t, f.type);
        }
    }
    if (t.bad != NULL) {
        return hone_pq_bad(run, p, "the page header at byte %zu is damaged: %s", p->at, t.bad);
    }
    if (h->type < 0 || h->unpacked < 0 || h->packed < 0 ||
        (h->type != HONE_PQ_INDEX_PAGE && h->type <= 3 &&
         (!h->there || h->values < 0 || h->encoding < 0))) {
        return hone_pq_bad(run, p, "the page header at byte %zu lacks what is required", p->at);
    }
    p->at += (size_t)(t.at - t.start);
    if ((size_t)h->packed > p->end - p->at) {
        return hone_pq_bad(run, p, "a page of %lld bytes at byte %zu reaches past its end",
                           (long long)h->packed, p->at);
    }
    return HONE_OK;
}

/* Room for an unpacked page.  Damaged lengths must not ask for more memory than the file stands for. */
static enum hone_code make_room(struct hone_run *run, struct hone_pq_pages *p, size_t packed,
                                size_t len, char **out)
{
    size_t most = hone_codec_most(p->chunk->codec, packed);

    if (len > most) {
        return hone_pq_bad(run, p, "a page of %zu bytes says that it unpacks to %zu", packed,
                           len);
    }
    if (p->keep) {
        return hone_array(run, p->mem, out, len);
    }
    if (len > p->room) { /* warm memory, used again by the chunks that this worker reads next */
        HONE_TRY(hone_array(run, &run->scratch, &p->buffer, len));
        p->room = len;
    }
    *out = p->buffer;
    return HONE_OK;
}

/* What is in a page: all of it but the levels of version 2, unpacked. */
static enum hone_code unpack(struct hone_run *run, struct hone_pq_pages *p,
                             const struct header *h, struct hone_str *out)
{
    struct hone_str in = {p->file->bytes.ptr + p->at, (size_t)h->packed};
    size_t len = (size_t)h->unpacked;
    size_t levels = h->type == HONE_PQ_DATA_PAGE_2 ? (size_t)(h->def_len + h->rep_len) : 0;
    const char *why;
    char *to = NULL;

    if (h->has_crc && (uint32_t)crc32_z(0, (const Bytef *)in.ptr, in.len) != (uint32_t)h->crc) {
        (void)hone_pq_bad(run, p, "the page at byte %zu fails its checksum", p->at);
        return hone_hint(run, "the file was damaged after it was written: fetch it again");
    }
    if (levels > in.len || levels > len) {
        return hone_pq_bad(run, p, "the levels of the page at byte %zu reach past its end",
                           p->at);
    }
    in = (struct hone_str){in.ptr + levels, in.len - levels};
    len -= levels;
    if (p->chunk->codec == HONE_CODEC_NONE || !h->is_packed) {
        if (in.len != len) {
            return hone_pq_bad(run, p,
                               "the page at byte %zu has %zu bytes and says that it has %zu",
                               p->at, in.len, len);
        }
        *out = in;
        return HONE_OK;
    }
    if (len == 0) {
        *out = (struct hone_str){"", 0};
        return HONE_OK;
    }
    HONE_TRY(make_room(run, p, in.len, len, &to));
    HONE_ASSERT(to != NULL);
    why = hone_codec_unpack(p->chunk->codec, in, to, len);
    if (why != NULL) {
        return hone_pq_bad(run, p, "the page at byte %zu: %s", p->at, why);
    }
    *out = (struct hone_str){to, len};
    return HONE_OK;
}

/* The dictionary is kept as long as the chunk is read. */
static enum hone_code read_dictionary(struct hone_run *run, struct hone_pq_pages *p,
                                      const struct header *h)
{
    struct hone_pq_page page = {.values = (size_t)h->values, .encoding = HONE_PQ_PLAIN};
    bool keep = p->keep;
    enum hone_code code;

    if (p->has_dictionary) {
        return hone_pq_bad(run, p, "it has a second dictionary at byte %zu", p->at);
    }
    if (h->encoding != HONE_PQ_PLAIN && h->encoding != HONE_PQ_PLAIN_DICTIONARY) {
        return hone_pq_bad(run, p, "its dictionary has encoding %lld, which none can have",
                           (long long)h->encoding);
    }
    p->keep = true;
    code = unpack(run, p, h, &page.data);
    p->keep = keep;
    HONE_TRY(code);
    p->has_dictionary = true;
    return hone_pq_values(run, p, &page, page.values, p->mem, &p->dictionary);
}

/* Cut a length of four bytes and as many bytes off the front. */
static bool cut(struct hone_str *rest, struct hone_str *out)
{
    const unsigned char *u = (const unsigned char *)rest->ptr;
    size_t len;

    if (rest->len < 4) {
        return false;
    }
    len = (size_t)u[3] << 24 | (size_t)u[2] << 16 | (size_t)u[1] << 8 | u[0];
    if (len > rest->len - 4) {
        return false;
    }
    *out = (struct hone_str){rest->ptr + 4, len};
    *rest = (struct hone_str){rest->ptr + 4 + len, rest->len - 4 - len};
    return true;
}

static unsigned bits_for(unsigned most)
{
    return most == 0 ? 0 : 32 - (unsigned)__builtin_clz(most);
}

/* The levels of a page of version 1 stand before its values. */
static bool cut_levels(struct hone_str *rest, unsigned most, enum hone_pq_encoding encoding,
                       size_t values, struct hone_str *out)
{
    size_t len;

    if (most == 0) {
        return true;
    }
    if (encoding != HONE_PQ_BIT_PACKED) {
        return cut(rest, out);
    }
    len = (values * bits_for(most) + 7) / 8;
    if (len > rest->len) {
        return false;
    }
    *out = (struct hone_str){rest->ptr, len};
    *rest = (struct hone_str){rest->ptr + len, rest->len - len};
    return true;
}

/* Whether some of the rows from p->row on are wanted. */
static bool is_wanted(const struct hone_pq_pages *p, size_t rows)
{
    const struct hone_pq_range *r = p->range;

    if (r == NULL) {
        return true;
    }
    while (r->to > r->from && r->to <= p->row) {
        r++;
    }
    return r->to > r->from && r->from < p->row + rows;
}

static enum hone_code set_page(struct hone_run *run, struct hone_pq_pages *p,
                               const struct header *h, struct hone_pq_page *out)
{
    const char *start = p->file->bytes.ptr + p->at;
    struct hone_pq_page page = {.data = {"", 0},
                                .values = (size_t)h->values,
                                .rows = (size_t)h->rows,
                                .encoding = (enum hone_pq_encoding)h->encoding,
                                .def_encoding = (enum hone_pq_encoding)h->def_encoding,
                                .rep_encoding = (enum hone_pq_encoding)h->rep_encoding};
    bool sound;

    if (page.values > p->left) {
        return hone_pq_bad(run, p, "its pages have more than its %zu values", p->chunk->values);
    }
    if (h->type == HONE_PQ_DATA_PAGE_2 && (h->def_len < 0 || h->rep_len < 0 || h->rows < 0)) {
        return hone_pq_bad(run, p, "the page header before byte %zu lacks what is required",
                           p->at);
    }
    if (!is_wanted(p, page.values)) {
        p->left -= page.values;
        p->row += page.values;
        *out = (struct hone_pq_page){.values = page.values, .skipped = true};
        return HONE_OK;
    }
    HONE_TRY(unpack(run, p, h, &page.data));
    if (h->type == HONE_PQ_DATA_PAGE_2) {
        page.rep = (struct hone_str){start, (size_t)h->rep_len};
        page.def = (struct hone_str){start + h->rep_len, (size_t)h->def_len};
        sound = true;
    } else {
        sound =
            cut_levels(&page.data, p->node->rep, page.rep_encoding, page.values, &page.rep) &&
            cut_levels(&page.data, p->node->def, page.def_encoding, page.values, &page.def);
    }
    if (!sound) {
        return hone_pq_bad(run, p, "the levels of the page at byte %zu reach past its end",
                           p->at);
    }
    p->left -= page.values;
    p->row += page.values;
    *out = page;
    return HONE_OK;
}

enum hone_code hone_pq_pages_next(struct hone_run *run, struct hone_pq_pages *p,
                                  struct hone_pq_page *out, bool *more)
{
    struct header h;

    *more = false;
    while (p->left > 0) {
        HONE_TRY(hone_check_cancel(run));
        if (p->at == p->end) {
            return hone_pq_bad(run, p, "its pages end %zu values too early", p->left);
        }
        HONE_TRY(read_header(run, p, &h));
        if (h.type == HONE_PQ_DICTIONARY_PAGE) {
            HONE_TRY(read_dictionary(run, p, &h));
        } else if (h.type == HONE_PQ_DATA_PAGE || h.type == HONE_PQ_DATA_PAGE_2) {
            HONE_TRY(set_page(run, p, &h, out));
            *more = true;
        }
        p->at += (size_t)h.packed;
        if (*more) {
            return HONE_OK;
        }
    }
    return HONE_OK;
}

/* Levels packed with the highest bit first, as the oldest files have them. */
static bool old_levels(struct hone_str in, unsigned width, uint8_t *out, size_t n)
{
    const uint8_t *bits = (const uint8_t *)in.ptr;

    if ((n * width + 7) / 8 > in.len) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned level = 0;
        for (size_t b = i * width; b < (i + 1) * width; b++) {
            level = level << 1 | (((unsigned)bits[b / 8] >> (7 - b % 8)) & 1u);
        }
        out[i] = (uint8_t)level;
    }
    return true;
}

enum hone_code hone_pq_levels(struct hone_run *run, const struct hone_pq_pages *p,
                              const struct hone_pq_page *page, bool repetition, uint8_t *out)
{
    unsigned most = repetition ? p->node->rep : p->node->def;
    struct hone_str in = repetition ? page->rep : page->def;
    enum hone_pq_encoding encoding = repetition ? page->rep_encoding : page->def_encoding;
    const uint8_t *at = (const uint8_t *)in.ptr;
    struct hone_pq_hybrid h = hone_pq_hybrid_of(at, at + in.len, bits_for(most));
    unsigned highest = 0;
    bool sound = true;

    if (most == 0) {
        memset(out, 0, page->values);
        return HONE_OK;
    }
    if (encoding == HONE_PQ_BIT_PACKED) {
        sound = old_levels(in, bits_for(most), out, page->values);
    }
    for (size_t i = 0; i < page->values && encoding != HONE_PQ_BIT_PACKED && sound; i += 256) {
        uint32_t some[256];
        size_t n = page->values - i < 256 ? page->values - i : 256;
        sound = hone_pq_hybrid_take(&h, some, n);
        for (size_t k = 0; k < n && sound; k++) {
            out[i + k] = (uint8_t)some[k];
        }
    }
    for (size_t i = 0; i < page->values && sound; i++) {
        highest = out[i] > highest ? out[i] : highest;
    }
    if (!sound || highest > most) {
        return hone_pq_bad(run, p, "the %s levels of a page are damaged",
                           repetition ? "repetition" : "definition");
    }
    return HONE_OK;
}

enum hone_code hone_pq_validity(struct hone_run *run, const struct hone_pq_pages *p,
                                const struct hone_pq_page *page, uint8_t *bits, size_t pos,
                                size_t *there)
{
    const uint8_t *at = (const uint8_t *)page->def.ptr;
    struct hone_pq_hybrid h = hone_pq_hybrid_of(at, at + page->def.len, 1);
    uint8_t *level;
    size_t ones = 0;
    HONE_SCRATCH(run);

    if (p->node->def == 1 && page->def_encoding == HONE_PQ_RLE) {
        if (!hone_pq_hybrid_bits(&h, bits, pos, page->values, &ones)) {
            return hone_pq_bad(run, p, "the definition levels of a page are damaged");
        }
        *there = ones;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &level, page->values));
    HONE_TRY(hone_pq_levels(run, p, page, false, level));
    for (size_t i = 0; i < page->values; i++) {
        if (level[i] == p->node->def) {
            bits[(pos + i) / 8] = (uint8_t)(bits[(pos + i) / 8] | 1u << (pos + i) % 8);
            ones++;
        }
    }
    *there = ones;
    return HONE_OK;
}
