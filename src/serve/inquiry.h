/*
 * serve/inquiry.h - questions that take long, answered beside the requests that must not wait
 *
 * Why a prediction came out as it did takes tenths of a second and reads the store.  One thread with a run and a
 * store of its own answers such questions one after the other; the request sleeps meanwhile.
 */
#ifndef HONE_SERVE_INQUIRY_H
#define HONE_SERVE_INQUIRY_H

#include "base/pool.h"
#include "base/str.h"

struct hone_inquirer;

/* More that wait at once are turned away. */
#define HONE_INQUIRIES 16

struct hone_inquiry {
    bool alarm; /* id is a number of one; else a prediction's */
    char id[80];
    bool page;                                  /* HTML; else JSON */
    bool signed_in;                             /* for the page's frame */
    void (*done)(struct hone_inquiry *inquiry); /* in the inquirer's thread */
    void *owner;
    enum hone_code code; /* with a message when it is not HONE_OK */
    char message[512];
    struct hone_arena mem; /* freed by the owner */
    struct hone_buf text;  /* the answer */
    struct hone_inquiry *next;
};

/* store is its folder or URL.  Fails as hone_store_open. */
enum hone_code hone_inquirer_new(struct hone_run *run, const char *store,
                                 struct hone_inquirer **out);
/* False: too many wait, or it ends; then done is not called. */
bool hone_inquire(struct hone_inquirer *inquirer, struct hone_inquiry *inquiry);
/* Turn away those that wait, end the thread.  NULL is fine. */
void hone_inquirer_stop(struct hone_inquirer *inquirer);
void hone_inquirer_free(struct hone_inquirer *inquirer); /* NULL is fine */

#endif
