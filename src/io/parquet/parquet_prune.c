/* Row groups and pages that cannot have rows of `where`; declared in io/parquet_priv.h. */
#include "io/parquet/parquet_priv.h"

/* A statistic as a number in the unit of the column's type; false when it is none. */
static bool number_of(const struct hone_pq_node *node, struct hone_str bytes, double *out)
{
    struct hone_pq_raw raw = {
        .n = 1, .size = hone_pq_size(node), .fixed = (const uint8_t *)bytes.ptr, .str = &bytes};
    union {
        int64_t i;
        double f;
        float single;
        int32_t day;
        uint8_t truth;
    } value = {0};

    if (bytes.ptr == NULL || node->physical == HONE_PQ_INT96 ||
        (raw.size != 0 && bytes.len != raw.size) ||
        (raw.size == 0 && bytes.len > HONE_PQ_DECIMAL_MOST) ||
        !hone_pq_convert(node, &raw, &value)) {
        return false;
    }
    switch (hone_pq_type_of(node)) {
    case HONE_INT64:
    case HONE_TIMESTAMP:
        *out = (double)value.i;
        break;
    case HONE_FLOAT64:
        *out = value.f;
        break;
    case HONE_FLOAT32:
        *out = (double)value.single;
        break;
    case HONE_DATE:
        *out = (double)value.day;
        break;
    default:
        *out = value.truth;
    }
    return *out == *out;
}

static bool excludes(const struct hone_pq_node *node, const struct hone_pq_stats *stats,
                     const struct hone_expr_bound *bound)
{
    enum hone_type type = hone_pq_type_of(node);
    double low;
    double high;
    double per_day = type == HONE_DATE && bound->unit == HONE_TIMESTAMP ? 864e8 : 1.0;

    if (!bound->numeric) {
        return node->kind == HONE_PQ_STRING && bound->unit == HONE_UTF8 &&
               ((stats->low.ptr != NULL && hone_str_cmp(bound->text, stats->low) < 0) ||
                (stats->high.ptr != NULL && hone_str_cmp(bound->text, stats->high) > 0));
    }
    if (hone_type_is_time(type) != (bound->unit == HONE_TIMESTAMP) || type == HONE_UTF8 ||
        type == HONE_BINARY) {
        return false;
    }
    return (number_of(node, stats->low, &low) && low * per_day > bound->hi) ||
           (number_of(node, stats->high, &high) && high * per_day < bound->lo);
}

/* Whether a bound is about a column that is read as what its statistics are of. */
static bool speaks_of(const struct hone_pq_scan *s, const struct hone_pq_column *c,
                      const struct hone_expr_bound *bound)
{
    return !c->nested && c->wanted == HONE_TYPE_COUNT &&
           c->type == hone_pq_type_of(&s->file->node[c->node]) &&
           strcmp(c->name, bound->column) == 0;
}

/* Whether the statistics of a row group leave room for a row within all bounds. */
static bool may_have(const struct hone_pq_scan *s, const struct hone_pq_group *group,
                     const struct hone_expr_bound *bound, size_t bounds)
{
    for (size_t i = 0; i < bounds; i++) {
        for (size_t k = 0; k < s->cols; k++) {
            const struct hone_pq_column *c = &s->column[k];
            const struct hone_pq_chunk *chunk = &group->chunk[c->first];
            if (!speaks_of(s, c, &bound[i])) {
                continue;
            }
            if ((chunk->stats.nulls > 0 && (size_t)chunk->stats.nulls == chunk->values) ||
                excludes(&s->file->node[c->node], &chunk->stats, &bound[i])) {
                return false;
            }
        }
    }
    return true;
}

/* What the indexes of a chunk say of its pages. */
struct pages {
    size_t n;
    size_t *first; /* (n + 1) rows; the last is the group's end */
    struct hone_pq_stats *stats;
    bool *none; /* (n) only missing values */
};

static enum hone_code read_offsets(struct hone_run *run, const struct hone_pq_scan *s,
                                   const struct hone_pq_chunk *chunk, struct hone_arena *mem,
                                   struct pages *out, bool *sound)
{
    struct hone_str bytes = {s->file->bytes.ptr + chunk->offsets_at, chunk->offsets_len};
    struct hone_thrift t = hone_thrift_of(bytes);
    struct hone_thrift_field f = {0};
    struct hone_thrift_field one = hone_thrift_element(HONE_THRIFT_STRUCT);

    hone_thrift_enter(&t);
    while (hone_thrift_next(&t, &f)) {
        if (f.id != 1 || out->first != NULL) {
            hone_thrift_skip(&t, f.type);
            continue;
        }
        out->n = hone_thrift_list(&t, &f, HONE_THRIFT_STRUCT);
        HONE_TRY(hone_array(run, mem, &out->first, out->n + 1));
        for (size_t i = 0; i < out->n && hone_thrift_struct(&t, &one); i++) {
            struct hone_thrift_field in = {0};
            while (hone_thrift_next(&t, &in)) {
                if (in.id == 3) {
                    out->first[i] = (size_t)hone_thrift_i64(&t, &in);
                } else {
                    hone_thrift_skip(&t, in.type);
                }
            }
        }
    }
    *sound = t.bad == NULL && out->first != NULL;
    return HONE_OK;
}

static enum hone_code read_bounds(struct hone_run *run, const struct hone_pq_scan *s,
                                  const struct hone_pq_chunk *chunk, struct hone_arena *mem,
                                  struct pages *out, bool *sound)
{
    struct hone_str bytes = {s->file->bytes.ptr + chunk->columns_at, chunk->columns_len};
    struct hone_thrift t = hone_thrift_of(bytes);
    struct hone_thrift_field f = {0};
    struct hone_thrift_field one = hone_thrift_element(HONE_THRIFT_BINARY);
    unsigned seen = 0;

