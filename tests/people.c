#include "people.h"

#include "base/rng.h"
#include "table/builder.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct maker {
    struct hone_rng rng;
    enum people_country country;
    unsigned style; /* of this column: how numbers are written */
    const char *given, *surname;
    size_t row;
};

static size_t below(struct maker *m, size_t n)
{
    return (size_t)hone_rng_below(&m->rng, n);
}

static const char *pick(struct maker *m, const char *const *list)
{
    size_t n = 0;
    while (list[n] != NULL) {
        n++;
    }
    return list[below(m, n)];
}

static void digits(struct maker *m, char *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (char)('0' + below(m, 10));
    }
    out[n] = '\0';
}

/* '9' becomes a random digit, 'A' a random capital; the rest stays. */
static void pattern(struct maker *m, struct hone_buf *out, const char *form)
{
    for (; *form != '\0'; form++) {
        hone_buf_char(out, *form == '9'   ? (char)('0' + below(m, 10))
                           : *form == 'A' ? (char)('A' + below(m, 26))
                                          : *form);
    }
}

/* '#' becomes the next digit of d. */
static void spread(struct hone_buf *out, const char *form, const char *d)
{
    for (; *form != '\0'; form++) {
        hone_buf_char(out, *form == '#' ? *d++ : *form);
    }
}

static const char *const given_names[PEOPLE_COUNTRIES][29] = {
    {"Priya",     "Rahul",     "Ananya",   "Vikram", "Sunita", "Amit",
     "Kavya",     "Rohan",     "Lakshmi",  "Arjun",  "Meera",  "Suresh",
     "Ayesha",    "Imran",     "Gurpreet", "Harini", "Yamini", "Devansh",
     "Charulata", "Bhavesh",   "Jignesh",  "Snehal", "Tushar", "Pranav",
     "Keerthana", "Subramani", "Ilango",   "Oviya",  NULL},
    {"James",  "Mary",    "Robert",  "Jennifer", "Michael", "Linda",   "David",  "Susan",
     "Ashley", "Tyler",   "Brandon", "Emily",    "Jasmine", "Deshawn", "Latoya", "Mackenzie",
     "Cody",   "Brooke",  "Trevor",  "Kaitlyn",  "Marisol", "Javier",  "Xavier", "Tamika",
     "Skylar", "Preston", "Bailey",  "Colton",   NULL},
    {"Oliver", "Amelia",   "George", "Isla",    "Harry",  "Olivia",     "Callum",   "Poppy",
     "Nigel",  "Gillian",  "Gareth", "Siobhan", "Rhys",   "Imogen",     "Alistair", "Tamsin",
     "Rupert", "Philippa", "Gethin", "Morag",   "Hamish", "Clementine", "Barnaby",  "Niamh",
     "Tariq",  "Shazia",   "Kwame",  "Bronagh", NULL},
    {"Hans",   "Sabine", "Jürgen",   "Ursula",   "Lukas",    "Lena",     "Stefan",   "Anja",
     "Björn",  "Käthe",  "Wolfgang", "Heike",    "Matthias", "Silke",    "Thorsten", "Ulrike",
     "Detlef", "Gudrun", "Roswitha", "Eberhard", "Annegret", "Burkhard", "Traudel",  "Jörn",
     "Mehmet", "Ayşe",   "Kerstin",  "Malte",    NULL},
    {"Jean",    "Marie",       "Pierre",       "Nathalie", "François", "Hélène",
     "Camille", "Julien",      "Chloé",        "Thierry",  "Amélie",   "Benoît",
     "Céline",  "Jean-Pierre", "Marie-Claude", "Guénolé",  "Maëlys",   "Eulalie",
     "Firmin",  "Gaétan",      "Odile",        "Yannick",  "Fatou",    "Karim",
     "Zoé",     "Apolline",    "Tiphaine",     "Loïc",     NULL},
    {"João",     "Maria",     "José",       "Ana",     "Antônio", "Francisca",
     "Carlos",   "Adriana",   "Paulo",      "Juliana", "Luiz",    "Fernanda",
     "Thiago",   "Camila",    "Wellington", "Jussara", "Iracema", "Ubirajara",
     "Cleide",   "Edmilson",  "Gilmar",     "Ivone",   "Neusa",   "Rosana",
     "Valdemar", "Wanderley", "Zilda",      "Márcia",  NULL},
};

