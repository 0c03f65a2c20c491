import { cleanup } from '@testing-library/svelte';
import { clearMocks } from '@tauri-apps/api/mocks';
import { afterEach, beforeEach } from 'vitest';

beforeEach(() => {
  // Most tests are of a player who has been in a party.
  if ('window' in globalThis) localStorage.setItem('lanrage.was-in-party', '');
});

afterEach(async () => {
  // The window unsubscribes as it goes, so the fake backend goes after it, and after what was still under way.
  cleanup();
  await new Promise((resolve) => setTimeout(resolve));
  // A test of the bundle has no window.
  if ('window' in globalThis) clearMocks();
});
