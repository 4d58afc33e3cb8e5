#include "flow/train/resume.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

/* An error here stops nothing, and must not stand in for another. */
static void forgive(struct hone_run *run, enum hone_code code)
{
    if (code != HONE_OK) {
        hone_error_clear(run);
    }
}

const char *hone_resume_folder(struct hone_run *run, const char *store, const json_t *lineage,
                               struct hone_arena *mem)
{
    HONE_SCRATCH(run);
    struct hone_buf text = hone_buf(&run->scratch);
    struct stat self = {0};
    hone_json_write(&text, lineage, false);
    /* another build of the same version may find other numbers */
    if (stat("/proc/self/exe", &self) == 0) {
        hone_buf_format(&text, " %lld %lld.%09ld", (long long)self.st_size,
                        (long long)self.st_mtim.tv_sec, self.st_mtim.tv_nsec);
    }
    const struct hone_sha sha = hone_sha256(text.ptr, text.len);
    return hone_arena_format(mem, "%s/trials/%.32s", store, sha.hex);
}

static const char *path_of(struct hone_run *run, const char *folder,
                           const struct hone_resume_fit *fit, struct hone_arena *mem)
{
    HONE_SCRATCH(run);
    struct hone_buf text = hone_buf(&run->scratch);
    hone_json_write(&text, fit->settings, false);
    const struct hone_sha sha = hone_sha256(text.ptr, text.len);
    return hone_arena_format(mem, "%s/%s-%.16s-%zu.json", folder, fit->estimator, sha.hex,
                             fit->fold);
}

static enum hone_code read_fit(struct hone_run *run, const char *path,
                               struct hone_resume_said *said)
{
    HONE_ARENA(work);
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    HONE_JSON json_t *o = NULL;
    HONE_TRY(hone_file_open(run, path, &work, &file));
    HONE_TRY(hone_json_parse(run, file.bytes, &o));
    const json_t *raw = json_object_get(o, "raw");
    int64_t rounds = hone_json_get_int(o, "rounds", -1);
    if (!json_is_array(raw) || json_array_size(raw) != said->n || rounds < 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s is not what a fit said", path);
    }
    for (size_t i = 0; i < said->n; i++) {
        const json_t *x = json_array_get(raw, i);
        if (!json_is_real(x)) {
            return hone_fail(run, HONE_E_FORMAT, "%s: score %zu is not a number", path, i);
        }
        said->raw[i] = json_real_value(x);
    }
    said->rounds = (size_t)rounds;
    said->seconds = hone_json_get_real(o, "seconds", 0);
    return HONE_OK;
}

bool hone_resume_find(struct hone_run *run, const char *folder,
                      const struct hone_resume_fit *fit, struct hone_resume_said *said)
{
    HONE_ARENA(work);
    const char *path = path_of(run, folder, fit, &work);
    if (!hone_file_exists(path)) {
        return false;
    }
    enum hone_code code = read_fit(run, path, said);
    forgive(run, code);
    return code == HONE_OK;
}

void hone_resume_keep(struct hone_run *run, const char *folder,
                      const struct hone_resume_fit *fit, const struct hone_resume_said *said)
{
    HONE_ARENA(work);
    HONE_JSON json_t *o = json_object();
    json_t *raw = json_array();
    struct hone_buf text = hone_buf(&work);
    hone_json_set(o, "raw", raw);
    for (size_t i = 0; i < said->n; i++) {
        if (!isfinite(said->raw[i])) {
            return;
        }
        hone_json_push(raw, hone_json_real(said->raw[i]));
    }
    hone_json_set(o, "rounds", json_integer((json_int_t)said->rounds));
    hone_json_set(o, "seconds", hone_json_real(said->seconds));
    hone_json_write(&text, o, false);
    enum hone_code code = hone_dir_make(run, folder);
    if (code == HONE_OK) {
        code = hone_file_write(run, path_of(run, folder, fit, &work),
                               (struct hone_str){text.ptr, text.len});
    }
    forgive(run, code);
}

size_t hone_resume_count(struct hone_run *run, const char *folder)
{
    HONE_ARENA(work);
    const char **name;
    size_t n = 0;
    if (hone_dir_exists(folder)) {
        enum hone_code code = hone_dir_list(run, folder, &work, &name, &n);
        n = code == HONE_OK ? n : 0;
        forgive(run, code);
    }
    return n;
}

void hone_resume_forget(struct hone_run *run, const char *folder)
{
    HONE_ARENA(work);
    const char **name;
    size_t n = 0;
    if (!hone_dir_exists(folder)) {
        return;
    }
    enum hone_code code = hone_dir_list(run, folder, &work, &name, &n);
    for (size_t i = 0; i < n && code == HONE_OK; i++) {
        code = hone_file_remove(run, hone_path_join(&work, folder, name[i]));
    }
    forgive(run, code);
    (void)rmdir(folder); /* one that is not empty stays, and does no harm */
}
