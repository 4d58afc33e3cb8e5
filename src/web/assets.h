/*
 * web/assets.h - the files of the pages, compiled into the program
 *
 * The table is written by tools/embed from web/static and, unless built with WEB=no, from what
 * esbuild makes of web/.
 */
#ifndef HONE_WEB_ASSETS_H
#define HONE_WEB_ASSETS_H

#include <stddef.h>

struct hone_asset {
    const char *name;          /* path below web/static, "style.css" */
    const char *type;          /* media type, with the charset for text */
    const unsigned char *data; /* one NUL follows the last byte */
    size_t size;
};

/* Ends with a NULL name. */
extern const struct hone_asset hone_assets[];

#endif
