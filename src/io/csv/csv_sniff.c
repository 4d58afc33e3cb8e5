/* Finding out what a delimited text is like; declared in io/csv_priv.h. */
#include "io/csv/csv_priv.h"

enum {
    HEAD = 64 << 10, /* bytes looked at */
    RECORDS = 100,   /* records looked at */
};

static void set_delimiter(struct hone_csv *csv, char delimiter)
{
    memset(csv->stop, 0, sizeof csv->stop);
    csv->delimiter = delimiter;
    csv->stop[(unsigned char)delimiter] = true;
    csv->stop[(unsigned char)csv->eol] = true;
}

/* One record at *p, blank ones skipped. Returns its fields, in at most room of field (may be NULL); 0 at the
 * end.  A record that the head cuts off does not count, unless the head is the whole. */
static size_t record(const struct hone_csv *csv, const char **p, struct hone_str head,
                     bool whole, struct hone_csv_field *field, size_t room)
{
    const char *end = head.ptr + head.len;

    while (*p < end) {
        struct hone_csv_field f;
        size_t n = 0;
        const char *start = hone_csv_skip_comments(csv, *p, end);
        *p = start;
        if (start == end) {
            return 0;
        }
        do {
            *p = hone_csv_field(csv, *p, end, head.ptr, &f);
            if (n < room) {
                field[n] = f;
            }
            n++;
        } while (!f.last);
        if (*p == end && !whole && end[-1] != csv->eol) {
            return 0;
        }
        if (n > 1 || !hone_csv_is_blank(head.ptr, &f)) {
            return n;
        }
    }
    return 0;
}

/* How well a delimiter fits, 0: not at all: records with the commonest number of fields, in thousandths,
 * and that number. */
static size_t fitness(struct hone_csv *csv, struct hone_str head, bool whole, char delimiter)
{
    size_t counts[RECORDS];
    size_t n = 0;
    size_t best = 0;
    size_t fields = 0;
    const char *p = head.ptr;

    set_delimiter(csv, delimiter);
    while (n < RECORDS) {
        counts[n] = record(csv, &p, head, whole, NULL, 0);
        if (counts[n] == 0) {
            break;
        }
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t j = 0; j < n; j++) {
            same += counts[j] == counts[i];
        }
        if (same > best || (same == best && counts[i] > fields)) {
            best = same;
            fields = counts[i];
        }
    }
    return fields < 2 ? 0 : best * 1000 / n * 1000 + (fields < 999 ? fields : 999);
}

static char find_delimiter(struct hone_csv *csv, struct hone_str head, bool whole)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    char best = ',';
    size_t most = 0;

    for (size_t i = 0; i < sizeof candidates; i++) {
        size_t fit = fitness(csv, head, whole, candidates[i]);
        if (fit > most) {
            most = fit;
            best = candidates[i];
        }
    }
    return best;
}

enum hone_code hone_csv_delimiter(struct hone_run *run, const char *text, char *out)
{
    if (strcmp(text, "\\t") == 0 || strcmp(text, "tab") == 0) {
        *out = '\t';
    } else if (strcmp(text, "space") == 0) {
        *out = ' ';
    } else if (strlen(text) == 1 && text[0] != '"' && text[0] != '\n' && text[0] != '\r') {
        *out = text[0];
    } else {
        (void)hone_fail(run, HONE_E_ARG, "'%.100s' is no delimiter", text);
        return hone_hint(run, "a delimiter is one character, or tab, or space");
    }
    return HONE_OK;
}

size_t hone_csv_told(struct hone_str bytes, char delimiter[2])
{
    size_t line = bytes.len > 6 && bytes.ptr[5] == '\r' ? 7 : 6;

    if (bytes.len < line ||
        !(hone_str_starts(bytes, "sep=") || hone_str_starts(bytes, "SEP=")) ||
        bytes.ptr[line - 1] != '\n' || bytes.ptr[4] == '"' || bytes.ptr[4] == '\n' ||
        bytes.ptr[4] == '\r') {
        return 0;
    }
    delimiter[0] = bytes.ptr[4];
    return line;
}

enum hone_code hone_csv_quote(struct hone_run *run, const char *text, char *out)
{
    if (strcmp(text, "none") == 0) {
        *out = HONE_CSV_NO_QUOTE;
    } else if (strlen(text) == 1 && text[0] > ' ' && text[0] < 0x7f) {
        *out = text[0];
    } else {
        (void)hone_fail(run, HONE_E_ARG, "'%.100s' is no quote", text);
        return hone_hint(run, "a quote is one character, or none");
    }
    return HONE_OK;
}