static const char *const surnames[PEOPLE_COUNTRIES][29] = {
    {"Sharma",    "Patel", "Iyer",     "Singh",       "Khan",        "Reddy",
     "Nair",      "Gupta", "Banerjee", "Kulkarni",    "Joshi",       "Das",
     "Chauhan",   "Mehta", "Pillai",   "Kaur",        "Chidambaram", "Thiruvengadam",
     "Bhatnagar", "Wagle", "Sawant",   "Bhosale",     "Parmar",      "Solanki",
     "Vaishnav",  "Lohar", "Gokhale",  "Ranganathan", NULL},
    {"Smith",      "Johnson",    "Williams",   "Garcia",    "Miller",    "Davis",
     "Martinez",   "Anderson",   "Thompson",   "Nguyen",    "Lee",       "Walker",
     "Ramirez",    "Campbell",   "Mitchell",   "Kowalczyk", "Abernathy", "Vandermeer",
     "Hutchinson", "McAllister", "Fitzgerald", "Delacroix", "Pruitt",    "Lundgren",
     "Okonkwo",    "Stovall",    "Yazzie",     "Guidry",    NULL},
    {"Smith",     "Jones",        "Taylor",    "Davies",       "Evans",      "Thomas",
     "Wright",    "Patel",        "Hughes",    "Clarke",       "MacDonald",  "O'Brien",
     "Campbell",  "Robertson",    "Ashworth",  "Featherstone", "Ramsbottom", "Llewellyn",
     "Pritchard", "Cholmondeley", "Entwistle", "Birtwistle",   "Ogilvie",    "Trelawney",
     "Hussain",   "Begum",        "Fforde",    "Kershaw",      NULL},
    {"Müller",     "Schmidt",    "Schneider", "Fischer",   "Weber",     "Meyer",
     "Becker",     "Hoffmann",   "Schäfer",   "Koch",      "Richter",   "Krüger",
     "Hartmann",   "Zimmermann", "Böhm",      "Lindemann", "Kirchhoff", "Riedel",
     "Petersen",   "Steinbach",  "Yıldız",    "Hölscher",  "Brinkmann", "Wiesinger",
     "Oberhauser", "Niemeyer",   "Feldkamp",  "Thiele",    NULL},
    {"Martin",    "Bernard", "Dubois",  "Moreau",     "Laurent",     "Lefèvre",
     "Roux",      "Girard",  "Mercier", "Garnier",    "Faure",       "Rousseau",
     "Chevalier", "Lemaire", "Perrin",  "Delattre",   "Charbonnier", "Quéméner",
     "Le Goff",   "Haddad",  "Bouchet", "Vasseur",    "Maillard",    "Diallo",
     "Pruvost",   "Tessier", "Guillou", "Barthélemy", NULL},
    {"Silva",    "Oliveira",  "Souza",   "Rodrigues",  "Ferreira",    "Alves",
     "Pereira",  "Lima",      "Gomes",   "Ribeiro",    "Carvalho",    "Almeida",
     "Lopes",    "Soares",    "Barbosa", "Cavalcante", "Figueiredo",  "Brito",
     "Trindade", "Coelho",    "Aguiar",  "Salgado",    "Bittencourt", "Muniz",
     "Tenório",  "Valadares", "Queirós", "Bezerra",    NULL},
};

static void full_name(struct maker *m, struct hone_buf *out)
{
    static const char *const initials[] = {"A. ", "J. ", "M. ", "R. ", "K. ", NULL};
    switch (m->style % 4) {
    case 0:
        hone_buf_format(out, "%s %s", m->given, m->surname);
        break;
    case 1:
        hone_buf_format(out, "%s, %s", m->surname, m->given);
        break;
    case 2:
        hone_buf_format(out, "%s %s%s", m->given, below(m, 3) == 0 ? pick(m, initials) : "",
                        m->surname);
        break;
    default:
        for (const char *c = m->given; *c != '\0'; c++) {
            hone_buf_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c);
        }
        hone_buf_format(out, " %s", m->surname);
    }
}

static void first_name(struct maker *m, struct hone_buf *out)
{
    hone_buf_text(out, m->given);
}

static void last_name(struct maker *m, struct hone_buf *out)
{
    hone_buf_text(out, m->surname);
}

static void ascii_lower(struct hone_buf *out, const char *s)
{
    for (; *s != '\0'; s++) {
        char c = (char)(*s | 0x20);
        if (c >= 'a' && c <= 'z' && (*s & 0x80) == 0) {
            hone_buf_char(out, c);
        }
    }
}

static void email(struct maker *m, struct hone_buf *out)
{
    static const char *const hosts[] = {
        "example.com", "gmail.com",     "mail.example.co.in", "web.de",         "orange.fr",
        "uol.com.br",  "firma-nord.de", "my-company.io",      "müller.example", "x.museum",
        NULL};
    ascii_lower(out, m->given);
    switch (below(m, 4)) {
    case 0:
        hone_buf_char(out, '.');
        ascii_lower(out, m->surname);
        break;
    case 1:
        hone_buf_format(out, "%zu", below(m, 1000));
        break;
    case 2:
        hone_buf_text(out, "_x+news");
        break;
    default:
        hone_buf_char(out, '-');
        ascii_lower(out, m->surname);
        hone_buf_format(out, "%zu", 10 + below(m, 90));
    }
    hone_buf_format(out, "@%s", pick(m, hosts));
}

static void phone(struct maker *m, struct hone_buf *out)
{
    static const char *const area_us[] = {"212", "415", "312", "702", "206",
                                          "617", "305", "480", NULL};
    static const char *const forms_us[] = {"(###) ###-####",
                                           "###-###-####",
                                           "+1 ### ### ####",
                                           "1-###-###-####",
                                           "###.###.####",
                                           "##########",
                                           NULL};
    static const char *const forms_in[] = {
        "+91 ##### #####", "+91-##########", "0##########", "##### #####",
        "##########",      "+91##########",  NULL};
    static const char *const forms_uk[] = {"07### ######",
                                           "+44 7### ######",
                                           "020 #### ####",
                                           "0161 ### ####",
                                           "+44 (0)20 #### ####",
                                           "01### ######",
                                           NULL};
    static const char *const forms_de[] = {
        "0151 ########", "+49 151 ########",  "030 #######",      "089/#######",
        "(0221) ######", "+49 (0)40 #######", "0049 171 #######", NULL};
    static const char *const forms_fr[] = {"06 ## ## ## ##", "+33 6 ## ## ## ##",
                                           "01.##.##.##.##", "07########",
                                           "04-##-##-##-##", NULL};
    static const char *const forms_br[] = {"(11) 9####-####", "+55 21 9####-####",
                                           "(31) 3###-####",  "11 9####-####",
                                           "859########",     NULL};
    static const char *const *const forms[] = {forms_in, forms_us, forms_uk,
                                               forms_de, forms_fr, forms_br};
    const char *form = pick(m, forms[m->country]);
    char d[20];

    digits(m, d, 19);
    if (m->country == PEOPLE_US) {
        memcpy(d, pick(m, area_us), 3);
        d[3] = (char)('2' + below(m, 8));
        d[5] = d[4] == '1' && d[5] == '1' ? '2' : d[5];
    } else if (m->country == PEOPLE_IN) {
        d[0] = (char)('6' + below(m, 4));
    } else {
        d[0] = d[0] == '0' ? '3' : d[0];
    }
    spread(out, form, d);
}

