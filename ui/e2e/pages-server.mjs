// The fake backend's pages, built as the product is and served with the product's own content security policy.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'vite';

const ui = fileURLToPath(new URL('..', import.meta.url));

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** The policy of the real window. */
function policy() {
  const configuration = JSON.parse(readFileSync(join(ui, '../src-tauri/tauri.conf.json'), 'utf8'));
  const { csp } = configuration.app.security;
  return Object.entries(csp)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join('; ');
}

/**
 * Builds into `folder` and serves it on a free port of this machine alone.
 * @param {string} folder
 */
export async function servePages(folder) {
  await build({
    root: ui,
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true, rolldownOptions: { input: join(ui, 'dev.html') } },
  });
  const csp = policy();
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(folder, path);
    if (path === '/favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    try {
      if (!file.startsWith(folder + sep)) throw new Error('outside');
      const body = readFileSync(file);
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': csp,
      });
      response.end(body);
    } catch {
      response.writeHead(404, { 'content-security-policy': csp });
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
