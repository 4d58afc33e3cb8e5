/* Dates and times: what is read, written and read again is the same. */
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_str text = {(const char *)data, size};
    char out[40];
    int64_t days;
    int64_t us;
    int64_t again;
    bool zone;
    if (hone_parse_date(text, &days)) {
        struct hone_str written = {out, hone_format_date(out, days)};
        HONE_ASSERT(hone_parse_date(written, &again) && again == days);
    }
    if (hone_parse_timestamp(text, &us, &zone)) {
        struct hone_str written = {out, hone_format_timestamp(out, us)};
        HONE_ASSERT(hone_parse_timestamp(written, &again, &zone) && again == us && zone);
    }
    return 0;
}
