/*
 * Words of a text and pairs of neighbouring words, weighed by how few texts have them: TF-IDF.
 * The vocabulary is that of the training rows.  In the graph: StringNormalizer (small letters), Tokenizer,
 * TfIdfVectorizer, Normalizer.
 * Source: Salton & Buckley, Information Processing & Management 24(5), 1988, as scikit-learn's TfidfVectorizer has it
 * (idf = ln((1 + rows) / (1 + rows with it)) + 1).
 */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "graph/text.h"
#include "prep/prep_text_priv.h"

struct settings {
    int64_t ngrams;
    int64_t min_rows;
    double max_share;
    int64_t max_terms;
    const char *choose;
    bool sublinear;
    bool lower;
    const char *norm;
};

static const char *const choices[] = {"frequency", "chi2", NULL};
static const char *const norms[] = {"l2", "l1", "none", NULL};

/* clang-format off */
static const struct hone_param params[] = {
    HONE_INT(struct settings, ngrams, 2, 1, 3, .help = "most words of a term"),
    HONE_INT(struct settings, min_rows, 2, 1, 1000000,
             .help = "training rows that must have a term"),
    HONE_REAL(struct settings, max_share, 1, 0.001, 1,
              .help = "largest share of the training rows that may have a term"),
    HONE_INT(struct settings, max_terms, 50000, 1, 1000000, .help = "most terms"),
    HONE_CHOICE(struct settings, choose, "frequency", choices,
                .help = "which terms stay when there are more: the frequent, or those that tell most about the classes"),
    HONE_FLAG(struct settings, sublinear, false,
              .help = "count a term that occurs n times 1 + ln n times"),
    HONE_FLAG(struct settings, lower, true, .help = "small letters only"),
    HONE_CHOICE(struct settings, norm, "l2", norms, .help = "what is 1 in every row"),
    HONE_PARAM_END,
};
/* clang-format on */

/* A term: its words lie one after the other in the words of all texts. */
struct term {
    const uint32_t *word; /* (len) */
    size_t len;
    uint32_t rows; /* training rows that have it */
    uint32_t last; /* the row that was counted last, plus 1 */
    double rank;   /* the larger the sooner it stays */
    const char *text;
};

struct counter {
    const struct hone_text_words *all;
    const struct settings *set;
    struct hone_map map; /* bytes of the words to the place in term */
    struct term *term;
    size_t n, room;
};

static enum hone_code count_term(struct hone_run *run, struct counter *c, const uint32_t *word,
                                 size_t len, size_t row)
{
    const struct hone_str key = {(const char *)word, len * sizeof *word};
    uint32_t at = hone_map_add(&c->map, key, (uint32_t)c->n);
    if (at == UINT32_MAX || c->n >= UINT32_MAX / 2) {
        return hone_no_room(run, "terms", c->n);
    }
    if (at == c->n) {
        if (c->n == c->room) {
            size_t room = c->room == 0 ? 4096 : 2 * c->room;
            struct term *term =
                hone_arena_grow(c->map.mem, c->term, sizeof *term, c->room, room);
            if (term == NULL) {
                return hone_no_room(run, "terms", room);
            }
            c->term = term;
            c->room = room;
        }
        c->term[c->n++] = (struct term){.word = word, .len = len};
    }
    if (c->term[at].last != row + 1) {
        c->term[at].last = (uint32_t)(row + 1);
        c->term[at].rows++;
    }
    return HONE_OK;
}

/* Are all words of a term in enough rows?  Otherwise the term is not. */
static bool may_be_frequent(const struct counter *c, const uint32_t *rows_of_word,
                            const uint32_t *word, size_t len)
{
    bool enough = true;
    for (size_t k = 0; k < len; k++) {
        enough = enough && rows_of_word[word[k]] >= (uint64_t)c->set->min_rows;
    }
    return enough;
}

/* Terms of all lengths, with the rows that have them. */
static enum hone_code count_terms(struct hone_run *run, struct counter *c)
{
    const struct hone_text_words *all = c->all;
    uint32_t *rows_of_word;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &rows_of_word, all->words));
    for (size_t len = 1; len <= (size_t)c->set->ngrams; len++) {
        for (size_t i = 0; i < all->rows; i++) {
            for (size_t k = all->start[i]; k + len <= all->start[i + 1]; k++) {
                const uint32_t *word = all->id + k;
                if (len == 1 || may_be_frequent(c, rows_of_word, word, len)) {
                    HONE_TRY(count_term(run, c, word, len, i));
                }
            }
        }
        for (size_t t = 0; len == 1 && t < c->n; t++) {
            rows_of_word[c->term[t].word[0]] = c->term[t].rows;
        }
        HONE_TRY(hone_check_cancel(run));
    }
    return HONE_OK;
}

