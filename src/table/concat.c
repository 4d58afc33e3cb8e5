/* Tables one after the other; declared in table/table.h. */
#include "base/hash.h"
#include "table/dict.h"

struct part {
    const struct hone_table *const *tables;
    size_t n;
    size_t column; /* which one of each table */
    size_t rows;   /* of all tables */
    struct hone_arena *mem;
};

static const struct hone_column *piece(const struct part *p, size_t table)
{
    return &p->tables[table]->column[p->column];
}

/* Copy n bits of from to place at of to, which are still 0; NULL stands for ones. */
static void put_bits(uint8_t *to, size_t at, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool bit = from == NULL || hone_bit(from, i);
        to[(at + i) / 8] = (uint8_t)(to[(at + i) / 8] | bit << ((at + i) % 8));
    }
}

static enum hone_code join_valid(struct hone_run *run, const struct part *p,
                                 struct hone_column *out)
{
    uint8_t *valid;
    size_t at = 0;

    out->nulls = 0;
    out->valid = NULL;
    for (size_t i = 0; i < p->n; i++) {
        out->nulls += piece(p, i)->nulls;
    }
    if (out->nulls == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, p->mem, &valid, (p->rows + 7) / 8));
    for (size_t i = 0; i < p->n; i++) {
        put_bits(valid, at, piece(p, i)->valid, piece(p, i)->rows);
        at += piece(p, i)->rows;
    }
    out->valid = valid;
    return HONE_OK;
}

static enum hone_code join_bool(struct hone_run *run, const struct part *p,
                                struct hone_column *out)
{
    uint8_t *bits;
    size_t at = 0;

    HONE_TRY(hone_array(run, p->mem, &bits, (p->rows + 7) / 8));
    for (size_t i = 0; i < p->n; i++) {
        put_bits(bits, at, piece(p, i)->data, piece(p, i)->rows);
        at += piece(p, i)->rows;
    }
    out->data = bits;
    return HONE_OK;
}

static enum hone_code join_text(struct hone_run *run, const struct part *p,
                                struct hone_column *out)
{
    int64_t *offsets;
    char *bytes;
    size_t total = 0;
    size_t at = 0;

    for (size_t i = 0; i < p->n; i++) {
        total += (size_t)piece(p, i)->offsets[piece(p, i)->rows];
    }
    HONE_TRY(hone_array(run, p->mem, &offsets, p->rows + 1));
    HONE_TRY(hone_array(run, p->mem, &bytes, total));
    total = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct hone_column *c = piece(p, i);
        size_t len = (size_t)c->offsets[c->rows];
        if (len > 0) {
            memcpy(bytes + total, c->data, len);
        }
        for (size_t row = 0; row < c->rows; row++) {
            offsets[++at] = (int64_t)total + c->offsets[row + 1];
        }
        total += len;
    }
    out->data = bytes;
    out->offsets = offsets;
    return HONE_OK;
}

/* The union of the dictionaries, and the codes in it. */
static enum hone_code join_category(struct hone_run *run, const struct part *p,
                                    struct hone_column *out)
{
    struct hone_map seen = {.mem = &run->scratch};
    struct hone_str *word;
    int32_t *rank;
    int32_t *code;
    size_t most = 0;
    size_t n = 0;
    size_t at = 0;
    HONE_SCRATCH(run);

