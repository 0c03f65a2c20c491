export type { Key } from './language.svelte';
export { language, languages, say, sayFact, sayFactOf, sayIfKnown, useLanguage } from './language.svelte';
