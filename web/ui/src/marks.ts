// The marks of the interactive map, drawn pixel by pixel so that they are the
// same shapes as in the server's drawing: the outline says the verdict.
export type Kind = '' | 'prohibited' | 'exempt' | 'outside' | 'insufficient';
export const kinds: Kind[] = ['', 'prohibited', 'exempt', 'outside', 'insufficient'];
export const tokens: Record<Kind, string> = {
  '': '--ink', prohibited: '--prohibited', exempt: '--exempt', outside: '--outside', insufficient: '--insufficient',
};

export const side = 40; // of an image, at two pixels per point

// depth says how far a pixel is inside a mark: below 0 it is outside, below
// rim it is the mark's edge.
function depth(kind: Kind, x: number, y: number): number {
  const dx = Math.abs(x - side / 2 + .5), dy = Math.abs(y - side / 2 + .5);
  switch (kind) {
    case 'prohibited':
    case 'outside': return 15 - Math.max(dx, dy);
    case 'insufficient': return (19 - (dx + dy)) / 1.4;
    default: return 16 - Math.hypot(dx, dy);
  }
}

// parse reads "rgb(1, 2, 3)" or "rgb(1 2 3)".
export function parse(rgb: string): [number, number, number] {
  const n = rgb.match(/[\d.]+/g)?.map(Number) ?? [];
  return [n[0] ?? 0, n[1] ?? 0, n[2] ?? 0];
}

// image draws one mark: filled ones have a light rim against the land; hollow
// ones (exempt, outside) show the sheet inside, and outside's rim is broken.
export function image(kind: Kind, hue: string, sheet: string): {width: number; height: number; data: Uint8ClampedArray} {
  const data = new Uint8ClampedArray(side * side * 4);
  const own = parse(hue), paper = parse(sheet);
  const hollow = kind === 'exempt' || kind === 'outside';
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const d = depth(kind, x, y);
      if (d < -1) continue;
      const rim = d < (hollow ? 5 : 3);
      const gap = kind === 'outside' && rim && Math.floor((x + y) / 5) % 2 === 1;
      const c = hollow ? (rim && !gap ? own : paper) : (rim ? paper : own);
      data.set([c[0], c[1], c[2], Math.round(255 * Math.min(1, d + 1))], (y * side + x) * 4);
    }
  }
  return {width: side, height: side, data};
}
