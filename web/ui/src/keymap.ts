// letter gives the Latin letter of a key, also on a keyboard of another script,
// where the key's place on the board decides.
export function letter(key: string, code: string): string {
  if (key === '?' || key === '\u061f') return '?';
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^Key[A-Z]$/.test(code) && key.length === 1 ? code.slice(3).toLowerCase() : '';
}

// neighbour is the row to go to from a row (-1: none yet); it stops at the ends.
export function neighbour(rows: number, at: number, step: 1 | -1): number {
  if (at < 0) return step > 0 ? 0 : rows - 1;
  return Math.min(rows - 1, Math.max(0, at + step));
}