/*
 * How far the classes of the rows that have a term are from those of all rows.
 * Source: Pearson's chi-square of presence against class; Yang & Pedersen, ICML 1997, sec. 2.4.
 */
static enum hone_code rank_by_class(struct hone_run *run, struct counter *c,
                                    const struct hone_target *target)
{
    const struct hone_text_words *all = c->all;
    size_t classes = target->classes;
    double *seen, *share, total = 0;
    uint32_t *last;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &seen, c->n, classes));
    HONE_TRY(hone_array(run, &run->scratch, &share, classes));
    HONE_TRY(hone_array(run, &run->scratch, &last, c->n));
    for (size_t i = 0; i < all->rows; i++) {
        double w = target->weight == NULL ? 1 : target->weight[i];
        size_t y = (size_t)target->y[i];
        share[y] += w;
        total += w;
        for (size_t len = 1; len <= (size_t)c->set->ngrams; len++) {
            for (size_t k = all->start[i]; k + len <= all->start[i + 1]; k++) {
                const struct hone_str key = {(const char *)(all->id + k),
                                             len * sizeof *all->id};
                uint32_t at = hone_map_get(&c->map, key);
                if (at != UINT32_MAX && last[at] != i + 1) {
                    last[at] = (uint32_t)(i + 1);
                    seen[at * classes + y] += w;
                }
            }
        }
    }
    for (size_t t = 0; t < c->n; t++) {
        double has = 0, sum = 0;
        for (size_t k = 0; k < classes; k++) {
            has += seen[t * classes + k];
        }
        for (size_t k = 0; k < classes && has > 0 && has < total; k++) {
            double expected = has * share[k] / total;
            double d = seen[t * classes + k] - expected;
            sum += expected > 0 ? d * d / expected * total / (total - has) : 0;
        }
        c->term[t].rank = sum;
    }
    return HONE_OK;
}

static int by_text(const void *a, const void *b)
{
    const struct term *x = a, *y = b;
    if (x->len != y->len) {
        return x->len < y->len ? -1 : 1;
    }
    return strcmp(x->text, y->text);
}

static int by_rank(const void *a, const void *b)
{
    const struct term *x = a, *y = b;
    if (x->rank > y->rank || x->rank < y->rank) {
        return x->rank > y->rank ? -1 : 1;
    }
    return by_text(a, b);
}

/* Drop terms of too few or too many rows, then all but the best; those that stay go by length, then by text. */
static void choose_terms(struct counter *c, struct hone_arena *mem)
{
    const struct hone_text_words *all = c->all;
    double most = c->set->max_share * (double)all->rows;
    size_t kept = 0;

    for (size_t t = 0; t < c->n; t++) {
        struct term *term = &c->term[t];
        if (term->rows < (uint64_t)c->set->min_rows || (double)term->rows > most) {
            continue;
        }
        struct hone_buf text = hone_buf(mem);
        for (size_t k = 0; k < term->len; k++) {
            hone_buf_text(&text, k == 0 ? "" : " ");
            hone_buf_str(&text, all->word[term->word[k]]);
        }
        term->text = text.ptr;
        c->term[kept++] = *term;
    }
    c->n = kept;
    if (c->n == 0) {
        return; /* qsort takes no NULL, not even of nothing */
    }
    if (c->n > (size_t)c->set->max_terms) {
        qsort(c->term, c->n, sizeof *c->term, by_rank);
        c->n = (size_t)c->set->max_terms;
    }
    qsort(c->term, c->n, sizeof *c->term, by_text);
}

static enum hone_code find_terms(struct hone_run *run, const struct hone_fit_column *in,
                                 struct hone_arena *mem, struct counter *c)
{
    HONE_TRY(count_terms(run, c));
    for (size_t t = 0; t < c->n; t++) {
        c->term[t].rank = (double)c->term[t].rows;
    }
    if (strcmp(c->set->choose, "chi2") == 0 && in->target != NULL &&
        in->target->task != HONE_TASK_REGRESSION) {
        HONE_TRY(rank_by_class(run, c, in->target));
    }
    choose_terms(c, mem);
    return HONE_OK;
}

