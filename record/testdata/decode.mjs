// A second, independent decoder of the formats of package record, written from
// docs/format/record.md alone, with nothing but Node's own modules.
// usage: node decode.mjs DIR   (DIR holds the vectors); prints what it found as JSON.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const dir = process.argv[2]
const sha256 = (...bs) => bs.reduce((h, b) => h.update(b), createHash('sha256')).digest()
const fail = why => { throw new Error(why) }

// --- keys and notes
function key (vkey) { // name+id+base64(alg || public key)
  const [, name, id, b64] = vkey.match(/^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/) ?? fail('verifier key ' + vkey)
  const raw = Buffer.from(b64, 'base64')
  const want = sha256(name + '\n', raw).subarray(0, 4).toString('hex')
  if (want !== id || raw.length !== 33) fail('key id of ' + name)
  const pub = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') }, format: 'jwk' })
  return { name, id, alg: raw[0], pub, raw: raw.subarray(1) }
}
function openNote (bytes, keys) { // returns text and the names of the keys that have signed
  const s = bytes.toString('utf8')
  const cut = s.lastIndexOf('\n\n')
  const text = s.slice(0, cut + 1)
  const signers = []
  for (const line of s.slice(cut + 2, -1).split('\n')) {
    const [, name, b64] = line.match(/^— (\S+) (\S+)$/) ?? fail('signature line ' + line)
    const raw = Buffer.from(b64, 'base64')
    const k = keys.find(k => k.name === name && k.id === raw.subarray(0, 4).toString('hex'))
    if (!k) continue
    let msg = text
    let sig = raw.subarray(4)
    if (k.alg === 4) { // cosignature/v1: 8 bytes of seconds, then the signature
      msg = `cosignature/v1\ntime ${sig.readBigUInt64BE(0)}\n${text}`
      sig = sig.subarray(8)
    }
    if (!verify(null, Buffer.from(msg), k.pub, sig)) fail('signature of ' + name)
    signers.push(name)
  }
  return { text, signers }
}
function checkpoint (bytes, keys) {
  const { text, signers } = openNote(bytes, keys)
  const [origin, size, root, end, ...more] = text.split('\n')
  if (end !== '' || more.length) fail('checkpoint lines')
  if (!signers.includes(origin)) fail('not signed by ' + origin)
  return { origin, size: Number(size), root: Buffer.from(root, 'base64'), signers }
}

// --- tree (RFC 6962)
const leaf = entry => sha256(Buffer.from([0]), entry)
const node = (l, r) => sha256(Buffer.from([1]), l, r)
function root (hashes) {
  if (hashes.length === 0) return sha256('')
  if (hashes.length === 1) return hashes[0]
  let k = 1
  while (k * 2 < hashes.length) k *= 2
  return node(root(hashes.slice(0, k)), root(hashes.slice(k)))
}
function rootFromPath (h, index, size, path) { // inclusion, leaf side first
  let fn = index; let sn = size - 1
  for (const p of path) {
    if (sn === 0) fail('path too long')
    if (fn % 2 === 1 || fn === sn) {
      h = node(p, h)
      while (fn % 2 === 0 && fn !== 0) { fn >>= 1; sn >>= 1 }
    } else h = node(h, p)
    fn >>= 1; sn >>= 1
  }
  if (sn !== 0) fail('path too short')
  return h
}

