import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { ChatLineView } from '../src/bindings';
import { chat } from '../src/dev/scenes';
import { fakeBackend, open, party, peer, send } from './fixtures';

const scene = (lines: ChatLineView[]) => ({ ...open, party: { ...party, peers: [peer], chat: lines } });

const refused = () => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw { code: 'said_too_much' };
};

async function show(lines: ChatLineView[], answers: Parameters<typeof fakeBackend>[1] = {}) {
  const calls = fakeBackend(scene(lines), answers);
  render(App);
  const card = within(await screen.findByRole('region', { name: 'Chat' }));
  return { calls, card, user: userEvent.setup() };
}

describe('the chat of a party', () => {
  test('says who reads it before anybody has said anything', async () => {
    const { card } = await show([]);
    expect(card.getByText(/No server knows it/)).toBeTruthy();
    expect(card.queryByRole('log')).toBeNull();
    expect(card.getByRole('button', { name: 'Send' })).toHaveProperty('disabled', true);
  });

  test('shows lines to the letter, the own ones as such', async () => {
    const { card } = await show(chat);
    const lines = within(card.getByRole('log')).getAllByRole('listitem');
    expect(lines).toHaveLength(chat.length);
    expect(lines[2]?.textContent).toMatch(/^You\s+I need two minutes/);
    expect(card.getByText(/^<b>fine<\/b>/)).toBeTruthy();
  });

  test('takes a line, and clears it when it is said', async () => {
    const { calls, card, user } = await show(chat);
    const field = card.getByLabelText('Write to everybody');
    await user.type(field, '  I host {enter}');
    expect(calls.at(-1)).toEqual({ command: 'say', args: { text: 'I host' } });
    expect(field).toHaveProperty('value', '');
    await user.type(field, '   {enter}');
    expect(calls.filter(({ command }) => command === 'say')).toHaveLength(1);
    const line = { ...chat[0], id: 'new', text: 'in a minute' } as ChatLineView;
    await send('snapshot', { ...scene([...chat, line]), revision: 2 });
    expect(await card.findByText('in a minute')).toBeTruthy();
  });

  test('keeps a line that was refused, and says why', async () => {
    const { card, user } = await show(chat, { say: refused });
    const field = card.getByLabelText('Write to everybody');
    await user.type(field, 'again{enter}');
    expect(await card.findByText(/more than the others can read/)).toBeTruthy();
    expect(field).toHaveProperty('value', 'again');
  });
});
