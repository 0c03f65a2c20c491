// Every page and state of the window in a plain browser, over the fake backend and under the product's own content
// security policy: pictures of all of them, no violation that axe finds, the keyboard alone, and what an update costs.
//
// LANRAGE_SCREENSHOTS: where the pictures go (else screenshots in the target folder); LANRAGE_CHROMIUM: the browser (else
// Debian's or Ubuntu's); LANRAGE_SCENES: only these, separated by commas.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { launch, open, settle } from './browser.mjs';
import { servePages } from './pages-server.mjs';
import { addPseudoLanguage, PSEUDO } from './pseudo.mjs';
import { target } from './target.mjs';

const screenshots = process.env['LANRAGE_SCREENSHOTS'] ?? join(target, 'screenshots');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How the window is looked at. Zoom to 200 % is what browsers make of it: half the width, twice the pixels. */
const views = [
  { name: 'wide', width: 1000, height: 700, zoom: 1, themes: ['light', 'dark'], hasContrast: true },
  // Colours do not depend on the width, and to compare them takes most of axe's time.
  { name: 'narrow', width: 380, height: 640, zoom: 1, themes: ['light', 'dark'], hasContrast: false },
  { name: 'zoomed', width: 500, height: 350, zoom: 2, themes: ['light'], hasContrast: false },
];

/** Where German, whose words are longer, is looked at as well. */
const german = ['home', 'evening', 'joining', 'code', 'code_search', 'first', 'first_forbidden', 'party', 'chat', 'ready_asked', 'ready_late', 'voice', 'alone', 'moderated', 'kicked', 'moderator', 'acting_owner', 'guest', 'friend_rights', 'kick_asked', 'host_asked', 'rights_of_moderator', 'limiting', 'settings', 'diagnostics_troubled', 'link', 'close_asked', 'problems'];

/** Where more of the same is shown: one look is enough. */
const crowds = ['friends_16', 'friends_64'];

/** Where there is no engine, there are no settings: the system's language is spoken. */
const settingless = ['loading', 'running', 'broken'];

/** How the system writes moments; the pseudo-language has them in English. */
const MOMENTS = /(?:\b[A-Z][a-z]{2} \d+, \d{4}, )?\d+:\d\d(?::\d\d)? [AP]M\b/g;

/** The highest picture; of longer pages the upper part is enough. */
const TALLEST = 4_000;

const LIVE_FRIENDS = 64;
const UPDATES = 10;
/** How long a page may take on a machine that has much else to do (ms). */
const PATIENCE_MS = 90_000;
/**
 * What one update of a full party may cost of the second that it has (ms). The figure is there to be read, as machines differ;
 * at half of the second it is a fault on any of them.
 */
const MOST_PER_UPDATE_MS = 500;

/** @typedef {import('playwright-core').Page} Page */

/**
 * What axe finds, in words.
 * @param {Page} page
 * @param {boolean} hasContrast whether colours are compared too
 * @returns {Promise<string[]>}
 */
async function violations(page, hasContrast) {
  await page.evaluate(axeSource);
  return page.evaluate(async (enabled) => {
    // eslint-disable-next-line @typescript-eslint/ban-ts-comment
    // @ts-ignore axe comes with the text above.
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
      rules: {
        'color-contrast': { enabled },
        // While it starts there is one line and nothing to head: the rule is a habit, and no criterion of WCAG.
        'page-has-heading-one': { enabled: document.querySelector('main[aria-busy="true"]') === null },
      },
    });
    return violations.map((/** @type {any} */ { id, help, nodes }) =>
      [`${id}: ${help}`, ...nodes.slice(0, 3).map((/** @type {any} */ node) => `  ${node.html.slice(0, 160)}\n  ${node.failureSummary}`)].join('\n'),
    );
  }, hasContrast);
}

/** Whether what happens is said anywhere but in the header, where it covers nothing. @param {Page} page */
const coversSomething = (page) =>
  page.evaluate(() => {
    const header = document.querySelector('header')?.getBoundingClientRect();
    const said = [...document.querySelectorAll('.notices p:not(.visually-hidden)')].map((each) => each.getBoundingClientRect());
    return header !== undefined && said.some(({ top, bottom }) => top < header.top || bottom > header.bottom);
  });

/** Whether the page scrolls sideways. @param {Page} page */
const isTooWide = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/**
 * Everything in one view and one theme; what is wrong is in the answer.
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 * @param {{ view: typeof views[number], theme: string }} how
 */