// --- the archive: ustar, nothing but name and size may vary
function untar (b) {
  const files = []
  let at = 0
  while (!b.subarray(at, at + 512).every(x => x === 0)) {
    const h = b.subarray(at, at + 512)
    const name = h.subarray(0, 100).toString('latin1').replace(/\0+$/, '')
    const size = parseInt(h.subarray(124, 135).toString('latin1'), 8)
    const want = Buffer.alloc(512)
    want.write(name, 0)
    want.write('0000644\0' + '0000000\0' + '0000000\0', 100)
    want.write(size.toString(8).padStart(11, '0') + '\0' + '00000000000\0' + '        ' + '0', 124)
    want.write('ustar\0' + '00', 257)
    want.write('0000000\0' + '0000000\0', 329)
    want.write(want.reduce((n, x) => n + x, 0).toString(8).padStart(6, '0') + '\0 ', 148)
    if (!want.equals(h)) fail('tar header of ' + name)
    const end = at + 512 + Math.ceil(size / 512) * 512
    if (!b.subarray(at + 512 + size, end).every(x => x === 0)) fail('padding of ' + name)
    files.push({ name, data: b.subarray(at + 512, at + 512 + size) })
    at = end
  }
  if (b.length !== at + 1024 || !b.subarray(at).every(x => x === 0)) fail('end of archive')
  return files
}
function tileName (level, n, width) {
  const parts = [String(n % 1000).padStart(3, '0')]
  while (n >= 1000) { n = Math.floor(n / 1000); parts.unshift('x' + String(n % 1000).padStart(3, '0')) }
  return `tile/${level}/${parts.join('/')}${width < 256 ? '.p/' + width : ''}`
}
function bundle (bytes, keys) {
  const files = untar(bytes)
  let at = 0
  const next = name => { const f = files[at++]; if (!f || f.name !== name) fail(`${f?.name} where ${name} belongs`); return f.data }
  const listed = []
  const list = (name, data) => listed.push(`${sha256(data).toString('hex')} ${data.length} ${name}`)
  const head = next('bundle'); list('bundle', head)
  const [magic, origin, from, to] = head.toString().split('\n')
  if (magic !== 'marchday.org/bundle/v1' || from !== 'from 0') fail('bundle head')
  const cpBytes = next('checkpoint'); list('checkpoint', cpBytes)
  const cp = checkpoint(cpBytes, keys)
  if (cp.origin !== origin || to !== `to ${cp.size}`) fail('head and checkpoint differ')
  let joint = null
  if (files[at].name === 'checkpoint.cosigned') {
    const b = next('checkpoint.cosigned'); list('checkpoint.cosigned', b)
    joint = checkpoint(b, keys)
  }
  const leaves = []; const entries = []
  const levels = [leaves]
  for (let n = 0; n * 256 < cp.size; n++) {
    const width = Math.min(256, cp.size - n * 256)
    let b = next(tileName('entries', n, width))
    for (let i = 0; i < width; i++) {
      const len = b.readUInt16BE(0)
      const entry = b.subarray(2, 2 + len)
      entries.push({ index: n * 256 + i, time: Number(entry.readBigUInt64BE(0)), body: entry.subarray(8) })
      leaves.push(leaf(entry))
      b = b.subarray(2 + len)
    }
    if (b.length) fail('bytes after the last entry')
    if (!next(tileName(0, n, width)).equals(Buffer.concat(leaves.slice(n * 256)))) fail('tile 0/' + n)
    for (let l = 1, m = n + 1; width === 256; l++) { // the tiles above that this one completes
      levels[l] ??= []
      levels[l].push(root(levels[l - 1].slice(-256)))
      if (m % 256 !== 0) break
      m /= 256
      if (!next(tileName(l, m - 1, 256)).equals(Buffer.concat(levels[l].slice(-256)))) fail('tile of level ' + l)
    }
  }
  for (let l = 1; l < levels.length; l++) {
    const part = levels[l].length % 256
    if (part && !next(tileName(l, Math.floor(levels[l].length / 256), part)).equals(Buffer.concat(levels[l].slice(-part)))) fail('partial tile of level ' + l)
  }
  if (!root(leaves).equals(cp.root)) fail('root')
  if (joint && !root(leaves.slice(0, joint.size)).equals(joint.root)) fail('root of the joint head')
  const loose = []
  while (files[at].name !== 'manifest') {
    const { name, data } = files[at++]
    if (name.startsWith('blobs/kept/') && sha256(data).toString('hex') !== name.slice(11)) fail(name)
    list(name, data); loose.push(name)
  }
  const m = openNote(next('manifest'), keys)
  if (m.signers.length !== 1 || m.text !== `marchday.org/bundle/v1\n${origin}\n${listed.map(l => l + '\n').join('')}`) fail('manifest')
  if (at !== files.length) fail('files after the manifest')
  return { cp, joint, entries, leaves, loose }
}

// --- the vectors
const read = name => readFileSync(join(dir, name))
const policy = read('policy.txt').toString()
const keys = policy.split('\n').map(l => l.split(' ')).flatMap(f => f[0] === 'log' ? [key(f[1])] : f[0] === 'witness' ? [key(f[2])] : [])
const b = bundle(read('bundle.tar'), keys)

const [magic, index, ...rest] = read('proof.txt').toString().split('\n')
if (magic !== 'c2sp.org/tlog-proof@v1') fail('proof')
const gap = rest.indexOf('')
const at = Number(index.replace('index ', ''))
const pcp = checkpoint(Buffer.from(rest.slice(gap + 1).join('\n')), keys)
const path = rest.slice(0, gap).map(x => Buffer.from(x, 'base64'))
if (!rootFromPath(b.leaves[at], at, pcp.size, path).equals(pcp.root)) fail('inclusion proof')

const r = openNote(read('receipt.txt'), keys)
const f = Object.fromEntries(r.text.split('\n').slice(2, -1).map(l => l.split(' ')))
const e = b.entries[Number(f.index)]
if (f.id !== sha256(e.body).toString('hex') || f.leaf !== b.leaves[e.index].toString('hex') || Number(f.time) !== e.time) fail('receipt')

console.log(JSON.stringify({
  origin: b.cp.origin, size: b.cp.size, root: b.cp.root.toString('hex'), signers: b.cp.signers,
  joint: b.joint.size, jointSigners: b.joint.signers, entries: b.entries.length,
  first: b.entries[0].body.toString(), firstTime: b.entries[0].time, firstLeaf: b.leaves[0].toString('hex'),
  loose: b.loose, proved: at, receipt: Number(f.index)
}))
