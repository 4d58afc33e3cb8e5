// The pages for people in a real browser: pictures, and checks that can fail.
//
//   bench/serve/oncall.sh alarm /tmp/night node bench/serve/pages.mjs OUT
//
// Needs playwright-core and axe-core (npm; found below $NODE_PAGES, a folder with node_modules, or beside this file) and
// chromium.  URL and TOKEN come from oncall.sh.  Each page is opened at desktop and phone width (390 and 320 px), light and
// dark, with and without scripts; it must load below 50 kB, say nothing on the console, not overflow, pass axe-core (which
// computes contrasts), and be the same to a reader without scripts.  Pictures go to OUT.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, existsSync } from 'node:fs';

const folder = process.env.NODE_PAGES ?? new URL('.', import.meta.url).pathname;
const require = createRequire(folder.replace(/\/?$/, '/'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { URL: base, TOKEN: token } = process.env;
const out = process.argv[2] ?? '.';
const name = process.argv[3] ?? 'page';
const only = process.argv[4];
mkdirSync(out, { recursive: true });

let failed = 0;
const check = (what, fine, more = '') => {
  if (!fine) failed++;
  console.log(`${fine ? 'ok' : 'FAIL'} ${name}: ${what}${fine || !more ? '' : `: ${more}`}`);
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const patience = 120000; // this machine may have other work
const sizes = [['desktop', 1280, 900, 1], ['phone', 390, 844, 2], ['narrow', 320, 640, 2]];
const ids = existsSync('ids') ? readFileSync('ids', 'utf8').trim().split('\n') : [];

async function open(context, path) {
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const said = [];
  page.on('console', m => said.push(m.text()));
  page.on('pageerror', e => said.push(String(e)));
  const reply = await page.goto(base + path);
  return { page, said, reply };
}

async function signIn(context) {
  if (!token) return;
  const { page } = await open(context, '/');
  check('without a token there is a form to sign in', await page.title() === 'sign in - hone', await page.title());
  await page.fill('#token', 'wrong');
  await page.click('text=Sign in >> nth=-1');
  check('a wrong token is told', (await page.textContent('main')).includes('wrong, revoked or has run out'));
  await page.fill('#token', token);
  await page.click('button:has-text("Sign in")');
  await page.waitForURL(base + '/');
  const cookies = await context.cookies();
  check('the cookie is out of reach of scripts and other sites', cookies.length === 1 && cookies[0].httpOnly &&
    cookies[0].sameSite === 'Lax' && cookies[0].secure === base.startsWith('https'), JSON.stringify(cookies));
  const status = await page.evaluate(async () => (await fetch('/predict', { method: 'POST', body: '{}' })).status);
  check('the cookie does not predict', status === 401, status);
  await page.close();
}

async function look(context, path, label, width, picture) {
  const { page, said, reply } = await open(context, path);
  const body = await reply.body();
  check(`${label} is there`, reply.status() === 200, reply.status());
  check(`${label} loads in under 50 kB`, body.length < 50000, body.length);
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check(`${label} does not overflow`, wide[0] <= wide[1] && wide[1] === width, wide.join(' in '));
  check(`${label} names its language and title`, await page.evaluate(() => document.documentElement.lang === 'en' && document.title.length > 3));
  check(`${label} runs nothing of strangers`, await page.evaluate(() => !document.title.includes('hacked') && !document.querySelector('main img, main script')));
  await page.screenshot({ path: `${out}/${name}-${picture}.png`, fullPage: true });
  check(`${label} is quiet on the console`, said.length === 0, said.join(' | '));
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  check(`${label} passes axe-core`, found.violations.length === 0,
    found.violations.map(v => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 120)} ${v.nodes[0].failureSummary.slice(0, 200)}`).join(' | '));
  await page.close();
  return body.toString();
}

for (const scheme of ['light', 'dark']) {
  for (const [size, width, height, scale] of sizes) {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, isMobile: size !== 'desktop',
      hasTouch: size !== 'desktop', colorScheme: scheme, ignoreHTTPSErrors: true, bypassCSP: true });
    await signIn(context);
    const where = `${size}-${scheme}`;
    const html = await look(context, '/', `/ (${where})`, width, where);
    if (only !== 'top') {
      // every link of the page leads somewhere, and is a page that holds the same promises
      const links = [...new Set([...html.matchAll(/href="(\/[^"]*)"/g)].map(m => m[1]))].filter(l => l !== '/');
      if (ids.length > 0) links.push(`/why/${ids[0]}`);
      for (const link of links.slice(0, 6)) {
        await look(context, link, `${link.slice(0, 40)} (${where})`, width, `${where}-${link.slice(1, 9).replace(/\W/g, '_')}`);
      }
    }
    await context.close();
  }
}

// the policy is in force (above it is not, for axe), keys reach everything, the page renews itself and says when it is old
const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ignoreHTTPSErrors: true });
await signIn(context);
const { page, said } = await open(context, '/');
await page.evaluate(() => { window.here = true; });
await page.evaluate(() => { document.querySelector('main').firstElementChild.dataset.old = 'yes'; });
await page.keyboard.press('Tab');
check('the first thing a key reaches is the button that holds the page', await page.evaluate(() => document.activeElement.id === 'hold'));
await page.waitForTimeout(11500);
check('the page renews itself without loading anew', await page.evaluate(() => window.here === true) &&
  await page.evaluate(() => document.querySelector('main [data-old]') === null));
await context.setOffline(true);
await page.waitForTimeout(11500);
check('a page that gets no answer says so', await page.isVisible('#late'), said.join(' | '));
await page.screenshot({ path: `${out}/${name}-late.png` });
await context.setOffline(false);
check('the policy lets the page do its work', said.filter(s => /Content Security/.test(s)).length === 0, said.join(' | '));
await context.close();

const plain = await browser.newContext({ javaScriptEnabled: false, ignoreHTTPSErrors: true });
await signIn(plain).catch(e => check('sign in without scripts', false, String(e)));
const bare = await open(plain, '/');
check('without scripts it renews itself too', (await bare.page.content()).includes('http-equiv="refresh"'));
check('without scripts there is the state', ['ok', 'look', 'act'].includes(await bare.page.textContent('main h1 b')));
await browser.close();
console.log(`${name}: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
