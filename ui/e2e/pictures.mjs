// The README's pictures, made from the window's own pages: `npm run pictures`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { launch, open } from './browser.mjs';
import { servePages } from './pages-server.mjs';

const folder = fileURLToPath(new URL('../pictures/', import.meta.url));

/** @type {{ name: string, scene: string, theme: 'light' | 'dark' }[]} */
const pictures = [
  { name: 'first', scene: 'first_serverless', theme: 'light' },
  { name: 'party', scene: 'evening&quiet', theme: 'dark' },
  // A first evening: the link, in, a friend hosts, Join.
  { name: 'evening-1-link', scene: 'evening_link&quiet', theme: 'dark' },
  { name: 'evening-2-in', scene: 'evening_in&quiet', theme: 'dark' },
  { name: 'evening-3-hosts', scene: 'evening_hosts&quiet', theme: 'dark' },
  { name: 'evening-4-join', scene: 'evening_join&quiet', theme: 'dark' },
];

mkdirSync(folder, { recursive: true });
const site = mkdtempSync(join(tmpdir(), 'lanrage-pictures-'));
const server = await servePages(site);
const browser = await launch();
try {
  for (const { name, scene, theme } of pictures) {
    // The size that the window opens with.
    const context = await browser.newContext({
      baseURL: server.address,
      viewport: { width: 980, height: 680 },
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-US',
    });
    const page = await context.newPage();
    await open(page, `scene=${scene}`);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    console.log(`${folder}${name}.png`);
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(site, { recursive: true, force: true });
}
