// The islands take their colours from the style sheet, so that there is one
// palette, and so that light, dark and the reader's choice need no second hand.

// colour resolves a token of marchday.css, such as "--ink", to what it is now.
export function colour(host: HTMLElement, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  probe.hidden = true;
  host.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// onScheme calls back when the reader's device changes between light and dark.
export function onScheme(back: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', back);
}
