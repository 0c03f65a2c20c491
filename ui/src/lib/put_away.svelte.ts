import type { Banner } from './problems';

/** Where the window remembers over restarts what the player has put away. */
const PLACE = 'lanrage.put-away';
/** Most that is remembered; the oldest goes first. */
const MOST = 32;

const keyOf = ({ code, text }: Banner) => `${code}: ${text}`;

function remembered(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
    return Array.isArray(kept) ? kept.filter((key) => typeof key === 'string').slice(-MOST) : [];
  } catch {
    return [];
  }
}

/**
 * Warnings that the player knows and does not want to see. One that says something else is another one, and one that the
 * engine retries by itself comes back when it happens again.
 */
export class PutAway {
  #kept = $state.raw<readonly string[]>(remembered());
  #passing = $state.raw<readonly string[]>([]);

  /** Errors keep one from playing, and stay. */
  static may({ severity, setUp, otherServer }: Banner): boolean {
    return severity === 'warning' && !setUp && !otherServer;
  }

  has(banner: Banner): boolean {
    const key = keyOf(banner);
    return PutAway.may(banner) && (this.#kept.includes(key) || this.#passing.includes(key));
  }

  add(banner: Banner): void {
    if (banner.retryAtMs !== null) this.#passing = [...this.#passing, keyOf(banner)].slice(-MOST);
    else this.#keep([...this.#kept, keyOf(banner)].slice(-MOST));
  }

  /** Forgets of what passes what is over. */
  look(banners: readonly Banner[]): void {
    const there = banners.map(keyOf);
    const left = this.#passing.filter((key) => there.includes(key));
    if (left.length < this.#passing.length) this.#passing = left;
  }

  /** Shows everything again. */
  clear(): void {
    this.#passing = [];
    this.#keep([]);
  }

  #keep(keys: readonly string[]): void {
    this.#kept = keys;
    try {
      localStorage.setItem(PLACE, JSON.stringify(keys));
    } catch {
      // Then it holds until the window closes.
    }
  }
}