/* The same as one number. */
static void phone_number(struct maker *m, struct hone_buf *out)
{
    char d[20];

    digits(m, d, 10);
    switch (m->country) {
    case PEOPLE_US:
        memcpy(d, (const char *const[]){"212", "415", "312", "702"}[below(m, 4)], 3);
        d[3] = (char)('3' + below(m, 7));
        hone_buf_text(out, d);
        break;
    case PEOPLE_BR:
        hone_buf_format(out, "%zu9%.8s", 11 + below(m, 9), d);
        break;
    case PEOPLE_UK:
        hone_buf_format(out, "447%.9s", d);
        break;
    case PEOPLE_DE:
        hone_buf_format(out, "4915%.9s", d);
        break;
    case PEOPLE_FR:
        hone_buf_format(out, "336%.8s", d);
        break;
    case PEOPLE_IN:
    default:
        d[0] = (char)('6' + below(m, 4));
        hone_buf_text(out, d);
    }
}

static char luhn_digit(const char *d, size_t n)
{
    static const int twice[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        int v = d[n - 1 - i] - '0';
        sum += i % 2 == 0 ? twice[v] : v;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static void card_digits(struct maker *m, char *d, size_t *n)
{
    static const char *const starts[] = {"4",    "51", "55", "2223", "37",
                                         "6011", "65", "60", NULL};
    const char *start = pick(m, starts);

    *n = strcmp(start, "37") == 0 ? 15 : 16;
    digits(m, d, *n);
    memcpy(d, start, strlen(start));
    d[*n - 1] = luhn_digit(d, *n - 1);
}

static void card(struct maker *m, struct hone_buf *out)
{
    char d[20];
    size_t n;

    card_digits(m, d, &n);
    if (n == 15) {
        spread(out, m->style % 2 == 0 ? "#### ###### #####" : "###############", d);
    } else {
        spread(out,
               (const char *const[]){"#### #### #### ####", "################",
                                     "####-####-####-####"}[m->style % 3],
               d);
    }
}

static void card_number(struct maker *m, struct hone_buf *out)
{
    char d[20];
    size_t n;

    card_digits(m, d, &n);
    hone_buf_text(out, d);
}

static void iban(struct maker *m, struct hone_buf *out)
{
    char d[24];
    char text[32];
    unsigned rest = 0;
    bool france = m->country == PEOPLE_FR;
    size_t n = france ? 23 : 18;

    digits(m, d, n);
    /* the country as two digits each, F 15, R 27, D 13, E 14, then 00 */
    char all[40];
    memcpy(all, d, n);
    memcpy(all + n, france ? "152700" : "131400", 7);
    for (const char *c = all; *c != '\0'; c++) {
        rest = (rest * 10 + (unsigned)(*c - '0')) % 97;
    }
    text[0] = france ? 'F' : 'D';
    text[1] = france ? 'R' : 'E';
    text[2] = (char)('0' + (98 - rest) / 10);
    text[3] = (char)('0' + (98 - rest) % 10);
    memcpy(text + 4, d, n + 1);
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (m->style % 2 == 0 && i > 0 && i % 4 == 0) {
            hone_buf_char(out, ' ');
        }
        hone_buf_char(out, text[i]);
    }
}

static char verhoeff_digit(const char *d, size_t n)
{
    static const char times[10][11] = {"0123456789", "1234067895", "2340178956", "3401289567",
                                       "4012395678", "5987604321", "6598710432", "7659821043",
                                       "8765932104", "9876543210"};
    static const char place[8][11] = {"0123456789", "1576283094", "5803796142", "8916043527",
                                      "9453126870", "4286573901", "2793806415", "7046913258"};
    int c = 0;
    for (size_t i = 0; i < n; i++) {
        c = times[c][place[(i + 1) % 8][d[n - 1 - i] - '0'] - '0'] - '0';
    }
    return "0432156789"[c];
}

static void aadhaar(struct maker *m, struct hone_buf *out)
{
    char d[13];

    digits(m, d, 12);
    d[0] = (char)('2' + below(m, 8));
    d[11] = verhoeff_digit(d, 11);
    spread(
        out,
        (const char *const[]){"#### #### ####", "############", "####-####-####"}[m->style % 3],
        d);
}

static void aadhaar_number(struct maker *m, struct hone_buf *out)
{
    m->style = 1;
    aadhaar(m, out);
}

static void pan(struct maker *m, struct hone_buf *out)
{
    pattern(m, out, "AAAPA9999A");
}

static void gstin(struct maker *m, struct hone_buf *out)
{
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct hone_buf text = hone_buf(out->mem);
    size_t sum = 0;

    pattern(m, &text, "27AAAPA9999A1Z");
    for (size_t i = 0; i < 14; i++) {
        size_t v = (size_t)(strchr(set, text.ptr[i]) - set) * (1 + i % 2);
        sum += v / 36 + v % 36;
    }
    hone_buf_char(&text, set[(36 - sum % 36) % 36]);
    hone_buf_text(out, text.ptr);
}

static void ssn(struct maker *m, struct hone_buf *out)
{
    size_t area = 1 + below(m, 898);
    hone_buf_format(out, m->style % 4 == 3 ? "%03zu %02zu %04zu" : "%03zu-%02zu-%04zu",
                    area == 666 ? 667 : area, 1 + below(m, 99), 1 + below(m, 9999));
}

static void ssn_number(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu%02zu%04zu", 1 + below(m, 665), 1 + below(m, 99),
                    1 + below(m, 9999));
}

