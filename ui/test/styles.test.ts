// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const components = fileURLToPath(new URL('../src/components/', import.meta.url));
const styles = readdirSync(components).map((name) => {
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(readFileSync(components + name, 'utf8')) ?? [];
  return { name, style };
});
const sheet = readFileSync(fileURLToPath(new URL('../src/app.css', import.meta.url)), 'utf8');

/** Which components have a line in their style that is none of theirs. */
const having = (wrong: RegExp) => styles.flatMap(({ name, style }) => (wrong.test(style) ? [name] : []));

describe('the style sheet alone says', () => {
  test('how large texts are', () => {
    expect(having(/font-size: (?!var\()/)).toEqual([]);
    expect(sheet.match(/font-size: (?!var\().*/g)).toEqual(['font-size: 0.875em;']);
  });

  test('which colours there are', () => {
    // What a camera reads is dark on light in every theme.
    expect(having(/#[0-9a-f]{3,8}\b|\b(rgb|hsl)a?\(/)).toEqual(['QrCode.svelte']);
  });

  test('which colour a tone has', () => {
    expect(having(/\.(good|warn|bad)\b[^{]*\{\s*color:/)).toEqual([]);
  });

  test('that nothing moves for who wants no motion', () => {
    expect(sheet).toMatch(/prefers-reduced-motion: reduce\) \{\s*\*,[^}]*animation-duration: 0\.01ms !important/);
    expect(having(/(animation|transition)[^;]*!important/)).toEqual([]);
  });
});

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe.each([
  ['light', /:root \{([^}]*)\}/],
  ['dark', /:root\[data-theme='dark'\] \{([^}]*)\}/],
])('colours of the %s theme', (_, block) => {
  const tokens = new Map([...(block.exec(sheet)?.[1] ?? '').matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name = '', hex = '']) => [name, hex]));
  const colour = (name: string) => tokens.get(name) ?? expect.fail(`no colour ${name}`);

  test.each(['page', 'surface', 'sunken'])('can be read on %s (4.5 : 1)', (ground) => {
    for (const ink of ['ink', 'muted', 'good', 'warn', 'bad']) expect(contrast(colour(ink), colour(ground)), ink).toBeGreaterThanOrEqual(4.5);
  });

  test('can be read on what they tint', () => {
    for (const tone of ['good', 'warn', 'bad']) {
      for (const ink of ['ink', 'muted', tone]) expect(contrast(colour(ink), colour(`${tone}-soft`)), `${ink} on ${tone}`).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(colour('on-primary'), colour('primary'))).toBeGreaterThanOrEqual(4.5);
  });

  test('show where a field ends and where the keyboard is (3 : 1)', () => {
    for (const line of ['line-strong', 'focus']) {
      for (const ground of ['page', 'surface', 'sunken']) expect(contrast(colour(line), colour(ground)), `${line} on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  });
});
