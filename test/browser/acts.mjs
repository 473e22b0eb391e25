// Does what a reader does with the frame and the parts: keys, choices, a map
// that fails, a browser without scripts. Takes the address of the specimen.
import assert from 'node:assert/strict';
import {launch} from './launch.mjs';

const base = process.argv[2];
const browser = await launch();
let failed = 0;

async function act(name, options, does) {
  const context = await browser.newContext({viewport: {width: 1200, height: 800}, locale: 'en', ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  try {
    await does(page);
    console.log(`ok ${name}`);
  } catch (e) {
    failed++;
    console.log(`FAIL ${name}: ${e.message}`);
  } finally { await context.close(); }
}

const current = page => page.evaluate(() => [...document.querySelectorAll('[data-row]')].findIndex(r => r.classList.contains('current')));

await act('j and k move, a presses the button of the row', {}, async page => {
  await page.goto(base + '/incidents?lang=en');
  await page.evaluate(() => document.querySelectorAll('[data-key=a]').forEach((b, i) => b.addEventListener('click', () => { document.body.dataset.accepted = i; })));
  for (const [key, row] of [['j', 0], ['j', 1], ['j', 2], ['k', 1]]) {
    await page.keyboard.press(key);
    assert.equal(await current(page), row, `after ${key}`);
  }
  assert.equal(await page.evaluate(() => document.activeElement.hasAttribute('data-row')), true, 'the row has the focus');
  await page.keyboard.press('a');
  assert.equal(await page.evaluate(() => document.body.dataset.accepted), '1');
});

await act('? lists the keys, and they can be switched off', {}, async page => {
  await page.goto(base + '/incidents?lang=en');
  await page.keyboard.press('?');
  assert.equal(await page.locator('#keys').evaluate(d => d.open), true);
  await page.locator('#keys input').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  assert.equal(await current(page), -1, 'j does nothing when keys are off');
  await page.keyboard.press('?');
  assert.equal(await page.locator('#keys').evaluate(d => d.open), true, '? still opens the list');
});

await act('keys typed into a field are letters', {}, async page => {
  await page.goto(base + '/incidents?lang=en');
  await page.locator('#f-why').fill('');
  await page.locator('#f-why').pressSequentially('jar');
  assert.equal(await page.locator('#f-why').inputValue(), 'jar');
  assert.equal(await current(page), -1);
});

await act('g and a letter go to a page', {}, async page => {
  await page.goto(base + '/licences?lang=en');
  await page.keyboard.press('g');
  await Promise.all([page.waitForURL('**/incidents'), page.keyboard.press('i')]);
});

await act('language and colours are remembered', {}, async page => {
  await page.goto(base + '/licences');
  await page.locator('.masthead button[value=ar]').click();
  assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ['ar', 'rtl']);
  await page.locator('.foot button[value=dark]').click();
  await page.goto(base + '/incidents');
  assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ['ar', 'dark']);
  const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(paper, 'rgb(20, 23, 26)', 'the paper is dark though the device is light');
});

await act('the first key leads past the navigation', {}, async page => {
  await page.goto(base + '/incidents?lang=en');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
});

await act('a map that fails leaves the drawing and says so', {}, async page => {
  await page.route('**/map/base.geojson', r => r.abort());
  await page.goto(base + '/incidents?lang=en&islands=1');
  await page.waitForFunction(() => document.body.dataset.idle === 'failed');
  assert.equal(await page.locator('marchday-map svg').isVisible(), true);
  assert.match(await page.locator('marchday-map .status').textContent(), /could not be loaded/);
});

await act('arrow keys read the chart out', {}, async page => {
  await page.goto(base + '/incidents?lang=en&islands=1');
  await page.locator('marchday-timeline .live').focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('marchday-timeline .status').textContent(), /^2016-04-11: .*not recorded/);
});

await act('without scripts everything is there', {javaScriptEnabled: false}, async page => {
  await page.goto(base + '/incidents?lang=en&islands=1');
  for (const part of ['marchday-map svg', 'marchday-timeline svg', '.verdicts', '.claims', 'form.form', 'table']) assert.ok(await page.locator(part).first().isVisible(), part);
  await page.locator('.masthead button[value=ar]').click();
  assert.equal(await page.locator('html').getAttribute('lang'), 'ar');
});

await browser.close();
console.log(failed ? `${failed} failed` : 'all acts passed');
process.exit(failed ? 1 : 0);
