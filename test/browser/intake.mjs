// Takes a hotline call in English and in Arabic and reviews an article by keys
// alone, in a demonstration served at the address given. Of each it counts what
// a person does and how long that takes by the keystroke-level model (Card,
// Moran and Newell 1980: 0.28 s a key, 1.1 s to point, 0.2 s to press, 1.35 s to
// think before each answer), and fails at five minutes.
import assert from 'node:assert/strict';
import {launch} from './launch.mjs';

const base = process.argv[2];
const browser = await launch();
const problems = [];
let failed = 0;

// person does what a person does, and counts it.
function person(page) {
  const done = {keys: 0, points: 0, presses: 0, thoughts: 0};
  const answer = async () => { done.thoughts++; done.points++; done.presses++; };
  return {
    done,
    seconds: () => 0.28 * done.keys + 1.1 * done.points + 0.2 * done.presses + 1.35 * done.thoughts,
    async write(name, text) { await answer(); done.keys += text.length; await page.locator(`[name="${name}"]`).fill(text); },
    async choose(name, value) { await answer(); done.presses++; await page.locator(`select[name="${name}"]`).selectOption(value); },
    async press(where) { await answer(); await where.click(); },
    async key(key) { done.keys++; await page.keyboard.press(key); },
  };
}

async function act(name, office, does) {
  const context = await browser.newContext({viewport: {width: 1200, height: 900}, locale: 'en'});
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  page.on('pageerror', e => problems.push(`${name}: ${e.message}`));
  try {
    await page.goto(base + '/?lang=en');
    await page.locator('#demo-office').selectOption(office);
    await page.locator('form[action="/demo/act"] button').click();
    const p = person(page), begin = performance.now();
    await does(page, p);
    const machine = (performance.now() - begin) / 1000, all = p.seconds() + machine;
    console.log(`ok ${name}: ${p.done.thoughts} steps, ${p.done.keys} keys, ${p.seconds().toFixed(0)} s by the model, ${machine.toFixed(1)} s of waiting`);
    assert(all < 300, `${all} s: five minutes is the most`);
  } catch (e) {
    failed++;
    console.log(`FAIL ${name}: ${e.message}`);
  } finally { await context.close(); }
}

for (const [lang, place, words] of [['en', 'Maarat al-Numan', 'two shells by the market'], ['ar', 'معرة النعمان', 'قذيفتان قرب السوق']]) {
  await act(`a call in ${lang}`, 'desk', async (page, p) => {
    await page.goto(`${base}/intake/hotline?lang=${lang}`);
    await p.write('place', place);
    await p.choose('act', 'shelling');
    await p.write('killed', '2');
    if (await page.locator('[name=caller]').count() > 0) {
      await p.write('caller', 'Umm Qasim');
      await p.write('contact', '+963900555017');
      await p.write('words', words);
      await p.choose('consent', 'call-back');
    }
    await p.press(page.locator('button[value=look]'));
    const offered = page.locator('[name=chosen]');
    await offered.first().waitFor();
    const read = await page.locator('fieldset label').first().innerText();
    assert(/[a-z]/i.test(read) && /[\u0600-\u06ff]/.test(read), `read back in both scripts: ${read}`);
    await p.press(offered.first());
    await p.press(page.locator('button[value=file]'));
    await page.waitForURL('**/receipts/*');
    assert(!(await page.locator('main').innerText()).includes('Umm Qasim'), 'the receipt names nobody');
  });
}

await act('an article reviewed by keys alone', 'un', async (page, p) => {
  await page.goto(base + '/intake/article?lang=en');
  await page.locator('[name=text]').fill('Shells hit Homs on Monday, killing three people, residents said. The army denied firing.');
  await page.locator('[name=publisher]').fill('Example Wire');
  await page.locator('button[value=file]').click();
  await page.waitForURL('**/receipts/*');
  await page.locator('main a[href^="/intake/"]').first().click();
  await page.locator('[data-row]').first().waitFor();
  const claims = await page.locator('article.reviewed').count();
  await p.key('j'); // the claim
  await p.key('j'); // its first field
  await p.key('w');
  assert.match(page.url(), /#at-\d+$/, 'w leads to the words of the field');
  const current = () => page.evaluate(() => [...document.querySelectorAll('[data-row]')].findIndex(r => r.classList.contains('current')));
  await Promise.all([page.waitForNavigation(), p.key('a')]);
  assert.equal(await page.locator('#claim-1-1 td:nth-of-type(4) a').count(), 1, 'a says that the field is right, and who said so is shown');
  assert.equal(await current(), 2, 'and goes to the next');
  await p.key('f');
  assert.equal(await page.evaluate(() => document.activeElement.closest('details')?.open), true, 'f opens the question and goes to it');
  await page.keyboard.press('Escape');
  await page.evaluate(() => document.activeElement.blur());
  for (let n = 0; n < 2; n++) await p.key('k');
  await Promise.all([page.waitForNavigation(), p.key('a')]);
  assert.equal(await page.locator('article.reviewed').count(), claims, 'the claims stand after the acceptance');
  assert.equal(await page.locator('.timeline li').count() > 0, true, 'what was said is listed');
});

await browser.close();
for (const p of problems) console.log(`FAIL ${p}`);
process.exit(failed || problems.length ? 1 : 0);
