// <marchday-timeline src> wraps the server's chart: the same numbers, with a
// cursor for mouse and arrow keys, and a brush that sets the period in the URL.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import {colour, onScheme} from './colours.ts';
import {between, days, gaps, iso, say, type Series} from './series.ts';

const dashes: number[][] = [[], [9, 4], [2, 4], [12, 4, 2, 4]];

class MarchdayTimeline extends HTMLElement {
  #status = document.createElement('p');
  #plot?: uPlot;

  connectedCallback(): void {
    this.#status.className = 'status';
    this.#status.setAttribute('aria-live', 'polite');
    this.append(this.#status);
    this.#start().catch(fault => {
      this.#status.textContent = this.dataset.failed ?? '';
      console.warn('timeline:', fault instanceof Error ? fault.message : fault);
    });
  }

  async #start(): Promise<void> {
    const r = await fetch(this.getAttribute('src') ?? '', {headers: {Accept: 'application/json'}});
    if (!r.ok) throw new Error(`${r.url}: ${r.status}`);
    const series = await r.json() as Series;
    const drawing = this.querySelector<HTMLElement>('.pan');
    const live = document.createElement('div');
    live.className = 'live';
    live.dir = 'ltr';
    live.tabIndex = 0;
    live.setAttribute('role', 'group');
    live.setAttribute('aria-label', this.dataset.title ?? '');
    this.prepend(live);
    if (drawing) drawing.hidden = true;
    const draw = () => { this.#plot?.destroy(); this.#plot = this.#make(series, live); };
    draw();
    onScheme(draw);
    new ResizeObserver(() => this.#plot?.setSize({width: live.clientWidth, height: 260})).observe(live);
    live.addEventListener('keydown', e => this.#move(e, series));
  }

  #make(s: Series, live: HTMLElement): uPlot {
    const x = days(s);
    const missing = this.dataset.missing ?? '';
    const c = (token: string) => colour(this, token);
    const shown = (_: uPlot, v: number | null) => v == null ? missing : String(v);
    const axis = {stroke: c('--soft'), grid: {stroke: c('--rule'), width: 1}, ticks: {stroke: c('--rule'), width: 1}, font: '12px "Noto Sans", sans-serif'};
    const plot = new uPlot({
      width: live.clientWidth, height: 260, tzDate: t => uPlot.tzDate(new Date(t * 1000), 'Etc/UTC'),
      series: [
        {label: this.dataset.day ?? '', value: (_, v) => v == null ? '' : iso(v)},
        ...s.lines.map((l, i) => ({
          label: l.name, stroke: c(`--series-${i % 4 + 1}`), width: 2, dash: dashes[i % 4] ?? [], spanGaps: false, value: shown, points: {show: x.length <= 45, size: 6},
        })),
      ],
      axes: [{...axis, values: (_: uPlot, v: number[]) => v.map(t => iso(t).slice(5))}, {...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]}],
      scales: {y: {range: (_: uPlot, _low: number, high: number) => [0, Math.max(1, high * 1.08)]}},
      cursor: {drag: {x: true, y: false, setScale: false}},
      hooks: {
        drawClear: [(u: uPlot) => this.#hatch(u, x, gaps(s))],
        setSelect: [(u: uPlot) => {
          if (u.select.width > 4) location.assign(between(location.href, u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')));
        }],
      },
    }, [x, ...s.lines.map(l => x.map((_, i) => l.values[i] ?? null))] as uPlot.AlignedData, live);
    return plot;
  }

  // hatch fills the days that nobody recorded: a gap is not a zero.
  #hatch(u: uPlot, x: number[], stretches: [number, number][]): void {
    const {ctx, bbox} = u;
    ctx.save();
    ctx.strokeStyle = colour(this, '--rule');
    for (const [from, to] of stretches) {
      const left = Math.max(u.valToPos((x[from] ?? 0) - 43200, 'x', true), bbox.left), right = Math.min(u.valToPos((x[to] ?? 0) + 43200, 'x', true), bbox.left + bbox.width);
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, right - left, bbox.height);
      ctx.clip();
      ctx.beginPath();
      for (let at = left - bbox.height; at < right; at += 8) { ctx.moveTo(at, bbox.top + bbox.height); ctx.lineTo(at + bbox.height, bbox.top); }
      ctx.stroke();
      ctx.restore();
    }
    ctx.restore();
  }

  #move(e: KeyboardEvent, s: Series): void {
    const u = this.#plot;
    const step = {ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6}[e.key];
    if (!u || !step) return;
    e.preventDefault();
    const last = days(s).length - 1;
    const at = Math.min(last, Math.max(0, (u.cursor.idx ?? (step > 0 ? -1 : last + 1)) + step));
    u.setCursor({left: u.valToPos(days(s)[at] ?? 0, 'x'), top: 10});
    this.#status.textContent = say(s, at, this.dataset.missing ?? '');
  }
}

customElements.define('marchday-timeline', MarchdayTimeline);
