/* Files that are no tables: what they are and what to do; declared in io/chunk_priv.h. */
#include "io/chunk_priv.h"

struct foreign {
    size_t at; /* of the mark in the file */
    const char *mark;
    size_t len;
    const char *what, *hint;
};

#define MARK(at, mark) at, mark, sizeof(mark) - 1
static const char unpack[] = "unpack it first; gzip and zstd are seen through";
static const char picture[] = "pictures are no tables";
static const char spreadsheet[] =
    "save the sheet as CSV, or: libreoffice --headless --convert-to csv FILE";
static const char export[] = "export it as CSV or Parquet with the program that wrote it";
static const char by_pandas[] = "export it with what wrote it, for instance pandas' to_csv";
static const char page[] =
    "was a page saved, or an error, in place of the data? fetch the file again";

static const struct foreign marks[] = {
    {MARK(0, "\x89PNG\r\n\x1a\n"), "a PNG picture", picture},
    {MARK(0, "\xff\xd8\xff"), "a JPEG picture", picture},
    {MARK(0, "GIF87a"), "a GIF picture", picture},
    {MARK(0, "GIF89a"), "a GIF picture", picture},
    {MARK(0, "II*\0"), "a TIFF picture", picture},
    {MARK(8, "WEBPVP8"), "a WebP picture", picture},
    {MARK(8, "WAVEfmt "), "a WAVE recording", "recordings are no tables"},
    {MARK(0, "%PDF-"), "a PDF document", "save the table that it shows as CSV"},
    {MARK(0, "{\\rtf"), "an RTF document", "save the table that it shows as CSV"},
    {MARK(0, "7z\xbc\xaf\x27\x1c"), "a 7-Zip archive", unpack},
    {MARK(0, "Rar!\x1a\x07"), "a RAR archive", unpack},
    {MARK(0, "\xfd"
             "7zXZ\0"),
     "packed with xz", "unpack it first: unxz FILE"},
    {MARK(4, "1AY&SY"), "packed with bzip2", "unpack it first: bunzip2 FILE"},
    {MARK(0, "\x04\x22\x4d\x18"), "packed with lz4", "unpack it first: unlz4 FILE"},
    {MARK(257, "ustar"), "a tar archive", "unpack it first: tar -xf FILE"},
    {MARK(0, "\x89HDF\r\n\x1a\n"), "an HDF5 file", by_pandas},
    {MARK(0, "Obj\x01"), "an Avro file", export},
    {MARK(0, "ORC\x08"), "an ORC file", export},
    {MARK(0, "FEA1\0\0\0\0"), "a Feather file of the first version", by_pandas},
    {MARK(0, "\x93NUMPY"), "a NumPy array", by_pandas},
    {MARK(0, "\x80\x04\x95"), "a Python pickle", by_pandas},
    {MARK(0, "\x80\x05\x95"), "a Python pickle", by_pandas},
    {MARK(0, "RDX3\n"), "R data", "export it in R: write.csv"},
    {MARK(0, "RDX2\n"), "R data", "export it in R: write.csv"},
    {MARK(0, "MATLAB 5.0 MAT-file"), "a MATLAB file", "export it in MATLAB: writetable"},
    {MARK(0, "$FL2@(#)"), "an SPSS file", export},
    {MARK(0, "<stata_dta>"), "a Stata file", export},
    {MARK(12, "\xc2\xea\x81\x60\xb3\x14\x11\xcf"), "a SAS file", export},
    {MARK(0, "\x7f"
             "ELF"),
     "a program", "where is the table?"},
    {MARK(0, "-----BEGIN PGP MESSAGE"), "encrypted with PGP", "decrypt it first: gpg -d FILE"},
    {MARK(0, "Salted__"), "encrypted with OpenSSL", "decrypt it first: openssl enc -d"},
    {MARK(0, "version https://git-lfs.github.com/spec/"), "a Git LFS pointer, not the file",
     "fetch the file: git lfs pull"},
};

/* Text marks, in letters of either case, behind white space. */
static const struct foreign pages[] = {
    {MARK(0, "<!doctype html"), "a web page (HTML)", page},
    {MARK(0, "<html"), "a web page (HTML)", page},
    {MARK(0, "<!doctype"), "a marked-up document", page},
    {MARK(0, "<?xml"), "an XML document", page},
};

static bool holds(struct hone_str bytes, const char *text, size_t len)
{
    return memmem(bytes.ptr, bytes.len, text, len) != NULL;
}

/* ZIP and what is kept in it; the names of its members are near the front. */
static const struct foreign *in_zip(struct hone_str head)
{
    static const struct foreign kinds[] = {
        {0, "xl/", 3, "an Excel workbook", spreadsheet},
        {0, "[Content_Types].xml", 19, "an Office document", spreadsheet},
        {0, "application/vnd.oasis.opendocument", 34, "an OpenDocument file", spreadsheet},
        {0, ".npy", 4, "NumPy arrays", by_pandas},
        {0, "", 0, "a ZIP archive", "unpack it first: unzip FILE"},
    };
    size_t i = 0;

    while (!holds(head, kinds[i].mark, kinds[i].len)) {
        i++;
    }
    return &kinds[i];
}

/* The container of old Office files, and of new ones behind a password. */
static const struct foreign *in_compound(struct hone_str bytes)
{
    static const struct foreign old = {0, "", 0, "an old Excel or Word file", spreadsheet};
    static const struct foreign locked = {0, "", 0, "an Office file with a password",
                                          "open it, take the password away and save it as CSV"};
    static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

    return holds(bytes, name, sizeof name - 1) ? &locked : &old;
}

static const struct foreign *find(struct hone_str bytes)
{
    struct hone_str head = {bytes.ptr, bytes.len < 4096 ? bytes.len : 4096};
    struct hone_str text = hone_str_trim(head);

    if (hone_str_starts(head, "PK\x03\x04") || hone_str_starts(head, "PK\x05\x06")) {
        return in_zip(head);
    }
    if (hone_str_starts(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
        return in_compound(bytes);
    }
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const struct foreign *m = &marks[i];
        if (head.len >= m->at + m->len && memcmp(head.ptr + m->at, m->mark, m->len) == 0) {
            return m;
        }
    }
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct hone_str start = {text.ptr, pages[i].len};
        if (text.len >= start.len && hone_str_eq_nocase(start, hone_str(pages[i].mark))) {
            return &pages[i];
        }
    }
    return NULL;
}

enum hone_code hone_refuse_foreign(struct hone_run *run, const char *path,
                                   struct hone_str bytes)
{
    const struct foreign *f = find(bytes);

    if (f == NULL) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s is %s", path, f->what);
    return hone_hint(run, "%s", f->hint);
}