static void itin(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "9%02zu-%02zu-%04zu", below(m, 100), 70 + below(m, 19),
                    below(m, 10000));
}

static void nino(struct maker *m, struct hone_buf *out)
{
    static const char *const pairs[] = {"AB", "CE", "JA", "PM", "SR", "WL", "YZ", "HX", NULL};
    char d[7];

    digits(m, d, 6);
    hone_buf_text(out, pick(m, pairs));
    spread(out, m->style % 2 == 0 ? " ## ## ## " : "######", d);
    hone_buf_char(out, (char)('A' + below(m, 4)));
}

static void nhs(struct maker *m, struct hone_buf *out)
{
    char d[11];
    unsigned check = 10;

    while (check == 10) {
        unsigned sum = 0;
        digits(m, d, 10);
        d[0] = (char)('4' + below(m, 4));
        for (unsigned i = 0; i < 9; i++) {
            sum += (10 - i) * (unsigned)(d[i] - '0');
        }
        check = (11 - sum % 11) % 11;
    }
    d[9] = (char)('0' + check);
    spread(out, m->style % 2 == 0 ? "### ### ####" : "##########", d);
}

/* Draw until one digit stands twice and the others once, then the check digit as in the published description. */
static void steuer_id(struct maker *m, struct hone_buf *out)
{
    char d[12];
    size_t p = 10;

    for (bool good = false; !good;) {
        size_t times[10] = {0};
        size_t twice = 0;
        digits(m, d, 11);
        for (size_t i = 0; i < 10; i++) {
            times[d[i] - '0']++;
        }
        good = d[0] != '0';
        for (size_t i = 0; i < 10; i++) {
            twice += times[i] == 2 || times[i] == 3 ? 1 : 0;
            good = good && times[i] <= 3;
        }
        good = good && twice == 1;
    }
    for (size_t i = 0; i < 10; i++) {
        size_t s = ((size_t)(d[i] - '0') + p) % 10;
        p = (s == 0 ? 10 : s) * 2 % 11;
    }
    p = 11 - p;
    d[10] = (char)('0' + (p == 10 ? 0 : p));
    spread(out, m->style % 2 == 0 ? "## ### ### ###" : "###########", d);
}

static void nir(struct maker *m, struct hone_buf *out)
{
    uint64_t body = 0;
    char d[24];
    char key[8];

    size_t n = 0;
    struct hone_buf text = hone_buf(out->mem);
    hone_buf_format(&text, "%zu%02zu%02zu%02zu%03zu%03zu", 1 + below(m, 2), below(m, 100),
                    1 + below(m, 12), 1 + below(m, 95), 1 + below(m, 900), 1 + below(m, 900));
    for (; text.ptr[n] != '\0'; n++) {
        d[n] = text.ptr[n];
        body = body * 10 + (uint64_t)(d[n] - '0');
    }
    key[0] = (char)('0' + (97 - body % 97) / 10);
    key[1] = (char)('0' + (97 - body % 97) % 10);
    d[13] = key[0];
    d[14] = key[1];
    d[15] = '\0';
    spread(out, m->style % 2 == 0 ? "# ## ## ## ### ### ##" : "###############", d);
}

static char brazil_digit(const char *d, size_t n, size_t top)
{
    size_t weight = 2;
    size_t sum = 0;
    for (size_t i = n; i-- > 0;) {
        sum += (size_t)(d[i] - '0') * weight;
        weight = weight == top ? 2 : weight + 1;
    }
    sum = sum % 11;
    return (char)('0' + (sum < 2 ? 0 : 11 - sum));
}

static void cpf(struct maker *m, struct hone_buf *out)
{
    char d[12];

    digits(m, d, 11);
    d[9] = brazil_digit(d, 9, 11);
    d[10] = brazil_digit(d, 10, 11);
    spread(out, m->style % 2 == 0 ? "###.###.###-##" : "###########", d);
}

static void cpf_number(struct maker *m, struct hone_buf *out)
{
    m->style = 1;
    cpf(m, out);
}

static void cnpj(struct maker *m, struct hone_buf *out)
{
    char d[15];

    digits(m, d, 14);
    memcpy(d + 8, "0001", 4);
    d[12] = brazil_digit(d, 12, 9);
    d[13] = brazil_digit(d, 13, 9);
    spread(out, m->style % 2 == 0 ? "##.###.###/####-##" : "##############", d);
}

