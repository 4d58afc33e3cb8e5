/* Plain text, a row a line: sentences, names, log lines. */
#include "io/chunk_priv.h"

static bool is_clean(struct hone_str line)
{
    return hone_utf8_valid(line) == line.len && memchr(line.ptr, '\0', line.len) == NULL;
}

static enum hone_code find_cells(struct hone_run *run, const struct hone_source *source,
                                 struct hone_chunk *chunk, struct hone_cells *out)
{
    struct hone_str rest = chunk->bytes;
    size_t most = hone_line_of(chunk->bytes, chunk->bytes.len);

    *out = (struct hone_cells){.base = chunk->bytes.ptr, .cols = 1};
    HONE_TRY(hone_array(run, &run->scratch, &out->field, most));
    HONE_TRY(hone_array(run, &run->scratch, &out->record, most));
    while (rest.len > 0) {
        struct hone_str line;
        struct hone_field record;
        (void)hone_str_cut(rest, '\n', &line, &rest);
        line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r';
        record = (struct hone_field){(uint32_t)(line.ptr - chunk->bytes.ptr),
                                     (uint32_t)line.len | HONE_FIELD_WORD};
        if (source->want != NULL && hone_chunk_is_bad(chunk, record.at)) {
            continue;
        }
        if (line.len > HONE_FIELD_MOST || !is_clean(line)) {
            record.len &= HONE_FIELD_LEN;
            HONE_TRY(hone_chunk_bad(run, source, chunk, record,
                                    line.len > HONE_FIELD_MOST ? "a line longer than 16 MiB"
                                                               : "the text is not UTF-8"));
            continue;
        }
        out->record[out->rows] = record;
        out->field[out->rows++] = record;
    }
    return HONE_OK;
}

static enum hone_code cut_chunks(struct hone_run *run, struct hone_arena *mem,
                                 struct hone_source *source)
{
    const char *p = source->bytes.ptr;
    const char *end = p + source->bytes.len;

    HONE_TRY(hone_array(run, mem, &source->chunk, source->bytes.len / HONE_CHUNK_BYTES + 1));
    while (p < end) {
        struct hone_chunk *chunk = &source->chunk[source->chunks++];
        const char *cut = end;
        if ((size_t)(end - p) > HONE_CHUNK_BYTES) {
            cut = memchr(p + HONE_CHUNK_BYTES, '\n', (size_t)(end - p) - HONE_CHUNK_BYTES);
            cut = cut == NULL ? end : cut + 1;
        }
        chunk->bytes = (struct hone_str){p, (size_t)(cut - p)};
        chunk->at = (size_t)(p - source->bytes.ptr);
        if (chunk->bytes.len >= HONE_FIELD_WORD) {
            return hone_fail(run, HONE_E_LIMIT, "%s: a line longer than 1 GiB", source->path);
        }
        p = cut;
    }
    return HONE_OK;
}

static enum hone_code read_lines(struct hone_run *run, const char *path, struct hone_str bytes,
                                 const struct hone_read_options *options,
                                 struct hone_arena *mem, struct hone_table **out,
                                 struct hone_read_report *report)
{
    const char *name[] = {"text"};
    struct hone_read_options texts = *options;
    struct hone_source source = {.path = path,
                                 .bytes = bytes,
                                 .find = find_cells,
                                 .options = &texts,
                                 .quote = '"',
                                 .cols = 1,
                                 .name = name};
    HONE_ARENA(work);

    texts.as_text = (struct hone_texts){name, 1};
    HONE_TRY(cut_chunks(run, &work, &source));
    return hone_source_read(run, &source, mem, out, report);
}

static const char *const endings[] = {NULL};

const struct hone_reader hone_reader_lines = {
    .part.name = "lines",
    .part.summary = "plain text: each line is a row of the column text",
    .endings = endings,
    .text = true,
    .read = read_lines,
};
