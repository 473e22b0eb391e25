// draft is what a form asks with while it is filled in: all its answers but those
// that were confided; nothing while a field that is needed is empty.
export function draft(answers: Iterable<[string, FormDataEntryValue]>, confided: ReadonlySet<string>, needed: readonly string[]): string {
  const out = new URLSearchParams();
  for (const [name, value] of answers) {
    if (typeof value === 'string' && value !== '' && !confided.has(name)) out.append(name, value);
  }
  if (needed.some(name => !out.get(name)?.trim())) return '';
  out.set('do', 'near');
  return out.toString();
}
