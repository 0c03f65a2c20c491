import type { ControlView } from '../bindings';
import type { Tone } from './friend';

/** How the connection to the server is marked. */
export const controlTones: Record<ControlView['state'], Tone> = {
  local: 'quiet',
  connecting: 'busy',
  connected: 'good',
  disconnected: 'warn',
};

/** A server as people call it: its address is for programs. */
export function serverName(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}
