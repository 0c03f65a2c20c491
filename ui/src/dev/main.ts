import { mount } from 'svelte';

import '../app.css';
import App from '../App.svelte';
import { fakeBackend } from './backend';
import { scenes } from './scenes';

const wanted = new URLSearchParams(location.search).get('scene') ?? 'home';
const scene = scenes[wanted];
const target = document.getElementById('app');
if (!target || !scene) throw new Error(`scenes: ${Object.keys(scenes).join(', ')}`);

fakeBackend(scene);
mount(App, { target });
