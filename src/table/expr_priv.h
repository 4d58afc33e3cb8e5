/*
 * table/expr_priv.h - expressions inside: words, tree, blocks of values
 *
 * An expression is parsed once into a tree that knows no table.  For a table the tree is copied and bound:
 * columns are found, kinds checked, conversions put in, constants folded.  The bound tree is run over blocks
 * of EXPR_BLOCK rows, chunk by chunk; a vector is one value per row of a block.
 */
#ifndef HONE_TABLE_EXPR_PRIV_H
#define HONE_TABLE_EXPR_PRIV_H

#include "table/expr.h"

enum {
    EXPR_BLOCK =
        2048, /* rows of a vector; a multiple of 64, so that blocks share no byte of a bitmap */
    EXPR_CHUNK = 64,          /* blocks of a chunk of parallel work */
    EXPR_DEPTH = 300,         /* nesting of a tree */
    EXPR_NODES = 100000,      /* nodes of a tree */
    EXPR_TEXT_MOST = 1 << 24, /* bytes of a text that a function makes */
};

/* The kinds of values.  One vector element: uint8_t (bool), int64_t (int, days, µs), double, struct hone_str. */
enum expr_kind {
    EXPR_NULL, /* the literal null before it is known what it stands for */
    EXPR_BOOL,
    EXPR_INT,
    EXPR_REAL,
    EXPR_DATE,
    EXPR_TIME,
    EXPR_TEXT,
    EXPR_OTHER, /* vectors and binary: only `is null` is for them */
};

/* --- words ----------------------------------------------------------------------------- */

enum expr_token_type {
    EXPR_END,
    EXPR_NAME,   /* a bare name or keyword */
    EXPR_QUOTED, /* "name" or `name`, without quotes */
    EXPR_STRING, /* 'text', without quotes */
    EXPR_INTEGER,
    EXPR_DECIMAL,
    EXPR_SIGN, /* an operator or bracket */
};

struct expr_token {
    enum expr_token_type type;
    struct hone_str text; /* quotes taken off, doubled ones single */
    size_t at, len;       /* where it stands in the expression */
    int64_t integer;
    double decimal;
};

/*
 * Fail with the place: "MESSAGE (character 14)", and as hint the advice (may be NULL) and the text around
 * the place with a caret before it.
 */
