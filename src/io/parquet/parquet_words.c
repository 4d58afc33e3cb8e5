/* Columns of words: from the parts' codes or texts to one category or text column. */
#include "io/parquet/parquet_priv.h"
#include "table/dict.h"

enum hone_code hone_pq_word(struct hone_run *run, struct hone_pq_words *w, struct hone_str text,
                            uint32_t *code)
{
    struct hone_pq_part *part = w->part;
    char *copy;

    for (size_t i = 0; !w->mapped && i < part->words; i++) { /* a dictionary came first */
        if (hone_map_add(&w->map, part->word[i], (uint32_t)i) == UINT32_MAX) {
            return hone_no_room(run, "words", part->words);
        }
    }
    w->mapped = true;
    *code = hone_map_get(&w->map, text);
    if (*code != UINT32_MAX) {
        return HONE_OK;
    }
    w->room = w->room < part->words ? part->words : w->room;
    if (part->words == w->room) {
        size_t more = w->room < 64 ? 64 : w->room * 2;
        part->word =
            hone_arena_grow(&part->mem, part->word, sizeof *part->word, part->words, more);
        if (part->word == NULL) {
            return hone_no_room(run, "words", more);
        }
        w->room = more;
    }
    *code = (uint32_t)part->words;
    HONE_TRY(hone_array(run, &part->mem, &copy, text.len));
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    text.ptr = copy;
    part->word[part->words++] = text;
    if (hone_map_add(&w->map, text, *code) == UINT32_MAX) {
        return hone_no_room(run, "words", part->words);
    }
    return HONE_OK;
}

enum hone_code hone_pq_words_end(struct hone_run *run, struct hone_pq_part *part)
{
    size_t n = part->rows - part->nulls;

    HONE_TRY(hone_array(run, &part->mem, &part->used, part->words));
    for (size_t i = 0; i < n; i++) {
        part->used[part->code[i]] = 1;
    }
    return HONE_OK;
}

enum hone_code hone_pq_piece(struct hone_run *run, struct hone_pq_part *part,
                             struct hone_str text)
{
    if (part->pieces == part->piece_room) {
        size_t more = part->piece_room == 0 ? 16 : part->piece_room * 2;
        part->piece = hone_arena_grow(&part->mem, part->piece, sizeof *part->piece,
                                      part->piece_room, more);
        if (part->piece == NULL) {
            return hone_no_room(run, "texts", more);
        }
        part->piece_room = more;
    }
    part->piece[part->pieces++] = text;
    part->bytes += text.len;
    return HONE_OK;
}

/* Number the words that occur in a part; false in *few when there are more than most. */
static enum hone_code number_part(struct hone_run *run, struct hone_pq_column *c,
                                  struct hone_pq_part *part, struct hone_map *map, size_t *room,
                                  size_t most, bool *few)
{
    HONE_TRY(hone_array(run, &part->mem, &part->global, part->words));
    for (size_t i = 0; i < part->words; i++) {
        uint32_t code;
        if (!part->used[i]) {
            continue;
        }
        code = hone_map_add(map, part->word[i], (uint32_t)c->words);
        if (code == UINT32_MAX) {
            return hone_no_room(run, "words", c->words);
        }
        part->global[i] = code;
        if (code < c->words) {
            continue;
        }
        if (c->words == most) {
            *few = false;
            return HONE_OK;
        }
        if (c->words == *room) {
            size_t more = *room == 0 ? 64 : *room * 2;
            c->word = hone_arena_grow(&c->mem, c->word, sizeof *c->word, *room, more);
            if (c->word == NULL) {
                return hone_no_room(run, "words", more);
            }
            *room = more;
        }
        c->word[c->words++] = part->word[i];
    }
    return HONE_OK;
}

/* Bytes of the texts of all rows of a part that has codes. */
static void measure(struct hone_pq_part *part)
{
    size_t n = part->rows - part->nulls;

    part->bytes = 0;
    for (size_t i = 0; i < n; i++) {
        part->bytes += part->word[part->code[i]].len;
    }
}

