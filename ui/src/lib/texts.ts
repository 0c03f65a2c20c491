// Every word the window says. Sentences that the engine writes (problems, explanations, refusals) come with the data.
import type { ConnectionState, NatType, Quality } from '../bindings';

/** The language of the texts below, and so of the numbers between them. */
export const language = 'en';

export const texts = {
  product: 'LANrage',
  windowTitle: (party: string | undefined) => (party === undefined ? 'LANrage' : `${party} – LANrage`),
  unexpected: (detail: string) => `Something went wrong inside LANrage: ${detail}`,

  loading: 'Starting…',
  loadingSlow: 'This takes longer than usual. LANrage is still opening its data folder.',

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
  },

  recent: {
    heading: 'Recent parties',
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
      network: 'Network',
      data: 'Backups',
      log: 'Log',
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
    through: (servers: readonly string[]) =>
      servers.length === 0 ? 'without a server' : `through ${servers.join(', ')}`,
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
    aloneHint: 'They need a server to find this party.',
    address: 'Address',
    details: 'Details',
    detailsOf: (name: string) => `Details of ${name}`,
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
    jitter: 'Jitter',
    loss: 'Loss',
    range: 'Last minute',
    span: (least: string, most: string) => (least === most ? most : `${least} to ${most}`),
    mtu: 'Largest packet',
    firstPacket: 'First packet after',
    sent: 'Sent',
    received: 'Received',
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
    controlFix: 'Nothing: the party goes on, and LANrage keeps trying.',
    control: (server: string, reason: string) => `The server ${server} cannot be reached: ${reason}`,
    retryIn: (time: string) => `Next try in ${time}.`,
    retryNow: 'Trying now…',
    udpBlocked: 'This network lets no UDP through. Friends are reached through relays, which is slower.',
    udpBlockedFix: 'Use another network, or ask whoever runs this one to allow UDP. It is checked again by itself.',
  },

  notices: 'What happened',

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
      allDown: (count: number) => (count === 1 ? 'The only relay is out of order.' : 'All relays are out of order.'),
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
    byteCount: (value: string) => `${value} bytes`,
    bytes: ['B', 'kB', 'MB', 'GB', 'TB'],
  },
} as const;
