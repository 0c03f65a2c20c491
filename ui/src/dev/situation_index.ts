import { situations } from './situations';

const VARIANTS = [
  { label: 'as the system', query: '' },
  { label: 'light', query: '&theme=light' },
  { label: 'dark', query: '&theme=dark' },
  { label: 'Deutsch', query: '&language=de' },
  { label: 'live', query: '&live' },
];

/** The list of everything that there is to look at. */
export function showIndex(target: HTMLElement): void {
  const main = document.createElement('main');
  const heading = document.createElement('h1');
  heading.textContent = 'LANrage without a backend';
  const list = document.createElement('ul');
  for (const name of Object.keys(situations)) {
    const item = document.createElement('li');
    const label = document.createElement('strong');
    label.textContent = name;
    item.append(label);
    for (const { label: words, query } of VARIANTS) {
      const link = document.createElement('a');
      link.href = `?scene=${name}${query}`;
      link.textContent = words;
      item.append(' ', link);
    }
    list.append(item);
  }
  main.append(heading, list);
  target.append(main);
  document.documentElement.dataset.ready = 'true';
}
