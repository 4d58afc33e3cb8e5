/* Who a person is: names, birth, and what the law protects. */
#include "privacy/fold.h"
#include "privacy/kind_priv.h"

enum { WORD = 40 };

static bool in_list(const char *list, struct hone_str folded)
{
    char padded[WORD + 2];

    if (folded.len == 0 || folded.len > WORD) {
        return false;
    }
    padded[0] = ' ';
    memcpy(padded + 1, folded.ptr, folded.len);
    padded[folded.len + 1] = ' ';
    return memmem(list, strlen(list), padded, folded.len + 2) != NULL;
}

static const char titles[] =
    " mr mrs ms miss mister dr prof sir madam lady lord rev herr frau mme mlle monsieur madame shri sri smt "
    "kumari sr sra senhor senhora senor senora dona dom don master capt col major sig signora ";
static const char particles[] =
    " de da do das dos del della di du la le van von der den zu bin ibn al el e y st jr sr ii iii mac ";
static const char companies[] =
    " inc ltd llc gmbh corp corporation company co ag plc pvt limited ltda group holdings bank university "
    "school college hotel hospital store shop restaurant cafe market center centre church club team "
    "city county state street road airport station park river lake mountain island beach bridge ";
static const char places[] =
    " san santa saint sao new port fort mount lake north south east west great los las el the of in and for with ";

/* What the words of a text say about its being a name. */
struct said {
    size_t words, title, given, surname, both, capital, particle, other;
};

static void say_word(struct hone_str w, bool first, struct said *said)
{
    char buffer[WORD];
    struct hone_str f = {buffer, hone_fold(w, buffer, sizeof buffer)};
    struct hone_str rest = f;
    struct hone_str piece = f;
    bool given = false;
    bool surname = false;

    said->words++;
    if (in_list(titles, f)) {
        said->title += first || said->words == 2 ? 1 : 0;
        said->particle++;
        return;
    }
    if (in_list(particles, f)) {
        said->particle++;
        return;
    }
    said->other += in_list(companies, f) || in_list(places, f) ? 1 : 0;
    said->capital += hone_upper(w.ptr[0]) || (unsigned char)w.ptr[0] >= 0x80 ? 1 : 0;
    for (bool more = true; more;) { /* "Jean-Pierre" */
        more = hone_str_cut(rest, '-', &piece, &rest);
        given = given || hone_given_name(piece);
        surname = surname || hone_surname(piece);
    }
    said->both += given && surname ? 1 : 0;
    said->given += given ? 1 : 0;
    said->surname += surname ? 1 : 0;
}

/* Read a text's words; false when it has what no name has. */
static bool read_said(struct hone_str s, struct said *said)
{
    size_t start = 0;

    *said = (struct said){0};
    for (size_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : ' ';
        if (hone_letter(c) || ((c == '-' || c == '\'') && i > start && i + 1 < s.len)) {
            continue;
        }
        if (c == '\0' || strchr(" .,()\"'-", c) == NULL) {
            return false;
        }
        if (i > start) {
            if (i - start >= WORD || said->words >= 10) {
                return false;
            }
            say_word((struct hone_str){s.ptr + start, i - start}, said->words == 0, said);
        }
        start = i + 1;
    }
    return said->words > 0;
}

/* Whether a text may be a name by its words alone, which costs less than looking them up: not ten, and of more
 * than four at least half with a capital. */
static bool is_short(struct hone_str s)
{
    size_t words = 0;
    size_t capitals = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (hone_letter(s.ptr[i]) && (i == 0 || s.ptr[i - 1] == ' ')) {
            words++;
            capitals += hone_upper(s.ptr[i]) || (unsigned char)s.ptr[i] >= 0x80 ? 1 : 0;
        }
    }
    return words < 10 && (words <= 4 || 2 * capitals >= words);
}

static enum hone_fit fit_person(struct hone_str s)
{
    struct said said;
    size_t named;

    if (!is_short(s) || !read_said(s, &said) || said.words == said.particle) {
        return HONE_FIT_NO;
    }
    named = said.words - said.particle;
    if (said.other > 0) {
        return said.title > 0 ? HONE_FIT_YES : HONE_FIT_FORM;
    }
    if (named == 1) {
        return said.given + said.surname > 0 || said.title > 0 ? HONE_FIT_YES : HONE_FIT_NAMED;
    }
    if (said.title > 0 ||
        (said.given > 0 && said.surname > 0 && said.given + said.surname - said.both >= 2)) {
        return HONE_FIT_YES;
    }
    if (said.given > 0 && named <= 4 && said.capital == named) {
        return HONE_FIT_YES;
    }
    return said.surname > 0 && named <= 3 && said.capital == named ? HONE_FIT_WEAK
                                                                   : HONE_FIT_NAMED;
}