async function lookAtAll(browser, baseURL, { view, theme }) {
  const { width, height, zoom } = view;
  const only = process.env['LANRAGE_SCENES']?.split(',');
  /** @type {string[]} */
  const faults = [];
  const context = await browser.newContext({
    baseURL,
    viewport: { width, height },
    deviceScaleFactor: zoom,
    colorScheme: theme === 'dark' ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: 'en-US',
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  let where = '';
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`${where}: ${message.text()}`);
  });
  page.on('pageerror', (error) => {
    faults.push(`${where}: ${error.message}`);
  });
  await page.goto('/dev.html');
  const names = await page.locator('li strong').allTextContents();
  assert.ok(names.length > 30, 'the list of everything is there');
  const wanted = names.map((name) => ({ name, language: 'en' }));
  if (theme === 'light') wanted.push(...german.map((name) => ({ name, language: 'de' })));
  let pictures = 0;
  let told = 0;
  for (const { name, language } of wanted) {
    if (only && !only.includes(name)) continue;
    if (crowds.includes(name) && view.name !== 'wide') continue;
    where = `${name}-${view.name}-${theme}-${language}`;
    await open(page, `scene=${name}&language=${language}`);
    // Of each friend, in one theme the line is looked at, and in the other all that is known.
    if (theme === 'dark') await unfold(page);
    if (await isTooWide(page)) faults.push(`${where} scrolls sideways`);
    if (await coversSomething(page)) faults.push(`${where} says what happens over something else`);
    const lang = await page.evaluate(() => document.documentElement.lang);
    if (!settingless.includes(name) && lang !== language) faults.push(`${where} says it is ${lang}`);
    // A window as high as the page, so that everything in it is in sight and drawn.
    const full = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.min(Math.max(height, full), TALLEST / zoom) });
    await settle(page);
    let found = await violations(page, view.hasContrast);
    if (found.length > 0) {
      // What a busy machine had not painted yet is no fault of the page.
      await settle(page);
      found = await violations(page, view.hasContrast);
    }
    faults.push(...found.map((violation) => `${where}: ${violation}`));
    await page.screenshot({ path: join(screenshots, `${where}.png`) });
    await page.setViewportSize({ width, height });
    pictures += 1;
    // Said at once: the whole takes minutes.
    for (; told < faults.length; told++) console.error(faults[told]);
  }
  await context.close();
  return { faults, pictures };
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 */
async function lookAtEverything(browser, baseURL) {
  const waiting = views.flatMap((view) => view.themes.map((theme) => ({ view, theme })));
  /** @type {string[]} */
  const faults = [];
  let pictures = 0;
  // Two at a time: that is as many as two cores can draw.
  const looking = [0, 1].map(async () => {
    for (let how = waiting.shift(); how; how = waiting.shift()) {
      const seen = await lookAtAll(browser, baseURL, how);
      faults.push(...seen.faults);
      pictures += seen.pictures;
    }
  });
  await Promise.all(looking);
  assert.deepEqual(faults, []);
  return `${pictures} pictures in ${screenshots}, no violation found in any`;
}

/** Opens all that is known of each friend, and shows all settings. @param {Page} page */
async function unfold(page) {
  await page.evaluate(() => {
    const folded = '.row button[aria-expanded="false"], .tools input[type="checkbox"]:not(:checked)';
    for (const each of document.querySelectorAll(folded)) /** @type {HTMLElement} */ (each).click();
  });
  await settle(page);
}

/**
 * What the page says, to eyes and to screen readers, that neither a message of the catalogue has said nor the backend.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
async function untranslated(page) {
  await unfold(page);
  const [said, heard] = await page.evaluate(() => {
    for (const each of document.querySelectorAll('details')) each.open = true;
    /** @type {string[]} */
    const said = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node instanceof Element) {
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) said.push(node.getAttribute(name) ?? '');
      } else if (!node.parentElement?.closest('.lines')) said.push(node.textContent ?? '');
    }
    return [said, [.../** @type {Set<string>} */ (/** @type {any} */ (window).lanrageHeard)]];
  });
  // Codes are never shown, and are words of the language.
  const data = [...heard.filter((text) => !/^[a-z_]*$/.test(text)), 'English', 'Deutsch'].sort((a, b) => b.length - a.length);
  return said
    .map((text) => {
      let rest = text.replace(MOMENTS, ' ');
      for (let before = ''; before !== rest; ) {
        before = rest;
        rest = rest.replace(/⟦[^⟦⟧]*⟧/g, ' ');
      }
      // The parts of a message before and after a command.
      rest = rest.replace(/⟦[^⟦⟧]*$|^[^⟦⟧]*⟧/g, ' ');
      for (const known of data) rest = rest.replaceAll(known, ' ');
      return rest.replace(/\s+/g, ' ').trim();
    })
    .filter((rest) => /\p{L}{2,}/u.test(rest));
}

