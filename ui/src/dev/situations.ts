// Everything that the window can show: a state of the engine, a page, what the backend answers, and what happens then.
import type { Check, CommandError, InvitationPreview, RecentPartyView } from '../bindings';
import type { Page } from '../lib/pages';
import { send, type Answers } from './backend';
import type { FakeData } from './data';
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

const checks: Check[] = [
  ['adapter', 'Network adapter', 'lanrage0 is open.', 'Games can reach your friends.'],
  ['permission', 'Permission', 'The helper opens the adapter.', 'LANrage needs no special rights itself.'],
  ['control_server', 'Control server', 'Connected to wss://play.example.org in 24 ms.', 'Friends find your parties.'],
  ['nat', 'Router (NAT)', 'Your router keeps one port for everyone.', 'Most friends are reached directly.'],
  ['port_mapping', 'Open port', 'The router opened 203.0.113.4:41641.', 'Friends with strict routers can reach you.'],
  ['relay', 'Relay', 'fra-1 answers in 12 ms.', 'Where no direct path is found, this one carries.'],
  ['mtu', 'Largest packet', 'The path carries 1,420 bytes.', 'Nothing has to be cut in pieces.'],
  ['firewall', 'Firewall', 'Nothing blocks LANrage.', ''],
  ['clock', 'Clock', 'Right to 0.3 s.', ''],
  ['keyring', 'Keyring', 'Unlocked.', 'Your keys are in the system’s keyring.'],
  ['database', 'Database', 'In order, 98 kB.', 'Last backup today.'],
].map(([code = '', title = '', result = '', meaning = '']) => ({
  code,
  title,
  state: 'good' as const,
  result,
  meaning,
  fix: '',
}));

/** Some of the checks changed. */
const changed = (changes: Record<string, Partial<Check>>): Check[] =>
  checks.map((check) => ({ ...check, ...changes[check.code] }));

const troubled = changed({
  adapter: {
    state: 'bad',
    result: 'This computer has no driver for virtual network adapters.',
    meaning: 'Games cannot see your friends.',
    fix: 'Load the driver with "sudo modprobe tun". In a container, pass the device /dev/net/tun through.',
  },
  control_server: { state: 'bad', result: 'wss://play.example.org refused the connection.', meaning: 'Nobody new can join.', fix: 'Check your internet connection.' },
  nat: {
    state: 'warning',
    result: 'Your router uses a new port for every destination.',
    meaning: 'Friends with strict routers are reached through a relay.',
    fix: 'Switch on UPnP or NAT-PMP in your router.',
  },
  port_mapping: { state: 'warning', result: 'The router maps no ports.', meaning: '', fix: '' },
  mtu: { state: 'unknown', result: 'Nobody is there to measure with.', meaning: '', fix: '' },
  keyring: { state: 'warning', result: 'There is no keyring.', meaning: 'Keys are in a file that only you can read.', fix: '' },
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
  save_diagnostics: () => '/home/mia/Downloads/lanrage-diagnostics-2026-11-26.json',
});

const preview: InvitationPreview = {
  party_name: 'Jonas’ cave',
  host_id: '02a4b6c8d0e2f40618',
  host_name: 'Jonas',
  members: 4,
  subnet: '10.66.0.0/16',
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
  is_active: days === 0,
  can_resume: can_resume === true,
  last_active_at_ms: Date.now() - Number(days) * DAY_MS,
}));

/** What most situations start from. */
export function storeUsual(stored: FakeData): void {
  stored.favorites = [{ url: 'wss://play.example.org/', name: 'Friends’ server', last_used_at_ms: null }];
  stored.parties = recent;
}

const press = (selector: string) => {
  document.querySelector<HTMLElement>(selector)?.click();
};

const plain = Object.fromEntries(Object.keys(scenes).map((scene): [string, Situation] => [scene, { scene }]));

/** All that there is to look at, by name. */
export const situations: Record<string, Situation> = {
  ...plain,
  home_empty: {
    scene: 'home',
    store: (stored) => {
      stored.parties = [];
    },
  },
  home_in_party: { scene: 'party', page: 'home' },
  details: {
    scene: 'party',
    then: () => {
      for (const summary of document.querySelectorAll<HTMLElement>('main summary')) summary.click();
    },
  },
  qr: {
    scene: 'alone',
    then: () => {
      press('main button[aria-expanded="false"]');
    },
  },
  link: { scene: 'home', answers: handedOver(() => preview) },
  link_reading: { scene: 'home', answers: handedOver(never) },
  link_in_party: {
    scene: 'relayed',
    answers: handedOver(() => ({ ...preview, host_name: null, members: null, control: [], expires_at_ms: null })),
  },
  link_expired: { scene: 'home', answers: handedOver(() => ({ ...preview, expires_at_ms: 1_700_000_000_000 })) },
  link_refused: {
    scene: 'home',
    answers: handedOver(refuse({ code: 'invitation_damaged', text: 'the link is damaged; copy it once more, to its very end' })),
  },
  close_asked: { scene: 'relayed', then: () => send('close_asked', null) },
  settings: { scene: 'home', page: 'settings' },
  settings_faulty: {
    scene: 'bad_setting',
    page: 'settings',
    store: (stored) => {
      const fault = 'a whole number from 0 to 65535';
      stored.settings = stored.settings.map((setting) =>
        setting.key === 'udp_port' ? { ...setting, value: 70_000, is_chosen: true, fault } : setting,
      );
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
      run_doctor: refuse({ code: 'stopped', text: 'the engine has stopped' }),
      follow_log: refuse({ code: 'log', text: 'the log cannot be read' }),
    },
  },
};
