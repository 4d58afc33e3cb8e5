/*
 * report/profile_page_priv.h - the parts of a profile's page
 */
#ifndef HONE_REPORT_PROFILE_PAGE_PRIV_H
#define HONE_REPORT_PROFILE_PAGE_PRIV_H

#include "report/profile_page.h"

/* part / whole, 0 of nothing. */
double hone_profile_share(size_t part, size_t whole);

/* A card for each column. */
void hone_profile_cards(struct hone_page *page, const struct hone_profile_view *view);
/* How columns hang together, and with the target. */
void hone_profile_pairs(struct hone_page *page, const struct hone_profile_view *view);
void hone_profile_target(struct hone_page *page, const struct hone_profile_view *view);
/* Bars of a histogram of values of a type. */
void hone_profile_bars(struct hone_page *page, const char *title, enum hone_type type,
                       const struct hone_histogram *h);

#endif
