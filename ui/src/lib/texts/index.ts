export type { Language } from './language.svelte';
export { language, texts, useLanguage } from './language.svelte';
