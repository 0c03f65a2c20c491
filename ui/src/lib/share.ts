// The system's own way to hand something on, where the browser knows one.

export const canShare = (): boolean => typeof navigator.share === 'function';

/** Offers a link to the system's share sheet; to close the sheet is no failure. */
export async function share(title: string, link: string): Promise<void> {
  try {
    await navigator.share({ title, text: `${title}\n${link}` });
  } catch (thrown) {
    if (!(thrown instanceof DOMException && thrown.name === 'AbortError')) throw thrown;
  }
}
