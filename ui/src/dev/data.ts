import type {
  Changed,
  DataSummary,
  DesktopRequests,
  FavoriteView,
  KnownGameView,
  PortDecisionView,
  RecentPartyView,
  Requests,
  SettingView,
} from '../bindings';

/** Everything that the window may ask. */
export type Asked = Requests & DesktopRequests;

/** Answers of a backend that is not there. */
export type Answers = {
  [K in keyof Asked]?: (args: Asked[K]['args']) => Asked[K]['answer'] | Promise<Asked[K]['answer']>;
};

const MADE_AT_MS = 1_700_000_000_000;
const DAY_MS = 86_400_000;

const declared: SettingView = {
  key: '',
  group: 'network',
  kind: { type: 'name' },
  optional: false,
  default: null,
  value: null,
  is_chosen: false,
  is_refused: false,
  rule: { code: 'name', most_bytes: 48 },
  unit: null,
  doc: '',
  restart_required: false,
};

/** One setting of each kind. */
export const sampleSettings: SettingView[] = [
  {
    ...declared,
    key: 'control_server',
    group: 'party',
    kind: { type: 'control_endpoint' },
    optional: true,
    rule: { code: 'control_endpoint' },
    doc: 'The control server for new parties. Empty: friends find each other by the link, where one of them can be reached.',
  },
  {
    ...declared,
    key: 'server_key',
    group: 'party',
    kind: { type: 'access_key' },
    optional: true,
    value: '••••••••',
    is_chosen: true,
    rule: { code: 'access_key', least: 16, most: 128 },
    doc: 'The key that a private server wants of whoever makes parties there; its operator gives it to you. Shown nowhere, and in no export or report.',
  },
  {
    ...declared,
    key: 'restore_last_party',
    group: 'party',
    kind: { type: 'boolean' },
    default: true,
    value: true,
    rule: { code: 'boolean' },
    doc: 'Whether the last party comes back by itself when LANrage starts.',
  },
  {
    ...declared,
    key: 'udp_port',
    kind: { type: 'integer', min: 0, max: 65_535 },
    default: 0,
    value: 0,
    rule: { code: 'integer', min: 0, max: 65_535 },
    doc: 'UDP port for all traffic between friends. 0: any free one.',
    restart_required: true,
  },
  {
    ...declared,
    key: 'stun_servers',
    kind: { type: 'stun_servers' },
    default: 'stun.cloudflare.com:3478, stun.nextcloud.com:3478, stun.l.google.com:19302',
    value: 'stun.cloudflare.com:3478, stun.nextcloud.com:3478, stun.l.google.com:19302',
    rule: { code: 'servers', most: 8 },
    doc: 'STUN servers that tell this device how it looks from outside, where the control server offers too few. Empty: none but the control server’s.',
  },
  {
    ...declared,
    key: 'quality_good',
    kind: { type: 'integer', min: 0, max: 93 },
    default: 80,
    value: 80,
    rule: { code: 'integer', min: 0, max: 93 },
    unit: 'points',
    doc: 'Least rating of a good connection.',
  },
  {
    ...declared,
    key: 'backup_keep',
    group: 'data',
    kind: { type: 'integer', min: 1, max: 50 },
    default: 7,
    value: 9,
    is_chosen: true,
    rule: { code: 'integer', min: 1, max: 50 },
    unit: 'backups',
    doc: 'How many daily backups are kept.',
  },
  {
    ...declared,
    key: 'log_level',
    group: 'log',
    kind: { type: 'choice', choices: ['error', 'warn', 'info', 'debug', 'trace'] },
    default: 'info',
    value: 'info',
    rule: { code: 'choice', choices: ['error', 'warn', 'info', 'debug', 'trace'] },
    doc: 'How much is logged.',
  },
];

/** How friends find a party without a server. */
export const findFriends: SettingView = {
  ...declared,
  key: 'find_friends',
  group: 'party',
  kind: { type: 'choice', choices: ['link', 'dht'] },
  default: 'dht',
  value: 'dht',
  rule: { code: 'choice', choices: ['link', 'dht'] },
  doc: 'How friends find a party without a control server.',
};

const ask = { ...declared, group: 'app' };

/** The settings of the app itself, as they are declared. */
export const appSettings: SettingView[] = [
  { ...ask, key: 'autostart', kind: { type: 'boolean' }, default: false, value: false, rule: { code: 'boolean' }, doc: 'Whether LANrage starts with the computer, in the tray.' },
  {
    ...ask,
    key: 'notifications',
    kind: { type: 'boolean' },
    default: true,
    value: true,
    rule: { code: 'boolean' },
    doc: 'Whether the system tells of friends who come and go and of connections that get worse, while the window is not in front.',
  },
  {
    ...ask,
    key: 'sounds',
    kind: { type: 'boolean' },
    default: false,
    value: false,
    rule: { code: 'boolean' },
    doc: 'Whether the window makes a short sound when a friend comes, writes in the chat, or asks whether everybody is ready.',
  },
  {
    ...ask,
    key: 'check_updates',
    kind: { type: 'boolean' },
    default: true,
    value: true,
    rule: { code: 'boolean' },
    doc: 'Whether LANrage looks once a day for a newer version of itself.',
  },
  {
    ...ask,
    key: 'keep_in_tray',
    kind: { type: 'choice', choices: ['ask', 'keep', 'quit'] },
    default: 'ask',
    value: 'ask',
    rule: { code: 'choice', choices: ['ask', 'keep', 'quit'] },
    doc: 'What closing the window does while there is a party: ask, keep it in the tray, or quit.',
  },
  {
    ...ask,
    key: 'language',
    kind: { type: 'language' },
    default: 'system',
    value: 'system',
    rule: { code: 'language' },
    doc: 'The language of the app.',
  },
  {
    ...ask,
    key: 'theme',
    kind: { type: 'choice', choices: ['system', 'light', 'dark'] },
    default: 'system',
    value: 'system',
    rule: { code: 'choice', choices: ['system', 'light', 'dark'] },
    doc: 'The colours of the app.',
  },
];