static void address(struct maker *m, struct hone_buf *out)
{
    static const char *const in_streets[] = {"MG Road",      "Shanti Nagar",     "Linking Road",
                                             "Anna Salai",   "Park Street",      "Nehru Marg",
                                             "Gandhi Chowk", "Lake View Colony", NULL};
    static const char *const us_streets[] = {
        "Main Street", "Oak Avenue",     "Maple Dr", "2nd St",
        "Sunset Blvd", "Washington Ave", "Pine Ln",  "Martin Luther King Jr Blvd",
        NULL};
    static const char *const uk_streets[] = {
        "Baker Street", "Church Lane",       "Victoria Road",  "The Crescent",
        "Mill Close",   "St James's Square", "Queens Gardens", NULL};
    static const char *const de_streets[] = {"Hauptstraße",     "Bahnhofstr.", "Lindenweg",
                                             "Berliner Straße", "Goetheplatz", "Lange Str.",
                                             "Schillerallee",   "Kirchgasse",  NULL};
    static const char *const fr_streets[] = {"rue de la Paix",
                                             "avenue Victor Hugo",
                                             "boulevard Saint-Michel",
                                             "place de la République",
                                             "chemin des Vignes",
                                             "impasse du Moulin",
                                             NULL};
    static const char *const br_streets[] = {"Rua das Flores",
                                             "Avenida Paulista",
                                             "Travessa da Paz",
                                             "Alameda Santos",
                                             "Av. Brasil",
                                             "Praça da Sé",
                                             NULL};
    size_t n = 1 + below(m, 250);

    switch (m->country) {
    case PEOPLE_IN:
        hone_buf_format(out,
                        below(m, 2) == 0 ? "%zu, %s, Pune %zu" : "Flat %zuB, %s, Chennai - %zu",
                        n, pick(m, in_streets), 411001 + below(m, 90));
        break;
    case PEOPLE_US:
        hone_buf_format(out, "%zu %s, Springfield, IL %05zu", n, pick(m, us_streets),
                        10000 + below(m, 80000));
        break;
    case PEOPLE_UK:
        hone_buf_format(out, "%zu%s %s, Leeds LS%zu 4AB", n, below(m, 5) == 0 ? "a" : "",
                        pick(m, uk_streets), 1 + below(m, 20));
        break;
    case PEOPLE_DE:
        hone_buf_format(out, "%s %zu, %05zu Köln", pick(m, de_streets), n,
                        10000 + below(m, 80000));
        break;
    case PEOPLE_FR:
        hone_buf_format(out, "%zu%s %s, %05zu Lyon", n, below(m, 5) == 0 ? " bis" : "",
                        pick(m, fr_streets), 10000 + below(m, 80000));
        break;
    case PEOPLE_BR:
    default:
        hone_buf_format(out, "%s, %zu - Centro, São Paulo", pick(m, br_streets), n);
    }
}

static void postcode(struct maker *m, struct hone_buf *out)
{
    pattern(m, out,
            (const char *const[]){"4999"
                                  "99",
                                  "19999", "AA9 9AA", "49999", "79999",
                                  "09999-999"}[m->country]);
}

static void birth_date(struct maker *m, struct hone_buf *out)
{
    size_t y = 1935 + below(m, 72);
    size_t mo = 1 + below(m, 12);
    size_t d = 1 + below(m, 28);

    switch (m->style % 4) {
    case 0:
        hone_buf_format(out, "%04zu-%02zu-%02zu", y, mo, d);
        break;
    case 1:
        hone_buf_format(out, "%02zu/%02zu/%04zu", d, mo, y);
        break;
    case 2:
        hone_buf_format(out, "%02zu.%02zu.%04zu", d, mo, y);
        break;
    default:
        hone_buf_format(out, "%zu Mar %04zu", d, y);
    }
}

static void birth_day(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%d", (int)below(m, 20000) - 8000);
}

static void ip(struct maker *m, struct hone_buf *out)
{
    if (m->style % 3 == 2) {
        hone_buf_format(out, "2001:db8:%zx::%zx", below(m, 65536), 1 + below(m, 65535));
        return;
    }
    hone_buf_format(out, "%zu.%zu.%zu.%zu", 1 + below(m, 223), below(m, 256), below(m, 256),
                    below(m, 256));
}

static void mac(struct maker *m, struct hone_buf *out)
{
    for (size_t i = 0; i < 6; i++) {
        hone_buf_format(out, "%s%02zx",
                        i == 0              ? ""
                        : m->style % 2 == 0 ? ":"
                                            : "-",
                        below(m, 256));
    }
}

static void imei(struct maker *m, struct hone_buf *out)
{
    char d[16];

    digits(m, d, 15);
    memcpy(d, "35", 2);
    d[14] = luhn_digit(d, 14);
    hone_buf_text(out, d);
}

static void token(struct maker *m, struct hone_buf *out)
{
    hone_buf_text(out, m->style % 2 == 0 ? "AKIA" : "ghp_");
    for (size_t i = 0; i < (m->style % 2 == 0 ? 16u : 36u); i++) {
        pattern(m, out, "A");
    }
}

static void latitude(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu.%05zu", 8 + below(m, 50), below(m, 99999) + 1);
}

static void age(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 18 + below(m, 70));
}

static void sex(struct maker *m, struct hone_buf *out)
{
    hone_buf_text(
        out, (const char *const[]){"M", "F", "male", "female"}[m->style % 2 * 2 + below(m, 2)]);
}

static const char *const phrases[] = {"Customer asked about the delivery of order 20391",
                                      "Paid in full on 2023-05-14",
                                      "Wants a refund for item AB-1234",
                                      "Very happy with the service, rated 5/5",
                                      "Package weighed 12.5 kg, 30x40x50 cm",
                                      "Ticket 4711 closed after 3 days",
                                      "Version 2.10.4 crashed at 10:45",
                                      "Total was 1,234.56 EUR for 12 items",
                                      "Sent to warehouse 7, shelf 12-B",
                                      "Reference 100200300 is still open",
                                      "Please call back tomorrow",
                                      "Serial no 88123-9981-X returned",
                                      NULL};

static void prose(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%s. %s.", pick(m, phrases), pick(m, phrases));
}

static void prose_email(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%s; write to ", pick(m, phrases));
    email(m, out);
    hone_buf_format(out, ". %s", pick(m, phrases));
}

