import assert from 'node:assert/strict';
import {test} from 'node:test';
import {base64, bytesOf, challengeOf, hex, pae} from '../src/pae.ts';

const text = (b: Uint8Array) => new TextDecoder().decode(b);

test('what is signed counts bytes, not letters', () => {
  assert.equal(text(pae(new TextEncoder().encode('{"a":"قصف"}'))), 'DSSEv1 39 application/vnd.marchday.statement+json 14 {"a":"قصف"}');
});

test('the challenge is the digest that the server computes', async () => {
  // printf 'DSSEv1 39 application/vnd.marchday.statement+json 2 {}' | sha256sum
  assert.equal(hex(await challengeOf(new TextEncoder().encode('{}'))), 'e4dbfd93dba52715091339e7df54940f4fa27d1f69c0107a021818c9f9349ed3');
});

test('base64 goes there and back', () => {
  const all = Uint8Array.from({length: 256}, (_, i) => i);
  assert.deepEqual(bytesOf(base64(all.buffer)), all);
});