/** Stored data that is not there: it keeps what it is told, as far as the window can see. */
const teeworlds: KnownGameView = {
  slug: 'teeworlds',
  name: 'Teeworlds',
  programs: ['teeworlds.exe'],
  servers: ['teeworlds-server'],
  ports: ['udp 8303-8310'],
  is_mesh: false,
  discovery: [{ kind: 'ask', ports: 'udp 8303-8310' }],
  query: 'teeworlds',
  steam: [380_840],
  launch: [['program', 'connect {ip}:{port}']],
  hints: ['few_ports', 'same_version'],
  ports_certainty: 'certain',
  discovery_certainty: 'certain',
  launch_certainty: 'certain',
  origin: 'builtin',
  is_hidden: false,
  lets_search: null,
  brings_searches: false,
};

/** One game of each origin. */
export const sampleGames: KnownGameView[] = [
  teeworlds,
  { ...teeworlds, slug: 'factorio', name: 'Factorio', ports: ['udp 34198'], origin: 'changed', is_hidden: true, brings_searches: null },
  { ...teeworlds, slug: 'ours', name: 'Our own game', hints: [], discovery: [], origin: 'mine', brings_searches: null },
];

export class FakeData {
  settings = [...sampleSettings, ...appSettings];
  favorites: FavoriteView[] = [];
  parties: RecentPartyView[] = [];
  games: KnownGameView[] = sampleGames;
  decided: PortDecisionView[] = [];
  faults = 0;
  backups = [0, 1].map((day) => ({ path: `/backups/${day}.db`, made_at_ms: MADE_AT_MS - day * DAY_MS }));

  /** Its answers to what the window asks of it. */
  readonly answers = {
    settings: () => this.settings,
    set_settings: () => ({ restart_required: false }),
    run_doctor: () => ({ checks: [] }),
    look_for_update: () => ({ own: '0.1.0', is_told: true, newer: '0.2.0', page: 'https://example.org/lanrage' }),
    open_update_page: () => null,
    set_text: ({ key: wanted, text }) => this.#change(({ key }) => key === wanted, text),
    reset_setting: ({ key: wanted }) => this.#change(({ key }) => key === wanted, null),
    reset_settings: () => this.#change(() => true, null),
    export_settings: () => {
      const chosen = this.settings.filter((setting) => setting.is_chosen && setting.kind.type !== 'access_key');
      return JSON.stringify(Object.fromEntries(chosen.map(({ key, value }) => [key, value])), null, 2);
    },
    import_settings: () => ({ restart_required: true }),
    restore: () => ({
      kept: { path: '/home/ada/.local/share/lanrage/backups/restore.db', made_at_ms: Date.now() },
      restart_required: true,
      without_keys: [],
    }),
    choose_backup: () => '/home/ada/Downloads/party.db',
    games: () => this.games,
    hide_game: ({ slug, hidden }) => {
      this.games = this.games.map((game) => (game.slug === slug ? { ...game, is_hidden: hidden } : game));
      return null;
    },
    bring_searches: ({ slug, bring }) => {
      this.games = this.games.map((game) => (game.slug === slug ? { ...game, brings_searches: bring } : game));
      return null;
    },
    shield_rules: () => ({ trusted: [], ports: this.decided }),
    decide_ports: ({ transport, first, last, peer, name, is_open }) => {
      this.decided = [...this.decided, { transport, first, last, peer, name: peer === null ? null : name, is_open }];
      return null;
    },
    forget_ports: () => {
      this.decided = [];
      return null;
    },
    save_games: () => '/home/ada/Documents/LANrage games.json',
    save_export: () => '/home/ada/Documents/LANrage settings.json',
    read_export: (): string | null => null,
    show_in_folder: () => null,
    favorites: () => this.favorites,
    save_favorite: ({ url, name }) => {
      this.favorites = [...this.favorites, { url, name, last_used_at_ms: null }];
      return null;
    },
    delete_favorite: ({ url: gone }) => {
      this.favorites = this.favorites.filter(({ url }) => url !== gone);
      return null;
    },
    recent_parties: () => this.parties,
    set_favorite_party: ({ party, favorite }) => {
      this.parties = this.parties.map((each) => (each.id === party ? { ...each, is_favorite: favorite } : each));
      return null;
    },
    forget_party: ({ party }) => {
      this.parties = this.parties.filter(({ id }) => id !== party);
      return null;
    },
    back_up_now: () => {
      this.backups = [{ path: '/backups/now.db', made_at_ms: MADE_AT_MS + DAY_MS }, ...this.backups];
      return this.#summary();
    },
    summary: () => this.#summary(),
    check: () => this.faults,
  } satisfies Answers;

  #summary(): DataSummary {
    return { size_bytes: 98_304, backups: this.backups };
  }

  #change(concerns: (setting: SettingView) => boolean, text: string | null): Changed {
    this.settings = this.settings.map((setting) => {
      if (!concerns(setting)) return setting;
      const typed = (): unknown => {
        if (text === '') return setting.optional ? null : '';
        return setting.kind.type === 'boolean' || setting.kind.type === 'integer' ? JSON.parse(text ?? '') : text;
      };
      const value = text === null ? setting.default : typed();
      return { ...setting, value, is_chosen: text !== null, is_refused: false };
    });
    const isLate = this.settings.some((setting) => concerns(setting) && setting.restart_required);
    return { restart_required: isLate };
  }
}
