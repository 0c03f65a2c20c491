// @vitest-environment node
import { fileURLToPath } from 'node:url';

import { build } from 'vite';
import { expect, test } from 'vitest';

test('the product’s bundle has no fake backend, and no style or script that its policy refuses', async () => {
  const built = await build({
    root: fileURLToPath(new URL('..', import.meta.url)),
    logLevel: 'silent',
    mode: 'production',
    build: { write: false },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((each) => ('output' in each ? each.output : []));
  expect(outputs.some(({ fileName }) => fileName === 'index.html')).toBe(true);
  for (const output of outputs) {
    const text = output.type === 'chunk' ? output.code : String(output.source);
    expect(text, output.fileName).not.toMatch(/mockIPC|shouldMockEvents|LANrage without a backend|Straßenbahnhaltestelle/);
    if (output.fileName.endsWith('.html')) expect(text).not.toMatch(/<style|style="|<script(?![^>]*src=)/);
  }
}, 60_000);
