// What an invitation link says.

const PREFIX = 'lanrage://join/';
/** The version before the text, and the checksum behind it, in bytes. */
const VERSION = 1;
const CHECKSUM = 4;

/**
 * A link as the party it names, and the addresses at which its maker is reached just now.
 * @param {string} link
 * @returns {{ party: Record<string, unknown>, addresses: string[] }}
 */
export function read(link) {
  if (!link.startsWith(PREFIX)) throw new Error(`no invitation link: ${link}`);
  const bytes = Buffer.from(link.slice(PREFIX.length), 'base64url');
  const { u: addresses = [], ...party } = JSON.parse(bytes.subarray(VERSION, -CHECKSUM).toString());
  return { party, addresses };
}