/**
 * Every situation in a language that is one file and no code.
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 */
async function speakAnotherLanguage(browser, baseURL) {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 1000, height: 700 },
    locale: PSEUDO,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto('/dev.html');
  const names = await page.locator('li strong').allTextContents();
  /** @type {Set<string>} */
  const faults = new Set();
  for (const name of names) {
    await open(page, `scene=${name}&language=${PSEUDO}`);
    assert.equal(await page.evaluate(() => document.documentElement.lang), PSEUDO, name);
    if (await isTooWide(page)) faults.add(`${name} scrolls sideways`);
    for (const rest of await untranslated(page)) faults.add(`${name} says “${rest}”`);
    if (german.includes(name)) await page.screenshot({ path: join(screenshots, `${name}-${PSEUDO}.png`) });
  }
  await context.close();
  assert.deepEqual([...faults], []);
  return `${names.length} situations, and nothing in them is in no catalogue`;
}

/**
 * Presses Tab until the element of this name has the keyboard, and checks on the way that one sees where it is.
 * @param {Page} page
 * @param {string} name
 */
async function tabTo(page, name) {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const labelled = 'labels' in element ? /** @type {HTMLInputElement} */ (element).labels?.[0]?.textContent : null;
      return {
        name: (element.getAttribute('aria-label') ?? labelled ?? element.textContent ?? '').trim(),
        isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
      };
    });
    if (focused === null) continue;
    assert.ok(focused.isSeen, `one sees that “${focused.name}” has the keyboard`);
    if (focused.name === name) return;
  }
  assert.fail(`the keyboard does not reach “${name}”`);
}

/** @param {Page} page @param {string} heading */
const arrived = (page, heading) =>
  page.waitForFunction((wanted) => document.activeElement?.matches('h1') && document.activeElement.textContent === wanted, heading);

/**
 * Makes a party, invites, leaves, joins another, and answers an opened link: without a mouse.
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 */
async function walkByKeyboard(browser, baseURL) {
  const context = await browser.newContext({ baseURL, viewport: { width: 1000, height: 700 }, locale: 'en-US' });
  const page = await context.newPage();
  await open(page, 'scene=home');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the page');
  await tabTo(page, 'Party name');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('Keyboard LAN');
  await page.keyboard.press('Enter');
  await arrived(page, 'Keyboard LAN');

  await tabTo(page, 'Make a limited link');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Lets in');
  await page.keyboard.press('ArrowDown');
  await tabTo(page, 'Make link');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('main')?.textContent.includes('The link above is limited'));
  await tabTo(page, 'QR code');
  await page.keyboard.press('Space');
  await page.waitForSelector('svg[role="img"][aria-label^="QR code"]');

  await page.keyboard.press('Shift+Tab');
  await page.evaluate(() => {
    document.querySelector('h1')?.focus();
  });
  await tabTo(page, 'More');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Leave party');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Stay');
  await tabTo(page, 'Leave');
  await page.keyboard.press('Enter');
  await arrived(page, 'One LAN, wherever you are');

  await tabTo(page, 'Invitation link');
  await page.keyboard.type('lanrage://join/abc');
  await page.waitForFunction(() => document.querySelector('main')?.textContent.includes('Jonas'));
  await page.keyboard.press('Enter');
  await arrived(page, 'Friday LAN');
  await tabTo(page, 'Pause');
  await page.keyboard.press('Enter');
  await arrived(page, 'One LAN, wherever you are');

  for (const [name, heading] of [['Settings', 'Settings'], ['Diagnostics', 'Diagnostics']]) {
    await page.evaluate(() => {
      /** @type {HTMLElement | null} */ (document.querySelector('header button'))?.focus();
    });
    await tabTo(page, name ?? '');
    await page.keyboard.press('Enter');
    await arrived(page, heading ?? '');
  }

  await open(page, 'scene=link');
  await page.waitForFunction(() => document.activeElement?.closest('dialog') !== null);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent.trim()), 'Not now');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  await open(page, 'scene=link');
  await tabTo(page, 'Join');
  await page.keyboard.press('Enter');
  await arrived(page, 'Friday LAN');
  await context.close();
  return 'made, invited, left, joined, paused, and answered an opened link without a mouse';
}

