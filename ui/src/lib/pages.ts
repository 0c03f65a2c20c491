/** The pages of the window. */
export const pages = ['home', 'party', 'games', 'settings', 'diagnostics'] as const;

export type Page = (typeof pages)[number];
