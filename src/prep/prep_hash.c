/*
 * Words of a text counted in a fixed number of buckets, without a vocabulary: feature hashing.
 *
 * No operator of ONNX hashes text, so the hash is said in arithmetic.  The text becomes characters, those of words
 * become numbers below a prime M that their bytes alone decide, and a word is sum(number[k] P^k) mod M, mod buckets.
 * All words of a row are summed at once: with P^i for place i of the text, and divided by P^(first place of the
 * word) afterwards.  As P^ORDER = 1, both are tables of ORDER numbers, however long texts and words are, and the work
 * grows with the characters.  All of it is integers: sums of numbers below 2^31 for less than 2^32 characters, and
 * products of two such numbers.
 * Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009; Karp & Rabin, IBM
 * Journal of Research and Development 31(2), 1987.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "prep/emit.h"
#include "prep/prep_text_priv.h"

/* 2^31 - 1, a prime; 331 divides M - 1, and P is 7^((M - 1) / 331), where 7 generates all numbers below M. */
#define M     2147483647
#define ORDER 331
#define P     1761855083

/* Characters of words that training did not have. */
#define UNSEEN UINT32_MAX

struct settings {
    int64_t buckets;
    const char *norm;
    bool lower;
};

static const char *const norms[] = {"l2", "none", NULL};

static const struct hone_param params[] = {
    HONE_INT(struct settings, buckets, 256, 2, 4096, .help = "features that the words share"),
    HONE_CHOICE(struct settings, norm, "l2", norms, .help = "what is 1 in every row"),
    HONE_FLAG(struct settings, lower, true, .help = "small letters only"),
    HONE_PARAM_END,
};

/* --- characters to numbers ------------------------------------------------------------------------------ */

/* Bytes of the character that begins with a byte; words are UTF-8. */
static size_t char_len(char first)
{
    uint8_t b = (uint8_t)first;
    return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

/* 1 to M - 1; 0 is what separates words. */
static int64_t number_of(uint32_t bytes)
{
    return (int64_t)(hone_mix64(bytes) % (M - 1)) + 1;
}

static int64_t number_of_char(struct hone_str c)
{
    uint32_t bytes = 0;
    for (size_t i = 0; i < c.len; i++) {
        bytes = bytes << 8 | (uint8_t)c.ptr[i];
    }
    return number_of(bytes);
}

static int by_bytes(const void *a, const void *b)
{
    return hone_str_cmp(*(const struct hone_str *)a, *(const struct hone_str *)b);
}

/* The characters of the words of the training rows, ascending, in mem. */
static enum hone_code find_chars(struct hone_run *run, const struct hone_text_words *all,
                                 struct hone_arena *mem, struct hone_str **out, size_t *n)
{
    struct hone_map map = {.mem = mem};
    size_t room = 0;

    *n = 0;
    *out = NULL;
    for (size_t i = 0; i < all->words; i++) {
        struct hone_str word = all->word[i];
        for (size_t at = 0, len; at < word.len; at += len) {
            len = char_len(word.ptr[at]);
            struct hone_str c = {word.ptr + at, len};
            uint32_t place = hone_map_add(&map, c, (uint32_t)*n);
            if (place == UINT32_MAX) {
                return hone_no_room(run, "characters", *n);
            }
            if (place != *n) {
                continue;
            }
            if (*n == room) {
                size_t wider = room == 0 ? 128 : 2 * room;
                *out = hone_arena_grow(mem, *out, sizeof **out, room, wider);
                if (*out == NULL) {
                    return hone_no_room(run, "characters", wider);
                }
                room = wider;
            }
            (*out)[(*n)++] = c;
        }
    }
    if (*n != 0) {
        qsort(*out, *n, sizeof **out, by_bytes);
    }
    return HONE_OK;
}

/* Text [N, 1] to numbers of characters, 0 for those of no word: int64 [N, longest text]. */
static enum hone_code emit_numbers(struct hone_run *run, const struct hone_fit_column *in,
                                   const struct settings *set, struct hone_graph *graph,
                                   const char *hint, const char **out)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    struct hone_text_words all;
    struct hone_str *c, *key;
    int64_t *number;
    size_t n;

    HONE_TRY(hone_text_words_find(run, in, set->lower, &work, &all));
    HONE_TRY(find_chars(run, &all, &work, &c, &n));
    HONE_TRY(hone_array(run, &run->scratch, &key, n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &number, n + 1));
    key[0] = hone_str(HONE_WORD_PAD);
    for (size_t i = 0; i < n; i++) {
        key[i + 1] = c[i];
        number[i + 1] = number_of_char(c[i]);
    }
    const char *value = hone_emit_words(graph, in->value, hint, set->lower, "[\\s\\S]", 1);
    /* one more axis, of one place or none: the character if a word may have it */
    value = hone_graph_op(graph, HONE_MICROSOFT, "Tokenizer", hint, HONE_IN(value));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_int(graph, node, "mark", 0);
    hone_node_int(graph, node, "mincharnum", 1);
    hone_node_text(graph, node, "pad_value", key[0]);
    hone_node_text(graph, node, "tokenexp", hone_str(HONE_WORD_PATTERN));
    value = hone_graph_op(graph, HONE_ML, "LabelEncoder", hint, HONE_IN(value));
    node = hone_graph_last(graph);
    hone_node_texts(graph, node, "keys_strings", n + 1, key);
    hone_node_ints(graph, node, "values_int64s", n + 1, number);
    hone_node_int(graph, node, "default_int64", number_of(UNSEEN));
    const char *axis = hone_graph_const_i64(graph, "axis", 2);
    *out = hone_graph_op(graph, "", "ReduceSum", hint, HONE_IN(value, axis));
    hone_node_int(graph, hone_graph_last(graph), "keepdims", 0);
    return HONE_OK;
}