/**
 * Games and eight friends, in the window as it opens.
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 */
async function seeEightFriends(browser, baseURL) {
  const height = 680;
  const context = await browser.newContext({ baseURL, viewport: { width: 980, height }, locale: 'en-US' });
  const page = await context.newPage();
  await open(page, 'scene=eight');
  const bottoms = await page.locator('main li h3').evaluateAll((names) => names.map((name) => name.closest('li')?.getBoundingClientRect().bottom ?? Infinity));
  assert.equal(bottoms.length, 8);
  const lowest = Math.max(...bottoms);
  assert.ok(lowest <= height, `the last of eight friends ends at ${lowest} of ${height} pixels`);
  assert.ok(await page.getByText('Jonas hosts Teeworlds').isVisible());
  await page.screenshot({ path: join(screenshots, 'eight.png') });
  await context.close();
  return `the last of eight friends ends at ${Math.round(lowest)} of ${height} pixels`;
}

/** How often a newcomer may press until the link is copied. */
const MOST_PRESSES = 3;

/**
 * From the first start to a link that is ready to be sent.
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 */
async function inviteAsANewcomer(browser, baseURL) {
  const context = await browser.newContext({ baseURL, viewport: { width: 980, height: 680 }, locale: 'en-US' });
  const page = await context.newPage();
  await open(page, 'scene=first_serverless');
  await page.evaluate(() => {
    const counted = /** @type {any} */ (window);
    counted.presses = 0;
    addEventListener('click', ({ isTrusted }) => (counted.presses += isTrusted ? 1 : 0), true);
  });
  const first = page.getByRole('region', { name: 'Before your first party' });
  assert.ok(await first.isVisible());
  await page.getByRole('button', { name: 'Make the party' }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const presses = await page.evaluate(() => /** @type {any} */ (window).presses);
  assert.ok(presses <= MOST_PRESSES, `a newcomer presses ${presses} times`);
  // Whoever was in a party knows it, though none is on the list.
  await open(page, 'scene=home_empty');
  await page.getByRole('heading', { name: 'Make a party' }).waitFor();
  assert.equal(await first.count(), 0);
  await context.close();
  return `a copied link after ${presses} presses`;
}

/**
 * Texts and colours change as soon as they are chosen.
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 */
async function switchLanguageAndTheme(browser, baseURL) {
  const context = await browser.newContext({ baseURL, colorScheme: 'light', locale: 'de-AT' });
  const page = await context.newPage();
  await open(page, 'scene=settings');
  await page.getByRole('heading', { name: 'Einstellungen', level: 1 }).waitFor();
  await page.getByLabel('Sprache', { exact: true }).selectOption('en');
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.getByLabel('Theme', { exact: true }).selectOption('dark');
  await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
  const dark = await background();
  assert.notEqual(dark, light);
  await page.getByLabel('Theme', { exact: true }).selectOption('system');
  await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
  await context.close();
  return 'both follow the system, and the settings as soon as they change';
}

/**
 * What a new state of a full party costs, once a second.
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 */
async function measureUpdates(browser, baseURL) {
  const context = await browser.newContext({ baseURL, viewport: { width: 1000, height: 700 }, locale: 'en-US' });
  const page = await context.newPage();
  await open(page, `scene=friends_${LIVE_FRIENDS}&live`);
  assert.equal(await page.locator('main li h3').count(), LIVE_FRIENDS);
  const session = await context.newCDPSession(page);
  // The thread's own time: other programs of the machine are not counted.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const marks = await page.evaluate(() => performance.getEntriesByName('snapshot').length);
    return { marks, ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])) };
  };
  // The first updates warm the program up.
  await page.waitForFunction(() => performance.getEntriesByName('snapshot').length >= 2);
  const before = /** @type {Record<string, number>} */ (await read());
  await page.waitForFunction((count) => performance.getEntriesByName('snapshot').length >= count, (before['marks'] ?? 0) + UPDATES, { timeout: 60_000 });
  // The work of the last one ends within its second.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
  const after = /** @type {Record<string, number>} */ (await read());
  await context.close();
  const updates = (after['marks'] ?? 0) - (before['marks'] ?? 0);
  const perUpdate = (/** @type {string} */ name) => (((after[name] ?? 0) - (before[name] ?? 0)) * 1000) / updates;
  const script = perUpdate('ScriptDuration');
  const layout = perUpdate('LayoutDuration');
  const style = perUpdate('RecalcStyleDuration');
  const all = perUpdate('TaskDuration');
  assert.ok(script + layout + style < MOST_PER_UPDATE_MS, `an update costs ${script + layout + style} ms`);
  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`;
  return `${LIVE_FRIENDS} friends at 1 Hz, per update: script ${ms(script)}, style ${ms(style)}, layout ${ms(layout)}; all tasks ${ms(all)} (${updates} updates)`;
}

/** The page that a control server shows for an invitation, as the server has it. */
const landing = new URL('../../crates/app/control-server/landing/', import.meta.url);

/** A link's part behind the `#`, as the first format has it: its version, what it says, and a checksum, which the page passes over.
 * @param {object} body */
