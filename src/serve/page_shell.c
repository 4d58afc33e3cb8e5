#include "serve/page_shell.h"

#include <math.h>

#include "base/hash.h"
#include "base/time.h"
#include "report/words.h"

/* Contrast of every pair of colours is at least 4.5 : 1 (WCAG 2.2 AA), light and dark. */
static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--soft:#f3f5f7;--ok:#1a7f37;"
    "--look:#8a5a00;--act:#b42318;--ink:#0969da;--okb:#1a7f37;--okf:#fff;--lookb:#ffe08a;--lookf:#2b2100;"
    "--actb:#b42318;--actf:#fff}"
    "@media (prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e8eb;--dim:#a5acb5;--line:#3a4149;--soft:#1e2328;"
    "--ok:#57c46f;--look:#e3b341;--act:#ff8a80;--ink:#79b8ff;--okb:#14532d;--okf:#fff;--lookb:#5c4300;--lookf:#ffe9b0;"
    "--actb:#8f1d14;--actf:#fff}}"
    "*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;margin:0;background:var(--bg);color:var(--fg)}"
    "main,.foot,.bar{max-width:64rem;margin:0 auto;padding:0 1rem}a{color:var(--ink)}"
    "h1,h2,h3{line-height:1.25;overflow-wrap:anywhere}h1{font-size:1.3rem;margin:.8rem 0}"
    "h2{font-size:1.1rem;margin:1.8rem 0 .5rem}h3{font-size:1.05rem;margin:0 0 .4rem}p{margin:.3rem 0}"
    ".top{border-radius:10px;padding:.7rem 1rem;margin:1rem 0;overflow-wrap:anywhere}.top h1{margin:0;font-size:1.35rem}"
    ".top a{color:inherit}.top b{font-size:1.9rem;display:block;line-height:1.1}"
    ".top.ok{background:var(--okb);color:var(--okf)}.top.look{background:var(--lookb);color:var(--lookf)}"
    ".top.act{background:var(--actb);color:var(--actf)}"
    ".dim{color:var(--dim)}.w-ok{color:var(--ok)}.w-look{color:var(--look);font-weight:600}"
    ".w-act{color:var(--act);font-weight:600}dd .w-act,dd .w-look{font-weight:400}"
    "ol,ul{list-style:none;margin:0;padding:0}.signs>li{border-left:5px solid var(--line);padding:.1rem 0 .1rem .8rem;"
    "margin:.8rem 0;overflow-wrap:anywhere}.signs>li.act{border-color:var(--act)}.signs>li.look{border-color:var(--look)}"
    ".what{font-weight:600;font-size:1.05rem}"
    "code,pre{font:.9em/1.45 ui-monospace,monospace;background:var(--soft);border-radius:5px;overflow-wrap:anywhere}"
    "code{padding:.1em .35em;-webkit-user-select:all;user-select:all}pre{padding:.7rem .9rem;white-space:pre-wrap}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr));gap:1rem}"
    ".card{border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem;min-width:0}"
    ".card.act{border-color:var(--act)}.card.look{border-color:var(--look)}"
    "dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem .8rem;margin:0}"
    "dt{color:var(--dim)}dd{margin:0;min-width:0;overflow-wrap:anywhere}"
    ".spark{display:block;width:100%;height:2.2rem;margin-top:.15rem;border-bottom:1px solid var(--line)}"
    ".spark path{fill:none;stroke:var(--ink);stroke-width:1.6;vector-effect:non-scaling-stroke}"
    ".spark.look path{stroke:var(--look)}.spark.act path{stroke:var(--act)}small{font-size:.85rem;color:var(--dim)}"
    ".rows>li{border-bottom:1px solid var(--line);padding:.3rem 0;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .7rem .25rem 0;vertical-align:top;"
    "border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--dim);font-weight:400}"
    ".num{text-align:right;white-space:nowrap;overflow-wrap:normal}.scroll{overflow-x:auto}"
    "summary{cursor:pointer;padding:.15rem 0}button,input{font:inherit;padding:.45rem .8rem;border-radius:8px;"
    "border:1px solid var(--dim);background:var(--soft);color:var(--fg);max-width:100%}"
    ".bar{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;padding-top:.6rem;font-size:.9rem}"
    ".bar form{margin:0}.late{background:var(--actb);color:var(--actf);padding:.5rem 1rem;font-weight:600}"
    ".hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}"
    ":focus-visible{outline:3px solid var(--ink);outline-offset:2px}"
    ".scroll td,.scroll th{overflow-wrap:normal}@media(max-width:26rem){.card dl{display:block}.card dt{margin-top:.4rem}}meter{width:5rem}@media(max-width:30rem){meter{display:none}}.foot{margin-top:2.5rem;padding-bottom:2rem}";

