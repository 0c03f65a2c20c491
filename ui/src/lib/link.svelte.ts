import type { InvitationPreview } from '../bindings';
import { onLink, previewInvitation, takeLink, toRefusal, type Unsubscribe } from './bridge';
import type { Refusal } from './refusal';

/** A link that the system handed over: being read, read, or refused. */
export interface OpenedLink {
  link: string;
  preview: InvitationPreview | null;
  refusal: Refusal | null;
  /** Whether it is a friend's reply to the party's own link. */
  isReply: boolean;
}

/** The link that waits for the player's answer. Nothing here follows one: that is asked first. */
export class Links {
  opened = $state.raw<OpenedLink | null>(null);

  #unsubscribe: Unsubscribe | null = null;
  // Only the newest link counts.
  #generation = 0;

  /** Listens first and asks then: the link that started the program is there already. */
  async start(): Promise<void> {
    try {
      this.#unsubscribe = await onLink(() => void this.#take());
      await this.#take();
    } catch {
      // Without the backend there are no links either; why it is away is on the screen.
    }
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  dismiss(): void {
    this.#generation += 1;
    this.opened = null;
  }

  async #take(): Promise<void> {
    const link = await takeLink();
    if (link === null) return;
    const mine = ++this.#generation;
    this.opened = { link, preview: null, refusal: null, isReply: false };
    const read = await previewInvitation(link).then(
      (preview) => ({ link, preview, refusal: null, isReply: false }),
      (thrown: unknown) => {
        const refusal = toRefusal(thrown);
        return { link, preview: null, refusal, isReply: refusal.code === 'reply_outside' };
      },
    );
    if (mine === this.#generation) this.opened = read;
  }
}
