export type { Key } from './language.svelte';
export { language, languages, say, sayData, sayFact, sayIfKnown, useLanguage } from './language.svelte';
