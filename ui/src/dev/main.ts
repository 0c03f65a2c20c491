import { mount } from 'svelte';

import '../app.css';
import App from '../App.svelte';
import { fakeBackend } from './backend';
import { FakeData } from './data';
import { scenes } from './scenes';

const wanted = new URLSearchParams(location.search).get('scene') ?? 'home';
const scene = scenes[wanted];
const target = document.getElementById('app');
if (!target || !scene) throw new Error(`scenes: ${Object.keys(scenes).join(', ')}`);

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
