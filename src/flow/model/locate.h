/*
 * flow/model/locate.h - find the file that a model's name means
 *
 * models:/name/3, models:/name@champion, models:/name/latest, runs:/ID, or the path of an .onnx file.
 */
#ifndef HONE_FLOW_MODEL_LOCATE_H
#define HONE_FLOW_MODEL_LOCATE_H

#include "base/run.h"

struct hone_located {
    const char *uri;  /* "models:/name/3", or the path as it was given */
    const char *path; /* of the ONNX file */
    const char *hash; /* of its content; NULL for a plain file */
    const char *run;  /* id of the run that made it; NULL: not known */
    const char *name; /* registered name; NULL for a file or a run's model */
    int64_t version;
    const char *
        binding; /* file beside an imported model (prep/foreign.h); NULL: one of ours, or a file */
    const char *reference; /* file with its reference for monitoring; NULL: none */
};

/*
 * Fails: HONE_E_NOT_FOUND (no store, no such model, version, alias, run or file; the hint says what there is),
 * HONE_E_ARG for text that is none of the above.
 */
enum hone_code hone_model_locate(struct hone_run *run, const char *store_folder,
                                 const char *text, struct hone_arena *mem,
                                 struct hone_located *out);

#endif
