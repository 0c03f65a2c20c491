// Where Cargo has built the programs.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Cargo's target folder. A relative one is meant from where npm was called, as Cargo itself takes it. */
export const target = resolve(
  process.env['INIT_CWD'] ?? '.',
  process.env['CARGO_TARGET_DIR'] ?? join(root, 'target'),
);
