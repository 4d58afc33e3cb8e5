/* Cutting delimited text into chunks; declared in io/csv_priv.h. */
#include <sys/mman.h>

#include "base/pool.h"
#include "io/csv/csv_priv.h"

enum { PAGE = 4096 };

/* A stretch of the file, of HONE_CSV_CHUNK bytes. */
struct stretch {
    size_t eols; /* in it */
    size_t quotes;
};

struct splitter {
    const struct hone_csv *csv;
    const struct hone_csv_kernels *kernel;
    struct hone_str text;
    bool mapped;
    struct stretch *stretch;
    size_t stretches;
    size_t *cut; /* (cuts) where chunks begin */
    size_t cuts;
    size_t bound; /* the next cut is at the first record end from here on */
};

void hone_csv_pass(struct hone_str bytes)
{
    uintptr_t from = ((uintptr_t)bytes.ptr + PAGE - 1) / PAGE * PAGE;
    uintptr_t to = (uintptr_t)(bytes.ptr + bytes.len) / PAGE * PAGE;

    if (from < to) {
        (void)madvise((void *)from, to - from, MADV_DONTNEED);
    }
}

static struct hone_str stretch_of(const struct splitter *s, size_t i)
{
    size_t from = i * HONE_CSV_CHUNK;
    size_t left = s->text.len - from;
    return (struct hone_str){s->text.ptr + from, left < HONE_CSV_CHUNK ? left : HONE_CSV_CHUNK};
}

static void count(void *ctx, size_t i, size_t worker)
{
    struct splitter *s = ctx;
    struct hone_str bytes = stretch_of(s, i);

    (void)worker;
    s->stretch[i].eols = s->kernel->count(s->csv->bytes, bytes, &s->stretch[i].quotes);
    if (s->mapped) {
        hone_csv_pass(bytes);
    }
}

/* Whether the quote at q opens a field: a delimiter or line end is before it, or blanks that are skipped. */
static bool opens(const struct splitter *s, size_t q)
{
    const char *start = s->text.ptr;
    const char *p = start + q;

    while (s->csv->skip_space && p > start && p[-1] == ' ') {
        p--;
    }
    return p == start || s->csv->stop[(unsigned char)p[-1]];
}

/* Cut [from, to), which is outside of quotes, where chunks are due to end. */
static void cut_outside(struct splitter *s, size_t from, size_t to)
{
    while (s->bound < to) {
        size_t at = from > s->bound ? from : s->bound;
        const char *eol = memchr(s->text.ptr + at, s->csv->eol, to - at);
        if (eol == NULL) {
            return;
        }
        at = (size_t)(eol - s->text.ptr) + 1;
        if (at < s->text.len) {
            s->cut[s->cuts++] = at;
        }
        s->bound = (at / HONE_CSV_CHUNK + 1) * HONE_CSV_CHUNK;
    }
}

/* The state of the walk along the quotes. */
struct inside {
    bool quoted;
    size_t from; /* outside: since where */
    size_t next; /* quotes before this one are done with */
};

static void one_quote(struct splitter *s, size_t q, struct inside *in)
{
    if (q < in->next) {
        return;
    }
    if (!in->quoted) {
        if (opens(s, q)) {
            cut_outside(s, in->from, q);
            in->quoted = true;
        }
    } else if (q + 1 < s->text.len && s->text.ptr[q + 1] == s->csv->quote) {
        in->next = q + 2;
    } else {
        in->quoted = false;
        in->from = q + 1;
    }
}

