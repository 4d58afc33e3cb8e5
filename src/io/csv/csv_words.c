/* The distinct words of a text column; declared in io/csv_priv.h. */
#include "base/hash.h"
#include "io/csv/csv_priv.h"

__extension__ typedef unsigned __int128 wide;

/* Words of at most 16 bytes are compared as two numbers; longer ones by a hash and then by their bytes. */
struct hone_csv_slot {
    uint64_t low, high;
    uint32_t len; /* 0: free */
    int32_t code;
};

/* The first n of 8 bytes, n <= 8. */
static uint64_t head(const char *p, size_t n)
{
    static const uint64_t in[9] = {0,
                                   0xff,
                                   0xffff,
                                   0xffffff,
                                   0xffffffff,
                                   0xffffffffff,
                                   0xffffffffffff,
                                   0xffffffffffffff,
                                   0xffffffffffffffff};
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x & in[n];
}

static size_t place(const struct hone_csv_slot *key, size_t room)
{
    wide product = (wide)(key->low ^ 0xa0761d6478bd642fu) * (key->high ^ 0xe7037ed1a0b428dbu);
    return ((size_t)product ^ (size_t)(product >> 64) ^ key->len) & (room - 1);
}

static struct hone_csv_slot key_of(struct hone_str text)
{
    struct hone_csv_slot key = {.len = (uint32_t)text.len};

    if (text.len <= 8) {
        key.low = head(text.ptr, text.len);
    } else if (text.len <= 16) {
        key.low = head(text.ptr, 8);
        key.high = head(text.ptr + 8, text.len - 8);
    } else {
        key.low = hone_hash64(text.ptr, text.len, 0);
    }
    return key;
}

/* The slot of a word, or the free one where it belongs. */
static struct hone_csv_slot *find(const struct hone_csv_words *words,
                                  const struct hone_csv_slot *key, const char *text)
{
    size_t at = place(key, words->room);

    for (;; at = (at + 1) & (words->room - 1)) {
        struct hone_csv_slot *slot = &words->slot[at];
        if (slot->len == 0) {
            return slot;
        }
        if (slot->low == key->low && slot->high == key->high && slot->len == key->len &&
            (key->len <= 16 || memcmp(words->word[slot->code].ptr, text, key->len) == 0)) {
            return slot;
        }
    }
}

static enum hone_code enlarge(struct hone_run *run, struct hone_csv_words *words)
{
    struct hone_csv_slot *old = words->slot;
    size_t n = words->room;
    size_t room = n == 0 ? 64 : n * 2;
    struct hone_csv_slot *slot;

    HONE_TRY(hone_array(run, words->mem, &slot, room));
    words->slot = slot;
    words->room = room;
    for (size_t i = 0; i < n; i++) {
        if (old[i].len != 0) {
            size_t at = place(&old[i], room);
            while (slot[at].len != 0) {
                at = (at + 1) & (room - 1);
            }
            slot[at] = old[i];
        }
    }
    return HONE_OK;
}

static enum hone_code keep_word(struct hone_run *run, struct hone_csv_words *words,
                                struct hone_str text)
{
    char *copy;

    if (words->n == words->most) {
        size_t most = words->most == 0 ? 64 : words->most * 2;
        struct hone_str *word =
            hone_arena_grow(words->mem, words->word, sizeof *word, words->most, most);
        if (word == NULL) {
            return hone_no_room(run, "words", most);
        }
        words->word = word;
        words->most = most;
    }
    copy = hone_arena_alloc(words->mem, 1, text.len);
    if (copy == NULL) {
        return hone_no_room(run, "words", words->n);
    }
    memcpy(copy, text.ptr, text.len);
    words->word[words->n++] = (struct hone_str){copy, text.len};
    return HONE_OK;
}

/* A word that is met for the first time. */
static enum hone_code add(struct hone_run *run, struct hone_csv_words *words,
                          struct hone_csv_slot key, struct hone_str text, int32_t *code)
{
    bool missing = hone_na_is(words->na, text.len < 64 ? hone_field_trim(text) : text);

    if (missing &&
        text.len > 16) { /* such words are not kept, so that they cannot be compared */
        *code = -1;
        return HONE_OK;
    }
    if (words->used * 4 >= words->room * 3) {
        HONE_TRY(enlarge(run, words));
    }
    key.code = missing ? -1 : (int32_t)words->n;
    if (!missing) {
        if (words->n == INT32_MAX) {
            return hone_no_room(run, "words", words->n);
        }
        HONE_TRY(keep_word(run, words, text));
    }
    *find(words, &key, text.ptr) = key;
    words->used++;
    *code = key.code;
    return HONE_OK;
}

enum hone_code hone_csv_word(struct hone_run *run, struct hone_csv_words *words,
                             struct hone_str text, int32_t *code)
{
    struct hone_csv_slot key = key_of(text);
    const struct hone_csv_slot *slot = words->room == 0 ? NULL : find(words, &key, text.ptr);

    if (slot == NULL || slot->len == 0) {
        return add(run, words, key, text, code);
    }
    *code = slot->code;
    return HONE_OK;
}

enum hone_code hone_csv_word_all(struct hone_run *run, struct hone_csv_words *words,
                                 const struct hone_csv_cells *cells, int32_t *code)
{
    struct hone_csv_slot key[HONE_CSV_BATCH];

    for (size_t row = 0; row < cells->rows; row++) {
        struct hone_field field = cells->field[row * cells->stride];
        key[row].len = 0;
        if (field.len > 0 && field.len <= HONE_FIELD_MOST) {
            key[row] = key_of((struct hone_str){cells->base + field.at, field.len});
            if (words->room != 0) {
                __builtin_prefetch(&words->slot[place(&key[row], words->room)]);
            }
        }
    }
    for (size_t row = 0; row < cells->rows; row++) {
        const struct hone_csv_slot *slot = NULL;
        struct hone_field field = cells->field[row * cells->stride];
        struct hone_str text = {cells->base + field.at, field.len};
        code[row] = -1;
        if (key[row].len == 0) {
            continue; /* empty, or with doubled quotes */
        }
        if (words->room != 0) {
            slot = find(words, &key[row], text.ptr);
        }
        if (slot != NULL && slot->len != 0) {
            code[row] = slot->code;
        } else {
            HONE_TRY(add(run, words, key[row], text, &code[row]));
        }
    }
    return HONE_OK;
}