/* What a quote character makes of the head. */
struct quoting {
    size_t quoted, plain, problems; /* fields */
    size_t cols;                    /* of the first record */
    bool regular;                   /* of all */
};

static struct quoting try_quote(const struct hone_csv *csv, struct hone_str head, bool whole,
                                char quote)
{
    struct hone_csv with = *csv;
    struct quoting out = {.regular = true};
    const char *p = head.ptr;

    with.quote = quote;
    for (;;) {
        const char *end = p;
        size_t n = record(&with, &end, head, whole, NULL, 0);
        if (n == 0) {
            return out;
        }
        out.cols = out.cols == 0 ? n : out.cols;
        out.regular = out.regular && n == out.cols;
        while (p < end) {
            struct hone_csv_field f;
            p = hone_csv_field(&with, p, end, head.ptr, &f);
            out.quoted += f.quoted && f.problem == NULL;
            out.plain += !f.quoted && (f.field.len & HONE_FIELD_LEN) > 0;
            out.problems += f.problem != NULL;
        }
    }
}

/*
 * The double quote, but: the single one where it alone encloses fields, a fifth of them at least and without fail;
 * none in text with tabs that the double one, taken as a quote, breaks, and that is regular without.
 */
static char find_quote(const struct hone_csv *csv, struct hone_str head, bool whole)
{
    struct quoting two = try_quote(csv, head, whole, '"');
    struct quoting one;

    if (two.quoted == 0 && two.problems == 0) {
        one = try_quote(csv, head, whole, '\'');
        return one.problems == 0 && one.quoted * 5 > one.plain ? '\'' : '"';
    }
    if (csv->delimiter == '\t' && two.problems > 0) {
        one = try_quote(csv, head, whole, HONE_CSV_NO_QUOTE);
        return one.regular && one.cols > 1 ? HONE_CSV_NO_QUOTE : '"';
    }
    return '"';
}

/* True when every field but the first of each record begins with a blank. */
static bool blanks_follow(const struct hone_csv *csv, struct hone_str head, bool whole)
{
    struct hone_csv with = *csv;
    const char *end = head.ptr + head.len;
    const char *p = head.ptr;
    bool any = false;

    with.skip_space = true;
    for (size_t i = 0; i < RECORDS; i++) {
        const char *after = p;
        if (record(&with, &after, head, whole, NULL, 0) == 0) {
            break;
        }
        while (p < after) {
            struct hone_csv_field f;
            p = hone_csv_field(&with, p, end, head.ptr, &f);
            if (!f.last && (p == end || *p != ' ')) {
                return false;
            }
            any = any || !f.last;
        }
    }
    return any;
}

/* The evidence about the first record. */
struct evidence {
    size_t named;   /* text above values that are not */
    size_t numbers; /* cells that are values themselves */
    size_t
        repeated; /* texts that occur below, or twice in the record, are empty, or like all below */
};

static bool same_text(const char *base, struct hone_field a, struct hone_field b)
{
    return hone_str_eq((struct hone_str){base + a.at, a.len & HONE_FIELD_LEN},
                       (struct hone_str){base + b.at, b.len & HONE_FIELD_LEN});
}

static struct hone_str trimmed(const char *base, struct hone_field f)
{
    return hone_str_trim((struct hone_str){base + f.at, f.len & HONE_FIELD_LEN});
}

/* What stands below the first record. */
struct below {
    struct hone_csv_field *row; /* (cols) the record at hand */
    enum hone_kind *kind;       /* (cols) of all values */
    bool *seen;                 /* (cols) the first record's text occurs again */
    size_t *alike;              /* (cols) texts with digits of the form that the first has */
    size_t records;
};

/* The form of a text: a run of digits, of letters, or one other character at a time; 0 at the end. */
static char next_form(struct hone_str *text)
{
    char c;
    char form;

    if (text->len == 0) {
        return '\0';
    }
    c = text->ptr[0];
    form = c >= '0' && c <= '9' ? '9' : ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ? 'a' : c;
    do {
        text->ptr++;
        text->len--;
        c = text->len > 0 ? text->ptr[0] : '\0';
    } while ((form == '9' && c >= '0' && c <= '9') ||
             (form == 'a' && (c | 0x20) >= 'a' && (c | 0x20) <= 'z'));
    return form;
}

