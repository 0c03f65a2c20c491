import { cleanup } from '@testing-library/svelte';
import { clearMocks } from '@tauri-apps/api/mocks';
import { afterEach } from 'vitest';

afterEach(() => {
  // The window unsubscribes as it goes, so the fake backend goes after it.
  cleanup();
  clearMocks();
});
