import { cleanup } from '@testing-library/svelte';
import { clearMocks } from '@tauri-apps/api/mocks';
import { afterEach } from 'vitest';

afterEach(async () => {
  // The window unsubscribes as it goes, so the fake backend goes after it, and after what was still under way.
  cleanup();
  await new Promise((resolve) => setTimeout(resolve));
  // A test of the bundle has no window.
  if ('window' in globalThis) clearMocks();
});
