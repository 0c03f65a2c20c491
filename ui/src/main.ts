import { mount } from 'svelte';

import './app.css';
import App from './App.svelte';
import { followSystem } from './lib/appearance';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

followSystem();
target.replaceChildren();
export default mount(App, { target });
