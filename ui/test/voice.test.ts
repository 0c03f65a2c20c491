import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';

import App from '../src/App.svelte';
import type { Role, VoiceView } from '../src/bindings';
import { voice } from '../src/dev/scenes';
import { fakeBackend, open, party, peer } from './fixtures';

const tooLong = () => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw { code: 'bad_voice_link', most: 200 };
};

async function show(pinned: VoiceView | null, role: Role, answers: Parameters<typeof fakeBackend>[1] = {}) {
  const calls = fakeBackend({ ...open, party: { ...party, role, peers: [peer], voice: pinned } }, answers);
  render(App);
  await screen.findByRole('heading', { level: 1 });
  return { calls, user: userEvent.setup() };
}

const line = () => within(screen.getByRole('group', { name: 'Voice chat' }));

describe('where the party talks', () => {
  test('is shown in full, and opened by a press alone', async () => {
    const { calls, user } = await show(voice, 'member');
    expect(line().getByText('https://discord.gg/AbCdEf123')).toBeTruthy();
    expect(line().queryByRole('link')).toBeNull();
    expect(calls.some(({ command }) => command === 'open_voice_link')).toBe(false);
    await user.click(line().getByRole('button', { name: 'Open' }));
    expect(calls.at(-1)).toEqual({ command: 'open_voice_link', args: { text: voice.text } });
    expect(line().queryByRole('button', { name: 'Change' })).toBeNull();
  });

  test('is a text where it is no address of a voice program, to the letter', async () => {
    await show({ ...voice, text: 'ask <b>Jo</b>', can_open: false }, 'member');
    expect(line().getByText('ask <b>Jo</b>')).toBeTruthy();
    expect(line().queryByRole('button', { name: 'Open' })).toBeNull();
    expect(line().getByRole('button', { name: 'Copy where you talk' })).toBeTruthy();
  });

  test('is nothing for members where nothing is pinned', async () => {
    await show(null, 'member');
    expect(screen.queryByRole('group', { name: 'Voice chat' })).toBeNull();
  });

  test('is pinned by the host and moderators', async () => {
    const { calls, user } = await show(null, 'moderator');
    await user.click(screen.getByRole('button', { name: 'More' }));
    await user.click(screen.getByRole('button', { name: 'Pin a voice link' }));
    const field = line().getByLabelText('Where you talk');
    expect(document.activeElement).toBe(field);
    await user.type(field, 'https://discord.gg/x{enter}');
    expect(calls.at(-1)).toEqual({ command: 'pin_voice_link', args: { text: 'https://discord.gg/x' } });
    expect(screen.queryByRole('group', { name: 'Voice chat' })).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'More' }));
  });

  test('gives the keyboard back to what was pressed when nothing is to change', async () => {
    const { calls, user } = await show(voice, 'owner');
    await user.click(line().getByRole('button', { name: 'Change' }));
    await user.click(line().getByRole('button', { name: 'Cancel' }));
    expect(document.activeElement).toBe(line().getByRole('button', { name: 'Change' }));
    expect(calls.some(({ command }) => command === 'pin_voice_link')).toBe(false);
  });

  test('is taken away by an empty text, and what is refused stays to be mended', async () => {
    const { calls, user } = await show(voice, 'owner', { pin_voice_link: tooLong });
    await user.click(line().getByRole('button', { name: 'Change' }));
    const field = line().getByLabelText('Where you talk');
    expect(field).toHaveProperty('value', voice.text);
    await user.clear(field);
    await user.click(line().getByRole('button', { name: 'Take away' }));
    expect(calls.at(-1)).toEqual({ command: 'pin_voice_link', args: { text: '' } });
    expect(await line().findByText(/too long to pin/)).toBeTruthy();
    expect(line().getByLabelText('Where you talk')).toBeTruthy();
  });
});
