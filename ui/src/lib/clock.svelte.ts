import { createSubscriber } from 'svelte/reactivity';

const TICK_MS = 1_000;

const ticking = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => {
    clearInterval(timer);
  };
});

/** Wall-clock time that whatever shows it follows; the timer runs only while something does. */
export const clock = {
  get nowMs(): number {
    ticking();
    return Date.now();
  },
};
