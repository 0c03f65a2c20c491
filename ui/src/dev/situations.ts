// Everything that the window can show: a state of the engine, a page, what the backend answers, and what happens then.
import { tick } from 'svelte';

import type {
  Check,
  CommandError,
  Finding,
  GameExplanation,
  InvitationPreview,
  RecentPartyView,
  Subject,
  VerdictView,
} from '../bindings';
import type { Page } from '../lib/pages';
import { WAS_IN_PARTY } from '../lib/recent.svelte';
import { send, type Answers } from './backend';
import { findFriends, type FakeData } from './data';
import { scenes } from './scenes';

/** One thing to look at. */
export interface Situation {
  /** State of the engine, by the name of its scene. */
  scene: string;
  /** Where the player went. */
  page?: Page;
  answers?: Answers;
  /** Changes what is stored before the window opens. */
  store?: (stored: FakeData) => void;
  /** What happens once the window shows the page. */
  then?: () => unknown;
}

const DAY_MS = 86_400_000;

// A refusal is a plain object on the other side of the bridge too.
// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
const refuse = (error: CommandError) => () => Promise.reject(error);
const never = () => new Promise<never>(() => undefined);

const server = 'wss://play.example.org';
const checks: Check[] = (
  [
    ['adapter', { code: 'adapter_open', name: 'lanrage0' }],
    ['permission', { code: 'helper_works' }],
    ['control_server', { code: 'server_connected', server, proxy: null }],
    ['store', { code: 'store', engine: 'dht', holders: 20, looked_s: 12 }],
    ['nat', { code: 'router', mapping: 'endpoint_independent', filtering: 'address_and_port_dependent' }],
    ['port_mapping', { code: 'port_open', external: '203.0.113.4:41641' }],
    ['relay', { code: 'relays', usable: 2, count: 2, nearest: 'fra-1', rtt_ms: 12 }],
    ['mtu', { code: 'packets_good', bytes: 1_420 }],
    ['firewall', { code: 'no_firewall' }],
    ['clock', { code: 'clock_agrees' }],
    ['keyring', { code: 'keyring_works' }],
    ['database', { code: 'database_good', kib: 96 }],
  ] satisfies [Subject, Finding][]
).map(([code, finding]) => ({ code, state: 'good', finding, remedy: null }));

/** Some of the checks changed. */
const changed = (changes: Partial<Record<Subject, Partial<Check>>>): Check[] =>
  checks.map((check) => ({ ...check, ...changes[check.code] }));

const troubled = changed({
  adapter: {
    state: 'bad',
    finding: { code: 'adapter_driver' },
    remedy: { code: 'load_driver', command: 'sudo modprobe tun' },
  },
  control_server: {
    state: 'bad',
    finding: {
      code: 'server_disconnected',
      server,
      why: { code: 'unreachable', cause: { code: 'connection_refused' } },
      proxy: null,
    },
    remedy: { code: 'ask_operator' },
  },
  store: {
    state: 'warning',
    finding: { code: 'store_silent', engine: 'dht_and_relays', looked_s: 4 },
    remedy: { code: 'check_connection' },
  },
  nat: {
    state: 'warning',
    finding: { code: 'router', mapping: 'address_and_port_dependent', filtering: 'unknown' },
    remedy: { code: 'open_router' },
  },
  port_mapping: { state: 'warning', finding: { code: 'port_unavailable', fault: 'not_offered' }, remedy: { code: 'map_ports' } },
  relay: { state: 'bad', finding: { code: 'relays_fail', count: 2, nearest: 'fra-1', fault: { code: 'relay_stream', cause: { code: 'connection_closed' } } } },
  mtu: { state: 'unknown', finding: { code: 'packets_unmeasured' } },
  firewall: {
    state: 'unknown',
    finding: { code: 'ufw', adapter: 'lanrage0' },
    remedy: { code: 'allow_games', command: 'sudo ufw allow in on lanrage0' },
  },
  keyring: { state: 'warning', finding: { code: 'keyring_fails', cause: { code: 'keyring_absent' } }, remedy: { code: 'unlock_keyring' } },
});

const logLines = Array.from({ length: 40 }, (_, index) =>
  JSON.stringify({
    timestamp: `2026-11-26T20:${String(10 + Math.floor(index / 6)).padStart(2, '0')}:${String((index * 7) % 60).padStart(2, '0')}.${String(123_456 + index * 311)}Z`,
    level: index % 13 === 5 ? 'WARN' : index % 17 === 9 ? 'ERROR' : index % 4 === 1 ? 'DEBUG' : 'INFO',
    fields: {
      message: ['a path was selected', 'the control server answered', 'a relay was chosen', 'a friend joined'][index % 4],
      ...(index % 3 === 0 && { peer: '02a4…', rtt_ms: 12 + index }),
    },
    target: ['lanrage_engine::connection', 'lanrage_control::remote'][index % 2],
  }),
);