enum hone_code hone_pq_words_number(struct hone_run *run, const struct hone_pq_scan *scan,
                                    struct hone_pq_column *c)
{
    struct hone_map map = {.mem = &c->mem};
    size_t room = 0;
    size_t there = 0;
    size_t most;

    c->category = c->type != HONE_BINARY && c->wanted != HONE_UTF8;
    for (size_t g = 0; g < scan->groups; g++) {
        there += c->part[g].rows - c->part[g].nulls;
        c->category = c->category && c->part[g].len == NULL;
    }
    most = c->wanted == HONE_CATEGORY ? INT32_MAX : hone_categories_most(there);
    for (size_t g = 0; g < scan->groups && c->category; g++) {
        HONE_TRY(number_part(run, c, &c->part[g], &map, &room, most, &c->category));
    }
    for (size_t g = 0; g < scan->groups && !c->category; g++) {
        if (c->part[g].len == NULL) {
            measure(&c->part[g]);
        }
    }
    return HONE_OK;
}

enum hone_code hone_pq_words_place(struct hone_run *run, const struct hone_pq_scan *scan,
                                   struct hone_pq_column *c, struct hone_arena *mem)
{
    size_t bytes = 0;
    int64_t *offsets;
    int32_t *code;
    char *data;

    if (c->category) {
        c->out.type = HONE_CATEGORY;
        HONE_TRY(hone_array(run, &c->mem, &c->rank, c->words));
        HONE_TRY(hone_dict_make(run, c->word, c->words, mem, &c->out.dict, c->rank));
        HONE_TRY(hone_array(run, mem, &code, scan->rows));
        c->out.data = code;
        return HONE_OK;
    }
    c->out.type = c->type == HONE_BINARY ? HONE_BINARY : HONE_UTF8;
    for (size_t g = 0; g < scan->groups; g++) {
        bytes += c->part[g].bytes;
    }
    HONE_TRY(hone_pq_afford(run, scan->file, bytes));
    HONE_TRY(hone_array(run, mem, &offsets, scan->rows + 1));
    HONE_TRY(hone_array(run, mem, &data, bytes));
    c->out.offsets = offsets;
    c->out.data = data;
    return HONE_OK;
}

static void fill_codes(const struct hone_pq_column *c, const struct hone_pq_part *part,
                       int32_t *out)
{
    const uint32_t *code = part->code;

    for (size_t i = 0; i < part->words; i++) { /* from the part's words to the dictionary */
        if (part->used[i]) {
            part->global[i] = (uint32_t)c->rank[part->global[i]];
        }
    }
    for (size_t row = 0; row < part->rows; row++) {
        if (part->valid == NULL || hone_bit(part->valid, row)) {
            out[row] = (int32_t)part->global[*code++];
        }
    }
}

/* Where each row ends, and its bytes where the part has codes; the first row begins at byte at. */
static void fill_texts(const struct hone_pq_part *part, size_t at, int64_t *ends, char *data)
{
    size_t k = 0;

    for (size_t row = 0; row < part->rows; row++) {
        if (part->valid == NULL || hone_bit(part->valid, row)) {
            if (part->len != NULL) {
                at += part->len[k];
            } else {
                struct hone_str word = part->word[part->code[k]];
                if (word.len > 0) {
                    memcpy(data + at, word.ptr, word.len);
                }
                at += word.len;
            }
            k++;
        }
        ends[row] = (int64_t)at;
    }
}

void hone_pq_words_fill(const struct hone_pq_scan *scan, struct hone_pq_column *c, size_t group)
{
    const struct hone_pq_part *part = &c->part[group];
    size_t first = scan->row[group];
    char *data = (char *)(uintptr_t)c->out.data; /* allocated by place, not yet shared */
    size_t at = 0;

    if (c->category) {
        fill_codes(c, part, (int32_t *)(void *)data + first);
        return;
    }
    for (size_t g = 0; g < group; g++) {
        at += c->part[g].bytes;
    }
    fill_texts(part, at, (int64_t *)(uintptr_t)c->out.offsets + first + 1, data);
    for (size_t i = 0; i < part->pieces; i++) {
        if (part->piece[i].len > 0) {
            memcpy(data + at, part->piece[i].ptr, part->piece[i].len);
            at += part->piece[i].len;
        }
    }
}
