import { describe, expect, test } from 'vitest';

import { CommandFailure, createParty, previewInvitation, toRefusal } from '../src/lib/bridge';
import { fakeBackend } from './fixtures';

describe('bridge', () => {
  test('a refusal keeps its code and its data', async () => {
    const refusal = { code: 'bad_name', most_bytes: 48 } as const;
    fakeBackend(null, {
      create_party: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw refusal;
      },
    });
    const thrown = await createParty('x').catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(CommandFailure);
    expect(toRefusal(thrown)).toEqual(refusal);
  });

  test('anything else that is thrown becomes something to show', () => {
    for (const thrown of ['invalid args `name`', new Error('boom'), { code: 7 }, null, undefined]) {
      expect(toRefusal(thrown).code).toBe('unexpected');
    }
    expect(toRefusal('invalid args `name`')).toEqual({ code: 'unexpected', detail: 'invalid args `name`' });
  });

  test('arguments travel under the names that the backend gave them', async () => {
    const calls = fakeBackend(null);
    await previewInvitation('lanrage://join/x');
    expect(calls).toEqual([{ command: 'preview_invitation', args: { link: 'lanrage://join/x' } }]);
  });
});