    HONE_TRY(hone_array(run, mem, &out->stats, out->n));
    HONE_TRY(hone_array(run, mem, &out->none, out->n));
    hone_thrift_enter(&t);
    while (hone_thrift_next(&t, &f)) {
        size_t n;
        if (f.id < 1 || f.id > 3) {
            hone_thrift_skip(&t, f.type);
            continue;
        }
        n = hone_thrift_list(&t, &f, f.id == 1 ? HONE_THRIFT_TRUE : HONE_THRIFT_BINARY);
        if (n != out->n) {
            hone_thrift_spoil(&t, "another number of pages");
        }
        for (size_t i = 0; i < n && t.bad == NULL; i++) {
            if (f.id == 1) {
                out->none[i] = hone_thrift_bool_element(&t);
            } else {
                *(f.id == 2 ? &out->stats[i].low : &out->stats[i].high) =
                    hone_thrift_binary(&t, &one);
            }
        }
        seen |= 1u << f.id;
    }
    *sound = t.bad == NULL && seen == 14;
    return HONE_OK;
}

/* Take the pages of one column that a bound excludes out of the rows to be read. An index that does not
 * hold together says nothing. */
static enum hone_code exclude_pages(struct hone_run *run, const struct hone_pq_scan *s,
                                    size_t group, const struct hone_pq_column *c,
                                    const struct hone_expr_bound *bound, bool *keep)
{
    const struct hone_pq_chunk *chunk = &s->file->group[group].chunk[c->first];
    size_t rows = s->file->group[group].rows;
    struct pages pages = {0};
    bool sound = false;
    HONE_ARENA(work);

    if (chunk->columns_len == 0 || chunk->offsets_len == 0 || !s->file->ordered[c->first]) {
        return HONE_OK;
    }
    HONE_TRY(read_offsets(run, s, chunk, &work, &pages, &sound));
    if (sound) {
        HONE_TRY(read_bounds(run, s, chunk, &work, &pages, &sound));
    }
    for (size_t i = 0; i < pages.n && sound; i++) {
        size_t end = i + 1 < pages.n ? pages.first[i + 1] : rows;
        sound = pages.first[i] < end && end <= rows && (i > 0 || pages.first[0] == 0);
    }
    for (size_t i = 0; i < pages.n && sound; i++) {
        size_t end = i + 1 < pages.n ? pages.first[i + 1] : rows;
        if (pages.none[i] || excludes(&s->file->node[c->node], &pages.stats[i], bound)) {
            memset(keep + pages.first[i], 0, end - pages.first[i]);
        }
    }
    return HONE_OK;
}

/* The rows to be kept as ranges, the last one empty; NULL when all are. */
static enum hone_code make_ranges(struct hone_run *run, const bool *keep, size_t rows,
                                  struct hone_arena *mem, struct hone_pq_range **out,
                                  size_t *ranges)
{
    struct hone_pq_range *range;
    size_t n = 0;

    for (size_t i = 0; i < rows; i++) {
        n += keep[i] && (i == 0 || !keep[i - 1]);
    }
    *ranges = n;
    *out = NULL;
    if (n == 1 && keep[0] && memchr(keep, 0, rows) == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &range, n + 1));
    n = 0;
    for (size_t i = 0; i < rows; i++) {
        if (keep[i] && (i == 0 || !keep[i - 1])) {
            range[n].from = i;
        }
        if (keep[i] && (i + 1 == rows || !keep[i + 1])) {
            range[n++].to = i + 1;
        }
    }
    *out = range;
    return HONE_OK;
}

/* The ranges of a group that the page indexes leave; none in *ranges when no row is left. */
static enum hone_code prune_pages(struct hone_run *run, const struct hone_pq_scan *s,
                                  size_t group, const struct hone_expr_bound *bound,
                                  size_t bounds, struct hone_arena *mem,
                                  struct hone_pq_range **out, size_t *ranges)
{
    size_t rows = s->file->group[group].rows;
    bool *keep;
    HONE_ARENA(work);

    *ranges = 1;
    if (bounds == 0 || rows == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_pq_afford(run, s->file, rows));
    HONE_TRY(hone_array(run, &work, &keep, rows));
    memset(keep, 1, rows);
    for (size_t i = 0; i < bounds; i++) {
        for (size_t k = 0; k < s->cols; k++) {
            if (speaks_of(s, &s->column[k], &bound[i])) {
                HONE_TRY(exclude_pages(run, s, group, &s->column[k], &bound[i], keep));
            }
        }
    }
    return make_ranges(run, keep, rows, mem, out, ranges);
}

enum hone_code hone_pq_prune(struct hone_run *run, struct hone_pq_scan *s,
                             const struct hone_expr *where, struct hone_arena *mem)
{
    const struct hone_pq_file *file = s->file;
    struct hone_expr_bound *bound = NULL;
    size_t bounds = 0;

    if (where != NULL) {
        HONE_TRY(hone_expr_bounds(run, where, mem, &bound, &bounds));
    }
    HONE_TRY(hone_array(run, mem, &s->group, file->groups));
    HONE_TRY(hone_array(run, mem, &s->row, file->groups + 1));
    HONE_TRY(hone_array(run, mem, &s->range, file->groups));
    for (size_t g = 0; g < file->groups; g++) {
        size_t ranges = 0;
        if (may_have(s, &file->group[g], bound, bounds)) {
            HONE_TRY(prune_pages(run, s, g, bound, bounds, mem, &s->range[s->groups], &ranges));
        }
        if (ranges > 0) {
            s->row[s->groups] = s->rows;
            s->group[s->groups++] = g;
            s->rows += file->group[g].rows;
        }
    }
    s->row[s->groups] = s->rows;
    return HONE_OK;
}
