/*
 * base/jscan.h - read JSON value by value, without a tree
 *
 * The one reader of JSON where speed counts: request bodies and files of records.  It walks over a text that is
 * in memory whole, gives numbers as their text and strings as views, and takes no memory.  Escapes are
 * resolved in place, so a string can be read once; hone_jscan_skip changes nothing, so what was skipped can
 * be read later.  When raw, nothing is ever written: strings keep their escapes (checked), and escaped says
 * that the last one has some; hone_jscan_unescape resolves them elsewhere.
 * Strict JSON (RFC 8259), UTF-8 checked; unless strict, also the bare words NaN, Infinity and
 * -Infinity that clients of TensorFlow Serving send for numbers.  Nesting is limited to HONE_JSON_DEPTH.
 *
 * The first failure is kept in error; after it every call returns false or HONE_J_BAD.
 */
#ifndef HONE_BASE_JSCAN_H
#define HONE_BASE_JSCAN_H

#include "base/json.h"

enum hone_jtype {
    HONE_J_BAD, /* see error */
    HONE_J_NULL,
    HONE_J_FALSE,
    HONE_J_TRUE,
    HONE_J_NUMBER, /* text: as it was written */
    HONE_J_STRING, /* text: the value */
    HONE_J_ARRAY,  /* its items follow: hone_jscan_item */
    HONE_J_OBJECT, /* its members follow: hone_jscan_member */
};

struct hone_jscan {
    char *begin, *at, *end;
    unsigned depth;
    bool first;        /* nothing of the innermost open container was read */
    bool strict;       /* NaN and Infinity are no numbers */
    bool raw;          /* strings stay as they are */
    bool escaped;      /* the last string or name has escapes; when raw */
    bool zero;         /* some string so far has the escape of a zero byte; when raw */
    const char *error; /* NULL: none so far */
};

struct hone_jvalue {
    enum hone_jtype type;
    struct hone_str text;
};

struct hone_jscan hone_jscan(char *body, size_t len);

/* The next value; of an array or object only the opening bracket. */
enum hone_jtype hone_jscan_value(struct hone_jscan *scan, struct hone_jvalue *out);

/* Whether the innermost open array has another item, which comes next; at its end it is closed. */
bool hone_jscan_item(struct hone_jscan *scan);
/* The same for an object; *key is the member's name, its value comes next. */
bool hone_jscan_member(struct hone_jscan *scan, struct hone_str *key);

/* Pass over the next value, checked but not changed. */
bool hone_jscan_skip(struct hone_jscan *scan);

/* Nothing but white space is left. */
bool hone_jscan_end(struct hone_jscan *scan);

/* A raw string that was checked, its escapes resolved; out has room for text.len bytes. Returns the length. */
size_t hone_jscan_unescape(struct hone_str text, char *out);

/* Raise the error: "body is not JSON: byte 17: a string ends in the middle". */
enum hone_code hone_jscan_fail(struct hone_run *run, const struct hone_jscan *scan);

/* A few words for messages: "a string", "an object". */
const char *hone_jtype_name(enum hone_jtype type);

#endif
