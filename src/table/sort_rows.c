/* Rows in order; declared in table/sort.h. */
#include "table/expr_priv.h"
#include "table/keys_priv.h"
#include "table/sort.h"

/* --- keys from text ------------------------------------------------------------------------ */

/* Take a word off the front of the rest when it is this one. */
static bool take_word(struct hone_str *rest, const char *word)
{
    size_t len = strlen(word);
    struct hone_str head = {rest->ptr, len};

    if (rest->len < len || !hone_str_eq_nocase(head, hone_str(word)) ||
        (rest->len > len && rest->ptr[len] != ' ' && rest->ptr[len] != ',')) {
        return false;
    }
    *rest = hone_str_trim((struct hone_str){rest->ptr + len, rest->len - len});
    return true;
}

/* The name at the front: up to a blank or comma, or between double quotes. */
static enum hone_code take_name(struct hone_run *run, struct hone_str text,
                                struct hone_str *rest, struct hone_arena *mem,
                                const char **name)
{
    size_t end = 0;
    bool quoted = rest->len > 0 && rest->ptr[0] == '"';

    if (quoted) {
        const char *close = memchr(rest->ptr + 1, '"', rest->len - 1);
        if (close == NULL) {
            return hone_expr_error(run, text, (size_t)(rest->ptr - text.ptr), HONE_E_ARG, NULL,
                                   "a \" is never closed");
        }
        end = (size_t)(close - rest->ptr);
        *name = hone_arena_text(mem, rest->ptr + 1, end - 1);
        end++;
    } else {
        while (end < rest->len && rest->ptr[end] != ' ' && rest->ptr[end] != ',') {
            end++;
        }
        *name = hone_arena_text(mem, rest->ptr, end);
    }
    if ((*name)[0] == '\0') {
        return hone_expr_error(run, text, (size_t)(rest->ptr - text.ptr), HONE_E_ARG, NULL,
                               "expected the name of a column");
    }
    *rest = hone_str_trim((struct hone_str){rest->ptr + end, rest->len - end});
    return HONE_OK;
}

static enum hone_code take_key(struct hone_run *run, struct hone_str text,
                               struct hone_str *rest, struct hone_arena *mem,
                               struct hone_sort_key *key)
{
    *key = (struct hone_sort_key){0};
    if (rest->len > 0 && (rest->ptr[0] == '-' || rest->ptr[0] == '+')) {
        key->descending = rest->ptr[0] == '-';
        *rest = (struct hone_str){rest->ptr + 1, rest->len - 1};
    }
    HONE_TRY(take_name(run, text, rest, mem, &key->column));
    if (take_word(rest, "desc")) {
        key->descending = true;
    } else {
        (void)take_word(rest, "asc");
    }
    if (take_word(rest, "nulls")) {
        key->missing_first = take_word(rest, "first");
        if (!key->missing_first && !take_word(rest, "last")) {
            return hone_expr_error(run, text, (size_t)(rest->ptr - text.ptr), HONE_E_ARG, NULL,
                                   "expected first or last after nulls");
        }
    }
    if (rest->len > 0 && rest->ptr[0] != ',') {
        return hone_expr_error(run, text, (size_t)(rest->ptr - text.ptr), HONE_E_ARG,
                               "names with blanks stand in double quotes",
                               "expected asc, desc, nulls or a comma");
    }
    return HONE_OK;
}

enum hone_code hone_sort_parse(struct hone_run *run, struct hone_str text,
                               struct hone_arena *mem, struct hone_sort_key **key, size_t *n)
{
    struct hone_str rest = hone_str_trim(text);
    struct hone_sort_key *keys;
    size_t count = 0;
    size_t commas = 1;

    for (size_t i = 0; i < text.len; i++) {
        commas += text.ptr[i] == ',';
    }
    HONE_TRY(hone_array(run, mem, &keys, commas));
    for (;;) {
        HONE_TRY(take_key(run, text, &rest, mem, &keys[count++]));
        if (rest.len == 0) {
            break;
        }
        rest = hone_str_trim((struct hone_str){rest.ptr + 1, rest.len - 1});
    }
    *key = keys;
    *n = count;
    return HONE_OK;
}

/* --- order ---------------------------------------------------------------------------------- */

/* Turn codes so that ascending order is the wanted one: 0 .. span. */
static void turn(const struct hone_sort_key *key, struct keys *k, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        uint64_t code = k->code[i];
        if (code == 0) {
            k->code[i] = key->missing_first ? 0 : k->span;
        } else {
            code = key->descending ? k->span + 1 - code : code;
            k->code[i] = key->missing_first ? code : code - 1;
        }
    }
}

/*
 * Keys are packed into as few words of 64 bits as hold them, and the words sorted from the last to the
 * first.
 */
static enum hone_code order_by(struct hone_run *run, const struct keys *keys, size_t n,
                               size_t rows, uint32_t *row)
{
    uint64_t *word;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &word, rows));
    for (size_t k = n; k > 0;) {
        unsigned bits = 0;
        memset(word, 0, rows * sizeof *word);
        while (k > 0 && bits + keys_bits(keys[k - 1].span) <= 64) {
            const uint64_t *code = keys[--k].code;
            if (keys[k].span == 0) {
                continue;
            }
            for (size_t i = 0; i < rows; i++) {
                word[i] |= code[row[i]] << bits;
            }
            bits += keys_bits(keys[k].span);
        }
        HONE_TRY(hone_keys_radix(run, word, row, rows, bits));
    }
    return HONE_OK;
}

enum hone_code hone_sort_order(struct hone_run *run, const struct hone_table *t,
                               const struct hone_sort_key *key, size_t n,
                               struct hone_arena *mem, size_t **row)
{
    struct keys *keys;
    uint32_t *order;
    size_t *out;
    HONE_ARENA(work);

    HONE_TRY(hone_keys_check_rows(run, t->rows));
    HONE_TRY(hone_array(run, &work, &keys, n));
    HONE_TRY(hone_array(run, &work, &order, t->rows));
    for (size_t k = 0; k < n; k++) {
        const struct hone_column *c;
        HONE_TRY(hone_table_need(run, t, hone_str(key[k].column), &c));
        HONE_TRY(hone_keys_of(run, c, true, &work, &keys[k]));
        turn(&key[k], &keys[k], t->rows);
    }
    for (size_t i = 0; i < t->rows; i++) {
        order[i] = (uint32_t)i;
    }
    HONE_TRY(order_by(run, keys, n, t->rows, order));
    HONE_TRY(hone_array(run, mem, &out, t->rows));
    for (size_t i = 0; i < t->rows; i++) {
        out[i] = order[i];
    }
    *row = out;
    return HONE_OK;
}

enum hone_code hone_table_sort(struct hone_run *run, const struct hone_table *t,
                               const struct hone_sort_key *key, size_t n,
                               struct hone_arena *mem, struct hone_table **out)
{
    size_t *row;
    HONE_ARENA(work);

    HONE_TRY(hone_sort_order(run, t, key, n, &work, &row));
    return hone_table_take(run, t, row, t->rows, mem, out);
}
