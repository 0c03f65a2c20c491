import type { InvitationPreview } from '../bindings';
import type { Refusal } from './refusal';

/** How long a link can be made to be valid (hours); `null` for ever, as the party's own is. */
export const EXPIRIES = { never: null, week: 7 * 24, day: 24, hour: 1 } as const;
export type Expiry = keyof typeof EXPIRIES;
export const expiries = Object.keys(EXPIRIES) as Expiry[];

/** How every link begins that a program alone can follow. */
const SCHEME_PREFIX = 'lanrage://join/';

/** The form of a link that is handed on: that of the web where the party's server has a page for it. */
export function webForm(link: string, page: string | null): string {
  return page !== null && link.startsWith(SCHEME_PREFIX) ? page + link.slice(SCHEME_PREFIX.length) : link;
}

/** Why an invitation that could be read must not be followed; `null` if it may. */
export function outdated(preview: InvitationPreview | null, nowMs: number): Refusal | null {
  const expires = preview?.expires_at_ms ?? null;
  return expires !== null && expires <= nowMs ? { code: 'invitation_expired' } : null;
}
