// Keys for those who review many rows: j and k to the next and the previous, a,
// f and r to accept, fix and reject, g and a letter to a page, ? for the list.
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

function press(key: string): boolean {
  const button = current()?.querySelector<HTMLElement>(`[data-key="${key}"]`) ?? document.querySelector<HTMLElement>(`main [data-key="${key}"]:only-of-type`);
  button?.click();
  return button != null;
}

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
    case 'j': case 'k': {
      const all = rows(), at = neighbour(all.length, all.indexOf(current() as HTMLElement), key === 'j' ? 1 : -1);
      const row = all[at];
      if (row) select(row);
      return row != null;
    }
    case 'a': case 'f': case 'r': return press(key);
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
