// The arithmetic of the timeline, apart from its drawing.
export interface Series {
  from: string;                                     // first day, ISO
  lines: {name: string; values: (number | null)[]}[]; // null: not recorded
  watched: (number | null)[] | null;                // thousandths of the day
}

const day = 86400;

// days gives the middle of each day in seconds, as if in UTC: a day of the
// count has no hour, so no zone may move it.
export function days(s: Series): number[] {
  const start = Date.parse(s.from + 'T12:00:00Z') / 1000;
  const n = Math.max(0, ...s.lines.map(l => l.values.length));
  return Array.from({length: n}, (_, i) => start + i * day);
}

export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

// gaps are the stretches of days that no line recorded, first and last index.
export function gaps(s: Series): [number, number][] {
  const out: [number, number][] = [];
  days(s).forEach((_, i) => {
    if (s.lines.some(l => l.values[i] != null)) return;
    const last = out.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else out.push([i, i]);
  });
  return out;
}

// say puts one day into words, for those who hear the chart.
export function say(s: Series, i: number, missing: string): string {
  return iso(days(s)[i] ?? 0) + ': ' + s.lines.map(l => `${l.name} ${l.values[i] ?? missing}`).join(', ');
}

// between rewrites an address to a period; the order of the two ends is free.
export function between(address: string, a: number, b: number): string {
  const u = new URL(address);
  u.searchParams.set('from', iso(Math.min(a, b)));
  u.searchParams.set('to', iso(Math.max(a, b)));
  return u.toString();
}
