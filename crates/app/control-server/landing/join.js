// Hands the invitation behind the # to LANrage. Nothing of it leaves the browser.
'use strict';

/** The invitation's code, if it can be one. */
function code() {
  const text = location.hash.slice(1);
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : null;
}

/** What an invitation of format 1 says of its party, to be shown; LANrage alone judges it. */
function read(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const said = JSON.parse(new TextDecoder().decode(bytes.slice(1, -4)));
    const words = (value) => (typeof value === 'string' && value !== '' ? value.slice(0, 64) : null);
    return { party: words(said.n), host: words(said.o) };
  } catch {
    return null;
  }
}

function speakOneLanguage() {
  const wanted = navigator.language.startsWith('de') ? 'de' : 'en';
  document.documentElement.lang = wanted;
  for (const section of document.querySelectorAll('section')) section.hidden = section.lang !== wanted;
}

function tellWhereToGetIt() {
  const { downloads } = document.body.dataset;
  for (const item of document.querySelectorAll('.get')) item.hidden = downloads === '';
  for (const item of document.querySelectorAll('.ask')) item.hidden = downloads !== '';
  if (!/^https?:/.test(downloads)) return;
  for (const link of document.querySelectorAll('.downloads')) {
    link.href = downloads;
    link.textContent = new URL(downloads).host;
  }
}

function show() {
  const text = code();
  const said = text === null ? null : read(text);
  for (const element of document.querySelectorAll('.damaged')) element.hidden = text !== null;
  for (const element of document.querySelectorAll('.ways')) element.hidden = text === null;
  if (text === null) return;
  const link = `lanrage://join/${text}`;
  for (const element of document.querySelectorAll('.open')) element.href = link;
  for (const button of document.querySelectorAll('.copy')) {
    button.onclick = async () => {
      await navigator.clipboard.writeText(link);
      button.textContent = button.dataset.done;
    };
  }
  if (said?.party) for (const element of document.querySelectorAll('.party')) element.textContent = `“${said.party}”`;
  for (const element of document.querySelectorAll('.host')) element.hidden = !said?.host;
  for (const element of document.querySelectorAll('.host-name')) element.textContent = said?.host ?? '';
}

speakOneLanguage();
tellWhereToGetIt();
show();
addEventListener('hashchange', show);
