// What every script of this folder starts with: Debian's Chromium, and the
// packages of web/ui.
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const ui = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../web/ui');
export const need = createRequire(path.join(ui, 'package.json'));

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    console.error(`${executablePath} is missing: install chromium or set CHROMIUM`);
    process.exit(2);
  }
  return need('playwright-core').chromium.launch({executablePath, args: [
    '--no-sandbox', '--no-first-run', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-unsafe-swiftshader']});
}
