#include "report/monitor_page.h"

#include "report/model_page_priv.h"
#include "report/words.h"

void hone_monitor_page(const json_t *watch, const struct hone_page_look *look,
                       struct hone_arena *mem, struct hone_buf *out)
{
    struct hone_page page;
    uint64_t rows = (uint64_t)hone_json_get_int(watch, "rows", 0);
    uint64_t windows = json_array_size(json_object_get(watch, "windows"));
    hone_page_init(&page, mem, look,
                   hone_arena_format(mem, "Live data of %s",
                                     hone_json_get_text(watch, "model", "a model")),
                   hone_arena_format(mem, "%s rows in %s windows, beside what it was made for",
                                     hone_text_count(mem, rows),
                                     hone_text_count(mem, windows)));
    hone_page_watch_tile(&page, watch);
    hone_page_watch_section(&page, watch);
    hone_page_end(&page, NULL, out);
}