static void prose_phone(struct maker *m, struct hone_buf *out)
{
    static const char *const forms[] = {"+91 98### #####", "(212) 5##-####",
                                        "+44 7### ######", "+49 151 ########",
                                        "06 ## ## ## ##",  "(11) 9####-####"};
    char d[20];

    digits(m, d, 19);
    hone_buf_format(out, "%s. Reached at ", pick(m, phrases));
    spread(out, forms[m->country], d);
    hone_buf_text(out, ", will call back.");
}

static void prose_address(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%s. Moved to ", pick(m, phrases));
    address(m, out);
}

/* --- what only looks like it --- */

static void serial(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 7000000000u + m->row * 3);
}
static void id9(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 100000000 + below(m, 900000000));
}
static void id10(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 1000000000 + below(m, 9000000000));
}
static void id11(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 10000000000 + below(m, 90000000000));
}
static void id12(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 100000000000 + below(m, 900000000000));
}
static void id15(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 100000000000000 + below(m, 900000000000000));
}
static void id16(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 4000000000000000 + below(m, 1999999999999999));
}
static void padded(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%010zu", below(m, 5000000));
}
static void epoch(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", 1500000000 + below(m, 200000000));
}
static void epoch_ms(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", (1500000000 + below(m, 200000000)) * 1000 + below(m, 1000));
}
static void created(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "20%02zu-%02zu-%02zu %02zu:%02zu", 10 + below(m, 14), 1 + below(m, 12),
                    1 + below(m, 28), below(m, 24), below(m, 60));
}
static void product(struct maker *m, struct hone_buf *out)
{
    pattern(m, out,
            (const char *const[]){"AAA-99999", "A9999", "99-999-99A", "AA999999",
                                  "9999-9999-99"}[m->style % 5]);
}
static void measure(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu.%03zu", below(m, 90), below(m, 1000));
}
static void big_measure(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu.%02zu", below(m, 9000000000), below(m, 100));
}
static void md5(struct maker *m, struct hone_buf *out)
{
    for (size_t i = 0; i < 32; i++) {
        hone_buf_char(out, "0123456789abcdef"[below(m, 16)]);
    }
}
static void uuid(struct maker *m, struct hone_buf *out)
{
    for (size_t i = 0; i < 36; i++) {
        hone_buf_char(out, i == 8 || i == 13 || i == 18 || i == 23
                               ? '-'
                               : "0123456789abcdef"[below(m, 16)]);
    }
}
static void price(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "EUR %zu.%03zu,%02zu", below(m, 900), below(m, 1000), below(m, 100));
}
static void version(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu.%zu.%zu.%zu", 1 + below(m, 14), below(m, 30), below(m, 60),
                    below(m, 300) % 256);
}
static void cities(struct maker *m, struct hone_buf *out)
{
    static const char *const list[] = {
        "Paris",   "London",  "Austin",   "Jackson",  "Florence",    "Houston",  "Charlotte",
        "Pune",    "Delhi",   "Berlin",   "Hamburg",  "Lyon",        "Recife",   "Salvador",
        "Madison", "Lincoln", "Chennai",  "Leeds",    "Bremen",      "Nantes",   "Curitiba",
        "Dallas",  "Orlando", "Victoria", "San Jose", "Santa Maria", "New York", "Fort Wayne",
        "Boston",  "Seattle", NULL};
    hone_buf_text(out, pick(m, list));
}
static void goods(struct maker *m, struct hone_buf *out)
{
    static const char *const what[] = {
        "Blue Widget", "Oak Table", "Garden Chair", "Steel Kettle", "Rose Lamp", "Hunter Boots",
        "Grace Sofa",  "Olive Oil", "Maple Desk",   "Silver Ring",  NULL};
    hone_buf_format(out, "%s %zu", pick(m, what), 1 + below(m, 900));
}
static void goods_plain(struct maker *m, struct hone_buf *out)
{
    static const char *const a[] = {"Blue",   "Oak",   "Garden", "Steel",  "Rose",
                                    "Hunter", "Olive", "Maple",  "Silver", NULL};
    static const char *const b[] = {"Widget", "Table", "Chair", "Kettle", "Lamp",
                                    "Boots",  "Sofa",  "Oil",   "Desk",   NULL};
    hone_buf_format(out, "%s %s", pick(m, a), pick(m, b));
}
static void companies(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%s %s", m->surname,
                    (const char *const[]){"Ltd", "GmbH", "Inc", "& Sons Pvt Ltd"}[below(m, 4)]);
}
static void clock_time(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%02zu:%02zu:%02zu", below(m, 24), below(m, 60), below(m, 60));
}
static void ean(struct maker *m, struct hone_buf *out)
{
    pattern(m, out, "4099999999999");
}
static void isbn(struct maker *m, struct hone_buf *out)
{
    pattern(m, out, "978-9-99-999999-9");
}
static void url(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "https://example.com/p/%zu?ref=%zu", below(m, 99999), below(m, 999));
}
static void ranges(struct maker *m, struct hone_buf *out)
{
    size_t from = below(m, 9) * 10000;
    hone_buf_format(out, "%05zu-%05zu", from, from + 10000);
}
static void flag(struct maker *m, struct hone_buf *out)
{
    hone_buf_text(out, below(m, 2) == 0 ? "yes" : "no");
}
static void count(struct maker *m, struct hone_buf *out)
{
    hone_buf_format(out, "%zu", below(m, 40));
}

enum { TEXT, INT, REAL, CATEGORY, DAY };
#define ALL 63u
#define IN  (1u << PEOPLE_IN)
#define US  (1u << PEOPLE_US)
#define UK  (1u << PEOPLE_UK)
#define DE  (1u << PEOPLE_DE)
#define FR  (1u << PEOPLE_FR)
#define BR  (1u << PEOPLE_BR)
#define ANY(...)                                                                               \
    (const char *const[])                                                                      \
    {                                                                                          \
        __VA_ARGS__, NULL                                                                      \
    }

