// A setting as words. What there is to know about it comes from its declaration.
import type { SettingView } from '../bindings';
import { texts } from './texts';

/** Words of keys that are no words of the language. */
const spelled: Partial<Record<string, string>> = { udp: 'UDP', tcp: 'TCP', nat: 'NAT', stun: 'STUN' };

/** Its name for people: the words of its key. A unit at the end is shown beside the value instead. */
export function settingLabel({ key, unit }: Pick<SettingView, 'key' | 'unit'>): string {
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

/** A value as it reads in a sentence. */
export function valueWords({ unit }: Pick<SettingView, 'unit'>, value: unknown): string {
  if (value === true) return texts.settings.on;
  if (value === false) return texts.settings.off;
  const text = valueText(value);
  if (text === '') return texts.settings.empty;
  return unit === null ? text : `${text} ${unit}`;
}

export interface SettingGroup {
  heading: string;
  settings: readonly SettingView[];
}

/** The settings under their headings, both in the order of the declarations. */
export function settingGroups(settings: readonly SettingView[]): SettingGroup[] {
  const groups = new Map<string, SettingView[]>();
  for (const setting of settings) {
    const group = groups.get(setting.group);
    if (group) group.push(setting);
    else groups.set(setting.group, [setting]);
  }
  // A group of a newer engine is shown under its own word.
  return [...groups].map(([group, members]) => ({
    heading: texts.settings.groups[group] ?? group,
    settings: members,
  }));
}
