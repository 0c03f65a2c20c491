// A way to another page, for whatever is deep in one.
import { getContext, setContext } from 'svelte';

import type { Page } from './pages';

type Go = (page: Page) => void;

const KEY = Symbol('pages');

/** Lets everything below go to other pages. */
export const offerPages = (go: Go): Go => setContext(KEY, go);

/** Goes to another page; to be asked for while a component is made. */
export const usePages = (): Go => getContext<Go>(KEY);
