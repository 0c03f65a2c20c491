import { mount, tick } from 'svelte';

import '../app.css';
import App from '../App.svelte';
import type { CommandError, Snapshot } from '../bindings';
import { followSystem } from '../lib/appearance';
import { fakeBackend, send } from './backend';
import { FakeData } from './data';
import { listenToBackend } from './heard';
import { showIndex } from './situation_index';
import { notices, scenes } from './scenes';
import { situations, storeUsual, type Situation } from './situations';

/** Once a second, as the engine does: every friend's line moves on. */
function live(first: Snapshot) {
  let now = first;
  setInterval(() => {
    const peers = now.party?.peers.map((peer) => {
      const [oldest = null, ...rest] = peer.history_ms;
      return { ...peer, latency_ms: oldest ?? peer.latency_ms, history_ms: [...rest, oldest] };
    });
    now = { ...now, revision: now.revision + 1, party: now.party && peers ? { ...now.party, peers } : null };
    void send('snapshot', now);
    performance.mark('snapshot');
  }, 1_000);
}

/** Waits until the window shows its page. */
async function shown(selector: string): Promise<HTMLElement | null> {
  for (let tries = 0; tries < 100; tries++) {
    const element = document.querySelector<HTMLElement>(selector);
    if (element) return element;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return null;
}

async function open(target: HTMLElement, situation: Situation, parameters: URLSearchParams) {
  const scene = scenes[situation.scene] ?? null;
  // What an earlier page has put away is not this one's.
  localStorage.clear();
  const stored = new FakeData();
  storeUsual(stored);
  situation.store?.(stored);
  for (const key of ['theme', 'language']) {
    const value = parameters.get(key);
    stored.settings = stored.settings.map((setting) => (setting.key === key && value !== null ? { ...setting, value } : setting));
  }
  // A made link differs from the party's own.
  let made = 0;
  fakeBackend(scene, {
    ...stored.answers,
    new_invitation: () => `lanrage://join/${String(++made).repeat(300)}`,
    make_link: () => ({ link: `lanrage://join/${String(++made).repeat(340)}`, serial: '3f9a12cd' }),
    link_again: () => ({ link: `lanrage://join/${String(++made).repeat(340)}`, serial: '3f9a12cd' }),
    revoke_link: () => null,
    take_link: () => null,
    follow_log: () => [],
    ...walk(scene),
    ...situation.answers,
  });
  listenToBackend();
  followSystem();
  mount(App, { target });
  if (scene !== null && 'revision' in scene) {
    if (scene.party && scene.party.peers.length > 0) {
      await shown('main h1');
      if (!parameters.has('quiet')) for (const notice of notices(Date.now())) void send('notice', notice);
      if (parameters.has('live')) live(scene);
    }
    if (situation.page) (await shown(`nav [data-page="${situation.page}"]`))?.click();
    await shown('main h1');
    await tick();
    await situation.then?.();
  }
  document.documentElement.dataset.ready = 'true';
}

/** A party that can be made, joined, paused and left, so that one can walk through the window. */
function walk(scene: Snapshot | CommandError | null) {
  if (scene === null || !('revision' in scene)) return {};
  let now: Snapshot = scene;
  const become = (party: Snapshot['party']) => {
    now = { ...now, revision: now.revision + 1, party };
    // As in the engine, the new state comes after the answer.
    setTimeout(() => void send('snapshot', now));
    return null;
  };
  const { alone, relayed } = scenes;
  const partyOf = (from: typeof alone) => (from && 'party' in from ? from.party : null);
  return {
    create_party: ({ name }: { name: string }) => {
      const party = partyOf(alone ?? null);
      return become(party && { ...party, name });
    },
    join_party: () => {
      const party = partyOf(relayed ?? null);
      return become(party && { ...party, is_host: false });
    },
    resume_party: () => become(partyOf(relayed ?? null)),
    pause_party: () => become(null),
    trust_server: () => null,
    leave_party: () => become(null),
    preview_invitation: () => ({
      party_name: 'Friday LAN',
      host_id: '02a4b6c8d0e2f40618',
      host_name: 'Jonas',
      members: 2,
      subnet: '10.66.0.0/16',
      unusual_network: null,
      control: ['wss://play.example.org/'],
      expires_at_ms: null,
    }),
    set_settings: ({ values }: { values: Record<string, unknown> }) => {
      if (typeof values.player_name === 'string') now = { ...now, player_name: values.player_name };
      become(now.party);
      return { restart_required: false };
    },
  };
}

const parameters = new URLSearchParams(location.search);
const wanted = parameters.get('scene');
const target = document.getElementById('app');
if (!target) throw new Error('dev.html has no #app');
const situation = wanted === null ? undefined : situations[wanted];
if (situation) void open(target, situation, parameters);
else showIndex(target);
