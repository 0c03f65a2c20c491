import { toRefusal } from './bridge';
import type { Refusal } from './refusal';

/** One thing the user asked for: under way, refused with a reason, or neither. */
export class Action {
  busy = $state(false);
  error = $state.raw<Refusal | null>(null);

  /** Runs `work` unless it already runs; says whether it succeeded. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.error = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      this.error = toRefusal(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Refuses without asking the backend. */
  refuse(error: Refusal): void {
    this.error = error;
  }

  clear(): void {
    this.error = null;
  }
}
