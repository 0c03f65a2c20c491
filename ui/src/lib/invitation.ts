import type { InvitationPreview } from '../bindings';
import type { Refusal } from './refusal';

/** Why an invitation that could be read must not be followed; `null` if it may. */
export function outdated(preview: InvitationPreview | null, nowMs: number): Refusal | null {
  const expires = preview?.expires_at_ms ?? null;
  return expires !== null && expires <= nowMs ? { code: 'invitation_expired' } : null;
}