const diagnostics = (found: Check[]): Answers => ({
  run_doctor: () => ({ checks: found }),
  follow_log: ({ on }) => (on ? logLines : []),
  show_in_folder: () => null,
  save_diagnostics: () => '/home/mia/Downloads/lanrage-diagnostics-2026-11-26.json',
});

const preview: InvitationPreview = {
  party_name: 'Jonas’ cave',
  host_id: '02a4b6c8d0e2f40618',
  host_name: 'Jonas',
  members: 4,
  subnet: '10.66.0.0/16',
  unusual_network: null,
  control: ['wss://play.example.org/'],
  expires_at_ms: Date.now() + DAY_MS,
};

const link = `lanrage://join/${'AXsicCI6IjJmZDY4ZWM2YzA4YjQ1N2E5'.repeat(9)}`;

const handedOver = (answer: Answers['preview_invitation']): Answers => ({
  take_link: () => link,
  ...(answer && { preview_invitation: answer }),
});

const recent: RecentPartyView[] = [
  ['a', 'Friday LAN', true, true, true, 0],
  ['c', 'Die Donnerstagabendzockrundenwiedervereinigung', false, true, true, 3],
  ['b', 'Jonas’ cave', false, false, true, 9],
  ['d', 'Old times', true, false, false, 400],
].map(([id, name, is_host, is_favorite, can_resume, days]) => ({
  id: String(id),
  name: String(name),
  is_host: is_host === true,
  is_favorite: is_favorite === true,
  friends: ['Bo', 'Öykü', 'Jonas', 'Maximiliane', '大島'].slice(0, Number(days) % 6),
  is_active: days === 0,
  can_resume: can_resume === true, keys_missing: false,
  last_active_at_ms: Date.now() - Number(days) * DAY_MS,
}));

const why = (...verdicts: VerdictView[]): Answers => ({
  explain_game: ({ peer, is_own }): GameExplanation => ({
    slug: 'teeworlds',
    game: 'Teeworlds',
    peer,
    name: 'Anna',
    is_own,
    verdicts,
    hints: ['few_ports', 'same_version'],
  }),
});

const about = { is_own: true, peer: 'Anna', game: 'Teeworlds', place: 'udp 8303' };
const shieldClosed: VerdictView = {
  verdict: { code: 'shield_closed', ...about },
  fix: { code: 'open_port', peer: 'Anna', port: 8303, is_tcp: false },
  remedy: null,
};
const notOpened: VerdictView = {
  verdict: { code: 'not_opened', is_own: true, peer: 'Anna', game: 'Teeworlds' },
  fix: { code: 'join', game: 'Teeworlds', address: '10.66.41.7:8303' },
  remedy: null,
};
const firewall: VerdictView = {
  verdict: { code: 'firewall_drops', ...about },
  fix: null,
  remedy: { code: 'allow_games', command: 'sudo ufw allow in on lanrage0 to any port 1024:65535 proto udp' },
};

/** Asks it of the first game, and unfolds the question of a friend. */
const askWhy = () => {
  for (const button of document.querySelectorAll<HTMLElement>('.why button')) button.click();
  press('main button.more');
};

/** What most situations start from. */
export function storeUsual(stored: FakeData): void {
  stored.favorites = [{ url: 'wss://play.example.org/', name: 'Friends’ server', last_used_at_ms: null }];
  stored.parties = recent;
}

/** What a device has that was in no party yet. */
function storeNothing(stored: FakeData): void {
  localStorage.removeItem(WAS_IN_PARTY);
  stored.parties = [];
  stored.settings = [...stored.settings, findFriends];
}

/** A server is set. */
function storeServer(stored: FakeData): void {
  const set = { value: 'wss://play.example.org/', is_chosen: true };
  stored.settings = stored.settings.map((setting) => (setting.key === 'control_server' ? { ...setting, ...set } : setting));
}

const helperIsOff: Partial<Check> = {
  state: 'bad',
  finding: { code: 'helper_is_off' },
  remedy: { code: 'set_up_helper', command: 'sudo systemctl enable --now lanrage-helper.socket' },
};

const press = (selector: string) => {
  document.querySelector<HTMLElement>(selector)?.click();
};

/** Opens the first friend and presses one of the buttons for what may be done with them, if any. */
const openFriend = (button?: number) => async () => {
  press('main button.more');
  await tick();
  if (button === undefined) return;
  [...document.querySelectorAll<HTMLElement>('.rights button')].at(button)?.click();
  // The question takes the focus, and the page would be looked at with a button half below its header.
  await new Promise((resolve) => setTimeout(resolve, 0));
  window.scrollTo(0, 0);
};

const plain = Object.fromEntries(Object.keys(scenes).map((scene): [string, Situation] => [scene, { scene }]));

