/* What the transforms of text share: words of a column, nodes that find them. */
#include "base/hash.h"
#include "prep/prep_text_priv.h"

/* The text of a text or category column; empty when missing, as in the graph. */
static struct hone_str text_at(const struct hone_column *column, size_t row)
{
    if (!hone_is_valid(column, row)) {
        return (struct hone_str){"", 0};
    }
    if (column->type == HONE_CATEGORY) {
        return hone_column_str(column->dict, (size_t)((const int32_t *)column->data)[row]);
    }
    return hone_column_str(column, row);
}

/* Numbers for words as they come; their texts are copied when new. */
struct numbers {
    struct hone_arena *mem;
    struct hone_map map;
    struct hone_str *word;
    size_t n, room;
    uint32_t *id;
    size_t ids, id_room;
};

/* Twice the room for an array that is full. */
static enum hone_code widen(struct hone_run *run, struct hone_arena *mem, void **array,
                            size_t size, size_t *room)
{
    size_t wider = *room == 0 ? 4096 : 2 * *room;
    void *grown = hone_arena_grow(mem, *array, size, *room, wider);
    if (grown == NULL) {
        return hone_no_room(run, "words", wider);
    }
    *array = grown;
    *room = wider;
    return HONE_OK;
}

static enum hone_code add_word(struct hone_run *run, struct numbers *all, struct hone_str word)
{
    uint32_t id = hone_map_get(&all->map, word);
    void *array;
    if (id == UINT32_MAX) {
        char *copy;
        id = (uint32_t)all->n;
        if (all->n == all->room) {
            array = all->word;
            HONE_TRY(widen(run, all->mem, &array, sizeof *all->word, &all->room));
            all->word = array;
        }
        HONE_TRY(hone_array(run, all->mem, &copy, word.len + 1));
        memcpy(copy, word.ptr, word.len);
        all->word[all->n++] = (struct hone_str){copy, word.len};
        if (all->n >= UINT32_MAX || hone_map_add(&all->map, all->word[id], id) == UINT32_MAX) {
            return hone_no_room(run, "words", all->n);
        }
    }
    if (all->ids == all->id_room) {
        array = all->id;
        HONE_TRY(widen(run, all->mem, &array, sizeof *all->id, &all->id_room));
        all->id = array;
    }
    all->id[all->ids++] = id;
    return HONE_OK;
}

enum hone_code hone_text_words_find(struct hone_run *run, const struct hone_fit_column *in,
                                    bool lower, struct hone_arena *mem,
                                    struct hone_text_words *out)
{
    struct numbers all = {.mem = mem, .map.mem = mem};
    const struct hone_cutter *cutter;
    size_t *start;

    HONE_TRY(hone_cutter_new(run, lower, HONE_WORD_PATTERN, HONE_WORD_SHORTEST, mem, &cutter));
    HONE_TRY(hone_array(run, mem, &start, in->rows + 1));
    for (size_t i = 0; i < in->rows; i++) {
        HONE_ARENA(work);
        struct hone_str *word;
        size_t n;
        HONE_TRY(
            hone_cutter_words(run, cutter, text_at(in->column, in->row[i]), &work, &word, &n));
        for (size_t k = 0; k < n; k++) {
            HONE_TRY(add_word(run, &all, word[k]));
        }
        start[i + 1] = all.ids;
        if (i % 1024 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
    }
    *out = (struct hone_text_words){
        .rows = in->rows, .words = all.n, .start = start, .id = all.id, .word = all.word};
    return HONE_OK;
}

const char *hone_emit_words(struct hone_graph *graph, const char *input, const char *hint,
                            bool lower, const char *pattern, size_t shortest)
{
    hone_model_import(graph->model, HONE_MICROSOFT, 1);
    const char *all = hone_graph_const_i64(graph, "all", -1);
    const char *value = hone_graph_op(graph, "", "Reshape", hint, HONE_IN(input, all));
    if (lower) {
        value = hone_graph_op(graph, "", "StringNormalizer", hint, HONE_IN(value));
        struct hone_node *node = hone_graph_last(graph);
        hone_node_text(graph, node, "case_change_action", hone_str("LOWER"));
        hone_node_int(graph, node, "is_case_sensitive", 1);
        /* by Unicode, and there wherever glibc is; runtimes refuse a locale that is not installed */
        hone_node_text(graph, node, "locale", hone_str("C.UTF-8"));
    }
    value = hone_graph_op(graph, HONE_MICROSOFT, "Tokenizer", hint, HONE_IN(value));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_int(graph, node, "mark", 0);
    hone_node_int(graph, node, "mincharnum", (int64_t)shortest);
    hone_node_text(graph, node, "pad_value", hone_str(HONE_WORD_PAD));
    hone_node_text(graph, node, "tokenexp", hone_str(pattern));
    return value;
}

/* Rows looked at, evenly spread. */
#define LOOK 2000

bool hone_text_is_prose(const struct hone_column *column, const size_t *row, size_t rows)
{
    size_t step = rows / LOOK + 1, texts = 0, words = 0;
    for (size_t i = 0; i < rows; i += step) {
        struct hone_str text = text_at(column, row[i]);
        bool inside = false;
        texts += text.len > 0;
        for (size_t k = 0; k < text.len; k++) {
            bool blank = text.ptr[k] == ' ' || (text.ptr[k] >= '\t' && text.ptr[k] <= '\r');
            words += !blank && !inside;
            inside = !blank;
        }
    }
    return texts > 0 && words >= 3 * texts;
}