/* The pool of a TfIdfVectorizer: words of single terms, then of pairs, then of triples. */
static enum hone_code emit_vectorizer(struct hone_run *run, const struct counter *c,
                                      struct hone_graph *graph, const char *words,
                                      const char *hint, const char **out)
{
    int64_t begin[3] = {0, 0, 0}, *place;
    struct hone_str *pool;
    float *idf;
    size_t n = 0, longest = 1;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &pool, 3 * c->n));
    HONE_TRY(hone_array(run, &run->scratch, &place, c->n));
    HONE_TRY(hone_array(run, &run->scratch, &idf, c->n));
    for (size_t t = 0; t < c->n; t++) {
        const struct term *term = &c->term[t];
        for (; longest < term->len; longest++) {
            begin[longest] = (int64_t)n;
        }
        for (size_t k = 0; k < term->len; k++) {
            pool[n++] = c->all->word[term->word[k]];
        }
        place[t] = (int64_t)t;
        idf[t] = (float)(log((1 + (double)c->all->rows) / (1 + (double)term->rows)) + 1);
    }
    *out = hone_graph_op(graph, "", "TfIdfVectorizer", hint, HONE_IN(words));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_text(graph, node, "mode", hone_str(c->set->sublinear ? "TF" : "TFIDF"));
    hone_node_int(graph, node, "min_gram_length", 1);
    hone_node_int(graph, node, "max_gram_length", (int64_t)longest);
    hone_node_int(graph, node, "max_skip_count", 0);
    hone_node_ints(graph, node, "ngram_counts", longest, begin);
    hone_node_ints(graph, node, "ngram_indexes", c->n, place);
    hone_node_texts(graph, node, "pool_strings", n, pool);
    if (!c->set->sublinear) {
        hone_node_floats(graph, node, "weights", c->n, idf);
        return HONE_OK;
    }
    /* ln max(n, 1) + min(n, 1) is 0 for 0 and 1 + ln n from 1 on */
    const char *one = hone_graph_const_f32(graph, "one", 1);
    const char *some = hone_graph_op(graph, "", "Max", hint, HONE_IN(*out, one));
    const char *ln = hone_graph_op(graph, "", "Log", hint, HONE_IN(some));
    const char *any = hone_graph_op(graph, "", "Min", hint, HONE_IN(*out, one));
    const char *less = hone_graph_op(graph, "", "Add", hint, HONE_IN(ln, any));
    const char *weight = hone_graph_const(graph, "idf", HONE_F32, 1, &c->n, idf);
    *out = hone_graph_op(graph, "", "Mul", hint, HONE_IN(less, weight));
    return HONE_OK;
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    const struct settings *set = settings;
    struct hone_text_words all;
    struct counter c = {.all = &all, .set = set, .map.mem = &work};
    const char *hint = hone_arena_format(mem, "%s_tfidf", in->column->name);
    const char **name;

    HONE_TRY(hone_text_words_find(run, in, set->lower, &work, &all));
    HONE_TRY(find_terms(run, in, &work, &c));
    if (c.n == 0) {
        return HONE_OK;
    }
    const char *value = hone_emit_words(graph, in->value, hint, set->lower, HONE_WORD_PATTERN,
                                        HONE_WORD_SHORTEST);
    HONE_TRY(emit_vectorizer(run, &c, graph, value, hint, &value));
    if (strcmp(set->norm, "none") != 0) {
        value = hone_graph_op(graph, HONE_ML, "Normalizer", hint, HONE_IN(value));
        hone_node_text(graph, hone_graph_last(graph), "norm",
                       hone_str(strcmp(set->norm, "l1") == 0 ? "L1" : "L2"));
    }
    HONE_TRY(hone_array(run, mem, &name, c.n));
    for (size_t t = 0; t < c.n; t++) {
        name[t] = hone_arena_format(mem, "%s: %s", in->column->name, c.term[t].text);
    }
    hone_features_add_block(
        out, (struct hone_feature_block){
                 .source = in->column->name, .value = value, .cols = c.n, .name = name});
    return HONE_OK;
}

const struct hone_transform hone_transform_tfidf = {
    .part.name = "tfidf",
    .part.summary = "words and pairs of words of a text, weighed by how rare they are",
    .part.source = "Salton & Buckley, Information Processing & Management 24(5), 1988",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT,
    .finite = true,
    .blocks = true,
    .encode = encode,
};
