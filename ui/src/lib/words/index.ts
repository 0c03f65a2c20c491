export type { Key } from './language.svelte';
export { language, languages, say, sayFact, sayIfKnown, useLanguage } from './language.svelte';
