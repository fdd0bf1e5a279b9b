import assert from 'node:assert/strict';
import { authorizationRequest } from '../support/flow.ts';
import { authorizationAnswer } from './support/answer.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const WEB = 'https://rp.example/cb';
const SECRET = 'a-secret-of-more-than-32-characters';
const APP = 'com.example.app:/cb';

/** RFC 9700 §4.1.3: exact comparison, except the port of a native app on a loopback address (RFC 8252 §7.3). */
describe('B: redirect_uri', () => {
  const stage = useStage({
    clients: [
      { client_id: 'rp', client_secret: SECRET, redirect_uris: [WEB] },
      { client_id: 'rp-two', client_secret: SECRET, redirect_uris: [WEB, 'https://rp.example/two'] },
      {
        client_id: 'native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]/cb', APP],
      },
    ],
  });

  const ask = (client: string, redirectUri: string | undefined, more: Record<string, string> = {}) =>
    authorizationAnswer(stage, { client_id: client, redirect_uri: redirectUri, ...more });

  /** Also asserts that nothing is stored. */
  async function refused(
    client: string,
    redirectUri: string | undefined,
    more: Record<string, string> = {},
  ): Promise<string> {
    const before = await stage.records();
    const seen = await ask(client, redirectUri, more);
    assert.deepEqual(await stage.recordsSince(before), []);
    return seen;
  }

  const refusedForWeb: Record<string, string[]> = {
    B01: [
      `${WEB}/`,
      `${WEB}?x=1`,
      `${WEB}?`,
      `${WEB}#x`,
      `${WEB}#`,
      `${WEB} `,
      ` ${WEB}`,
      `${WEB}%20`,
      `${WEB}%00`,
      `${WEB}\0`,
      `${WEB}\t`,
      `${WEB}\r\nSet-Cookie: a=b`,
      `${WEB};x`,
      `${WEB},${WEB}`,
      `${WEB} https://evil.example/cb`,
      `${WEB}/../cb`,
      `${WEB}/..`,
      `${WEB}/%2e%2e/evil`,
      'https://rp.example//cb',
      'https://rp.example/./cb',
      'https://rp.example/%63b',
      'https://rp.example/x/../cb',
      'https://rp.example\\cb',
      'https:\\\\rp.example\\cb',
      'https:/rp.example/cb',
      'https:rp.example/cb',
      'https:///rp.example/cb',
      `https://rp.example/${'a'.repeat(6000)}`,
    ],
    B04: [
      'https://RP.example/cb',
      'HTTPS://rp.example/cb',
      'https://rp.example/CB',
      'https://rp.example:443/cb',
      'https://rp.example:/cb',
      'https://rp.example:0443/cb',
      'https://rp.example:8443/cb',
      'https://rp.example./cb',
      'https://rp.example.evil.example/cb',
      'https://x.rp.example/cb',
      'https://xrp.example/cb',
      'https://rp.example@evil.example/cb',
      'https://evil.example@rp.example/cb',
      'https://:@rp.example/cb',
      'https://evil.example\\@rp.example/cb',
      'https://rp.example\\@evil.example/cb',
      'https://evil.example#@rp.example/cb',
      'https://evil.example?https://rp.example/cb',
      'https://evil.example/https://rp.example/cb',
      'https://rp.example%2f@evil.example/cb',
      'https://rp%2eexample/cb',
      // Dots and letters that IDNA maps to the registered ones, and their ASCII form.
      'https://rp\u3002example/cb',
      'https://rp\uff0eexample/cb',
      'https://rp\uff61example/cb',
      'https://\uff52\uff50.example/cb',
      'https://r\u0440.example/cb',
      'https://xn--r-7tb.example/cb',
      'https://r\u00adp.example/cb',
      'https://[::ffff:127.0.0.1]/cb',
    ],
    B05: ['http://rp.example/cb', 'http://rp.example:443/cb', 'ftp://rp.example/cb', 'wss://rp.example/cb'],
    B07: [
      'javascript:alert(1)',
      'JavaScript:alert(1)',
      ' javascript:alert(1)',
      '\tjavascript:alert(1)',
      'java\nscript:alert(1)',
      '\u0001javascript:alert(1)',
      'javascript://rp.example/cb',
      'javascript://rp.example/%0aalert(1)',
      'data:text/html,x',
      'DATA:text/html;base64,eA==',
      'vbscript:msgbox',
      'vbScript:msgbox',
      'file:///etc/hosts',
      ' File:///etc/hosts',
      'blob:https://rp.example/x',
      'about:blank',
      'view-source:https://rp.example/cb',
      'intent://rp.example/cb#Intent;end',
    ],
    B09: ['/cb', '//rp.example/cb', '\\\\rp.example\\cb', 'rp.example/cb', 'cb', '.', '', '?x=1', '///cb'],
  };
  for (const [id, uris] of Object.entries(refusedForWeb)) {
    for (const uri of uris) row(id, name(uri), '400 page', () => refused('rp', uri));
  }

  for (const uri of ['http://127.0.0.1:50000/cb', 'http://127.0.0.1/cb', 'http://[::1]:50000/cb']) {
    row('B10', `native: ${uri}`, '303 /interaction', () => ask('native', uri));
  }
  for (const uri of [
    'http://127.0.0.1:50000/',
    'http://127.0.0.1:50000/cb/',
    'http://127.0.0.1:50000/CB',
    'http://127.0.0.1:50000/cb?x=1',
    'http://127.0.0.1:50000/cb#x',
    'http://127.0.0.1:50000/x/../cb',
    'https://127.0.0.1:50000/cb',
    'HTTP://127.0.0.1:50000/cb',
    'http://localhost:50000/cb',
    'http://127.0.0.2:50000/cb',
    'http://127.1:50000/cb',
    'http://2130706433:50000/cb',
    'http://0x7f.0.0.1:50000/cb',
    'http://127.0.0.1.evil.example:50000/cb',
    'http://127.0.0.1:50000@evil.example/cb',
    'http://evil.example@127.0.0.1:50000/cb',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:-1/cb',
    'http://127.0.0.1: 50000/cb',
    'http://127.0.0.1:5\t0/cb',
    'http://127.0.0.1\\:50000/cb',
    'http://[::ffff:127.0.0.1]:50000/cb',
    'http://[0:0:0:0:0:0:0:1]:50000/cb',
    'http://0.0.0.0:50000/cb',
  ]) {
    row('B10', `native: ${name(uri)}`, '400 page', () => refused('native', uri));
  }

  row('B12', `native: ${APP}`, '303 /interaction', () => ask('native', APP));
  for (const uri of [
    'com.example.app:/cb/',
    'com.example.app:/other',
    'com.example.app://cb',
    'com.example.app:///cb',
    'com.example.app:cb',
    'COM.EXAMPLE.APP:/cb',
    'com.example.app:50000/cb',
    'com.example.app:/cb?x=1',
    'com.example.app.evil:/cb',
  ]) {
    row('B12', `native: ${uri}`, '400 page', () => refused('native', uri));
  }

  row('B13', 'missing, two registered', '400 page', () => refused('rp-two', undefined));
  row('B13', 'missing, one registered', '400 page', () => refused('rp', undefined));
  row('B13', 'one of another client', '400 page', () => refused('native', WEB));

  const wrongInOtherWays: Record<string, string>[] = [
    { scope: 'everything' },
    { prompt: 'none' },
    { prompt: 'none login' },
    { response_type: 'token' },
    { response_type: 'unknown' },
    { response_mode: 'fragment' },
    { response_mode: 'form_post' },
    { response_mode: 'web_message' },
    { code_challenge_method: 'plain' },
    { request: 'e30.e30.' },
    { request_uri: 'https://evil.example/request' },
    { max_age: 'abc' },
    { resource: 'https://evil.example#x' },
    { client_id: 'unknown' },
  ];
  for (const more of wrongInOtherWays) {
    const [what = ''] = Object.entries(more).map((pair) => pair.join('='));
    row('B14', `unregistered, with ${what}`, '400 page', () =>
      refused('rp', 'https://evil.example/cb', more),
    );
  }

  row('B14', 'state with a line break and a header', 'R(login_required)', async () => {
    const state = '\r\nSet-Cookie: planted=1\r\n\r\n<script>';
    const { url } = authorizationRequest(stage.issuer, { state, prompt: 'none' });
    const { status, headers, text } = await requestRaw(stage, `GET ${url.pathname}${url.search} HTTP/1.1`);
    assert.equal(status, 303);
    assert.doesNotMatch(text, /planted=1\r|<script>/);
    const back = new URL(headers.location as string);
    assert.equal(back.searchParams.get('state'), state);
    return `R(${back.searchParams.get('error')})`;
  });

  for (const uri of ['javascript:alert(1)', `${WEB}#x`, 'http://a.example/cb', 'https://*.a.example/cb']) {
    row('B15', `registration with ${uri}`, 'refused', async () => {
      await assert.rejects(stage.operator.clients.add({ client_id: 'new', redirect_uris: [uri] }), {
        name: 'ClientError',
      });
      return 'refused';
    });
  }
  for (const path of ['/register', '/reg', '/connect/register', '/clients']) {
    row('B15', `no dynamic registration: POST ${path}`, '404', async () => {
      const metadata = JSON.stringify({ redirect_uris: ['https://a.example/cb'] });
      const headers = { 'Content-Type': 'application/json' };
      const response = await fetch(stage.issuer + path, { method: 'POST', body: metadata, headers });
      return String(response.status);
    });
  }

  row('B16', 'the URL of a metadata document as client_id', '400 page', () =>
    refused('https://evil.example/client', 'https://evil.example/cb', { prompt: 'none' }),
  );
});

/** A redirect URI in the name of a test. */
function name(uri: string): string {
  const ascii = JSON.stringify(uri).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return ascii.length > 60 ? `${ascii.slice(0, 60)}…` : ascii;
}
