import type { Notice, Snapshot } from '../bindings';
import { getSnapshot, onCloseAsked, onNotice, onSnapshot, toRefusal, type Unsubscribe } from './bridge';
import type { Refusal } from './refusal';

const NOTICES_SHOWN = 3;
const NOTICE_SHOWN_MS = 8_000;
/** What the feed remembers; the rest is in the log. */
const NOTICES_KEPT = 50;

/** A notice on the screen; its key tells it from another of the same words. */
export interface ShownNotice {
  key: number;
  notice: Notice;
}

/** What the window shows: the newest snapshot, or why there is none. */
export class Session {
  snapshot = $state.raw<Snapshot | null>(null);
  failure = $state.raw<Refusal | null>(null);
  notices = $state.raw<readonly ShownNotice[]>([]);
  /** What happened since the window opened, newest first. */
  feed = $state.raw<readonly ShownNotice[]>([]);
  /** Whether the player closed the window and is to say what that means. */
  isCloseAsked = $state(false);

  #subscriptions: Unsubscribe[] = [];
  #timers: ReturnType<typeof setTimeout>[] = [];
  #noticeKey = 0;
  #hear: (notice: Notice) => void;

  /** `hear` is told of everything that happens. */
  constructor(hear: (notice: Notice) => void = () => undefined) {
    this.#hear = hear;
  }

  /** Listens first and asks then, so that no change falls between; revisions put the answers in order. */
  async start(): Promise<void> {
    this.failure = null;
    try {
      this.#subscriptions = await Promise.all([
        onSnapshot((snapshot) => {
          this.#show(snapshot);
        }),
        onNotice((notice) => {
          this.#announce(notice);
        }),
        onCloseAsked(() => {
          this.isCloseAsked = true;
        }),
      ]);
      this.#show(await getSnapshot());
    } catch (thrown) {
      this.stop();
      this.failure = toRefusal(thrown);
    }
  }

  stop(): void {
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe();
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  #show(snapshot: Snapshot): void {
    if (this.snapshot === null || snapshot.revision > this.snapshot.revision) this.snapshot = snapshot;
  }

  #announce(notice: Notice): void {
    const key = this.#noticeKey++;
    this.#hear(notice);
    this.notices = [...this.notices, { key, notice }].slice(-NOTICES_SHOWN);
    this.feed = [{ key, notice }, ...this.feed].slice(0, NOTICES_KEPT);
    const timer = setTimeout(() => {
      this.#timers = this.#timers.filter((other) => other !== timer);
      this.notices = this.notices.filter((shown) => shown.key !== key);
    }, NOTICE_SHOWN_MS);
    this.#timers.push(timer);
  }
}
