import { readFileSync } from 'node:fs';

/**
 * The script of the page that an application loads in a frame (OpenID Connect Session Management 1.0 §3.2). It hashes by a library, because
 * `crypto.subtle` is not in every browser and context.
 *
 * Without the cookie every session has changed: otherwise any page could make up a value for an empty state, and learn whether the browser
 * has a session here.
 * @param cookie name of the cookie with the browser state
 * @returns a function that reads the library at its first call
 */
export function createCheckSessionScript(cookie: string): () => string {
  let script: string | undefined;
  return () => (script ??= `${readLibrary()}\n${answering(cookie)}`);
}

function readLibrary(): string {
  return readFileSync(new URL(import.meta.resolve('js-sha256/build/sha256.min.js')), 'utf8').trim();
}

function answering(cookie: string): string {
  return `addEventListener('message', function (event) {
  if (event.origin === 'null') return;
  var cookie = ('; ' + document.cookie).split(${JSON.stringify(`; ${cookie}=`)})[1];
  var state = cookie === undefined ? '' : cookie.split(';')[0];
  var parts = /^([!-~]+) ([0-9a-f]+)[.]([0-9a-f]+)$/.exec(event.data);
  var answer = 'error';
  if (parts !== null) {
    var digest = sha256(parts[1] + ' ' + event.origin + ' ' + state + ' ' + parts[3]);
    answer = cookie !== undefined && digest === parts[2] ? 'unchanged' : 'changed';
  }
  event.source.postMessage(answer, event.origin);
});`;
}
