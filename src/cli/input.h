/*
 * cli/input.h - tables in and out of verbs
 */
#ifndef HONE_CLI_INPUT_H
#define HONE_CLI_INPUT_H

#include "cli/verb.h"
#include "io/reader.h"
#include "report/html.h"
#include "store/store.h"

/* A verb that reads tables embeds struct hone_read_options as field of its settings S, and has this among
 * its groups. */
#define HONE_READ_GROUP(S, field)                                                              \
    {                                                                                          \
        .title = "Reading tables", .rows = hone_read_params, .offset = offsetof(S, field)      \
    }
/* The same for verbs that write tables: struct hone_write_options. */
#define HONE_WRITE_GROUP(S, field)                                                             \
    {                                                                                          \
        .title = "Writing tables", .rows = hone_write_params, .offset = offsetof(S, field)     \
    }
#define HONE_GROUP_END                                                                         \
    {                                                                                          \
        .rows = NULL                                                                           \
    }

/*
 * Read a table and tell the user on standard error what they should know: rows left out, and with --verbose
 * what the reader decided.  report may be NULL.  Fails as hone_table_read.
 */
enum hone_code hone_input_read(struct hone_run *run, const struct hone_args *args,
                               const char *path, const struct hone_read_options *options,
                               struct hone_arena *mem, struct hone_table **out,
                               struct hone_read_report *report);

/* Who is typing, for the audit log; NULL when the system does not say. */
const char *hone_input_actor(void);

/* Mark runs of this machine whose process is gone as KILLED, unless another process is writing just now. */
void hone_input_sweep(struct hone_run *run, struct hone_store *store);

/* The style and the script of pages, from the program's own files. */
struct hone_page_look hone_input_look(void);

#endif