/*
 * Every ten seconds the page is asked for again and its <main> replaced; what is open stays open, what has the focus keeps
 * it.  A change of the state is said aloud; a server that does not answer is shown, since an old page looks calm.
 */
static const char script[] =
    "'use strict';(()=>{const $=s=>document.querySelector(s),main=$('main'),say=$('#say'),late=$('#late'),b=$('#hold');"
    "let held=false,good=Date.now();b.hidden=false;"
    "b.onclick=()=>{held=!held;b.textContent=held?'Go on':'Hold still';b.setAttribute('aria-pressed',held)};"
    "const all=()=>[...main.querySelectorAll('a,summary,button')];"
    "async function look(){if(held||document.hidden)return;try{"
    "const r=await fetch(location.href,{headers:{Accept:'text/html'},cache:'no-store'});"
    "if(r.status==401){location.reload();return}if(!r.ok)throw r.status;"
    "const d=new DOMParser().parseFromString(await r.text(),'text/html'),n=d.querySelector('main');"
    "const open=new Set([...main.querySelectorAll('details[open]')].map(e=>e.id)),at=all().indexOf(document.activeElement);"
    "n.querySelectorAll('details').forEach(e=>{if(open.has(e.id))e.open=true});"
    "const was=main.dataset.state;main.replaceChildren(...n.childNodes);main.dataset.state=n.dataset.state;"
    "if(at>=0&&all()[at])all()[at].focus({preventScroll:true});"
    "if(was!=n.dataset.state)say.textContent='The state is now: '+n.dataset.state;"
    "document.title=d.title;$('link[rel=icon]').href=d.querySelector('link[rel=icon]').getAttribute('href');"
    "good=Date.now();late.hidden=true}catch(e){late.hidden=false;"
    "late.textContent='No answer from the server for '+Math.round((Date.now()-good)/1000)+' s. What is below is old.'}}"
    "setInterval(look,10000);document.addEventListener('visibilitychange',look)})()";

/* --- the policy ---------------------------------------------------------------------------------------- */

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* 'sha256-...' of a text, in base 64. */
static void put_hash(struct hone_buf *out, const char *text)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct hone_sha sha = hone_sha256(text, strlen(text));
    unsigned byte[33] = {0}; /* the last one is what base 64 fills up with */
    for (size_t i = 0; i < 32; i++) {
        byte[i] = nibble(sha.hex[2 * i]) << 4 | nibble(sha.hex[2 * i + 1]);
    }
    hone_buf_text(out, "'sha256-");
    for (size_t i = 0; i < 33; i += 3) {
        unsigned three = byte[i] << 16 | byte[i + 1] << 8 | byte[i + 2];
        for (int k = 18; k >= 0; k -= 6) {
            hone_buf_char(out, i == 30 && k == 0 ? '=' : digit[three >> k & 63]);
        }
    }
    hone_buf_char(out, '\'');
}

const char hone_page_type[] = "text/html; charset=utf-8";

const char *hone_shell_fields(struct hone_arena *mem)
{
    struct hone_buf out = hone_buf(mem);
    hone_buf_text(
        &out,
        "Content-Security-Policy: default-src 'none'; img-src data:; connect-src 'self'; form-action "
        "'self'; base-uri 'none'; frame-ancestors 'none'; style-src ");
    put_hash(&out, style);
    hone_buf_text(&out, "; script-src ");
    put_hash(&out, script);
    hone_buf_text(
        &out,
        "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nCache-Control: "
        "no-store\r\n");
    hone_buf_char(&out, '\0');
    return out.ptr;
}

/* --- the frame ----------------------------------------------------------------------------------------- */

/* Shape and colour both tell: a disc, a triangle, a square. */
static void put_icon(struct hone_buf *out, const char *state)
{
    const char *shape =
        strcmp(state, "ok") == 0     ? "%3Ccircle cx='8' cy='8' r='7' fill='%231a7f37'/%3E"
        : strcmp(state, "look") == 0 ? "%3Cpath d='M8 1l7 14H1z' fill='%23d29922'/%3E"
        : strcmp(state, "act") == 0
            ? "%3Cpath d='M1 1h14v14H1z' fill='%23d1242f'/%3E"
            : "%3Ccircle cx='8' cy='8' r='6' fill='none' stroke='%2357606a' "
              "stroke-width='3'/%3E";
    hone_buf_format(
        out,
        "<link rel=icon href=\"data:image/svg+xml,%%3Csvg xmlns='http://www.w3.org/2000/svg' "
        "viewBox='0 0 16 16'%%3E%s%%3C/svg%%3E\">",
        shape);
}

