#include "serve/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

enum {
    CHAIN = 16,       /* certificates of a chain */
    MOST = 256 << 10, /* bytes of a file of them */
};

/* What a handshake needs.  Never changed; one that was replaced may still be in use, so it stays. */
struct credentials {
    struct hone_arena mem; /* it lies in it itself */
    gnutls_pcert_st cert[CHAIN];
    unsigned certs;
    gnutls_privkey_t key;
    int64_t expires;
    struct credentials *older;
};

/* A file as it was when it was read. */
struct stamp {
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct hone_tls {
    struct hone_arena mem;
    const char *chain, *key;
    struct stamp chain_stamp, key_stamp;
    _Atomic(struct credentials *) now;
    gnutls_certificate_credentials_t way; /* to the certificate: by a function */
    gnutls_priority_t priorities;
    gnutls_datum_t
        ticket; /* the key of the tickets by which a client takes up its session again */
};

static void drop(struct credentials *c)
{
    for (unsigned i = 0; i < c->certs; i++) {
        gnutls_pcert_deinit(&c->cert[i]);
    }
    if (c->key != NULL) {
        gnutls_privkey_deinit(c->key);
    }
    struct hone_arena mem = c->mem;
    hone_arena_free(&mem);
}

static struct stamp stamp_of(const char *path)
{
    struct stat s;
    struct stamp stamp = {0};

