/* The lines that two texts do not share: longest common subsequence between a common head and tail. */
#include "check/schema.h"

#define MOST    4000 /* lines compared with each other */
#define CONTEXT 3

struct lines {
    size_t n;
    struct hone_str *line;
};

static enum hone_code lines_of(struct hone_run *run, struct hone_str text, struct lines *out)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += text.ptr[i] == '\n' ? 1 : 0;
    }
    HONE_TRY(hone_array(run, &run->scratch, &out->line, n + 1));
    out->n = 0;
    while (text.len > 0) {
        (void)hone_str_cut(text, '\n', &out->line[out->n++], &text);
    }
    return HONE_OK;
}

/* One line of the result: what it is, and which line of which text. */
struct step {
    char mark; /* ' ', '-', '+' */
    struct hone_str line;
};

static void put_steps(const struct step *step, size_t n, struct hone_buf *out)
{
    bool gap = false;

    for (size_t i = 0; i < n; i++) {
        bool near = false;
        size_t first = i > CONTEXT ? i - CONTEXT : 0;
        for (size_t k = first; k <= i + CONTEXT && k < n; k++) {
            near = near || step[k].mark != ' ';
        }
        if (!near) {
            gap = true;
            continue;
        }
        if (gap) {
            hone_buf_text(out, "...\n");
            gap = false;
        }
        hone_buf_char(out, step[i].mark);
        hone_buf_str(out, step[i].line);
        hone_buf_char(out, '\n');
    }
}

/* The table of lengths of common subsequences of the ends, (n + 1, m + 1). */
static void fill_table(const struct hone_str *a, size_t n, const struct hone_str *b, size_t m,
                       uint16_t *length)
{
    for (size_t i = n; i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            uint16_t skip_a = length[(i + 1) * (m + 1) + j];
            uint16_t skip_b = length[i * (m + 1) + j + 1];
            uint16_t both = (uint16_t)(length[(i + 1) * (m + 1) + j + 1] + 1);
            length[i * (m + 1) + j] =
                hone_str_eq(a[i], b[j]) ? both : (skip_a > skip_b ? skip_a : skip_b);
        }
    }
}

/* The middle parts a (n) and b (m), which begin and end differently, as steps. */
static enum hone_code diff_middle(struct hone_run *run, const struct hone_str *a, size_t n,
                                  const struct hone_str *b, size_t m, struct step *step,
                                  size_t *steps)
{
    bool small = n <= MOST && m <= MOST; /* else: all of one, then all of the other */
    uint16_t *length;
    size_t i = 0;
    size_t j = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_matrix(run, &run->scratch, &length, small ? n + 1 : 1, small ? m + 1 : 1));
    if (small) {
        fill_table(a, n, b, m, length);
    }
    while (i < n || j < m) {
        if (small && i < n && j < m && hone_str_eq(a[i], b[j])) {
            step[(*steps)++] = (struct step){' ', a[i++]};
            j++;
            continue;
        }
        bool drop = i < n && (!small || j == m ||
                              length[(i + 1) * (m + 1) + j] >= length[i * (m + 1) + j + 1]);
        if (drop) {
            step[(*steps)++] = (struct step){'-', a[i++]};
        } else {
            step[(*steps)++] = (struct step){'+', b[j++]};
        }
    }
    return HONE_OK;
}

enum hone_code hone_text_diff(struct hone_run *run, struct hone_str before,
                              struct hone_str after, struct hone_buf *out)
{
    struct lines a;
    struct lines b;
    struct step *step;
    size_t head = 0;
    size_t tail = 0;
    size_t steps = 0;
    HONE_SCRATCH(run);

    HONE_TRY(lines_of(run, before, &a));
    HONE_TRY(lines_of(run, after, &b));
    while (head < a.n && head < b.n && hone_str_eq(a.line[head], b.line[head])) {
        head++;
    }
    while (tail < a.n - head && tail < b.n - head &&
           hone_str_eq(a.line[a.n - 1 - tail], b.line[b.n - 1 - tail])) {
        tail++;
    }
    HONE_TRY(hone_array(run, &run->scratch, &step, a.n + b.n + 1));
    for (size_t i = 0; i < head; i++) {
        step[steps++] = (struct step){' ', a.line[i]};
    }
    HONE_TRY(diff_middle(run, a.line + head, a.n - head - tail, b.line + head,
                         b.n - head - tail, step, &steps));
    for (size_t i = a.n - tail; i < a.n; i++) {
        step[steps++] = (struct step){' ', a.line[i]};
    }
    put_steps(step, steps, out);
    return HONE_OK;
}