const struct hone_kind hone_kind_person_name = {
    .part = {.name = "person_name", .summary = "name of a person"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_person,
    .min_len = 2,
    .max_len = 90,
    .max_digits = 0,
    .chance = 0.2,
    .least = 0.45,
    .least_named = 0.7,
    .least_sure = 0.15,
    .least_text = 0.02,
    .least_distinct = 12,
    .what = "names of persons",
    .tag = "NAME",
    .words =
        (const char *const[]){"=name",    "=names",    "nom",       "nome",    "nombre",
                              "naam",     "contact",   "customer",  "client",  "patient",
                              "employee", "student",   "passenger", "author",  "driver",
                              "owner",    "holder",    "kunde",     "cliente", "mitarbeiter",
                              "sender",   "recipient", "=full",     NULL},
    .sure_words = (const char *const[]){"first name",     "firstname",
                                        "last name",      "lastname",
                                        "full name",      "fullname",
                                        "surname",        "given name",
                                        "forename",       "middle name",
                                        "middlename",     "maiden name",
                                        "family name",    "fname",
                                        "lname",          "=first",
                                        "=last",          "customer name",
                                        "client name",    "patient name",
                                        "employee name",  "student name",
                                        "passenger name", "contact name",
                                        "person name",    "driver name",
                                        "owner name",     "father name",
                                        "mother name",    "spouse name",
                                        "holder name",    "cardholder",
                                        "account holder", "nominee",
                                        "vorname",        "nachname",
                                        "familienname",   "prenom",
                                        "nom famille",    "nom de famille",
                                        "sobrenome",      "nome completo",
                                        "apellido",       "apellidos",
                                        "cognome",        NULL},
    .not_words =
        (const char *const[]){
            "product", "item",     "company", "file",    "table",        "brand",  "city",
            "country", "state",    "street",  "species", "class",        "store",  "shop",
            "host",    "category", "school",  "hotel",   "drug",         "course", "station",
            "app",     "job",      "project", "event",   "user",         "id",     "code",
            "no",      "number",   "segment", "group",   "satisfaction", "age",    "gender",
            "since",   "year",     "method",  NULL},
};

/* The next capitalised word after blanks; false when there is none.  *word is it, *end where it ends. */
static bool capital_word(struct hone_str s, size_t at, struct hone_str *word, size_t *end)
{
    size_t start;

    while (at < s.len && s.ptr[at] == ' ') {
        at++;
    }
    start = at;
    while (at < s.len && (hone_letter(s.ptr[at]) || s.ptr[at] == '-' || s.ptr[at] == '\'')) {
        at++;
    }
    *word = (struct hone_str){s.ptr + start, at - start};
    *end = at;
    return at > start && at - start < WORD &&
           (hone_upper(s.ptr[start]) || (unsigned char)s.ptr[start] >= 0xc3);
}

static bool listed(bool (*list)(struct hone_str), struct hone_str word)
{
    char buffer[WORD];
    struct hone_str rest = {buffer, hone_fold(word, buffer, sizeof buffer)};
    struct hone_str piece;
    bool found = false;

    for (bool more = true; more && !found;) {
        more = hone_str_cut(rest, '-', &piece, &rest);
        found = list(piece);
    }
    return found;
}

size_t hone_person_at(struct hone_str s)
{
    struct hone_str word;
    char buffer[WORD];
    size_t end;
    size_t len = 0;

    if (!capital_word(s, 0, &word, &end)) {
        return 0;
    }
    if (in_list(titles, (struct hone_str){buffer, hone_fold(word, buffer, sizeof buffer)}) &&
        word.len >= 2) {
        size_t at = end < s.len && s.ptr[end] == '.' ? end + 1 : end;
        for (size_t k = 0; k < 3 && capital_word(s, at, &word, &end); k++) {
            len = end;
            at = end;
        }
        return len;
    }
    if (!listed(hone_given_name, word)) {
        return 0;
    }
    for (size_t k = 0; k < 3; k++) { /* up to two middle names or initials */
        size_t at = end < s.len && s.ptr[end] == '.' ? end + 1 : end;
        if (!capital_word(s, at, &word, &end)) {
            return 0;
        }
        if (listed(hone_surname, word)) {
            return end;
        }
        if (word.len > 1 && !listed(hone_given_name, word)) {
            return 0;
        }
    }
    return 0;
}

static const char months[] =
    " jan january januar janvier janeiro enero feb february februar fevrier fevereiro febrero mar march marz mars "
    "marco marzo apr april avril abril may mai maio mayo jun june juni juin junho junio jul july juli "
    "juillet julho julio aug august aout agosto sep sept september septembre setembro septiembre oct october "
    "oktober octobre outubro octubre okt nov november novembre novembro noviembre dec december dezember "
    "decembre dezembro diciembre dez dic de ";

/* The value of at most eight digits. */
static unsigned number_of(struct hone_str s)
{
    unsigned value = 0;

    for (size_t i = 0; i < s.len; i++) {
        value = value * 10 + (unsigned)(s.ptr[i] - '0');
    }
    return value;
}

static bool is_year(unsigned y)
{
    return y >= 1900 && y <= 2099;
}

/* The numbers of a date and whether it names a month; false when it has anything else.  A time of day may
 * follow. */
struct day {
    unsigned number[3];
    size_t n;
    bool month;
};

static size_t read_month(struct hone_str s, size_t at, struct day *day)
{
    char folded[WORD];
    size_t end = at;

    while (end < s.len && hone_letter(s.ptr[end])) {
        end++;
    }
    if (end - at >= WORD) {
        return 0;
    }
    struct hone_str word = {s.ptr + at, end - at};
    day->month = true;
    return in_list(months, (struct hone_str){folded, hone_fold(word, folded, WORD)}) ? end : 0;
}

static bool read_day(struct hone_str s, struct day *day)
{
    size_t i = 0;

    *day = (struct day){0};
    while (i < s.len && day->n < (day->month ? 2 : 3)) {
        size_t start = i;
        if (hone_digit(s.ptr[i])) {
            while (i < s.len && hone_digit(s.ptr[i]) && i - start < 5) {
                day->number[day->n] = day->number[day->n] * 10 + (unsigned)(s.ptr[i++] - '0');
            }
            day->n++;
        } else if (hone_letter(s.ptr[i])) {
            i = read_month(s, i, day);
            if (i == 0) {
                return false;
            }
        } else if (s.ptr[i] != '\0' && strchr(" -/.,", s.ptr[i]) != NULL) {
            i++;
        } else {
            return false;
        }
    }
    return true;
}

static bool between(unsigned x, unsigned lo, unsigned hi)
{
    return x >= lo && x <= hi;
}

/* A day of a year that people live in, in any of the usual orders. */
static bool is_birth_date(struct hone_str s)
{
    struct day day;
    const unsigned *x = day.number;

    if (s.len == 8 && hone_count_digits(s) == 8) {
        unsigned all = number_of(s);
        return is_year(all / 10000) && between(all / 100 % 100, 1, 12) &&
               between(all % 100, 1, 31);
    }
    if (!read_day(s, &day)) {
        return false;
    }
    if (day.month) {
        return day.n == 2 && between(x[0], 1, 31) && is_year(x[1]);
    }
    if (day.n != 3) {
        return false;
    }
    if (is_year(x[0])) {
        return between(x[1], 1, 12) && between(x[2], 1, 31);
    }
    return (is_year(x[2]) || x[2] < 100) && between(x[0], 1, 31) && between(x[1], 1, 31) &&
           (x[0] <= 12 || x[1] <= 12);
}

static enum hone_fit fit_birth_date(struct hone_str s)
{
    return is_birth_date(s) ? HONE_FIT_NAMED : HONE_FIT_NO;
}

const struct hone_kind hone_kind_birth_date = {
    .part = {.name = "birth_date", .summary = "birth date"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED | HONE_KIND_DAY | HONE_KIND_NUMBER,
    .fit = fit_birth_date,
    .min_len = 6,
    .max_len = 32,
    .min_digits = 4,
    .max_digits = 24,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.7,
    .what = "dates that people may be born on",
    .tag = "BIRTHDATE",
    .words = (const char *const[]){"dob", "birth", "birthdate", "birth date", "date of birth",
                                   "birthday", "dateofbirth", "born", "geburtsdatum", "geburt",
                                   "geboren", "date naissance", "naissance", "nascimento",
                                   "data nascimento", "nacimiento", "nascita", "bday", NULL},
    .not_words = (const char *const[]){"weight", "place", "country", "city", "order", "year",
                                       "control", "lieu", "ort", NULL},
};

static enum hone_fit fit_birth_year(struct hone_str s)
{
    return s.len == 4 && hone_count_digits(s) == 4 && is_year(number_of(s)) ? HONE_FIT_NAMED
                                                                            : HONE_FIT_NO;
}

const struct hone_kind hone_kind_birth_year = {
    .part = {.name = "birth_year", .summary = "year of birth"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED | HONE_KIND_NUMBER,
    .fit = fit_birth_year,
    .min_len = 4,
    .max_len = 4,
    .min_digits = 4,
    .max_digits = 4,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.8,
    .what = "years that people may be born in",
    .tag = "BIRTHYEAR",
    .words = (const char *const[]){"birth year", "birthyear", "year of birth", "year birth",
                                   "yob", "geburtsjahr", "annee naissance", "ano nascimento",
                                   "birth yr", "=birth", "=born", NULL},
};

static enum hone_fit fit_age(struct hone_str s)
{
    unsigned value = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (hone_digit(c)) {
            value = value * 10 + (unsigned)(c - '0');
        } else if (strchr(" -+<>=.", c) != NULL && c != '\0') {
            value = 0; /* "25-34", "65+", "42.5" */
        } else {
            return HONE_FIT_NO;
        }
        if (value > 120) {
            return HONE_FIT_NO;
        }
    }
    return HONE_FIT_NAMED;
}

const struct hone_kind hone_kind_age = {
    .part = {.name = "age", .summary = "age"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED | HONE_KIND_NUMBER,
    .fit = fit_age,
    .min_len = 1,
    .max_len = 9,
    .min_digits = 1,
    .max_digits = 6,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.9,
    .what = "ages of people",
    .tag = "AGE",
    .words =
        (const char *const[]){"age", "ages", "alter", "idade", "edad", "eta", "agegroup", NULL},
    .not_words =
        (const char *const[]){"house",   "housing", "building", "home", "property", "car",
                              "vehicle", "account", "company",  "page", "machine",  "equipment",
                              "loan",    "credit",  "tree",     "rock", "cat",      "of",
                              "tank",    "asset",   "video",    "post", NULL},
};

static enum hone_fit fit_sex(struct hone_str s)
{
    static const char words[] =
        " m f w h d x u male female man woman men women boy girl homme femme mannlich weiblich masculino feminino "
        "femenino masculine feminine masculin feminin mujer hombre other unknown divers diverse nonbinary "
        "non-binary masc fem 0 1 2 ";
    char folded[WORD];

    return in_list(words, (struct hone_str){folded, hone_fold(s, folded, sizeof folded)})
               ? HONE_FIT_NAMED
               : HONE_FIT_NO;
}

const struct hone_kind hone_kind_sex = {
    .part = {.name = "sex", .summary = "sex or gender"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED | HONE_KIND_NUMBER,
    .fit = fit_sex,
    .min_len = 1,
    .max_len = 12,
    .max_digits = 1,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.9,
    .what = "words for a sex or gender",
    .tag = "SEX",
    .words = (const char *const[]){"sex", "gender", "geschlecht", "sexe", "sexo", "genero",
                                   "sesso", NULL},
};

/* Kinds that only the column's name can tell. */
#define NAMED_KIND(name_, title_, weight_, tag_, ...)                                          \
    const struct hone_kind hone_kind_##name_ = {                                               \
        .part = {.name = #name_, .summary = (title_)},                                         \
        .weight = (weight_),                                                                   \
        .flags = HONE_KIND_NAMED | HONE_KIND_NUMBER | HONE_KIND_REAL,                          \
        .max_len = 200,                                                                        \
        .max_digits = 200,                                                                     \
        .chance = 0.2,                                                                         \
        .least = 1,                                                                            \
        .least_named = 0.5,                                                                    \
        .what = "values",                                                                      \
        .tag = (tag_),                                                                         \
        .words = (const char *const[]){__VA_ARGS__, NULL},                                     \
        .not_words = (const char *const[]){"time", "result", "distance", "horse", "car",       \
                                           "market", "stock", "plant", "app", NULL},           \
    }

NAMED_KIND(nationality, "nationality or origin", HONE_QUASI, "NATIONALITY", "nationality",
           "citizenship", "country of birth", "birth country", "native country", "birthplace",
           "place of birth", "staatsangehorigkeit", "nationalite", "nacionalidade",
           "nacionalidad", "birth place", "immigrant", "foreign worker");
NAMED_KIND(ethnicity, "race or ethnic origin", HONE_SENSITIVE, "ETHNICITY", "race", "ethnicity",
           "ethnic", "caste", "tribe", "raca", "ethnie", "etnia", "skin color", "skin colour",
           "hautfarbe");
NAMED_KIND(religion, "religion", HONE_SENSITIVE, "RELIGION", "religion", "religious",
           "konfession", "religiao", "denomination");
NAMED_KIND(health, "health", HONE_SENSITIVE, "HEALTH", "diagnosis", "diagnoses", "disease",
           "illness", "hiv", "disability", "disabled", "medical condition", "icd", "icd9",
           "icd10", "blood group", "pregnant", "krankheit", "maladie", "doenca", "enfermedad",
           "medication", "symptoms", "health condition", "mental health");
NAMED_KIND(politics, "political opinion or union", HONE_SENSITIVE, "POLITICS", "political",
           "political party", "party affiliation", "union member", "trade union", "voted");
NAMED_KIND(orientation, "sexual orientation", HONE_SENSITIVE, "ORIENTATION",
           "sexual orientation", "sexual preference", "sexuality", "gay");
NAMED_KIND(conviction, "offence or conviction", HONE_SENSITIVE, "CONVICTION", "conviction",
           "convictions", "criminal", "felony", "misdemeanor", "arrest", "arrested",
           "charge desc", "charge degree", "offence", "offense", "recid", "priors");
