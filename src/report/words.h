/*
 * report/words.h - numbers and times as people read them
 *
 * All results are in mem.
 */
#ifndef HONE_REPORT_WORDS_H
#define HONE_REPORT_WORDS_H

#include "base/str.h"

/* 1234567 -> "1,234,567" */
const char *hone_text_count(struct hone_arena *mem, uint64_t n);
/* 1500000 -> "1.4 MiB" */
const char *hone_text_bytes(struct hone_arena *mem, uint64_t bytes);
/* 12.3456 -> "12.35" with 4 significant digits; no exponent for 1e-4 <= |x| < 1e9, no trailing zeroes,
 * groups of three from 10,000 on; "" for NaN. */
const char *hone_text_number(struct hone_arena *mem, double x, int digits);
/* 0.0153 -> "1.5 %"; what is not quite none or all is not shown as that: "< 0.1 %", "> 99.9 %". */
const char *hone_text_share(struct hone_arena *mem, double share);
/* 83.2 -> "83 s", 152 -> "2 min 32 s" */
const char *hone_text_seconds(struct hone_arena *mem, double seconds);
/* µs since 1970 UTC -> "2024-02-29 12:00:05" */
const char *hone_text_when(struct hone_arena *mem, int64_t us);
/* A while in µs, in its two largest units: "50 s", "12 min", "3 h 20 min", "2 days 4 h". */
const char *hone_text_span(struct hone_arena *mem, int64_t us);
/* How long before now: "12 min ago"; "just now" within a second, "in 12 min" for what is to come. */
const char *hone_text_ago(struct hone_arena *mem, int64_t now, int64_t us);

#endif
