import assert from 'node:assert/strict';
import { asyncProperty, constant, constantFrom, oneof, record, tuple } from 'fast-check';
import { anyText } from '../support/any-text.ts';
import { basic, MACHINE, WEB } from '../support/flow.ts';
import { mutationOf } from './support/mutation.ts';
import { assertSane, inTime, type Kind, property, UNLIMITED } from './support/property.ts';
import { type RawAnswer, requestRaw } from './support/raw.ts';
import { useStage } from './support/stage.ts';

const FORM = 'application/x-www-form-urlencoded';
const GOOD_FORM = 'grant_type=client_credentials&scope=messages%3Aread';
const GOOD_BASIC = basic(MACHINE);

/** Any value of a header: HTTP ends it at a line break. */
const headerText = (text: string): string => text.replaceAll(/[\r\n\0]/g, '').replaceAll(/[^\0-\xff]/g, '?');

const bytes = anyText(80);
const asLatin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('Properties of requests: any input gets an error response in time, without leaks', () => {
  const stage = useStage(UNLIMITED);

  const post = async (path: string, body: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    await inTime(
      requestRaw(
        stage,
        `POST ${path} HTTP/1.1`,
        {
          Accept: 'application/json',
          'Content-Type': FORM,
          'Content-Length': String(body.length),
          ...headers,
        },
        body,
      ),
    );

  const authorization = oneof(
    constant(GOOD_BASIC),
    mutationOf(constant(GOOD_BASIC)),
    mutationOf(constant(`${MACHINE.id}:${MACHINE.secret}`)).map((pair) => `Basic ${btoa(headerText(pair))}`),
    bytes.map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
    tuple(constantFrom('Basic', 'basic', 'Bearer', 'DPoP', 'Digest', ''), bytes).map((parts) =>
      parts.join(' '),
    ),
    bytes,
  ).map((text) => headerText(asLatin1(text)));

  /** The credentials of a header by RFC 7617 §2 and RFC 6749 §2.3.1, in any encoding of base64. */
  const saysMachine = (header: string): boolean => {
    const [, encoded = ''] = /^basic +(\S+) *$/i.exec(header.trim()) ?? [];
    const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
    const decoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
    try {
      return decoded(id) === MACHINE.id && decoded(secret.join(':')) === MACHINE.secret;
    } catch {
      return false;
    }
  };

  property('Authorization at /token: these credentials and no others', 300, () =>
    asyncProperty(authorization, async (header) => {
      const answer = await post('/token', GOOD_FORM, { Authorization: header });
      assertSane(answer, 'json');
      if (!saysMachine(header)) assert.ok([400, 401].includes(answer.status), answer.text);
      if (header === GOOD_BASIC) assert.equal(answer.status, 200, answer.text);
      if (answer.status === 401) assert.match(answer.headers['www-authenticate'] ?? '', /^Basic /);
    }),
  );

  const endpoint = constantFrom('/introspect', '/revoke', '/par', '/userinfo');
  property('Authorization at the other endpoints', 200, () =>
    asyncProperty(endpoint, authorization, async (path, header) => {
      const answer = await post(path, path === '/userinfo' ? '' : 'token=x', { Authorization: header });
      assertSane(answer, 'json');
      if (path === '/userinfo') assert.ok([400, 401].includes(answer.status), answer.text);
    }),
  );

  const pairs = record(
    {
      grant_type: oneof(
        constantFrom('client_credentials', 'refresh_token', 'authorization_code', '__proto__'),
        bytes,
      ),
      scope: bytes,
      code: bytes,
      refresh_token: bytes,
      client_id: oneof(constant(WEB.id), bytes),
      client_secret: bytes,
      client_assertion: bytes,
      resource: bytes,
      token: bytes,
      redirect_uri: bytes,
      request: bytes,
      request_uri: bytes,
    },
    { requiredKeys: [] },
  ).map((fields) => new URLSearchParams(fields as Record<string, string>).toString());
  const body = oneof(mutationOf(constant(GOOD_FORM)), pairs, bytes, mutationOf(pairs)).map(asLatin1);
  const contentType = oneof(
    { weight: 4, arbitrary: constant(FORM) },
    constantFrom(
      `${FORM}; charset=utf-7`,
      `${FORM};charset=`,
      'application/json',
      'multipart/form-data; boundary=x',
      'text/plain',
      '',
    ),
  );
  const tokenEndpoints = constantFrom(
    '/token',
    '/token',
    '/introspect',
    '/revoke',
    '/par',
    '/logout/confirm',
  );

  property('form bodies: a token for a valid form only', 400, () =>
    asyncProperty(tokenEndpoints, body, contentType, async (path, sent, type) => {
      const answer = await post(path, sent, { Authorization: GOOD_BASIC, 'Content-Type': type });
      assertSane(answer, 'json');
      if (path !== '/token' || answer.status !== 200) return;
      const form = new URLSearchParams(Buffer.from(sent, 'latin1').toString());
      assert.deepEqual(form.getAll('grant_type'), ['client_credentials']);
      assert.ok(type.startsWith(FORM), type);
    }),
  );

  const parameters = record(
    {
      client_id: oneof({ weight: 5, arbitrary: constant(WEB.id) }, bytes),
      redirect_uri: oneof({ weight: 5, arbitrary: constant(WEB.redirectUri) }, bytes),
      response_type: oneof(constant('code'), bytes),
      scope: oneof(constant('openid'), bytes),
      prompt: oneof(constantFrom('none', 'login', 'none login', 'create'), bytes),
      state: bytes,
      nonce: bytes,
      claims: oneof(constantFrom('{}', '{"id_token":null}', '{"userinfo":{"__proto__":{}}}', '[]'), bytes),
      max_age: oneof(constantFrom('0', '-1', '1e99', 'NaN'), bytes),
      id_token_hint: bytes,
      login_hint: bytes,
      ui_locales: bytes,
      acr_values: bytes,
      request: bytes,
      request_uri: bytes,
      response_mode: oneof(constantFrom('query', 'fragment', 'form_post', 'query.jwt'), bytes),
      code_challenge: oneof(constant('x'.repeat(43)), bytes),
      code_challenge_method: oneof(constantFrom('S256', 'plain'), bytes),
      resource: bytes,
    },
    { requiredKeys: ['client_id', 'redirect_uri', 'response_type', 'code_challenge', 'prompt'] },
  );

  property('authorization requests: a page, or a redirect to the client', 300, () =>
    asyncProperty(parameters, async (fields) => {
      const query = new URLSearchParams(fields as Record<string, string>).toString();
      const answer = await inTime(
        requestRaw(stage, `GET /authorize?${query} HTTP/1.1`, { Accept: 'text/html' }),
      );
      assertSane(answer, 'page');
      const { location } = answer.headers;
      if (location === undefined) return;
      assert.ok(
        location.startsWith(`${WEB.redirectUri}?`) ||
          location.startsWith(`${WEB.redirectUri}#`) ||
          location.startsWith('/interaction/') ||
          location.startsWith(`${stage.issuer}/interaction/`),
        location,
      );
    }),
  );

  const path = oneof(
    mutationOf(
      constantFrom(
        '/token',
        '/authorize',
        '/interaction/',
        '/assets/style.css',
        '/.well-known/openid-configuration',
        `/interaction/${'x'.repeat(43)}/login`,
      ),
    ),
    constantFrom('/logout?', '/userinfo?', '/authorize?').chain((base) => bytes.map((text) => base + text)),
    bytes.map((text) => `/${text}`),
  ).map((text) => headerText(asLatin1(text)).replaceAll(' ', '%20'));
  const method = constantFrom(
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'PATCH',
    'TRACE',
    'PROPFIND',
    'FOO',
  );
  const accept = constantFrom('application/json', 'text/html', '*/*', '');

  property('request targets and methods', 300, () =>
    asyncProperty(method, path, accept, async (verb, target, Accept) => {
      const answer = await inTime(requestRaw(stage, `${verb} ${target} HTTP/1.1`, { Accept }));
      if (answer.status === 200 && isCacheable(target)) return;
      assertSane(answer, kindOf(answer));
    }),
  );

  const headerName = constantFrom(
    'Cookie',
    'Origin',
    'Accept',
    'Accept-Language',
    'X-Forwarded-For',
    'Forwarded',
    'X-Forwarded-Proto',
    'Content-Encoding',
    'Expect',
    'Range',
    'If-None-Match',
    'DPoP',
    'Host',
    'Sec-Fetch-Site',
    'traceparent',
  );
  property('other headers', 300, () =>
    asyncProperty(headerName, bytes, method, async (name, value, verb) => {
      const answer = await inTime(
        requestRaw(stage, `${verb} /userinfo HTTP/1.1`, {
          Accept: 'application/json',
          [name]: headerText(asLatin1(value)),
        }),
      );
      assertSane(answer, kindOf(answer));
    }),
  );
});

/** Responses that may be cached. */
function isCacheable(target: string): boolean {
  return target.startsWith('/assets/');
}

const kindOf = ({ headers }: RawAnswer): Kind =>
  (headers['content-type'] ?? '').startsWith('text/html') ? 'page' : 'json';