const invitationCode = (body) =>
  Buffer.concat([Buffer.from([1]), Buffer.from(JSON.stringify(body)), Buffer.alloc(4)]).toString('base64url');

/**
 * An invitation opened in a browser: it names the party, and hands the link to LANrage alone.
 * @param {import('playwright-core').Browser} browser
 */
async function openInvitation(browser) {
  const code = invitationCode({ n: '<b>Öykü’s</b> LAN', o: 'Ada', k: 'secret' });
  /** @type {string[]} */
  const faults = [];
  for (const [locale, colorScheme, button] of /** @type {const} */ ([['en-US', 'light', 'Open in LANrage'], ['de-AT', 'dark', 'In LANrage öffnen']])) {
    const context = await browser.newContext({ colorScheme, locale, viewport: { width: 380, height: 640 } });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(`${locale}: ${message.text()}`);
    });
    page.on('pageerror', (error) => {
      faults.push(`${locale}: ${error.message}`);
    });
    /** @type {string[]} */
    const asked = [];
    await context.route('**/*', (route) => {
      const url = new URL(route.request().url());
      asked.push(url.href);
      const file = url.pathname === '/join' ? 'join.html' : url.pathname.slice(1);
      const kind = { html: 'text/html', css: 'text/css', js: 'text/javascript' }[file.split('.')[1] ?? ''];
      if (!kind) return route.fulfill({ status: 204 });
      const text = readFileSync(new URL(file, landing), 'utf8').replace('%DOWNLOADS%', 'https://example.org/lanrage');
      return route.fulfill({ contentType: `${kind}; charset=utf-8`, body: text });
    });
    await page.goto(`https://play.example.org/join#${code}`);
    const open = page.getByRole('link', { name: button });
    assert.equal(await open.getAttribute('href'), `lanrage://join/${code}`);
    assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /“<b>Öykü’s<\/b> LAN”/);
    assert.equal(await page.getByRole('link', { name: 'example.org' }).getAttribute('href'), 'https://example.org/lanrage');
    if (await isTooWide(page)) faults.push(`${locale} scrolls sideways`);
    faults.push(...(await violations(page, true)).map((violation) => `${locale}: ${violation}`));
    await page.screenshot({ path: join(screenshots, `landing-${locale}.png`) });
    assert.ok(asked.every((url) => !url.includes(code)), 'a server is sent the invitation');

    await page.goto('https://play.example.org/join#not%20a%20code');
    await page.reload();
    await page.getByRole('alert').waitFor();
    assert.equal(await open.count(), 0, 'there is nothing to open');
    await context.close();
  }
  assert.deepEqual(faults, []);
  return 'the invitation’s page names the party, opens LANrage, and sends the link to nobody';
}

mkdirSync(screenshots, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'lanrage-pages-'));
process.env['LANRAGE_LOCALES'] = addPseudoLanguage(join(profile, 'locales'));
const server = await servePages(join(profile, 'site'));
const browser = await launch();
try {
  for (const [what, test] of Object.entries({ speakAnotherLanguage, lookAtEverything, walkByKeyboard, inviteAsANewcomer, seeEightFriends, switchLanguageAndTheme, openInvitation, measureUpdates })) {
    const started = Date.now();
    const result = await test(browser, server.address);
    console.log(`ok – ${what}: ${result} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
  await server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
