/*
 * report.h - what a run of drive says: lines "NAME VALUE" on stdout at its end, its progress on stderr
 */
#ifndef DRIVE_REPORT_H
#define DRIVE_REPORT_H

#include "drive.h"

void report_end(const struct drive *d);
void report_progress(const struct drive *d, int64_t now);

#endif
