// A setting as words. What there is to know about it comes from its declaration.
import type { Kind, SettingView } from '../bindings';
import { languages, say, sayData, sayIfKnown } from './words';

/** Its name for people. A unit is shown beside the value instead. */
export const settingLabel = ({ key }: Pick<SettingView, 'key'>): string => sayIfKnown(`setting-name-${key}`) ?? key;

/** What it does. */
export const settingDoc = ({ key, doc }: Pick<SettingView, 'key' | 'doc'>): string => sayIfKnown(`setting-doc-${key}`) ?? doc;

/** What its value must be. */
export const ruleWords = ({ rule, optional }: Pick<SettingView, 'rule' | 'optional'>): string =>
  sayData('settings-rule', { rule, or_empty: optional });

/** That its stored value is none, and what it must be. */
export const faultWords = ({ value, rule, optional }: Pick<SettingView, 'value' | 'rule' | 'optional'>): string =>
  sayData('settings-fault', { value: JSON.stringify(value), rule, or_empty: optional });

/** A value as one writes it into its field, and as the engine reads it. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The words to choose from. Which languages there are, the catalogues say. */
export const choicesOf = (kind: Extract<Kind, { type: 'choice' | 'language' }>): readonly string[] =>
  kind.type === 'choice' ? kind.choices : ['system', ...languages.map(({ tag }) => tag)];

/** A word to choose as it reads; a language as it calls itself. */
export const choiceWords = (key: string, choice: string): string =>
  sayIfKnown(`setting-choice-${key}-${choice}`) ?? languages.find(({ tag }) => tag === choice)?.name ?? choice;

/** A unit as it reads. */
export const unitWords = (unit: string): string => sayIfKnown(`setting-unit-${unit.toLowerCase()}`) ?? unit;

/** A value as it reads in a sentence. */
export function valueWords({ key, kind, unit }: Pick<SettingView, 'key' | 'kind' | 'unit'>, value: unknown): string {
  if (value === true) return say('settings-on');
  if (value === false) return say('settings-off');
  const text = valueText(value);
  if (text === '') return say('settings-empty');
  if (kind.type === 'choice' || kind.type === 'language') return choiceWords(key, text);
  return unit === null ? text : `${text} ${unitWords(unit)}`;
}

/** What a player hardly ever needs, and may spoil. */
const EXPERT: ReadonlySet<string> = new Set([
  'udp_port',
  'port_mapping',
  'relay_pair_kbits',
  'relay_total_kbits',
  'stun_servers',
  'dht_nodes',
  'pkarr_relays',
  'adapter_name',
  'default_subnet',
  'quality_excellent',
  'quality_good',
  'quality_fair',
  'quality_poor',
  'backup_keep',
  'log_level',
  'log_file_mib',
  'log_files_kept',
]);

/** Whether a setting is for those who know what it does. One that cannot be used is for everybody: it has to be mended. */
export const isExpert = ({ key, is_refused: refused }: Pick<SettingView, 'key' | 'is_refused'>): boolean => EXPERT.has(key) && !refused;

/** Whether a setting is what somebody looks for: by its name, what it does, or its key. */
export function isWanted(setting: Pick<SettingView, 'key' | 'doc'>, wanted: string): boolean {
  const words = wanted.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const about = [settingLabel(setting), settingDoc(setting), setting.key].join(' ').toLowerCase();
  return words.every((word) => about.includes(word));
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
    const heading = sayIfKnown(`setting-group-${setting.group}`) ?? setting.group;
    const group = groups.get(heading);
    if (group) group.push(setting);
    else groups.set(heading, [setting]);
  }
  return [...groups].map(([heading, members]) => ({ heading, settings: members }));
}