/* --- numbers to buckets ----------------------------------------------------------------------------------- */

/* Nodes of one transform; whole numbers are constants by value. */
struct nodes {
    struct hone_graph *graph;
    const char *hint;
};

static const char *whole(const struct nodes *g, int64_t value)
{
    return hone_graph_const_i64(g->graph, "whole", value);
}

static const char *two(const struct nodes *g, const char *op, const char *a, const char *b)
{
    return hone_graph_op(g->graph, "", op, g->hint, HONE_IN(a, b));
}

/* Sums along a row of what is before a place. */
static const char *before(const struct nodes *g, const char *value)
{
    const char *out = two(g, "CumSum", value, whole(g, 1));
    hone_node_int(g->graph, hone_graph_last(g->graph), "exclusive", 1);
    return out;
}

/* data with value added at the places of each row. */
static const char *add_at(const struct nodes *g, const char *data, const char *place,
                          const char *value)
{
    const char *out =
        hone_graph_op(g->graph, "", "ScatterElements", g->hint, HONE_IN(data, place, value));
    hone_node_int(g->graph, hone_graph_last(g->graph), "axis", 1);
    hone_node_text(g->graph, hone_graph_last(g->graph), "reduction", hone_str("add"));
    return out;
}

/* value times P to the power `place`, or by it, mod M. */
static const char *times_power(const struct nodes *g, const char *value, const char *place,
                               bool inverse)
{
    int64_t power[ORDER] = {1};
    for (size_t i = 1; i < ORDER; i++) {
        power[i] = power[i - 1] * P % M;
    }
    for (size_t i = 1; inverse && i <= ORDER / 2; i++) {
        int64_t x = power[i];
        power[i] = power[ORDER - i];
        power[ORDER - i] = x;
    }
    const char *table =
        hone_graph_const(g->graph, "powers", HONE_I64, 1, (const size_t[]){ORDER}, power);
    const char *turn = two(g, "Mod", place, whole(g, ORDER));
    return two(g, "Mod", two(g, "Mul", value, two(g, "Gather", table, turn)), whole(g, M));
}

/* Numbers of characters [N, C] to how many words of each row are in a bucket: float [N, buckets]. */
static enum hone_code emit_counts(struct hone_run *run, const struct nodes *g,
                                  const char *number, size_t buckets, const char **out)
{
    const char *one = whole(g, 1);
    const char *zero = two(g, "Mul", number, whole(g, 0));
    const char *place = before(g, two(g, "Add", zero, one));
    const char *in_word = two(g, "Min", number, one);
    /* the characters of a word, and of no other, have as many before them that are in no word */
    const char *word = before(g, two(g, "Sub", one, in_word));
    const char *letters = add_at(g, zero, word, in_word);
    const char *sum = add_at(g, zero, word, times_power(g, number, place, false));
    /* before word j are j characters of no word and all those of the words before it */
    const char *first = two(g, "Add", place, before(g, letters));
    const char *hash = times_power(g, two(g, "Mod", sum, whole(g, M)), first, true);
    const char *bucket = two(g, "Mod", hash, whole(g, (int64_t)buckets));
    const char *counts = hone_emit_cast(
        g->graph, two(g, "GreaterOrEqual", letters, whole(g, HONE_WORD_SHORTEST)), g->hint,
        HONE_F32);
    const char *none = hone_graph_op(g->graph, "", "ReduceSum", g->hint, HONE_IN(zero, one));
    float *row;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &row, buckets));
    const char *empty = two(g, "Mul", hone_emit_cast(g->graph, none, g->hint, HONE_F32),
                            hone_emit_row(g->graph, "empty", buckets, row));
    *out = add_at(g, empty, bucket, counts);
    return HONE_OK;
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    const char *column = in->column->name;
    const struct nodes g = {graph, hone_arena_format(mem, "%s_hash", column)};
    bool norm = strcmp(set->norm, "l2") == 0;
    const char *value;

    HONE_TRY(emit_numbers(run, in, set, graph, g.hint, &value));
    HONE_TRY(emit_counts(run, &g, value, (size_t)set->buckets, &value));
    if (norm) {
        value = hone_graph_op(graph, HONE_ML, "Normalizer", g.hint, HONE_IN(value));
        hone_node_text(graph, hone_graph_last(graph), "norm", hone_str("L2"));
    }
    for (size_t k = 0; k < (size_t)set->buckets; k++) {
        hone_features_add(out, (struct hone_feature){
                                   .name = hone_arena_format(mem, "%s: bucket %zu", column, k),
                                   .source = column,
                                   .value = value,
                                   .at = k,
                                   .scaled = norm,
                               });
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_hash = {
    .part.name = "hash",
    .part.summary =
        "words of a text counted in a fixed number of buckets, without a vocabulary",
    .part.source = "Weinberger et al., ICML 2009",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT,
    .finite = true,
    .encode = encode,
};