/** All that there is to look at, by name. */
export const situations: Record<string, Situation> = {
  ...plain,
  home_empty: {
    scene: 'home',
    store: (stored) => {
      storeNothing(stored);
      localStorage.setItem(WAS_IN_PARTY, '');
    },
  },
  first: { scene: 'home', answers: { run_doctor: () => ({ checks }) }, store: storeNothing },
  first_serverless: { scene: 'no_party_no_server', answers: { run_doctor: () => ({ checks }) }, store: storeNothing },
  first_forbidden: {
    scene: 'no_party_no_server',
    answers: { run_doctor: () => ({ checks: changed({ permission: helperIsOff }) }) },
    store: storeNothing,
    then: () => {
      press('main summary');
    },
  },
  home_in_party: { scene: 'party', page: 'home' },
  details: {
    scene: 'party',
    then: () => {
      for (const summary of document.querySelectorAll<HTMLElement>('main summary')) summary.click();
    },
  },
  friend_rights: { scene: 'moderated', then: openFriend() },
  kick_asked: { scene: 'moderated', then: openFriend(1) },
  host_asked: { scene: 'moderated', then: openFriend(-1) },
  rights_of_moderator: { scene: 'moderator', then: openFriend() },
  why: { scene: 'party', answers: why(shieldClosed, notOpened), then: askWhy },
  why_firewall: { scene: 'party', answers: why(firewall), then: askWhy },
  why_busy: { scene: 'party', answers: { explain_game: never }, then: askWhy },
  qr: {
    scene: 'alone',
    then: () => {
      press('main button[aria-expanded="false"]');
    },
  },
  party_menu: {
    scene: 'moderated',
    then: () => {
      press('main .menu button[aria-expanded="false"]');
    },
  },
  limiting: {
    scene: 'alone',
    then: () => {
      press('main button.plain[aria-expanded="false"]');
    },
  },
  link: { scene: 'home', answers: handedOver(() => preview) },
  link_reading: { scene: 'home', answers: handedOver(never) },
  link_in_party: {
    scene: 'relayed',
    answers: handedOver(() => ({ ...preview, host_name: null, members: null, control: [], expires_at_ms: null })),
  },
  link_network: {
    scene: 'home',
    answers: handedOver(() => ({ ...preview, subnet: '10.0.0.0/8', unusual_network: '10.0.0.0/8' })),
  },
  link_expired: { scene: 'home', answers: handedOver(() => ({ ...preview, expires_at_ms: 1_700_000_000_000 })) },
  link_refused: {
    scene: 'home',
    answers: handedOver(refuse({ code: 'invitation_damaged' })),
  },
  evening_link: {
    scene: 'no_party_no_server',
    answers: { run_doctor: () => ({ checks }), ...handedOver(() => ({ ...preview, party_name: 'Friday LAN', control: [], expires_at_ms: null })) },
    store: storeNothing,
  },
  evening_hosts: {
    scene: 'evening',
    then: () => send('notice', { at_ms: Date.now(), party: null, code: 'game_opened', peer: 'Jonas', game: 'Teeworlds' }),
  },
  evening_join: {
    scene: 'evening',
    answers: { join_game: never },
    then: () => {
      press('main button[aria-label^="Join Teeworlds"]');
    },
  },
  close_asked: { scene: 'relayed', then: () => send('close_asked', null) },
  settings: { scene: 'home', page: 'settings' },
  settings_server: { scene: 'server_down', page: 'settings', store: storeServer },
  settings_faulty: {
    scene: 'bad_setting',
    page: 'settings',
    store: (stored) => {
      stored.settings = stored.settings.map((setting) =>
        setting.key === 'udp_port' ? { ...setting, value: 70_000, is_chosen: true, is_refused: true } : setting,
      );
    },
  },
  games: { scene: 'home', page: 'games' },
  games_open: {
    scene: 'home',
    page: 'games',
    then: async () => {
      // The games come from the engine.
      for (let frame = 0; frame < 50 && document.querySelector('main details') === null; frame += 1) {
        await new Promise(requestAnimationFrame);
      }
      // Teeworlds, the last one.
      [...document.querySelectorAll<HTMLElement>('main details summary')].at(-1)?.click();
    },
  },
  diagnostics: { scene: 'party', page: 'diagnostics', answers: diagnostics(checks) },
  diagnostics_troubled: {
    scene: 'home',
    page: 'diagnostics',
    answers: { ...diagnostics(troubled), follow_log: () => [] },
    then: () => {
      press('main section:nth-of-type(3) button');
    },
  },
  diagnostics_running: { scene: 'home', page: 'diagnostics', answers: { ...diagnostics([]), run_doctor: never } },
  diagnostics_refused: {
    scene: 'home',
    page: 'diagnostics',
    answers: {
      run_doctor: refuse({ code: 'stopped' }),
      follow_log: refuse({ code: 'log_not_read', cause: { code: 'not_allowed' } }),
    },
  },
};
