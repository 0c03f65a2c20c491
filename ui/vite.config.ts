import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

/** The catalogues of all languages. A test puts another folder here, with a language that nobody speaks. */
const locales = process.env.LANRAGE_LOCALES ?? fileURLToPath(new URL('../crates/app/words/locales', import.meta.url));

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  clearScreen: false,
  // The address that tauri.conf.json names as devUrl.
  server: { port: 1420, strictPort: true, fs: { allow: ['.', locales] } },
  resolve: { alias: { '@locales': locales } },
  build: {
    // The oldest WebKit that supported desktops still ship.
    target: ['es2022', 'safari16', 'chrome110'],
    // The content security policy admits no inline data but small pictures.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  test: {
    environment: 'happy-dom',
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    restoreMocks: true,
    // Generous: machines that test also compile.
    testTimeout: 20_000,
  },
});
