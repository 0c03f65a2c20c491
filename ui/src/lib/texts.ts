// Every word the window says. Sentences that the engine writes (problems, explanations, refusals) come with the data.
import type { ConnectionState, NatType } from '../bindings';

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
    leaveQuestion: 'Leave the party? You need the link to come back.',
    leaveConfirm: 'Leave',
    leaveBusy: 'Leaving…',
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
  },

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
    alone: 'Nobody can join: this party has no server, so it is on this device alone.',
    aloneFix: 'Start LANrage with --control and the address of a control server, then make the party again.',
    controlFix: 'Nothing: the party goes on, and LANrage keeps trying.',
    control: (server: string, reason: string) => `The server ${server} cannot be reached: ${reason}`,
    retryIn: (time: string) => `Next try in ${time}.`,
    retryNow: 'Trying now…',
  },

  notices: 'What happened',

  units: {
    milliseconds: (value: string) => `${value} ms`,
    seconds: (value: number) => `${value} s`,
    minutes: (minutes: number, seconds: number) => `${minutes} min ${seconds} s`,
    percent: (value: string) => `${value} %`,
    bytes: ['B', 'kB', 'MB', 'GB', 'TB'],
  },
} as const;
