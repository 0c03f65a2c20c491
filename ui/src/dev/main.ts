import { mount } from 'svelte';

import '../app.css';
import App from '../App.svelte';
import type { Snapshot } from '../bindings';
import { fakeBackend, send } from './backend';
import { FakeData } from './data';
import { notices, scenes } from './scenes';

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
  }, 1_000);
}

const parameters = new URLSearchParams(location.search);
const wanted = parameters.get('scene') ?? 'home';
const scene = scenes[wanted];
const target = document.getElementById('app');
if (!target || scene === undefined) throw new Error(`scenes: ${Object.keys(scenes).join(', ')}`);

const stored = new FakeData();
stored.favorites = [{ url: 'wss://play.example.org/', name: 'Friends’ server', last_used_at_ms: null }];
stored.parties = [
  { id: 'a', name: 'Friday LAN', is_host: true, is_active: true, can_resume: true, last_active_at_ms: Date.now() },
  { id: 'b', name: 'Jonas’ cave', is_host: false, is_active: false, can_resume: false, last_active_at_ms: 1.7e12 },
];
if (wanted === 'bad_setting') {
  const fault = 'a whole number from 0 to 65535';
  stored.settings = stored.settings.map((setting) =>
    setting.key === 'udp_port' ? { ...setting, value: 70_000, is_chosen: true, fault } : setting,
  );
}
fakeBackend(scene, { data: ({ request }) => stored.answer(request) });
mount(App, { target });

if (scene !== null && 'party' in scene && scene.party && scene.party.peers.length > 0) {
  // The window listens only once it has asked.
  setTimeout(() => {
    for (const notice of notices(Date.now())) void send('notice', notice);
  }, 100);
  if (parameters.has('live')) live(scene);
}
