// Prints the paths of the pages that a reader reaches from the first one, one of
// each kind: ids and numbers in a path count as the same kind, so a hundred
// incidents are one page to look at. At most 40.
const base = process.argv[2];
const kinds = new Map(), queue = ['/'];
const kindOf = p => p.split('/').map(part => (/\d|@/.test(part) ? '*' : part)).join('/');
kinds.set('/', '/');
while (queue.length && kinds.size < 40) {
  const path = queue.shift();
  const r = await fetch(new URL(path, base));
  if (!r.ok || !(r.headers.get('content-type') ?? '').startsWith('text/html')) {
    if (!r.ok) console.error(`${path}: ${r.status}`);
    kinds.delete(kindOf(path));
    continue;
  }
  const html = await r.text();
  for (const [, href] of html.matchAll(/<a\b[^>]*\bhref="([^"#]+)/g)) {
    const u = new URL(href.replaceAll('&amp;', '&'), new URL(path, base));
    if (u.host !== new URL(base).host) continue;
    const kind = kindOf(u.pathname);
    if (!kinds.has(kind)) { kinds.set(kind, u.pathname); queue.push(u.pathname); }
  }
}
console.log([...kinds.values()].join('\n'));
