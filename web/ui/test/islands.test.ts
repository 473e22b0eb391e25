import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {draft} from '../src/draft.ts';
import {letter, neighbour} from '../src/keymap.ts';
import {image, kinds, parse, side} from '../src/marks.ts';
import {between, days, gaps, iso, say, type Series} from '../src/series.ts';

const series: Series = {from: '2016-03-26', watched: null, lines: [
  {name: 'A', values: [1, null, null, 0, null]},
  {name: 'B', values: [2, 3, null, null, null]},
]};

test('days do not move with daylight saving', () => {
  assert.deepEqual(days(series).map(iso), ['2016-03-26', '2016-03-27', '2016-03-28', '2016-03-29', '2016-03-30']);
});

test('a gap is where no line has a value, and a zero is none', () => {
  assert.deepEqual(gaps(series), [[2, 2], [4, 4]]);
  assert.deepEqual(gaps({...series, lines: []}), []);
});

test('a day in words says what is missing', () => {
  assert.equal(say(series, 1, 'not recorded'), '2016-03-27: A not recorded, B 3');
  assert.equal(say(series, 3, 'not recorded'), '2016-03-29: A 0, B not recorded');
});

test('a brush sets the period whichever way it is drawn and keeps the rest', () => {
  const [a, , , b] = days(series) as [number, number, number, number];
  const want = 'http://x/?lang=ar&from=2016-03-26&to=2016-03-29';
  assert.equal(between('http://x/?lang=ar&from=2015-01-01', a, b), want);
  assert.equal(between('http://x/?lang=ar', b, a), want);
});

test('keys work on a keyboard of another script', () => {
  assert.equal(letter('j', 'KeyJ'), 'j');
  assert.equal(letter('ت', 'KeyJ'), 'j');
  assert.equal(letter('A', 'KeyQ'), 'a'); // AZERTY: the letter, not the place
  assert.equal(letter('؟', 'Slash'), '?');
  assert.equal(letter('Enter', 'Enter'), '');
});

test('rows stop at both ends', () => {
  assert.equal(neighbour(3, -1, 1), 0);
  assert.equal(neighbour(3, -1, -1), 2);
  assert.equal(neighbour(3, 2, 1), 2);
  assert.equal(neighbour(3, 0, -1), 0);
  assert.equal(neighbour(0, -1, 1), 0);
});

test('every mark has a shape of its own, not only a colour', () => {
  const shapes = kinds.map(k => {
    const m = image(k, 'rgb(10, 20, 30)', 'rgb(250 250 250)');
    assert.equal(m.data.length, side * side * 4);
    return m.data.join();
  });
  assert.equal(new Set(shapes).size, kinds.length);
  assert.deepEqual(parse('rgb(1, 22, 3)'), [1, 22, 3]);
});

test('no package has a licence outside the list', () => {
  const allowed = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'OFL-1.1', '0BSD', 'MPL-2.0']);
  for (const file of ['web/ui/package-lock.json', 'tools/geodata/package-lock.json']) {
    const lock = JSON.parse(readFileSync(file, 'utf8')) as {packages: Record<string, {license?: string; resolved?: string; integrity?: string}>};
    const packages = Object.entries(lock.packages).filter(([name]) => name !== '');
    assert.ok(packages.length > 3, file);
    for (const [name, p] of packages) {
      const choices = (p.license ?? 'none').replace(/[()]/g, '').split(' OR '); // whichever we choose must be on the list
      assert.ok(choices.every(c => allowed.has(c)), `${file}: ${name}: licence ${p.license}`);
      assert.ok(p.integrity, `${file}: ${name} has no integrity sum`);
      assert.equal(p.resolved, undefined, `${file}: ${name} names a registry`);
    }
  }
});

test('a draft asks with all but what was confided, and not before it says enough', () => {
  const answers: [string, string][] = [['place', 'Homs'], ['act', 'shelling'], ['caller', 'A name'], ['contact', '+963'], ['day', '2016-03-02'], ['hour', ''], ['do', 'file']];
  const confided = new Set(['caller', 'contact', 'words']);
  assert.equal(draft(answers, confided, ['place', 'act', 'day']), 'place=Homs&act=shelling&day=2016-03-02&do=near');
  assert.equal(draft(answers, confided, ['place', 'hour']), '');
  assert.equal(draft([['text', '  ']], confided, ['text']), '');
});
