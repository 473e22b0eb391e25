// Keys for those who review many rows: j and k to the next and the previous, a,
// f and r to accept, fix and reject, w to a field's words in the text, n to the
// next field that the machine guessed, g and a letter to a page, ? for the list.
// Everything that a key does, a link or a button on the page does too.
import {letter, neighbour} from './keymap.ts';

const off = 'marchday.keys'; // in localStorage: "off" when the reader switched single keys off

const rows = () => [...document.querySelectorAll<HTMLElement>('[data-row]')];
const current = () => document.querySelector<HTMLElement>('[data-row].current');

function select(row: HTMLElement): void {
  current()?.classList.remove('current');
  row.classList.add('current');
  row.tabIndex = -1;
  row.focus({preventScroll: true});
  row.scrollIntoView({block: 'nearest'});
}

// own is what a key presses in a row: of the row itself, not of a row inside it.
const own = (row: HTMLElement | null, key: string) =>
  row && [...row.querySelectorAll<HTMLElement>(`[data-key="${key}"]`)].find(e => e.closest('[data-row]') === row);

function press(key: string): boolean {
  const row = current();
  const button = own(row, key) ?? document.querySelector<HTMLElement>(`main [data-key="${key}"]:only-of-type`);
  button?.click();
  return button != null;
}

function step(by: 1 | -1): boolean {
  const all = rows(), row = all[neighbour(all.length, all.indexOf(current() as HTMLElement), by)];
  if (row) select(row);
  return row != null;
}

// doubt goes to the next field that the machine guessed.
function doubt(): boolean {
  const all = rows(), at = all.indexOf(current() as HTMLElement);
  const row = all.find((r, i) => i > at && 'doubt' in r.dataset) ?? all.find(r => 'doubt' in r.dataset);
  if (row) select(row);
  return row != null;
}

// A question may lie in a closed part of the page: whoever follows a link to it
// finds it open, and the cursor in it.
addEventListener('click', e => {
  const link = (e.target as HTMLElement).closest<HTMLAnchorElement>('a[href^="#f-"]');
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  for (let d = field.closest('details'); d; d = d.parentElement?.closest('details') ?? null) d.open = true;
  field.focus();
  e.preventDefault();
});

// After a field is decided the address names the row that comes next.
const named = document.getElementById(location.hash.slice(1));
if (named?.matches('[data-row]')) select(named);

let going = 0; // when g was pressed

function act(key: string): boolean {
  if (going && performance.now() - going < 1500) {
    going = 0;
    const link = document.querySelector<HTMLAnchorElement>(`a[data-go="${key}"]`);
    link?.click();
    return link != null;
  }
  going = 0;
  switch (key) {
    case 'g': going = performance.now(); return true;
    case 'j': return step(1);
    case 'k': return step(-1);
    case 'n': return doubt();
    case 'a': case 'f': case 'r': case 'w': return press(key);
    case '?': {
      const help = document.querySelector<HTMLDialogElement>('#keys');
      help?.showModal();
      return help != null;
    }
  }
  return false;
}

addEventListener('keydown', e => {
  const target = e.target as HTMLElement;
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || target.closest('input, select, textarea, [contenteditable], marchday-map .live')) return;
  if (document.querySelector('dialog[open]')) return;
  const key = letter(e.key, e.code);
  if (localStorage.getItem(off) === 'off' && key !== '?') return;
  if (act(key)) e.preventDefault();
});

const box = document.querySelector<HTMLInputElement>('#keys input[type=checkbox]');
if (box) {
  box.checked = localStorage.getItem(off) !== 'off';
  box.addEventListener('change', () => localStorage.setItem(off, box.checked ? 'on' : 'off'));
}
for (const opener of document.querySelectorAll<HTMLElement>('[data-keys]')) {
  opener.hidden = false;
  opener.addEventListener('click', () => document.querySelector<HTMLDialogElement>('#keys')?.showModal());
}
