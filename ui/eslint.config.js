import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import { defineConfig, globalIgnores } from 'eslint/config';

import svelteConfig from './svelte.config.js';

const backend = {
  group: ['@tauri-apps/*'],
  message: 'Only src/lib/bridge.ts talks to the backend.',
};
const locale = 'WebKit may report the locale "C", with which Intl throws: format through src/lib/format.ts.';

export default defineConfig(
  globalIgnores(['dist', 'node_modules', 'src/bindings.ts', 'src/lib/words/messages.d.ts']),
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-imports': ['error', { patterns: [backend] }],
      'no-restricted-globals': ['error', { name: 'Intl', message: locale }],
      'no-restricted-properties': [
        'error',
        ...['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'].map((property) => ({
          property,
          message: locale,
        })),
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, projectService: true, extraFileExtensions: ['.svelte'], svelteConfig },
    },
    rules: {
      'svelte/button-has-type': 'error',
      'svelte/no-inline-styles': 'error',
      'svelte/no-at-html-tags': 'error',
    },
  },
  {
    files: ['src/lib/bridge.ts', 'src/dev/**', 'test/**'],
    rules: { 'no-restricted-imports': 'off', 'no-restricted-globals': 'off' },
  },
  {
    files: ['src/lib/format.ts', 'src/lib/locale.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: ['e2e/**', '*.config.*', '*.mjs'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: { ...globals.node } },
    rules: { 'no-console': 'off' },
  },
);