/* Only stretches with quotes in them are looked at, and of them only the quotes. */
static enum hone_code cut_all(struct hone_run *run, struct splitter *s)
{
    struct inside in = {0};
    struct hone_csv_bits bits;
    size_t words = HONE_CSV_CHUNK / 64 + 1;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &bits.stop, words));
    HONE_TRY(hone_array(run, &run->scratch, &bits.eol, words));
    HONE_TRY(hone_array(run, &run->scratch, &bits.quote, words));
    for (size_t i = 0; i < s->stretches; i++) {
        struct hone_str bytes = stretch_of(s, i);
        size_t quotes;
        if (s->stretch[i].quotes == 0) {
            continue;
        }
        HONE_TRY(hone_check_cancel(run));
        (void)s->kernel->mark(s->csv->bytes, bytes, &bits, &quotes);
        for (size_t w = 0; w <= bytes.len / 64; w++) {
            for (uint64_t left = bits.quote[w]; left != 0; left &= left - 1) {
                one_quote(s, i * HONE_CSV_CHUNK + 64 * w + (size_t)__builtin_ctzll(left), &in);
            }
        }
        if (s->mapped) {
            hone_csv_pass(bytes);
        }
    }
    if (!in.quoted) {
        cut_outside(s, in.from, s->text.len);
    }
    return HONE_OK;
}

/* Line ends before a place. */
static size_t eols_before(const struct splitter *s, const size_t *before, size_t at)
{
    size_t i = at / HONE_CSV_CHUNK;
    size_t from = i * HONE_CSV_CHUNK;
    size_t quotes = 0;

    if (at == s->text.len) {
        return before[s->stretches];
    }
    return before[i] + s->kernel->count(s->csv->bytes,
                                        (struct hone_str){s->text.ptr + from, at - from},
                                        &quotes);
}

static enum hone_code set_chunks(struct hone_run *run, const struct splitter *s,
                                 struct hone_arena *mem, struct hone_source *source)
{
    struct hone_chunk *all;
    size_t *before;
    size_t eols = 0;
    HONE_SCRATCH(run);

    /* cppcheck-suppress sizeofDereferencedVoidPointer ; it thinks of the function type in base/pool.h */
    HONE_TRY(hone_array(run, mem, &all, s->cuts));
    HONE_TRY(hone_array(run, &run->scratch, &before, s->stretches + 1));
    for (size_t i = 0; i < s->stretches; i++) {
        before[i + 1] = before[i] + s->stretch[i].eols;
    }
    for (size_t k = 0; k < s->cuts; k++) {
        struct hone_chunk *chunk = &all[k];
        size_t to = k + 1 < s->cuts ? s->cut[k + 1] : s->text.len;
        size_t upto = eols_before(s, before, to);
        chunk->bytes = (struct hone_str){s->text.ptr + s->cut[k], to - s->cut[k]};
        chunk->at = (size_t)(chunk->bytes.ptr - source->bytes.ptr);
        chunk->cols = source->cols;
        chunk->rows = upto - eols + (to == s->text.len); /* the last may have no line end */
        eols = upto;
    }
    source->chunk = all;
    source->chunks = s->cuts;
    return HONE_OK;
}

enum hone_code hone_csv_split(struct hone_run *run, const struct hone_csv *csv,
                              struct hone_str text, bool mapped, struct hone_arena *mem,
                              struct hone_source *source)
{
    struct splitter s = {.csv = csv,
                         .kernel = hone_csv_kernels(),
                         .text = text,
                         .mapped = mapped,
                         .stretches = (text.len + HONE_CSV_CHUNK - 1) / HONE_CSV_CHUNK,
                         .bound = HONE_CSV_CHUNK};
    size_t quotes = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &s.stretch, s.stretches));
    HONE_TRY(hone_array(run, &run->scratch, &s.cut, s.stretches + 1));
    hone_parallel(run, s.stretches, count, &s);
    for (size_t i = 0; i < s.stretches; i++) {
        quotes += s.stretch[i].quotes;
    }
    if (text.len > 0) {
        s.cuts = 1;
    }
    if (csv->comment.len == 0 || quotes == 0) {
        HONE_TRY(cut_all(run, &s));
    } /* else quotes in comments mean nothing: one chunk, read in order */
    return set_chunks(run, &s, mem, source);
}