void hone_shell_begin(struct hone_buf *out, const struct hone_shell *shell)
{
    hone_buf_text(out, "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
                       "content=\"width=device-width,initial-scale=1\">");
    if (shell->live) {
        hone_buf_text(out, "<noscript><meta http-equiv=refresh content=30></noscript>");
    }
    hone_buf_text(out, "<title>");
    hone_html_text(out, shell->title);
    hone_buf_text(out, "</title>");
    put_icon(out, shell->state == NULL ? "" : shell->state);
    hone_buf_text(out, "<style>");
    hone_buf_text(out, style);
    hone_buf_text(out, "</style><body>");
    if (shell->live || shell->up != NULL || shell->signed_in) {
        hone_buf_text(out, "<nav class=bar aria-label=page>");
        if (shell->up != NULL) {
            hone_buf_format(out, "<a href=\"%s\">&larr; back to the status</a>", shell->up);
        }
        if (shell->live) {
            hone_buf_text(
                out, "<button id=hold type=button aria-pressed=false hidden>Hold still</button>"
                     "<span class=dim>Times are UTC. Fresh every 10 s.</span>");
        }
        if (shell->signed_in) {
            hone_buf_text(
                out, "<form method=post action=/sign-out><button>Sign out</button></form>");
        }
        hone_buf_text(out, "</nav>");
    }
    if (shell->live) {
        hone_buf_text(
            out,
            "<p id=late class=late role=alert hidden></p><p id=say class=hide role=status></p>");
    }
    hone_buf_format(out, "<main data-state=\"%s\">", shell->state == NULL ? "" : shell->state);
}

void hone_shell_end(struct hone_buf *out, const struct hone_shell *shell)
{
    hone_buf_text(out, "</main>");
    if (shell->live) {
        hone_buf_text(out, "<script>");
        hone_buf_text(out, script);
        hone_buf_text(out, "</script>");
    }
    hone_buf_text(out, "</body></html>\n");
}

/* --- parts ----------------------------------------------------------------------------------------------- */

void hone_html_text(struct hone_buf *out, const char *text)
{
    hone_buf_html(out, hone_str(text == NULL ? "" : text));
}

void hone_html_fact(struct hone_buf *out, const char *name)
{
    hone_buf_text(out, "<dt>");
    hone_html_text(out, name);
    hone_buf_text(out, "<dd>");
}

void hone_html_when(struct hone_buf *out, int64_t now, int64_t us)
{
    struct hone_arena work = {0};
    char iso[40];
    if (us == 0) {
        hone_buf_text(out, "never");
        return;
    }
    (void)hone_format_timestamp(iso, us - us % 1000000);
    const char *exact = hone_text_when(&work, us);
    bool today = strncmp(exact, hone_text_when(&work, now), 10) == 0;
    hone_buf_format(out, "<time datetime=\"%s\">%s <span class=dim>(%s)</span></time>", iso,
                    hone_text_ago(&work, now, us), today ? exact + 11 : exact);
    hone_arena_free(&work);
}

void hone_html_word(struct hone_buf *out, const char *mood, const char *text)
{
    hone_buf_format(out, "<span class=%s%s>", mood[0] == '\0' ? "dim" : "w-", mood);
    hone_html_text(out, text);
    hone_buf_text(out, "</span>");
}

void hone_html_spark(struct hone_buf *out, const struct hone_spark *spark)
{
    struct hone_arena work = {0};
    size_t n = json_array_size(spark->values);
    double least = (double)INFINITY;
    double most = 0;
    double last = (double)NAN;
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(spark->values, i);
        last = json_is_number(v) ? json_number_value(v) * spark->scale : (double)NAN;
        least = fmin(least, last);
        most = fmax(most, last);
    }
    if (n < 2 || !(most > 0)) {
        return;
    }
    hone_buf_format(
        out,
        "<svg class=\"spark %s\" viewBox=\"0 0 %zu 40\" preserveAspectRatio=none role=img "
        "aria-label=\"%s over the last %zu minutes: at least %s%s, at most %s%s, now %s%s\"><path d=\"",
        spark->mood, n - 1, spark->says, n, hone_text_number(&work, least, 3), spark->unit,
        hone_text_number(&work, most, 3), spark->unit,
        isnan(last) ? "none" : hone_text_number(&work, last, 3),
        isnan(last) ? "" : spark->unit);
    bool down = false; /* the pen */
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(spark->values, i);
        if (!json_is_number(v)) {
            down = false;
            continue;
        }
        double y = 38 - 36 * json_number_value(v) * spark->scale / most;
        hone_buf_format(out, "%c%zu %.3g", down ? 'L' : 'M', i, y);
        if (!down) {
            hone_buf_text(out, "h.4"); /* one value between two gaps is to be seen too */
        }
        down = true;
    }
    hone_buf_format(out, "\"/></svg><small aria-hidden=true>%s, %zu min, most %s%s</small>",
                    spark->says, n, hone_text_number(&work, most, 3), spark->unit);
    hone_arena_free(&work);
}