/* The columns: kind or NULL, countries, how stored, share of rows in 100 that hold one (texts), maker, names. */
static const struct field {
    const char *kind;
    unsigned where;
    int as;
    int holds; /* 0: every row; else in how many of 100 longer texts */
    void (*make)(struct maker *m, struct hone_buf *out);
    const char *const *names;
} fields[] = {
    {"person_name", ALL, TEXT, 0, full_name,
     ANY("name", "full_name", "customer_name", "f1", "col_a", "nome", "x")},
    {"person_name", ALL, TEXT, 0, first_name,
     ANY("first_name", "vorname", "prenom", "givenName", "firstname")},
    {"person_name", ALL, TEXT, 0, last_name,
     ANY("last_name", "surname", "nachname", "lastName", "sobrenome")},
    {"email", ALL, TEXT, 0, email, ANY("email", "e_mail", "f2", "contact", "courriel", "v17")},
    {"email", ALL, CATEGORY, 0, email, ANY("account", "mailId", "f3")},
    {"phone", ALL, TEXT, 0, phone,
     ANY("phone", "mobile_no", "telefon", "f12", "tel", "celular")},
    {"phone", ALL, INT, 0, phone_number, ANY("phone_number", "msisdn", "contactNumber")},
    {"phone", IN | US, INT, 0, phone_number, ANY("f13", "value7")},
    {"card", ALL, TEXT, 0, card, ANY("card", "cc_number", "f21", "payment", "kartennummer")},
    {"card", ALL, INT, 0, card_number, ANY("card_no", "f22", "instrument")},
    {"card", ALL, REAL, 0, card_number, ANY("f23", "creditCard")},
    {"iban", DE | FR, TEXT, 0, iban, ANY("iban", "konto", "f24")},
    {"aadhaar", IN, TEXT, 0, aadhaar, ANY("aadhaar", "uid", "f31")},
    {"aadhaar", IN, INT, 0, aadhaar_number, ANY("aadhaar_no", "f32")},
    {"pan", IN, TEXT, 0, pan, ANY("pan", "pan_no", "f33")},
    {"gstin", IN, TEXT, 0, gstin, ANY("gstin", "f34")},
    {"ssn", US, TEXT, 0, ssn, ANY("ssn", "social_security_number", "f35")},
    {"ssn", US, INT, 0, ssn_number, ANY("ssn_plain", "SSN2")},
    {"itin", US, TEXT, 0, itin, ANY("itin", "tax_id", "f36")},
    {"nino", UK, TEXT, 0, nino, ANY("nino", "national_insurance", "f37")},
    {"nhs", UK, TEXT, 0, nhs, ANY("nhs_number", "f38", "nhsNo")},
    {"steuer_id", DE, TEXT, 0, steuer_id, ANY("steuer_id", "idnr", "f39")},
    {"nir", FR, TEXT, 0, nir, ANY("nir", "numero_secu", "f40")},
    {"cpf", BR, TEXT, 0, cpf, ANY("cpf", "f41", "documento")},
    {"cpf", BR, INT, 0, cpf_number, ANY("cpf_num", "f42")},
    {"cnpj", BR, TEXT, 0, cnpj, ANY("cnpj", "f43")},
    {"address", ALL, TEXT, 0, address,
     ANY("address", "anschrift", "adresse", "f51", "endereco", "residence")},
    {"postcode", ALL, TEXT, 0, postcode,
     ANY("zip", "postcode", "plz", "cep", "pincode", "code_postal")},
    {"birth_date", ALL, TEXT, 0, birth_date,
     ANY("dob", "birth_date", "geburtsdatum", "date_naissance", "dateOfBirth")},
    {"birth_date", ALL, DAY, 0, birth_day, ANY("born", "birthday", "DOB2")},
    {"ip", ALL, TEXT, 0, ip, ANY("ip", "client_ip", "remoteAddr", "f61")},
    {"mac", ALL, TEXT, 0, mac, ANY("mac", "device_mac", "f62")},
    {"imei", ALL, INT, 0, imei, ANY("imei", "f63")},
    {"credential", ALL, TEXT, 0, token, ANY("api_key", "token", "f64")},
    {"latitude", ALL, REAL, 0, latitude, ANY("lat", "latitude", "geo_lat")},
    {"longitude", ALL, REAL, 0, latitude, ANY("lon", "longitude", "lng")},
    {"age", ALL, INT, 0, age, ANY("age", "customer_age", "idade")},
    {"sex", ALL, CATEGORY, 0, sex, ANY("sex", "gender", "geschlecht")},
    {"email", ALL, TEXT, 5, prose_email, ANY("notes", "comment", "f71", "beschreibung")},
    {"phone", ALL, TEXT, 8, prose_phone, ANY("remarks", "message", "f72")},
    {"address", ALL, TEXT, 10, prose_address, ANY("memo", "history", "f73")},
    {NULL, ALL, INT, 0, serial, ANY("order_no", "g1", "id")},
    {NULL, ALL, INT, 0, id9, ANY("item_id", "g2")},
    {NULL, ALL, INT, 0, id10, ANY("transaction", "g3", "customer_id")},
    {NULL, ALL, TEXT, 0, id10, ANY("invoice", "g4")},
    {NULL, ALL, INT, 0, id11, ANY("shipment", "g5")},
    {NULL, ALL, INT, 0, id12, ANY("batch", "g6")},
    {NULL, ALL, INT, 0, id15, ANY("trace", "g7")},
    {NULL, ALL, INT, 0, id16, ANY("event_id", "g8")},
    {NULL, ALL, TEXT, 0, id16, ANY("request", "g9")},
    {NULL, ALL, TEXT, 0, padded, ANY("sku_no", "g10")},
    {NULL, ALL, INT, 0, epoch, ANY("ts", "g11")},
    {NULL, ALL, INT, 0, epoch_ms, ANY("timestamp_ms", "g12")},
    {NULL, ALL, TEXT, 0, created, ANY("created_at", "g13")},
    {NULL, ALL, TEXT, 0, product, ANY("product_code", "g14", "sku")},
    {NULL, ALL, REAL, 0, measure, ANY("length", "g15", "x_pos")},
    {NULL, ALL, TEXT, 0, big_measure, ANY("reading", "g16")},
    {NULL, ALL, TEXT, 0, md5, ANY("digest", "g17")},
    {NULL, ALL, TEXT, 0, uuid, ANY("session", "g18")},
    {NULL, ALL, TEXT, 0, price, ANY("price", "g19")},
    {NULL, ALL, TEXT, 0, version, ANY("app_version", "g20", "firmware")},
    {NULL, ALL, TEXT, 0, cities, ANY("product_name", "g21", "destination")},
    {NULL, ALL, TEXT, 0, goods, ANY("item", "g22")},
    {NULL, ALL, TEXT, 0, goods_plain, ANY("description", "g23", "product")},
    {NULL, ALL, TEXT, 0, companies, ANY("supplier", "g24", "company")},
    {NULL, ALL, TEXT, 0, clock_time, ANY("start", "g25")},
    {NULL, ALL, TEXT, 0, ean, ANY("barcode", "g26")},
    {NULL, ALL, TEXT, 0, isbn, ANY("isbn", "g27")},
    {NULL, ALL, TEXT, 0, url, ANY("link", "g28")},
    {NULL, ALL, TEXT, 0, ranges, ANY("salary_band", "g29")},
    {NULL, ALL, CATEGORY, 0, flag, ANY("email_opened", "phone_service", "is_mobile")},
    {NULL, ALL, INT, 0, count, ANY("email_count", "num_addresses", "g30")},
    {NULL, ALL, TEXT, 0, prose, ANY("feedback", "g31", "text")},
};