/* "Blood_07" is like "Blood_12": data, not the name of it. */
static bool is_alike(struct hone_str a, struct hone_str b)
{
    bool digits = false;
    char form;

    do {
        form = next_form(&a);
        digits = digits || form == '9';
        if (form != next_form(&b)) {
            return false;
        }
    } while (form != '\0');
    return digits;
}

static void look_below(const struct hone_csv *csv, const struct hone_na *na,
                       struct hone_str head, bool whole, const char *p,
                       const struct hone_csv_field *first, struct below *b)
{
    struct hone_csv_field *row = b->row;

    for (size_t i = 1; i < RECORDS; i++) {
        size_t n = record(csv, &p, head, whole, row, csv->cols);
        if (n == 0) {
            break;
        }
        for (size_t c = 0; c < csv->cols && n == csv->cols; c++) {
            struct hone_str text = trimmed(head.ptr, row[c].field);
            if (!hone_na_is(na, text)) {
                b->kind[c] = hone_kind_join(b->kind[c], hone_kind_of(text));
            }
            b->seen[c] = b->seen[c] || same_text(head.ptr, row[c].field, first[c].field);
            b->alike[c] += is_alike(text, trimmed(head.ptr, first[c].field));
        }
        b->records++;
    }
}

/*
 * Names stand above values of other kinds.  Where all columns are text, the first record is names when its
 * texts all differ, none occurs again, and none has digits in the form of all below it.
 */
static enum hone_code find_header(struct hone_run *run, struct hone_csv *csv,
                                  struct hone_str head, bool whole, const struct hone_na *na,
                                  const char *second, const struct hone_csv_field *first)
{
    struct below b = {0};
    struct evidence e = {0};
    struct hone_map names = {.mem = &run->scratch};
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &b.row, csv->cols));
    HONE_TRY(hone_array(run, &run->scratch, &b.kind, csv->cols));
    HONE_TRY(hone_array(run, &run->scratch, &b.seen, csv->cols));
    HONE_TRY(hone_array(run, &run->scratch, &b.alike, csv->cols));
    look_below(csv, na, head, whole, second, first, &b);
    for (size_t c = 0; c < csv->cols; c++) {
        struct hone_str text = trimmed(head.ptr, first[c].field);
        bool is_text = !hone_na_is(na, text) && hone_kind_of(text) == HONE_KIND_TEXT;
        bool again = b.seen[c] || text.len == 0 || hone_map_get(&names, text) != UINT32_MAX ||
                     (b.records > 2 && b.alike[c] == b.records);
        e.named += is_text && b.kind[c] != HONE_KIND_TEXT && b.kind[c] != HONE_KIND_NONE;
        e.numbers += text.len > 0 && !is_text;
        e.repeated += again;
        if (text.len > 0 && hone_map_add(&names, text, (uint32_t)c) == UINT32_MAX) {
            return hone_no_room(run, "names", c);
        }
    }
    csv->header = e.named > 0 ? e.named >= e.numbers : e.numbers == 0 && e.repeated == 0;
    return HONE_OK;
}

/* "name", or when it is taken "name.1", "name.2" ... */
static enum hone_code unique_name(struct hone_run *run, struct hone_map *taken,
                                  const char *name, struct hone_arena *mem, const char **out)
{
    const char *unique = name;

    for (size_t i = 1; hone_map_get(taken, hone_str(unique)) != UINT32_MAX; i++) {
        unique = hone_arena_format(mem, "%s.%zu", name, i);
    }
    if (hone_map_add(taken, hone_str(unique), 0) == UINT32_MAX) {
        return hone_no_room(run, "names", taken->n);
    }
    *out = unique;
    return HONE_OK;
}

static enum hone_code given_names(struct hone_run *run, const char *path,
                                  const struct hone_read_options *options, struct hone_csv *csv)
{
    if (options->names.n != csv->cols) {
        return hone_fail(run, HONE_E_ARG, "%zu names are given, %s has %zu columns",
                         options->names.n, path, csv->cols);
    }
    for (size_t i = 0; i < csv->cols; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(options->names.item[i], options->names.item[j]) == 0) {
                return hone_fail(run, HONE_E_ARG, "the name %s is given twice",
                                 options->names.item[i]);
            }
        }
        csv->name[i] = options->names.item[i];
    }
    return HONE_OK;
}

