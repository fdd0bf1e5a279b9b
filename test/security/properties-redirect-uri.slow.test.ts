import assert from 'node:assert/strict';
import { asyncProperty, constant, constantFrom, integer, oneof, string, tuple, webUrl } from 'fast-check';
import { anyText } from '../support/any-text.ts';
import { mutationOf } from './support/mutation.ts';
import { assertSane, inTime, property, UNLIMITED } from './support/property.ts';
import { type RawAnswer, requestRaw } from './support/raw.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const WEB = ['https://rp.example/cb', 'https://rp.example/other?tenant=1&x=%2F'];
const NATIVE = ['http://127.0.0.1/cb', 'http://[::1]:8000/cb', 'com.example.app:/cb', 'myapp://host/cb'];
const LOCALHOST = ['http://localhost/cb'];
const TOOL = ['http://localhost:8250/cb'];

/** Variations of a registered URI that could lead to another address. */
const TRICKS = [
  'https://evil.example',
  '@evil.example',
  '.evil.example',
  '/../',
  '%2e%2e%2f',
  '//',
  '\\',
  '#',
  '?x=1',
  '%00',
  '%0d%0a',
  ' ',
  '\t',
  ':443',
  ':65536',
  '%',
  '\u00e9',
];

const uriLike = (registered: readonly string[]) => {
  const base = constantFrom(...registered);
  return oneof(
    base,
    mutationOf(base),
    tuple(base, constantFrom(...TRICKS)).map(([uri, trick]) => uri + trick),
    tuple(base, constantFrom(...TRICKS)).map(([uri, trick]) => trick + uri),
    tuple(base, constantFrom(...TRICKS)).map(([uri, trick]) => uri.replace('://', `://${trick}`)),
    tuple(base, integer({ min: -1, max: 70_000 })).map(([uri, port]) =>
      uri.replace(/(:\d+)?\/cb/, `:${port}/cb`),
    ),
    base.map((uri) => uri.toUpperCase()),
    base.map(encodeURIComponent),
    webUrl({ withFragments: true, withQueryParameters: true }),
    string({ maxLength: 60 }),
    anyText(30),
    constant(''),
  );
};

/** RFC 9700 §4.1.3: exact comparison. */
const isRegistered = (uri: string): boolean => WEB.includes(uri);

/** RFC 8252 §7.3: any port on the loopback address of a native app. */
const isRegisteredOfNative = (uri: string): boolean => {
  const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?\/cb$/.exec(uri);
  return NATIVE.includes(uri) || (loopback !== null && isPort(loopback[1]));
};

/** `localhost` is no other name of 127.0.0.1 (RFC 8252 §8.3). */
const isRegisteredOfLocalhost = (uri: string): boolean => {
  const loopback = /^http:\/\/localhost(?::(\d{1,5}))?\/cb$/.exec(uri);
  return loopback !== null && isPort(loopback[1]);
};

const isPort = (digits = '80'): boolean => Number(digits) <= 65_535;

describe('Properties of redirect URIs: equal to a registered one, or no redirect', () => {
  const client = { client_secret: SECRET, grant_types: ['authorization_code'] };
  const stage = useStage({
    ...UNLIMITED,
    clients: [
      { ...client, client_id: 'rp', redirect_uris: WEB, post_logout_redirect_uris: WEB },
      { ...client, client_id: 'app', application_type: 'native', redirect_uris: NATIVE },
      { ...client, client_id: 'localhost', application_type: 'native', redirect_uris: LOCALHOST },
      { ...client, client_id: 'tool', redirect_uris: WEB, loopback_redirect_uris: TOOL },
    ],
  });

  /** With `prompt=none` and without a session, so that the response is a redirect. */
  const ask = async (parameters: Record<string, string>, path = '/authorize'): Promise<RawAnswer> => {
    const query = new URLSearchParams({
      response_type: 'code',
      scope: 'openid',
      prompt: 'none',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return await inTime(
      requestRaw(stage, `GET ${path}?${query.toString()} HTTP/1.1`, { Accept: 'text/html' }),
    );
  };

  const holds = async (
    clientId: string,
    uri: string,
    registered: boolean,
    more: Record<string, string> = {},
  ): Promise<void> => {
    const answer = await ask({ client_id: clientId, redirect_uri: uri, ...more });
    assertSane(answer, 'page');
    const { location } = answer.headers;
    if (registered) {
      assert.equal(answer.status, 303, answer.body);
      assert.ok(location?.startsWith(`${uri}${uri.includes('?') ? '&' : '?'}error=`), location);
    } else {
      assert.deepEqual([answer.status, location], [400, undefined], uri);
    }
  };

  property('a web client’s at /authorize (RFC 9700 §4.1.3)', 300, () =>
    asyncProperty(uriLike(WEB), (uri) => holds('rp', uri, isRegistered(uri))),
  );

  property('a native client’s, with any port on loopback (RFC 8252 §7.3)', 300, () =>
    asyncProperty(uriLike(NATIVE), (uri) => holds('app', uri, isRegisteredOfNative(uri))),
  );

  property('a native client’s on localhost, with any port, and never 127.0.0.1', 300, () =>
    asyncProperty(uriLike([...LOCALHOST, 'http://127.0.0.1/cb']), (uri) =>
      holds('localhost', uri, isRegisteredOfLocalhost(uri)),
    ),
  );

  property('a web client’s on a loopback address, with its port', 300, () =>
    asyncProperty(uriLike([...TOOL, ...LOCALHOST]), (uri) => holds('tool', uri, TOOL.includes(uri))),
  );

  const wrong = constantFrom(
    { scope: 'admin' },
    { response_type: 'token' },
    { response_mode: 'evil' },
    { code_challenge: '' },
    { request: 'x.y.z' },
    { max_age: 'abc' },
  );
  property('no error is returned to an unregistered one (RFC 9700 §4.11.2)', 150, () =>
    asyncProperty(uriLike(WEB), wrong, async (uri, more) => {
      if (!isRegistered(uri)) await holds('rp', uri, false, more);
    }),
  );

  property('after sign-out: equal to a registered one, or none', 150, () =>
    asyncProperty(uriLike(WEB), async (uri) => {
      const answer = await ask({ client_id: 'rp', post_logout_redirect_uri: uri }, '/logout');
      assertSane(answer, 'page');
      const { location } = answer.headers;
      if (isRegistered(uri)) assert.deepEqual([answer.status, location], [303, uri]);
      // An empty parameter counts as absent (RFC 6749 §3.1).
      else if (uri === '') assert.equal(location, `${stage.issuer}/logout/success?client_id=rp`);
      else assert.deepEqual([answer.status, location], [400, undefined], uri);
    }),
  );
});