    if (stat(path, &s) == 0) {
        stamp = (struct stamp){s.st_ino, s.st_size, s.st_ctim};
    }
    return stamp;
}

static bool same(const struct stamp *a, const struct stamp *b)
{
    return a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Read, not mapped: who writes a new certificate may cut the file short under us. */
static enum hone_code read_text(struct hone_run *run, const char *path, struct hone_arena *mem,
                                struct hone_str *out)
{
    FILE *file = fopen(path, "rbe");
    char *text;

    if (file == NULL) {
        return hone_fail_errno(run, "cannot open %s", path);
    }
    text = hone_arena_must(mem, MOST);
    size_t len = fread(text, 1, MOST, file);
    bool bad = ferror(file) != 0;
    fclose(file);
    if (bad) {
        return hone_fail_errno(run, "cannot read %s", path);
    }
    *out = (struct hone_str){text, len};
    return HONE_OK;
}

static enum hone_code read_chain(struct hone_run *run, const char *path, struct credentials *c)
{
    HONE_ARENA(work);
    struct hone_str file;

    HONE_TRY(read_text(run, path, &work, &file));
    const gnutls_datum_t text = {(unsigned char *)(uintptr_t)file.ptr, (unsigned)file.len};
    unsigned n = CHAIN;
    int status = gnutls_pcert_list_import_x509_raw(c->cert, &n, &text, GNUTLS_X509_FMT_PEM,
                                                   GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED |
                                                       GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
    if (status < 0 || n == 0) {
        (void)hone_fail(run, HONE_E_FORMAT, "%s is no certificate chain: %s", path,
                        gnutls_strerror(status));
        return hone_hint(run, "it must be PEM, the server's own certificate first, at most %d",
                         CHAIN);
    }
    c->certs = n;
    return HONE_OK;
}

static enum hone_code read_key(struct hone_run *run, const char *path, struct credentials *c)
{
    HONE_ARENA(work);
    struct hone_str file;

    HONE_TRY(read_text(run, path, &work, &file));
    const gnutls_datum_t text = {(unsigned char *)(uintptr_t)file.ptr, (unsigned)file.len};
    int status = gnutls_privkey_init(&c->key);
    if (status == GNUTLS_E_SUCCESS) {
        status = gnutls_privkey_import_x509_raw(c->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    }
    if (status < 0) {
        (void)hone_fail(run, HONE_E_FORMAT, "%s is no private key: %s", path,
                        gnutls_strerror(status));
        return hone_hint(run, "it must be PEM without a password");
    }
    return HONE_OK;
}

/* The name of a public key: its SHA-1, in 20 bytes. */
static bool key_id(gnutls_pubkey_t key, unsigned char id[64], size_t *len)
{
    *len = 64;
    return gnutls_pubkey_get_key_id(key, 0, id, len) == GNUTLS_E_SUCCESS;
}

static enum hone_code match(struct hone_run *run, const struct hone_tls *tls,
                            const struct credentials *c)
{
    unsigned char of_cert[64];
    unsigned char of_key[64];
    size_t n = 0;
    size_t m = 0;
    gnutls_pubkey_t public = NULL;
    bool fits = gnutls_pubkey_init(&public) == GNUTLS_E_SUCCESS &&
                gnutls_pubkey_import_privkey(public, c->key, 0, 0) == GNUTLS_E_SUCCESS &&
                key_id(public, of_key, &n) && key_id(c->cert[0].pubkey, of_cert, &m) &&
                n == m && memcmp(of_key, of_cert, n) == 0;

    if (public != NULL) {
        gnutls_pubkey_deinit(public);
    }
    return fits ? HONE_OK
                : hone_fail(run, HONE_E_ARG, "%s is not the key of the certificate in %s",
                            tls->key, tls->chain);
}

/* When the first certificate runs out; 0 when it does not say. */
static int64_t expiry(const struct credentials *c)
{
    gnutls_x509_crt_t cert;
    int64_t at = 0;

    if (gnutls_x509_crt_init(&cert) == GNUTLS_E_SUCCESS) {
        if (gnutls_x509_crt_import(cert, &c->cert[0].cert, GNUTLS_X509_FMT_DER) ==
            GNUTLS_E_SUCCESS) {
            at = (int64_t)gnutls_x509_crt_get_expiration_time(cert) * 1000000;
        }
        gnutls_x509_crt_deinit(cert);
    }
    return at;
}

static enum hone_code load(struct hone_run *run, struct hone_tls *tls)
{
    /* stamped before they are read: what changes meanwhile is read again */
    const struct stamp chain = stamp_of(tls->chain);
    const struct stamp key = stamp_of(tls->key);
    struct hone_arena mem = {0};
    struct credentials *c = hone_new(&mem, struct credentials);

    c->mem = mem;

    enum hone_code code = read_chain(run, tls->chain, c);
    code = code != HONE_OK ? code : read_key(run, tls->key, c);
    code = code != HONE_OK ? code : match(run, tls, c);
    if (code != HONE_OK) {
        drop(c);
        return code;
    }
    c->expires = expiry(c);
    c->older = tls->now;
    tls->now = c;
    tls->chain_stamp = chain;
    tls->key_stamp = key;
    return HONE_OK;
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authority, int authorities,
                    const gnutls_pk_algorithm_t *algorithm, int algorithms,
                    gnutls_pcert_st **cert, unsigned *certs, gnutls_privkey_t *key)
{
    const struct hone_tls *tls = gnutls_session_get_ptr(session);
    struct credentials *c = atomic_load(&tls->now);

    (void)authority;
    (void)authorities;
    (void)algorithm;
    (void)algorithms;
    *cert = c->cert;
    *certs = c->certs;
    *key = c->key;
    return 0;
}

/* What all sessions share. */
static enum hone_code prepare(struct hone_run *run, struct hone_tls *tls)
{
    int status = gnutls_certificate_allocate_credentials(&tls->way);

    if (status == GNUTLS_E_SUCCESS) {
        gnutls_certificate_set_retrieve_function2(tls->way, retrieve);
        status = gnutls_priority_init(&tls->priorities, HONE_TLS_PRIORITIES, NULL);
    }
    if (status == GNUTLS_E_SUCCESS) {
        status = gnutls_session_ticket_key_generate(&tls->ticket);
    }
    return status == GNUTLS_E_SUCCESS
               ? HONE_OK
               : hone_fail(run, HONE_E_LIMIT, "TLS cannot begin: %s", gnutls_strerror(status));
}

enum hone_code hone_tls_open(struct hone_run *run, const char *chain, const char *key,
                             struct hone_tls **out)
{
    struct hone_tls *tls;
    struct hone_arena mem = {0};
    enum hone_code code;

    tls = hone_new(&mem, struct hone_tls);
    tls->mem = mem;
    tls->chain = hone_arena_text(&tls->mem, chain, strlen(chain));
    tls->key = hone_arena_text(&tls->mem, key, strlen(key));
    code = load(run, tls);
    code = code != HONE_OK ? code : prepare(run, tls);
    if (code != HONE_OK) {
        hone_tls_close(tls);
        return code;
    }
    *out = tls;
    return HONE_OK;
}

void hone_tls_close(struct hone_tls *tls)
{
    if (tls == NULL) {
        return;
    }
    struct hone_arena mem = tls->mem; /* tls itself lies in it */
    if (tls->way != NULL) {
        gnutls_certificate_free_credentials(tls->way);
    }
    if (tls->priorities != NULL) {
        gnutls_priority_deinit(tls->priorities);
    }
    gnutls_free(tls->ticket.data);
    for (struct credentials *c = tls->now; c != NULL;) {
        struct credentials *older = c->older;
        drop(c);
        c = older;
    }
    hone_arena_free(&mem);
}

enum hone_code hone_tls_renew(struct hone_run *run, struct hone_tls *tls, bool *renewed)
{
    const struct stamp chain = stamp_of(tls->chain);
    const struct stamp key = stamp_of(tls->key);

    *renewed = false;
    if (same(&chain, &tls->chain_stamp) && same(&key, &tls->key_stamp)) {
        return HONE_OK;
    }
    HONE_TRY(load(run, tls));
    *renewed = true;
    return HONE_OK;
}

int64_t hone_tls_expires(const struct hone_tls *tls)
{
    return atomic_load(&tls->now)->expires;
}

bool hone_tls_session(const struct hone_tls *tls, int fd, struct gnutls_session_int **out)
{
    static const char http[] = "http/1.1";
    const gnutls_datum_t protocol = {(unsigned char *)(uintptr_t)http, sizeof http - 1};
    gnutls_session_t session;

    if (gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
        return false;
    }
    gnutls_session_set_ptr(session, (void *)(uintptr_t)tls);
    if (gnutls_priority_set(session, tls->priorities) < 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->way) < 0 ||
        gnutls_session_ticket_enable_server(session, &tls->ticket) < 0 ||
        gnutls_alpn_set_protocols(session, &protocol, 1, 0) < 0) {
        gnutls_deinit(session);
        return false;
    }
    gnutls_transport_set_int(session, fd);
    *out = session;
    return true;
}
