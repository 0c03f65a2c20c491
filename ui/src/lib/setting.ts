// A setting as words. What there is to know about it comes from its declaration.
import type { SettingView } from '../bindings';
import { texts } from './texts';

/** Words of keys that are no words of the language. */
const spelled: Partial<Record<string, string>> = { udp: 'UDP', tcp: 'TCP', nat: 'NAT', stun: 'STUN' };

/** Its name for people: the words of its key. A unit at the end is shown beside the value instead. */
export function settingLabel({ key, unit }: Pick<SettingView, 'key' | 'unit'>): string {
  const named = texts.settings.names[key];
  if (named !== undefined) return named;
  const words = key.split('_').map((word) => spelled[word] ?? word);
  if (words.length > 1 && words.at(-1) === unit?.toLowerCase()) words.pop();
  const label = words.join(' ');
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** A value as one writes it into its field, and as the engine reads it. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A word to choose as it reads. */
export const choiceWords = (key: string, choice: string): string =>
  texts.settings.choices[`${key}/${choice}`] ?? choice;

/** A unit as it reads. */
export const unitWords = (unit: string): string => texts.settings.units[unit] ?? unit;

/** A value as it reads in a sentence. */
export function valueWords({ key, kind, unit }: Pick<SettingView, 'key' | 'kind' | 'unit'>, value: unknown): string {
  if (value === true) return texts.settings.on;
  if (value === false) return texts.settings.off;
  const text = valueText(value);
  if (text === '') return texts.settings.empty;
  if (kind.type === 'choice') return choiceWords(key, text);
  return unit === null ? text : `${text} ${unitWords(unit)}`;
}

export interface SettingGroup {
  heading: string;
  settings: readonly SettingView[];
}

/** Groups that a player looks for first. */
const FIRST = ['player', 'app'];

/** The settings under their headings, both in the order of the declarations but for what is looked for first. */
export function settingGroups(settings: readonly SettingView[]): SettingGroup[] {
  const groups = new Map<string, SettingView[]>();
  const rank = ({ group }: SettingView) => (FIRST.includes(group) ? FIRST.indexOf(group) : FIRST.length);
  for (const setting of [...settings].sort((a, b) => rank(a) - rank(b))) {
    // A group of a newer engine is shown under its own word.
    const heading = texts.settings.groups[setting.group] ?? setting.group;
    const group = groups.get(heading);
    if (group) group.push(setting);
    else groups.set(heading, [setting]);
  }
  return [...groups].map(([heading, members]) => ({ heading, settings: members }));
}
