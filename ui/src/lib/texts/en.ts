// Every word the window says, in English: the shape that every other language has to have. Sentences that the engine
// writes come with the data; `said` replaces them where a language has its own.
import type { CheckState, ConnectionState, NatType, Quality, SettingView } from '../../bindings';

/** Sentences of the engine in another language: by code, and for those that name somebody by their pattern. */
export interface Said {
  /** Refusals by code. */
  errors: Partial<Record<string, string>>;
  /** Notices by code. */
  notices: Partial<Record<string, Sentence>>;
  /** Problems by code: what is wrong, and what can be done. */
  problems: Partial<Record<string, { text?: Sentence; fix: string }>>;
  /** Checks of the diagnostics by code. */
  checks: Partial<Record<string, string>>;
  /** All other sentences, and parts of them; the first that fits. */
  sentences: readonly Sentence[];
}

/** A sentence of the engine as a pattern, and its translation from the pattern's groups. */
export interface Sentence {
  from: RegExp;
  /** A group that took no part is empty. */
  to: (...groups: string[]) => string;
}

/** A translation to be complete: no key may be missing or be there in vain. */
export type Texts = typeof en;

const nothing: Said = { errors: {}, notices: {}, problems: {}, checks: {}, sentences: [] };

export const en = {
  product: 'LANrage',
  windowTitle: (party: string | undefined) => (party === undefined ? 'LANrage' : `${party} – LANrage`),
  unexpected: (detail: string) => `Something went wrong inside LANrage: ${detail}`,

  loading: 'Starting…',
  loadingSlow: 'This takes longer than usual. LANrage is still opening its data folder.',

  pages: {
    label: 'Pages',
    home: 'Home',
    party: 'Party',
    settings: 'Settings',
    diagnostics: 'Diagnostics',
    skip: 'Skip to the page',
  },

  failed: {
    heading: 'LANrage could not start',
    alreadyRunning: 'LANrage is already running',
  },

  player: {
    label: 'Your name',
    shown: 'Friends see you as',
    change: 'Change',
    changeLabel: 'Change your name',
    save: 'Save',
    cancel: 'Cancel',
    empty: 'Your friends need a name to recognise you by.',
  },

  home: {
    heading: 'One LAN, wherever you are',
    lead: 'Make a party and send the link, or open a link that a friend sent you.',
    inParty: 'You are in',
    toParty: 'Go to the party',
    pauses: (party: string) => `${party} is paused meanwhile; you keep your place in it.`,
  },

  recent: {
    heading: 'Recent parties',
    favorites: 'Favourites',
    empty: 'No parties yet. The ones you make or join are listed here, one click away.',
    active: 'You are there now',
    favorite: (party: string) => `${party} is a favourite`,
    hosted: 'You made it',
    joined: 'You joined it',
    lastActive: (when: string) => `last there ${when}`,
    resume: 'Resume',
    resumeName: (party: string) => `Resume ${party}`,
    resumeBusy: 'Resuming…',
    forget: 'Forget',
    forgetName: (party: string) => `Forget ${party}`,
    forgetQuestion: (party: string, member: boolean) =>
      member ? `Forget ${party}? You need the link to come back.` : `Take ${party} off this list?`,
    forgetBusy: 'Forgetting…',
  },

  settings: {
    heading: 'Settings',
    lead: 'They are kept on this device.',
    back: 'Back',
    groups: {
      player: 'You',
      party: 'Parties',
      app: 'App',
      network: 'Network',
      data: 'Backups',
      log: 'Log',
    } as Partial<Record<string, string>>,
    /** Names of settings whose key does not read as one. */
    names: {
      autostart: 'Start with the computer',
      keep_in_tray: 'When the window is closed',
    } as Partial<Record<string, string>>,
    /** What they do, where the declaration's words are not used. */
    docs: {} as Partial<Record<string, string>>,
    /** What a value must be; the declaration says it in English. */
    ruleOf: (setting: Pick<SettingView, 'kind' | 'optional' | 'rule'>) => setting.rule,
    units: {} as Partial<Record<string, string>>,
    /** Words of choices that do not read as such. */
    choices: {
      'language/system': 'As the system',
      'language/en': 'English',
      'language/de': 'Deutsch',
      'theme/system': 'As the system',
      'theme/light': 'Light',
      'theme/dark': 'Dark',
      'keep_in_tray/ask': 'Ask',
      'keep_in_tray/keep': 'Keep the party in the tray',
      'keep_in_tray/quit': 'Quit',
    } as Partial<Record<string, string>>,
    on: 'On',
    off: 'Off',
    empty: 'empty',
    byDefault: (value: string) => `Default: ${value}`,
    rule: (rule: string) => `Must be ${rule}.`,
    save: 'Save',
    saveName: (setting: string) => `Save ${setting}`,
    cancel: 'Cancel',
    cancelName: (setting: string) => `Do not change ${setting}`,
    reset: 'Reset',
    resetName: (setting: string) => `Reset ${setting}`,
    saved: 'Saved.',
    wasReset: 'Reset to its default.',
    undo: 'Undo',
    undoName: (setting: string) => `Undo the change of ${setting}`,
    restart: 'Needs a restart',
    restartHint: 'Restart LANrage to apply this.',
    repair: (settings: number) =>
      settings === 1
        ? 'One setting cannot be used; its default is used meanwhile. Change or reset it below.'
        : `${settings} settings cannot be used; their defaults are used meanwhile. Change or reset them below.`,
    fault: (value: string, rule: string) => `The stored value ${value} cannot be used: it must be ${rule}.`,
    resetAll: 'Reset all settings',
    resetAllQuestion: 'Give every setting its default?',
    resetAllConfirm: 'Reset all',
    resetAllBusy: 'Resetting…',
    keep: 'Keep them',
  },

  favorites: {
    heading: 'Favourite servers',
    use: 'Use',
    useName: (server: string) => `Use ${server}`,
    inUse: 'in use',
    remove: 'Remove',
    removeName: (server: string) => `Remove ${server} from the favourites`,
    keepAs: 'Keep this server as a favourite called',
    keep: 'Keep',
  },

  data: {
    heading: 'Data',
    size: 'Size',
    lastBackup: 'Last backup',
    noBackup: 'none yet',
    backUp: 'Back up now',
    backUpBusy: 'Backing up…',
    backedUp: 'A backup was made.',
    check: 'Check',
    checkBusy: 'Checking…',
    sound: 'The data is in order.',
    unsound: 'The data is damaged. Restore a backup.',
    backups: (count: number) => (count === 1 ? '1 backup' : `${count} backups`),
    restore: 'Restore',
    restoreName: (when: string) => `Restore the backup of ${when}`,
    restoreQuestion: (when: string) => `Go back to ${when}? Later changes are lost.`,
    restoreBusy: 'Restoring…',
    restored: 'The backup is restored. Restart LANrage to apply it.',
    keep: 'Keep',
  },

  transfer: {
    heading: 'Export and import',
    lead: 'Your chosen settings as text, to keep or to take to another device.',
    export: 'Export settings',
    exported: 'Exported settings',
    copy: 'Copy the export',
    label: 'Settings to import',
    import: 'Import settings',
    busy: 'Importing…',
    empty: 'Paste an export first.',
    imported: 'The settings are imported.',
    hide: 'Hide',
  },

  make: {
    heading: 'Make a party',
    lead: 'You get a link to send to your friends.',
    label: 'Party name',
    suggestion: (player: string) => (player === '' ? 'My party' : `${player}’s party`),
    submit: 'Make the party',
    busy: 'Making the party…',
    empty: 'Give the party a name.',
  },

  join: {
    heading: 'Join with a link',
    lead: 'Paste the link that your friend sent you.',
    label: 'Invitation link',
    placeholder: 'lanrage://join/…',
    submit: (party: string | undefined) => (party === undefined ? 'Join' : `Join ${party}`),
    busy: 'Joining…',
    empty: 'Paste a link first.',
    preview: 'This link leads to',
    expired: 'This invitation has expired. Ask your friend for a new one.',
    host: 'Host',
    members: 'Players',
    server: 'Server',
    expires: 'Valid until',
    noServer: 'none; the host’s device brings you together',
    unknownHost: (id: string) => `unnamed (${id})`,
  },

  link: {
    heading: 'Join this party?',
    lead: 'You opened an invitation link. Join only if you trust whoever sent it.',
    reading: 'Reading the link…',
    refused: 'This link cannot be used',
    join: 'Join',
    notNow: 'Not now',
    close: 'Close',
    already: 'You are in this party already.',
  },

  close: {
    heading: 'Keep the party running?',
    lead: (party: string) =>
      `You closed the window while in ${party}. LANrage can go on in the tray, so that your games stay connected.`,
    lonely: 'You closed the window. LANrage can go on in the tray.',
    keep: 'Keep running',
    quit: 'Quit',
    remember: 'Do this every time',
  },

  party: {
    hosted: 'You made this party',
    joined: 'You joined this party',
    leave: 'Leave party',
    leaveQuestion: 'Leave for good? Its keys are forgotten; you need the link to come back.',
    leaveConfirm: 'Leave',
    leaveBusy: 'Leaving…',
    pause: 'Pause',
    pauseHint: 'Go offline and keep your place in the party',
    pauseBusy: 'Pausing…',
    stay: 'Stay',
  },

  invite: {
    heading: 'Invite friends',
    lead: 'Anyone with this link can join, so send it only to friends.',
    label: 'Invitation link',
    copy: 'Copy link',
    share: 'Share',
    shareText: (party: string) => `Join my LAN party “${party}”`,
    showQr: 'QR code',
    hideQr: 'Hide QR code',
    qr: (party: string) => `QR code of the invitation to ${party}`,
    qrHint: 'Scan it with the device that is to join.',
    expiry: 'Valid for',
    expiries: { hour: '1 hour', day: '1 day', week: '7 days', never: 'ever' },
    renewed: 'The link above is new. Links that you sent before stay valid.',
    making: 'Making a new link…',
  },

  copy: {
    label: 'Copy',
    done: 'Copied',
    address: (name: string) => `Copy the address of ${name}`,
    ownAddress: 'Copy your address',
    publicAddress: 'Copy your public address',
  },

  roster: {
    heading: 'On this LAN',
    count: (players: number) => (players === 1 ? 'only you' : `${players} players`),
    you: 'you',
    host: 'host',
    empty: 'No friends here yet.',
    emptyHint: 'Send them the link. They appear here by themselves.',
    aloneHint: 'Those on your own network can join by the link; all others need a server.',
    address: 'Address',
    details: 'Details',
    detailsOf: (name: string) => `Details of ${name}`,
    figures: { rtt: 'Ping', jitter: 'Jitter', loss: 'Loss' },
  },

  you: {
    heading: 'You',
    games: 'Games',
    nat: 'Router',
    server: 'Server',
  },

  adapter: {
    open: 'Ready to play',
    openHint: (name: string) => `Games reach your friends through “${name}”.`,
    closed: 'Opening',
    closedHint: 'The virtual network is being set up.',
    unavailable: 'No virtual network',
    unavailableHint: 'Until it opens, games cannot see your friends.',
  },

  path: {
    direct: 'Direct',
    relayed: 'Relayed',
    connecting: 'Finding a path',
    none: 'No path',
    directIn: (time: string) => `Next try for a direct path in ${time}.`,
    directNow: 'Trying a direct path now…',
  },

  quality: {
    label: 'Line:',
    excellent: 'Excellent',
    good: 'Good',
    fair: 'Fair',
    poor: 'Poor',
    bad: 'Bad',
    lossy: (grade: string, loss: string) => `${grade} · ${loss} lost`,
    minute: (least: string, most: string, lostSeconds: number) => {
      const range = least === most ? most : `${least} to ${most}`;
      const lost = lostSeconds === 1 ? '1 second' : `${lostSeconds} seconds`;
      return `Last minute: ${range}${lostSeconds === 0 ? '' : `, ${lost} without an answer`}`;
    },
  } satisfies Record<Quality, string> & Record<string, unknown>,

  state: {
    connecting: 'Connecting',
    connected: 'Connected',
    degraded: 'Unstable',
    reconnecting: 'Reconnecting',
    failed: 'Not reachable',
    closed: 'Gone',
  } satisfies Record<ConnectionState, string>,
  away: 'Away',

  nat: {
    open: 'No NAT',
    full_cone: 'Full-cone NAT',
    restricted_cone: 'Restricted NAT',
    port_restricted_cone: 'Port-restricted NAT',
    symmetric: 'Symmetric NAT',
    unknown: 'NAT not measured',
  } satisfies Record<NatType, string>,

  details: {
    endpoint: 'Reached at',
    joined: 'Joined',
    jitter: 'Jitter',
    loss: 'Loss',
    range: 'Last minute',
    span: (least: string, most: string) => (least === most ? most : `${least} to ${most}`),
    mtu: 'Largest packet',
    firstPacket: 'First packet after',
    sent: 'Sent',
    received: 'Received',
    express: 'In the lane for games',
    expressPackets: (packets: string) => `${packets} packets`,
    oneLane: 'nothing: this friend’s program has one lane for everything',
    amount: (packets: string, bytes: string) => `${bytes} in ${packets} packets`,
  },

  control: {
    local: 'No server',
    connecting: 'Connecting to server',
    connected: 'Server connected',
    disconnected: 'Server unreachable',
  },

  problems: {
    heading: 'Needs attention',
    error: 'Problem',
    warning: 'Warning',
    fix: 'What you can do:',
    copyCommand: 'Copy command',
    alone: 'Only players on your own network can join: this party has no server.',
    aloneFix: 'Set the control server in the settings, then make the party again.',
    openSettings: 'Open the settings',
    setUp: 'Set up once',
    setUpBusy: 'Setting up…',
    setUpHint: 'Your system asks for an administrator’s password, once. Then LANrage needs no special rights again.',
    controlFix: 'Nothing: the party goes on, and LANrage keeps trying.',
    control: (server: string, reason: string) => `The server ${server} cannot be reached: ${reason}`,
    retryIn: (time: string) => `Next try in ${time}.`,
    retryNow: 'Trying now…',
    udpBlocked: 'This network lets no UDP through. Friends are reached through relays, which is slower.',
    udpBlockedFix: 'Use another network, or ask whoever runs this one to allow UDP. It is checked again by itself.',
  },

  notices: 'What happened',

  diagnostics: {
    lead: 'Everything a party needs, looked at one by one.',
    run: 'Check again',
    running: 'Checking…',
    runningHint: 'Routers and relays are being asked. This takes a few seconds.',
    checks: 'Checks',
    summary: (good: number, warnings: number, bad: number) => {
      if (bad > 0) return bad === 1 ? 'One thing does not work.' : `${bad} things do not work.`;
      if (warnings > 0) return warnings === 1 ? 'One thing could be better.' : `${warnings} things could be better.`;
      return good === 0 ? 'Nothing could be checked.' : 'Everything is in order.';
    },
    states: {
      good: 'In order',
      warning: 'Could be better',
      bad: 'Does not work',
      unknown: 'Not known',
    } satisfies Record<CheckState, string>,
    fix: 'What you can do:',
    export: {
      heading: 'Report',
      lead: 'A file for whoever helps you: state and log without names, addresses and keys.',
      make: 'Export a report',
      busy: 'Writing the report…',
      done: 'The report was written to',
      copy: 'Copy path',
    },
    log: {
      heading: 'Live log',
      filter: 'Filter',
      filterHint: 'word in a line',
      pause: 'Pause',
      resume: 'Continue',
      waiting: (lines: number) => (lines === 1 ? '1 new line' : `${lines} new lines`),
      empty: 'Nothing is logged yet. New lines appear by themselves.',
      noMatch: 'No line has this word in it.',
      count: (shown: number, all: number) => (shown === all ? `${all} lines` : `${shown} of ${all} lines`),
    },
  },

  feed: {
    heading: 'What happened',
    empty: 'Nothing yet. Friends who come and go, and paths that change, are listed here.',
    earlier: (count: number) => `${count} earlier`,
  },

  network: {
    heading: 'Your network',
    notMeasured: 'How this network treats your traffic is not known yet.',
    udpBlocked: 'Blocked: nothing but TCP gets through.',
    details: 'Details',
    detailsName: 'Details of your network',
    publicAddress: 'Public address',
    unknownAddress: 'not known yet',
    udp: 'UDP',
    ports: 'Ports',
    admits: 'Who gets in',
    hairpin: 'Meeting at the router',
    hairpinning: {
      yes: 'Two devices behind it can meet at its public address.',
      no: 'Two devices behind it cannot meet at its public address.',
    },
    openPort: 'Open port',
    mapping: {
      off: 'The settings say not to ask the router for one.',
      searching: 'The router is being asked.',
      open: (address: string) => `The router opened ${address}.`,
      unavailable: (reason: string) => `None. ${reason}`,
    },
    relays: {
      heading: 'Relays',
      none: 'No relays: friends must be reached directly.',
      allDown: (count: number): string => (count === 1 ? 'The only relay is out of order.' : 'All relays are out of order.'),
      someDown: (down: number, count: number) =>
        `${down} of ${count} relays ${down === 1 ? 'is' : 'are'} out of order; ${count - down === 1 ? 'the other stands' : 'the others stand'} in.`,
      sound: (count: number) => (count === 1 ? '1 relay is at hand.' : `${count} relays are at hand.`),
    },
    relay: {
      held: 'Ready',
      offered: 'On offer',
      down: 'Out of order',
      load: (percent: number) => `${percent} % busy`,
    },
  },

  units: {
    milliseconds: (value: string) => `${value} ms`,
    seconds: (value: number) => `${value} s`,
    minutes: (minutes: number, seconds: number) => `${minutes} min ${seconds} s`,
    percent: (value: string) => `${value} %`,
    deviation: (value: string) => `±${value}`,
    byteCount: (value: string) => `${value} bytes`,
    bytes: ['B', 'kB', 'MB', 'GB', 'TB'],
  },

  said: nothing,
};
