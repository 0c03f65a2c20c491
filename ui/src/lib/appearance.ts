// Colours and language: the system's, or what the settings say. Both change without a restart.
import type { SettingView } from '../bindings';
import { language, useLanguage } from './words';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** What was chosen; anything that is none of these words follows the system. */
interface Choice {
  theme: unknown;
  language: unknown;
}

export const chosen = (list: readonly SettingView[], key: string): unknown => {
  const setting = list.find((setting) => setting.key === key);
  return setting?.is_refused === false ? setting.value : null;
};

/** Shows what was chosen in the document; styles and screen readers read it there. */
function apply({ theme, language: word }: Choice): void {
  useLanguage(typeof word === 'string' ? word : '', navigator.languages);
  const root = document.documentElement;
  root.lang = language.current;
  root.dataset.theme = theme === 'light' || theme === 'dark' ? theme : dark.matches ? 'dark' : 'light';
}

/** Follows the system until the settings are known. Called before anything is shown. */
export function followSystem(): void {
  apply({ theme: null, language: null });
}

/** Follows the settings, and the system where they say so, until the answer is called. */
export function follow(list: readonly SettingView[]): () => void {
  const choice = { theme: chosen(list, 'theme'), language: chosen(list, 'language') };
  const again = () => {
    apply(choice);
  };
  again();
  dark.addEventListener('change', again);
  window.addEventListener('languagechange', again);
  return () => {
    dark.removeEventListener('change', again);
    window.removeEventListener('languagechange', again);
  };
}
