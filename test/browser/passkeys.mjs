// Two officers in two browsers, each with a passkey of their own, take one case
// from complaint to a joint finding and another to deadlock, in a demonstration
// served at the address given. Prints the numbers of the two cases, as
//
//   joint 17
//   deadlock 18
//
// Passkeys belong to a name, so give http://localhost:PORT, not an address.
import assert from 'node:assert/strict';
import {launch} from './launch.mjs';

const base = process.argv[2];
const browser = await launch();
const problems = [];

// officer opens a browser of its own that acts as an office, with a device that
// holds passkeys and verifies whoever holds it.
async function officer(office) {
  const context = await browser.newContext({locale: 'en', viewport: {width: 1200, height: 900}});
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  page.on('pageerror', e => problems.push(`${office}: ${e.message}`));
  page.on('console', m => { if (m.type() === 'error') problems.push(`${office}: ${m.text()} at ${page.url()}`); });
  const device = await context.newCDPSession(page);
  await device.send('WebAuthn.enable');
  const {authenticatorId} = await device.send('WebAuthn.addVirtualAuthenticator', {options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true}});
  await page.goto(base + '/passkeys?lang=en');
  await page.locator('#demo-office').selectOption(office);
  await page.locator('form[action="/demo/act"] button').click();
  await page.goto(base + '/passkeys?lang=en');
  await page.locator('#f-person').fill(`officer of ${office}`);
  await page.locator('form[data-passkey=enrol] button').click();
  await page.locator('table', {hasText: `officer of ${office}`}).waitFor();
  const {credentials} = await device.send('WebAuthn.getCredentials', {authenticatorId});
  assert.equal(credentials.length, 1, `${office} holds one passkey`);
  return {office, page, device, authenticatorId};
}

// used says how often an officer's passkey signed.
async function used(who) {
  const {credentials} = await who.device.send('WebAuthn.getCredentials', {authenticatorId: who.authenticatorId});
  return credentials[0].signCount;
}

// fill opens a form of the case's page and answers it.
async function fill(page, number, kind, answers) {
  await page.goto(`${base}/docket/${number}?lang=en`);
  const form = page.locator('form.form', {has: page.locator(`input[name=kind][value="${kind}"]`)});
  await page.locator('details', {has: form}).locator('summary').click();
  for (const [name, value] of Object.entries(answers)) {
    const field = form.locator(`[name="${kind}-${name}"]`);
    if (await field.evaluate(e => e.tagName) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
  return form;
}

// say files what the demo's key of the office signs.
async function say(who, number, kind, answers) {
  const form = await fill(who.page, number, kind, answers);
  await Promise.all([who.page.waitForNavigation(), form.locator('button.first').click()]);
  assert.equal(await who.page.locator('.faults').count(), 0, `${kind} by ${who.office} is taken: ${await faults(who.page)}`);
}

const faults = async page => (await page.locator('.faults').allTextContents()).join(' ');

// sign files what the officer's passkey signs, having read words and digest.
async function sign(who, number, kind, answers, filed = kind) {
  const form = await fill(who.page, number, kind, answers), before = await used(who);
  await Promise.all([who.page.waitForNavigation(), form.locator('button[name=how-sign]').click()]);
  const words = JSON.parse(await who.page.locator('#words').textContent());
  assert.equal(words.kind, filed);
  assert.equal(words.office, who.office);
  assert.match(await who.page.locator('#digest').textContent(), /^[0-9a-f]{64}$/);
  const kept = filed === kind ? '' : await who.page.locator('section.notice pre').textContent();
  await Promise.all([who.page.waitForURL(`**/docket/${number}`), who.page.locator('form[data-passkey=sign] button').click()]);
  assert.equal(await used(who), before + 1, `the passkey of ${who.office} signed once`);
  return kept;
}

// complain opens a case about an incident that has none.
async function complain(who) {
  await who.page.goto(base + '/incidents?lang=en&from=2016-03-01&to=2016-05-05');
  const links = await who.page.locator('main a[href^="/incidents/"]').evaluateAll(all => [...new Set(all.map(a => a.getAttribute('href')))]);
  for (const link of links) {
    await who.page.goto(base + link);
    const form = who.page.locator('form[action="/docket"]');
    if (!await form.count()) continue;
    await Promise.all([who.page.waitForURL('**/docket/*'), form.locator('button').click()]);
    return Number(new URL(who.page.url()).pathname.split('/').pop());
  }
  throw new Error('every incident of the list has a case');
}

// toProposal takes a case up to one office's proposal.
async function toProposal(one, other) {
  const number = await complain(one);
  await say(one, number, 'step', {to: 'triaged', how: 'accepted'});
  const kept = [];
  for (const who of [one, other]) {
    kept.push(await sign(who, number, 'assessment', {occurred: 'yes', outcome: 'violation', threat: '1', reasons: `As the office of ${who.office} reads the terms.`}, 'assessment-sealed'));
    await one.page.goto(`${base}/docket/${number}?lang=en`);
    assert.doesNotMatch(await one.page.locator('#main').textContent(), /reads the terms/, 'no text is read before all have sealed');
  }
  for (const who of [one, other]) {
    await sign(who, number, 'assessment', {opened: kept.shift()});
  }
  await say(one, number, 'proposal', {outcome: 'violation', text: 'The offices find a violation.'});
  return number;
}

const finding = page => page.locator('.finding').textContent();

const us = await officer('us'), ru = await officer('ru');

const joint = await toProposal(us, ru);
await sign(ru, joint, 'concurrence', {note: 'concurred'});
assert.match(await finding(ru.page), /joint/i, 'the case ends in a joint finding');

const stuck = await toProposal(ru, us);
await us.page.locator('#demo-now').fill('2016-05-14T12:00');
await Promise.all([us.page.waitForNavigation(), us.page.locator('form[action="/demo/clock"] button').click()]);
await say(us, stuck, 'step', {to: 'decided'});
await us.page.goto(`${base}/docket/${stuck}?lang=en`);
assert.match(await finding(us.page), /deadlock/i, 'the case ends in deadlock');
assert.match(await us.page.locator('#path, table').last().textContent(), /deadlock/, 'the path names the rule');

// An altered text is not signed: the script compares it with the digest shown.
const form = await fill(us.page, stuck, 'referral', {to_whom: 'ministers', why: 'this level is exhausted'});
await form.locator('button.first').click();
await us.page.goto(base + '/sign?lang=en');
await us.page.locator('#f-kind').selectOption('instrument');
await us.page.locator('#f-body').fill('{}');
await us.page.locator('form[action="/sign"] button').click();
assert.equal(await us.page.locator('.faults').count(), 1, 'an empty instrument is refused with its reason');

await browser.close();
const serious = problems.filter(p => !/422/.test(p)); // the refusal above
assert.deepEqual(serious, [], 'nothing failed in the browser');
console.log(`joint ${joint}\ndeadlock ${stuck}`);
