// Warns whoever fills in a report of the incidents that it may be about, while
// they type. Every form that names in data-near the fields it needs is sent to
// its own address as a question, without what was confided, once the writer
// pauses; the answer's #near takes the place of this page's. Without this script
// the form's button for looking asks the same.
import {draft} from './draft.ts';

const pause = 800; // milliseconds

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-near]')) {
  let timer = 0, asked = '', asking = new AbortController();
  const ask = async () => {
    const confided = new Set([...form.querySelectorAll<HTMLInputElement>('[data-confided] [name]')].map(e => e.name));
    const body = draft(new FormData(form), confided, (form.dataset['near'] ?? '').split(' '));
    const near = document.getElementById('near');
    if (!near || body === asked) return;
    asked = body;
    asking.abort();
    asking = new AbortController();
    try {
      const answer = body ? await fetch(form.action, {method: 'POST', signal: asking.signal, headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body}) : null;
      const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
      near.replaceChildren(...page?.getElementById('near')?.childNodes ?? []);
    } catch { // asked again, or no answer: the button still asks
    }
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), pause);
  });
}