static const enum hone_type stored[] = {HONE_UTF8, HONE_INT64, HONE_FLOAT64, HONE_UTF8,
                                        HONE_DATE};

static void put(struct hone_run *run, struct hone_builder *b, int as, struct hone_str text)
{
    int64_t whole = 0;
    double real = 0;

    switch (as) {
    case INT:
    case DAY:
        CHECK(hone_parse_i64(text, &whole));
        CHECK_OK(run, hone_builder_i64(run, b, whole));
        break;
    case REAL:
        CHECK(hone_parse_f64(text, &real));
        CHECK_OK(run, hone_builder_f64(run, b, real));
        break;
    default:
        CHECK_OK(run, hone_builder_str(run, b, text));
    }
}

/* One cell: missing, a word that says so, or a value; true when it is personal. */
static bool fill_cell(struct hone_run *run, struct maker *m, const struct field *f,
                      struct hone_builder *b, struct hone_arena *mem)
{
    struct hone_buf text = hone_buf(mem);
    bool holds = f->kind != NULL;

    m->given = pick(m, given_names[m->country]);
    m->surname = pick(m, surnames[m->country]);
    if (below(m, 20) == 0) {
        CHECK_OK(run, hone_builder_null(run, b));
        return false;
    }
    if (f->as == TEXT && f->kind != NULL && f->holds == 0 && below(m, 60) == 0) {
        CHECK_OK(run,
                 hone_builder_str(
                     run, b, hone_str((const char *const[]){"n/a", "-", "???"}[below(m, 3)])));
        return false;
    }
    if (f->holds > 0 && below(m, 100) >= (size_t)f->holds) {
        prose(m, &text);
        holds = false;
    } else {
        f->make(m, &text);
    }
    put(run, b, f->as, (struct hone_str){text.ptr, text.len});
    return holds;
}

void people_make(struct hone_run *run, uint64_t seed, enum people_country country, size_t rows,
                 struct hone_arena *mem, struct people *out)
{
    struct maker m = {.rng = hone_rng(seed, country + 100), .country = country};
    struct hone_column *column;
    size_t cols = 0;

    CHECK_OK(run, hone_array(run, mem, &column, COUNT(fields)));
    CHECK_OK(run, hone_array(run, mem, &out->truth, COUNT(fields)));
    for (size_t j = 0; j < COUNT(fields); j++) {
        const struct field *f = &fields[j];
        struct hone_builder *b;
        bool *holds;
        if ((f->where & (1u << country)) == 0) {
            continue;
        }
        const char *name = pick(&m, f->names);
        unsigned style = (unsigned)below(&m, 12);
        CHECK_OK(run, hone_array(run, mem, &holds, rows));
        CHECK_OK(run, hone_builder_new(run, name, stored[f->as], mem, &b));
        for (m.row = 0; m.row < rows; m.row++) {
            m.style = style;
            holds[m.row] = fill_cell(run, &m, f, b, mem);
        }
        CHECK_OK(run, hone_builder_end(run, b, &column[cols]));
        if (f->as == CATEGORY) {
            CHECK_OK(run, hone_column_cast(run, &column[cols], HONE_CATEGORY, false, mem,
                                           &column[cols]));
        }
        out->truth[cols] = (struct people_truth){name, f->kind, f->holds > 0, holds};
        cols++;
    }
    CHECK_OK(run, hone_table_of(run, column, cols, mem, &out->table));
}
