/*
 * serve/page_shell.h - what all pages for people share: head, style, the script that keeps them fresh, small parts
 *
 * Pages work without scripts (then they load themselves anew).  The script is one constant and the style another, so
 * a Content-Security-Policy allows these two by their hashes and nothing else.
 */
#ifndef HONE_SERVE_PAGE_SHELL_H
#define HONE_SERVE_PAGE_SHELL_H

#include "base/json.h"
#include "base/str.h"

struct hone_shell {
    const char *title;
    const char *state; /* "ok", "look", "act": the icon's colour and shape; NULL: none */
    const char *up;    /* where the line above leads back to, "/"; NULL: this is the top */
    bool live;         /* it changes by itself */
    bool signed_in;    /* by a cookie: there is a button to sign out */
};
/* From the doctype to the beginning of <main>, and its end. */
void hone_shell_begin(struct hone_buf *out, const struct hone_shell *shell);
void hone_shell_end(struct hone_buf *out, const struct hone_shell *shell);

/* The type of these pages, to be told by its address, and the fields that go with it, each with its line's end, in mem:
 * what may run in them, and that nobody keeps a copy. */
extern const char hone_page_type[];
#define HONE_PAGE_TYPE hone_page_type
const char *hone_shell_fields(struct hone_arena *mem);

/* --- parts ------------------------------------------------------------------------------------------- */

/* Text; NULL is none. */
void hone_html_text(struct hone_buf *out, const char *text);
/* The name of a fact in a <dl>; what is written next is the fact. */
void hone_html_fact(struct hone_buf *out, const char *name);
/* A moment: how long before now, and exactly (UTC), with the day where it is another than now's. */
void hone_html_when(struct hone_buf *out, int64_t now, int64_t us);
/* A word in the colour of "ok", "look", "act" or "" (dim). */
void hone_html_word(struct hone_buf *out, const char *mood, const char *text);

/*
 * A course as a small line from the left (oldest) to the right (now), from zero to its largest value; nulls are gaps.
 * Nothing is written for fewer than two values.
 *
 *   says   "requests a second": with least, most and last value it is the text for those who do not see it
 *   unit   behind numbers: " ms"
 *   mood   class of the line: "", "look", "act"
 */
struct hone_spark {
    const json_t *values;
    const char *says, *unit, *mood;
    double scale; /* values are shown times this */
};
void hone_html_spark(struct hone_buf *out, const struct hone_spark *spark);

#endif
