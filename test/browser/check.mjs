// Looks at pages as a reader would, in Debian's Chromium: every path in English
// and Arabic, light and dark, on a phone and on a desk.
//
//   node check.mjs BASE PATH...
//
// Fails on a violation that axe finds, a message on the console, a page error,
// a refused or failed request, a report of the content policy, a request to
// another host, and a page wider than its window. Screenshots go to the folder
// SHOTS when that is set. Exit 1 on a failure, 2 when it cannot run.
import {mkdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {launch, need} from './launch.mjs';

const axe = readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');

const [base, ...paths] = process.argv.slice(2);
if (!base || !paths.length) {
  console.error('usage: node check.mjs BASE PATH...');
  process.exit(2);
}
const host = new URL(base).host;
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, {recursive: true});

const browser = await launch();
let passed = 0;
const failures = [];
const fail = (where, what) => { failures.push(`${where}: ${what}`); console.log(`FAIL ${where}: ${what}`); };

function watch(page, at) {
  page.on('console', m => {
    if (['error', 'warning'].includes(m.type()) && !/GPU stall|GL Driver Message/.test(m.text())) fail(at.where, `console ${m.type()}: ${m.text()}`);
  });
  page.on('pageerror', e => fail(at.where, `page error: ${e.message}`));
  page.on('requestfailed', r => { if (r.failure()?.errorText !== 'net::ERR_ABORTED') fail(at.where, `request failed: ${r.url()} ${r.failure()?.errorText}`); });
  page.on('response', r => { if (r.status() >= 400) fail(at.where, `${r.status()} ${r.url()}`); });
  return page.route('**', route => {
    const u = new URL(route.request().url());
    if (u.host === host || u.protocol === 'blob:' || u.protocol === 'data:') return route.continue();
    fail(at.where, `asked another host: ${u}`);
    return route.abort();
  });
}

// open waits until the islands of a page, if it has any, have settled.
async function open(page, url) {
  await page.goto(url, {waitUntil: 'load'});
  if (await page.locator('marchday-map[src]').count() && await page.evaluate(() => !!customElements.get('marchday-map'))) {
    await page.waitForFunction(() => document.body.dataset.idle, null, {timeout: 40000});
    const idle = await page.evaluate(() => document.body.dataset.idle);
    if (idle !== '1') throw new Error('the map did not start');
  }
  await page.evaluate(() => document.fonts.ready);
}

// audit runs axe through the debugger, which the page's policy does not bind,
// so the very page that a reader gets is the one that is looked at.
async function audit(page, where) {
  const found = await page.evaluate(async () => {
    const r = await globalThis.axe.run({runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}});
    return {passes: r.passes.length, violations: r.violations.map(v => `${v.id}: ${v.help}: ` + v.nodes.slice(0, 3).map(n => `${n.target.join(' ')} ${n.any[0]?.message ?? ''}`).join(' | '))};
  });
  for (const v of found.violations) fail(where, `axe ${v}`);
  if (found.passes < 10) fail(where, `axe had only ${found.passes} things to check`);
}

async function look(p, lang) {
  const context = await browser.newContext({viewport: {width: 1440, height: 900}, locale: lang, reducedMotion: 'reduce'});
  const at = {where: `${p} ${lang}`};
  try {
    const page = await context.newPage();
    await page.addInitScript(() => { addEventListener('securitypolicyviolation', e => console.error(`policy: ${e.violatedDirective} refused ${e.blockedURI}`)); });
    await watch(page, at);
    const url = new URL(p, base);
    url.searchParams.set('lang', lang);
    await open(page, url.toString());
    await page.evaluate(axe);
    for (const scheme of ['light', 'dark']) {
      for (const width of [1440, 390]) {
        at.where = `${p} ${lang} ${scheme} ${width}`;
        const before = failures.length;
        await page.emulateMedia({colorScheme: scheme});
        await page.setViewportSize({width, height: 900});
        await page.waitForTimeout(100); // one frame for what follows the window's size
        const html = await page.evaluate(() => {
          const e = document.documentElement;
          return {lang: e.lang, dir: e.dir, h1: document.querySelectorAll('h1').length, wide: e.scrollWidth, seen: e.clientWidth};
        });
        if (html.wide > html.seen) fail(at.where, `the page is ${html.wide} wide in a window of ${html.seen}`);
        if (html.lang !== lang || html.dir !== (lang === 'ar' ? 'rtl' : 'ltr') || html.h1 !== 1) fail(at.where, `lang ${html.lang}, dir ${html.dir}, ${html.h1} h1`);
        await audit(page, at.where);
        if (shots) await page.screenshot({path: path.join(shots, at.where.replace(/[^a-z0-9]+/gi, '-') + '.png'), fullPage: true});
        if (failures.length === before) passed++;
      }
    }
  } catch (e) { fail(at.where, e.message.split('\n')[0]); } finally { await context.close(); }
}

for (const p of paths) for (const lang of ['en', 'ar']) await look(p, lang);
await browser.close();
console.log(`browser: ${passed} views passed, ${failures.length} failures`);
process.exit(failures.length ? 1 : 0);