    for (size_t i = 0; i < p->n; i++) {
        most += piece(p, i)->dict->rows;
    }
    if (most > INT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "column %s: too many categories", out->name);
    }
    HONE_TRY(hone_array(run, &run->scratch, &word, most));
    HONE_TRY(hone_array(run, &run->scratch, &rank, most));
    HONE_TRY(hone_array(run, p->mem, &code, p->rows));
    for (size_t i = 0; i < p->n; i++) {
        const struct hone_column *dict = piece(p, i)->dict;
        for (size_t w = 0; w < dict->rows; w++) {
            struct hone_str text = hone_column_str(dict, w);
            uint32_t place = hone_map_add(&seen, text, (uint32_t)n);
            if (place == UINT32_MAX) {
                return hone_no_room(run, "categories", n);
            }
            if (place == n) {
                word[n++] = text;
            }
        }
    }
    HONE_TRY(hone_dict_make(run, word, n, p->mem, &out->dict, rank));
    for (size_t i = 0; i < p->n; i++) {
        const struct hone_column *c = piece(p, i);
        for (size_t row = 0; row < c->rows; row++, at++) {
            if (hone_is_valid(c, row)) {
                code[at] = rank[hone_map_get(&seen, hone_column_str(c, row))];
            }
        }
    }
    out->data = code;
    return HONE_OK;
}

static enum hone_code join_fixed(struct hone_run *run, const struct part *p, size_t width,
                                 struct hone_column *out)
{
    char *data;
    size_t at = 0;

    HONE_TRY(hone_matrix(run, p->mem, &data, p->rows, width));
    for (size_t i = 0; i < p->n; i++) {
        size_t len = piece(p, i)->rows * width;
        if (len > 0) {
            memcpy(data + at, piece(p, i)->data, len);
        }
        at += len;
    }
    out->data = data;
    return HONE_OK;
}

static enum hone_code join(struct hone_run *run, const struct part *p, struct hone_column *out)
{
    *out = *piece(p, 0);
    out->rows = p->rows;
    HONE_TRY(join_valid(run, p, out));
    switch (out->type) {
    case HONE_BOOL:
        return join_bool(run, p, out);
    case HONE_UTF8:
    case HONE_BINARY:
        return join_text(run, p, out);
    case HONE_CATEGORY:
        return join_category(run, p, out);
    case HONE_VECTOR:
        return join_fixed(run, p, out->width * sizeof(float), out);
    case HONE_DATE:
    case HONE_FLOAT32:
        return join_fixed(run, p, 4, out);
    default:
        return join_fixed(run, p, 8, out);
    }
}

static enum hone_code same_columns(struct hone_run *run, const struct hone_table *a,
                                   const struct hone_table *b)
{
    if (a->cols != b->cols) {
        return hone_fail(run, HONE_E_SHAPE, "one table has %zu columns, the other %zu", a->cols,
                         b->cols);
    }
    for (size_t i = 0; i < a->cols; i++) {
        const struct hone_column *x = &a->column[i];
        const struct hone_column *y = &b->column[i];
        if (strcmp(x->name, y->name) != 0) {
            return hone_fail(run, HONE_E_SHAPE,
                             "column %zu is %s in one table and %s in the other", i + 1,
                             x->name, y->name);
        }
        if (x->type != y->type || x->width != y->width) {
            return hone_fail(run, HONE_E_SHAPE,
                             "column %s is %s in one table and %s in the other", x->name,
                             hone_type_name(x->type), hone_type_name(y->type));
        }
    }
    return HONE_OK;
}

enum hone_code hone_table_concat(struct hone_run *run, const struct hone_table *const *tables,
                                 size_t n, struct hone_arena *mem, struct hone_table **out)
{
    struct part p = {.tables = tables, .n = n, .mem = mem};
    struct hone_column *columns;
    HONE_SCRATCH(run);

    if (n == 0) {
        return hone_fail(run, HONE_E_SHAPE, "there is no table to put together");
    }
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(same_columns(run, tables[0], tables[i]));
        p.rows += tables[i]->rows;
    }
    HONE_TRY(hone_array(run, &run->scratch, &columns, tables[0]->cols));
    for (p.column = 0; p.column < tables[0]->cols; p.column++) {
        HONE_TRY(join(run, &p, &columns[p.column]));
    }
    HONE_TRY(hone_table_of(run, columns, tables[0]->cols, mem, out));
    (*out)->rows = p.rows;
    return HONE_OK;
}
