import type { SettingView } from '../bindings';
import { getSettings, importSettings, resetSetting, resetSettings, setSetting, toRefusal } from './bridge';
import type { Refusal } from './refusal';
import { valueText } from './setting';

/** What the engine uses: a refused value is replaced by the default. */
const effective = ({ is_refused: refused, value, default: fallback }: SettingView) => valueText(refused ? fallback : value);

/** All settings, and which of them wait for a restart. */
export class Settings {
  list = $state.raw<readonly SettingView[] | null>(null);
  failure = $state.raw<Refusal | null>(null);
  readonly faulty = $derived((this.list ?? []).filter(({ is_refused: refused }) => refused));
  /** Whether every stored value is known to be one that its setting takes. */
  readonly areSound = $derived(this.list !== null && this.faulty.length === 0);

  /** What the engine started with: the window opens with it. */
  #running: Readonly<Partial<Record<string, string>>> | null = null;
  // Only the newest answer counts.
  #generation = 0;

  async load(): Promise<void> {
    const mine = ++this.#generation;
    try {
      const list = await getSettings();
      if (mine !== this.#generation) return;
      this.#running ??= Object.fromEntries(list.map((setting) => [setting.key, effective(setting)]));
      this.list = list;
      this.failure = null;
    } catch (thrown) {
      if (mine === this.#generation) this.failure = toRefusal(thrown);
    }
  }

  /** Whether the engine still uses another value than the one that is stored. */
  awaitsRestart(setting: SettingView): boolean {
    return setting.restart_required && this.#running?.[setting.key] !== effective(setting);
  }

  async set(key: string, text: string): Promise<void> {
    await setSetting(key, text);
    await this.load();
  }

  async reset(key: string): Promise<void> {
    await resetSetting(key);
    await this.load();
  }

  async resetAll(): Promise<void> {
    await resetSettings();
    await this.load();
  }

  async import(text: string): Promise<void> {
    await importSettings(text);
    await this.load();
  }
}
