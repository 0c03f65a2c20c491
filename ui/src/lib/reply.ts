// A reply goes from whoever finds nobody by a link to a friend who is in the party.

import type { JoiningView } from '../bindings';

/** How long somebody of a party has to answer before a reply is offered. */
const PATIENCE_MS = 8_000;

/** The reply that is worth showing now; `null` while somebody may still answer. */
export function offered(joining: JoiningView, nowMs: number, atOnce: boolean): string | null {
  return atOnce || joining.is_replied || nowMs - joining.since_ms >= PATIENCE_MS ? joining.reply : null;
}
