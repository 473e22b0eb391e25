// A second reader of what a seal holds, written from docs/format/vault.md alone:
// node decode.mjs FOLDER prints JSON.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const plain = Buffer.from(readFileSync(join(process.argv[2], 'payload.hex'), 'utf8').replace(/\s/g, ''), 'hex')
const key = plain.subarray(0, 32)
const padded = plain.subarray(32)
if (![4096, 16384, 65536].includes(padded.length)) throw new Error(`padded to ${padded.length} bytes`)
const n = padded.readUInt32BE(0)
if (n < 1 || n > padded.length - 4) throw new Error(`a secret of ${n} bytes`)
if (padded.subarray(4 + n).some(b => b !== 0)) throw new Error('the padding is not zeros')
const secret = JSON.parse(padded.subarray(4, 4 + n).toString('utf8'))
const commitment = createHmac('sha256', key).update(padded).digest('hex')
console.log(JSON.stringify({ commitment, secret }))
