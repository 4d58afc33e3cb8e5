#include "cli/input.h"

#include <stdlib.h>

#include "flow/data/source.h"
#include "store/lineage.h"
#include "web/assets.h"

/* What the reader decided, for --verbose. */
static void tell_all(const struct hone_table *t, const struct hone_read_report *r,
                     double seconds, struct hone_arena *mem)
{
    fprintf(stderr, "%s: %s", r->path, r->format);
    if (r->compression != NULL) {
        fprintf(stderr, ", %s", r->compression);
    }
    if (r->encoding != NULL) {
        fprintf(stderr, ", %s%s", r->encoding, r->encoding_guessed ? " (guessed)" : "");
    }
    fprintf(stderr, ", %s rows, %s columns, %s\n", hone_text_count(mem, t->rows),
            hone_text_count(mem, t->cols), hone_text_seconds(mem, seconds));
}

static void tell(const struct hone_args *args, const struct hone_table *t,
                 const struct hone_read_report *r, double seconds)
{
    struct hone_arena mem = {0};
    struct hone_term term = hone_term_of(stderr);
    const char *note = hone_style(&term, HONE_YELLOW);
    const char *plain = hone_style(&term, HONE_PLAIN);

    if (args->global.verbose) {
        tell_all(t, r, seconds, &mem);
    }
    if (r->encoding_guessed && !args->global.quiet) {
        fprintf(stderr,
                "%snote:%s %s is not UTF-8 and was read as %s; --encoding says otherwise\n",
                note, plain, r->path, r->encoding);
    }
    if (r->bad_rows != 0 && !args->global.quiet) {
        fprintf(stderr, "%snote:%s %s: %s bad row%s left out%s%s; the first: %s\n", note, plain,
                r->path, hone_text_count(&mem, r->bad_rows), r->bad_rows == 1 ? "" : "s",
                r->quarantine == NULL ? "" : ", kept in ",
                r->quarantine == NULL ? "" : r->quarantine,
                hone_text_fit(&term, &mem, hone_str(r->first_bad), sizeof r->first_bad));
    }
    hone_arena_free(&mem);
}

enum hone_code hone_input_read(struct hone_run *run, const struct hone_args *args,
                               const char *path, const struct hone_read_options *options,
                               struct hone_arena *mem, struct hone_table **out,
                               struct hone_read_report *report)
{
    struct hone_read_report own = {0};
    struct hone_read_report *met = report == NULL ? &own : report;
    int64_t began = hone_ticks_ns();

    HONE_TRY(hone_data_read(run, args->global.store, path, options, mem, out, met));
    tell(args, *out, met, (double)(hone_ticks_ns() - began) * 1e-9);
    return HONE_OK;
}

const char *hone_input_actor(void)
{
    const char *user = getenv("USER");
    return user == NULL || user[0] == '\0' ? NULL : user;
}

void hone_input_sweep(struct hone_run *run, struct hone_store *store)
{
    hone_store_patience(store, 0);
    if (hone_store_run_sweep(run, store, NULL) != HONE_OK) {
        hone_error_clear(run); /* the next look will do */
    }
    hone_store_patience(store, HONE_STORE_PATIENCE);
}

static struct hone_str asset(const char *name)
{
    for (const struct hone_asset *a = hone_assets; a->name != NULL; a++) {
        if (strcmp(a->name, name) == 0) {
            return (struct hone_str){(const char *)a->data, a->size};
        }
    }
    return (struct hone_str){NULL, 0};
}

struct hone_page_look hone_input_look(void)
{
    return (struct hone_page_look){.style = asset("hone.css"), .script = asset("vega.js")};
}