static enum hone_code set_names(struct hone_run *run, const char *path,
                                const struct hone_read_options *options, const char *base,
                                const struct hone_csv_field *first, struct hone_arena *mem,
                                struct hone_csv *csv)
{
    struct hone_map taken = {.mem = &run->scratch};
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, mem, &csv->name, csv->cols));
    if (options->names.n > 0) {
        return given_names(run, path, options, csv);
    }
    for (size_t i = 0; i < csv->cols; i++) {
        struct hone_str name = {"", 0};
        const char *text;
        if (csv->header) {
            name = hone_str_trim(hone_csv_text(csv, base, first[i].field, mem));
        }
        if (hone_utf8_valid(name) != name.len ||
            (name.len > 0 && memchr(name.ptr, '\0', name.len) != NULL)) {
            (void)hone_fail(run, HONE_E_FORMAT, "%s: the name of column %zu is not UTF-8", path,
                            i + 1);
            return hone_hint(run, "say what the file is: --encoding latin1, cp1252, ...");
        }
        text = name.len > 0 ? hone_arena_text(mem, name.ptr, name.len)
                            : hone_arena_format(mem, "column_%zu", i + 1);
        HONE_TRY(unique_name(run, &taken, text, mem, &csv->name[i]));
    }
    return HONE_OK;
}

/* Columns, header and names from the first record. */
static enum hone_code first_record(struct hone_run *run, const char *path,
                                   struct hone_str bytes,
                                   const struct hone_read_options *options,
                                   struct hone_arena *mem, struct hone_csv *csv)
{
    struct hone_str head = {bytes.ptr, bytes.len < HEAD ? bytes.len : HEAD};
    struct hone_csv_field *first;
    struct hone_na_set na;
    const char *p = bytes.ptr;
    const char *start;
    HONE_SCRATCH(run);

    csv->cols = record(csv, &p, bytes, true, NULL, 0);
    if (csv->cols == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s holds no records", path);
    }
    if (csv->cols > HONE_COLUMNS_MOST) {
        return hone_fail(run, HONE_E_LIMIT, "%s has more than %zu columns", path,
                         HONE_COLUMNS_MOST);
    }
    HONE_TRY(hone_array(run, &run->scratch, &first, csv->cols));
    start = p = bytes.ptr;
    (void)record(csv, &p, bytes, true, first, csv->cols);
    for (size_t i = 0; i < csv->cols; i++) {
        if (first[i].problem != NULL) {
            return hone_fail(run, HONE_E_FORMAT, "%s, line 1: %s", path, first[i].problem);
        }
    }
    csv->header = options->header;
    if (!options->header && !options->no_header) {
        HONE_TRY(hone_na_make(run, options, &run->scratch, &na));
        head.len = (size_t)(p - bytes.ptr) > head.len ? (size_t)(p - bytes.ptr) : head.len;
        HONE_TRY(find_header(run, csv, head, head.len == bytes.len, &na.all, p, first));
    }
    csv->start = csv->header ? (size_t)(p - start) : 0;
    return set_names(run, path, options, bytes.ptr, first, mem, csv);
}

enum hone_code hone_csv_sniff(struct hone_run *run, const char *path, struct hone_str bytes,
                              const struct hone_read_options *options, struct hone_arena *mem,
                              struct hone_csv *out)
{
    struct hone_csv csv = {.quote = '"', .comment = hone_str(options->comment)};
    struct hone_str head = {bytes.ptr, bytes.len < HEAD ? bytes.len : HEAD};
    bool whole = head.len == bytes.len;
    char delimiter = ',';

    if (bytes.len == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s is empty", path);
    }
    if (options->header && options->no_header) {
        return hone_fail(run, HONE_E_ARG, "header and no_header exclude each other");
    }
    csv.eol =
        memchr(head.ptr, '\n', head.len) == NULL && memchr(head.ptr, '\r', head.len) != NULL
            ? '\r'
            : '\n';
    if (options->delimiter != NULL) {
        HONE_TRY(hone_csv_delimiter(run, options->delimiter, &delimiter));
    } else {
        delimiter = find_delimiter(&csv, head, whole);
    }
    set_delimiter(&csv, delimiter);
    csv.skip_space =
        delimiter != ' ' && (options->skip_initial_space || blanks_follow(&csv, head, whole));
    if (options->quote != NULL) {
        HONE_TRY(hone_csv_quote(run, options->quote, &csv.quote));
    } else {
        csv.quote = find_quote(&csv, head, whole);
    }
    csv.bytes = (struct hone_csv_bytes){csv.delimiter, csv.eol, csv.quote};
    HONE_TRY(first_record(run, path, bytes, options, mem, &csv));
    *out = csv;
    return HONE_OK;
}

bool hone_csv_accepts(struct hone_str head)
{
    return head.len > 0 && memchr(head.ptr, '\0', head.len) == NULL;
}
