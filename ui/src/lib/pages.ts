/** The pages of the window. */
export const pages = ['home', 'party', 'settings', 'diagnostics'] as const;

export type Page = (typeof pages)[number];