enum hone_code hone_expr_error(struct hone_run *run, struct hone_str text, size_t at,
                               enum hone_code code, const char *advice, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The word at or after *at, and *at moved past it. Fails: HONE_E_ARG. */
enum hone_code hone_expr_next(struct hone_run *run, struct hone_str text, size_t *at,
                              struct hone_arena *mem, struct expr_token *out);

/* --- tree ------------------------------------------------------------------------------ */

enum expr_op {
    EXPR_LITERAL,
    EXPR_COLUMN,
    EXPR_CALL, /* function of the arguments; operators are functions too */
    EXPR_AND,  /* of two or more */
    EXPR_OR,
    EXPR_CASE,   /* condition, value, condition, value ..., else */
    EXPR_SET,    /* arg[0] in a set of constants, arg[1..] before it is bound */
    EXPR_LOOKUP, /* bound: a function of one category column, worked out per word */
};

struct expr_function;
struct expr_node;
struct expr_step;

/* Value of a strict function for all rows of a block; missing ones are done by the caller. */
typedef enum hone_code expr_kernel(struct hone_run *run, const struct expr_step *s);

struct expr_node {
    enum expr_op op;
    size_t at; /* in the text */
    unsigned depth;
    size_t size;         /* nodes below and this one */
    enum expr_kind kind; /* of its value; of columns and calls once bound */
    bool missing;        /* literal null */
    bool negated;        /* set: not in */
    int64_t integer;     /* literal bool, int, days, µs */
    double real;
    struct hone_str text; /* literal text; name of a column */
    enum hone_type type;  /* cast: to this; try_cast: `lenient` */
    bool lenient;
    const struct expr_function *function;
    struct expr_node **arg;
    size_t n;
    /* bound */
    expr_kernel *kernel;
    bool makes_missing; /* the kernel may write missing */
    bool sees_missing;  /* the kernel gets arguments with missing ones, and does all itself */
    size_t column;      /* index into the names of the expression */
    size_t slot;        /* literals and patterns: its place in the worker's memory */
    int unit;           /* of date functions */
    const void *extra;  /* set, lookup */
};

struct hone_expr {
    struct hone_str text;
    struct expr_node *root;
    const char **name; /* columns in order of appearance */
    size_t names;
};

/* --- functions ------------------------------------------------------------------------- */

struct hone_expr_bind {
    struct hone_run *run;
    struct hone_arena *mem; /* of the bound tree */
    struct hone_str text;
    const struct hone_table *table;
    const struct hone_column **column; /* by index of name */
    size_t slots;
};

struct expr_function {
    const char *name;
    unsigned least, most; /* arguments */
    const char *usage;
    /* Look at the kinds of the arguments, convert them, set kind and kernel. */
    enum hone_code (*bind)(struct hone_expr_bind *b, struct expr_node *n);
    int which; /* for families with one bind: what distinguishes them */
};

extern const struct expr_function hone_expr_functions[]; /* ends with name NULL */
const struct expr_function *hone_expr_function_find(struct hone_str name);

/* binds, by family */
enum hone_code hone_expr_bind_arithmetic(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_math(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_round(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_minmax(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_isfloat(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_compare(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_not(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_isnull(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_coalesce(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_nullif(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_text(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_concat(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_like(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_regexp(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_hash(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_cast(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_part(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_part_named(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_diff(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_trunc(struct hone_expr_bind *b, struct expr_node *n);
enum hone_code hone_expr_bind_add(struct hone_expr_bind *b, struct expr_node *n);

/* What distinguishes the members of families. */
enum expr_which {
    EXPR_ADD,
    EXPR_SUB,
    EXPR_MUL,
    EXPR_DIV,
    EXPR_IDIV,
    EXPR_MOD,
    EXPR_POW,
    EXPR_NEG,
    EXPR_EQ,
    EXPR_NE,
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,
    EXPR_ABS,
    EXPR_SIGNUM,
    EXPR_FLOOR,
    EXPR_CEIL,
    EXPR_TRUNC,
    EXPR_SQRT,
    EXPR_EXP,
    EXPR_LN,
    EXPR_LOG2,
    EXPR_LOG10,
    EXPR_LOG1P,
    EXPR_EXPM1,
    EXPR_SIN,
    EXPR_COS,
    EXPR_TAN,
    EXPR_ATAN,
    EXPR_MIN,
    EXPR_MAX,
    EXPR_IS_NAN,
    EXPR_IS_FINITE,
    EXPR_IS_NULL,
    EXPR_IS_NOT_NULL,
    EXPR_IS_TRUE,
    EXPR_IS_FALSE,
    EXPR_LENGTH,
    EXPR_LOWER,
    EXPR_UPPER,
    EXPR_TRIM,
    EXPR_LTRIM,
    EXPR_RTRIM,
    EXPR_SUBSTR,
    EXPR_LEFT,
    EXPR_RIGHT,
    EXPR_REPLACE,
    EXPR_CONTAINS,
    EXPR_STARTS,
    EXPR_ENDS,
    EXPR_POSITION,
    EXPR_SPLIT_PART,
    EXPR_LIKE,
    EXPR_ILIKE,
};

/* --- binding --------------------------------------------------------------------------- */

/* A copy of the expression that runs over the table; in mem. */
enum hone_code hone_expr_bind(struct hone_run *run, const struct hone_expr *expr,
                              const struct hone_table *t, struct hone_arena *mem,
                              struct hone_expr_bind *b, struct expr_node **out);

const char *hone_expr_kind_name(enum expr_kind kind);
/* What a column of such values is. */
enum hone_type hone_expr_type(enum expr_kind kind);
enum expr_kind hone_expr_kind(enum hone_type type);
static inline bool expr_is_number(enum expr_kind kind)
{
    return kind == EXPR_BOOL || kind == EXPR_INT || kind == EXPR_REAL;
}
static inline bool expr_is_time(enum expr_kind kind)
{
    return kind == EXPR_DATE || kind == EXPR_TIME;
}

/* Put a conversion in front of *arg unless it is of the kind; literal nulls become of it. Fails: HONE_E_ARG. */
enum hone_code hone_expr_to(struct hone_expr_bind *b, struct expr_node **arg,
                            enum expr_kind kind);
/* The kind that values of both can be (null, bool < int < real, date < timestamp, a literal text that is a time);
 * EXPR_OTHER when there is none. */
enum expr_kind hone_expr_common(const struct expr_node *a, const struct expr_node *b);
/* Bring arguments from first on, each step-th, to one kind; *kind may be EXPR_NULL. */
enum hone_code hone_expr_unify(struct hone_expr_bind *b, struct expr_node *n, size_t first,
                               size_t step, enum expr_kind *kind);
/* "name takes ..., not KIND" at the argument. */
enum hone_code hone_expr_wrong_kind(struct hone_expr_bind *b, const struct expr_node *n,
                                    const struct expr_node *arg, const char *wanted);
/* A text as days or µs. */
bool hone_expr_parse_time(enum expr_kind kind, struct hone_str text, int64_t *out);

struct expr_set {
    enum expr_kind kind; /* int (dates, times, bools too), real or text */
    bool with_null;
    size_t n;
    const int64_t *integer;      /* ascending */
    const double *real;          /* ascending */
    const struct hone_str *text; /* ascending */
};
enum hone_code hone_expr_bind_set(struct hone_expr_bind *b, struct expr_node *n);

struct expr_lookup {
    size_t column;     /* the category column's index */
    size_t words;      /* of its dictionary; entry `words` is for missing */
    const void *value; /* (words + 1) as in a vector */
    const uint8_t *missing;
};

/* --- running --------------------------------------------------------------------------- */

struct expr_vec {
    enum expr_kind kind;
    const uint8_t *missing; /* (rows) 1: missing; NULL: none is */
    union {
        const void *data;
        const uint8_t *b;
        const int64_t *i;
        const double *f;
        const struct hone_str *s;
    };
};

/* What a chunk of rows is run with. */
struct expr_work {
    const struct hone_column *const *column;
    struct hone_str text;
    const struct expr_vec **constant; /* by slot, made at first use */
    void **pattern;                   /* by slot: compiled regular expressions */
    size_t slots;
    struct hone_arena *mem; /* of constants */
};

/* One block of one call. active NULL: all rows count; else only those with 1 may fail. */
struct expr_step {
    struct expr_work *work;
    const struct expr_node *node;
    size_t row, rows;
    const uint8_t *active;
    const struct expr_vec *arg;
    void *out; /* of the node's kind */
    uint8_t *
        missing; /* set before the kernel to what the arguments lack; NULL only when nothing is missing
                         and the kernel makes none */
};
static inline bool expr_live(const struct expr_step *s, size_t i)
{
    return i < s->rows && (s->active == NULL || s->active[i]) &&
           (s->missing == NULL || !s->missing[i]);
}
/* "row 41: WHAT", with the place of the call. */
enum hone_code hone_expr_row_error(struct hone_run *run, const struct expr_step *s, size_t i,
                                   const char *advice, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The node's values for a block; what is not the table's lies in run->scratch until the caller rewinds. */
enum hone_code hone_expr_run(struct hone_run *run, struct expr_work *work,
                             const struct expr_node *node, size_t row, size_t rows,
                             const uint8_t *active, struct expr_vec *out);
void hone_expr_work_free(struct expr_work *work);
/* One value of a tree without columns, as a literal; false when it fails (the error is cleared). */
bool hone_expr_fold(struct hone_expr_bind *b, struct expr_node *n);
/* Work out calls of one category column per word where that is less work. */
enum hone_code hone_expr_lift(struct hone_expr_bind *b, struct expr_node **root);

expr_kernel hone_expr_run_set;
size_t hone_expr_width(enum expr_kind kind);

#endif
