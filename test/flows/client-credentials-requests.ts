import * as fc from 'fast-check';
import { basic } from '../support/flow.ts';

/** Client credentials requests, good and bad, and the clients that send them. */

const FORM = 'application/x-www-form-urlencoded';
const SHORT_LIVED = 'https://short.example/api';
/** A resource indicator cannot have a fragment (RFC 8707 §2). */
const FRAGMENT = 'https://fragment.example/#part';
const WITHOUT_SCOPES = 'https://scopeless.example';
/** Declared with the slash of an empty path. */
const SLASHED = 'https://slashed.example/';
const SECRET = 'a secret: with % and +';

export const APIS = [
  {
    audience: SHORT_LIVED,
    name: 'Short',
    scopes: { 'short:a': 'A', 'short:b': 'B' },
    accessTokenLifetime: 30,
    signingAlgorithm: 'ES256' as const,
  },
  { audience: FRAGMENT, name: 'Fragment', scopes: { fragment: 'Nothing' } },
  { audience: SLASHED, name: 'Slashed', scopes: { slashed: 'Nothing' } },
  { audience: WITHOUT_SCOPES, name: 'Scopeless', scopes: {}, clients: ['no-scopes'] },
];

const machine = (id: string, metadata: object) => ({
  client_id: id,
  client_secret: SECRET,
  grant_types: ['client_credentials'],
  ...metadata,
});
export const CLIENTS = [
  machine('one-api', { scope: 'messages:read messages:write' }),
  machine('two-apis', {
    scope: 'messages:read short:a short:b',
    token_endpoint_auth_method: 'client_secret_post',
  }),
  machine('https://machine.example/?a=b:c', { scope: 'short:b short:a' }),
  machine('no-scopes', { scope: '' }),
  machine('fragment', { scope: 'fragment' }),
  machine('slashed', { scope: 'slashed messages:read' }),
  machine('web', {
    grant_types: ['authorization_code'],
    redirect_uris: ['https://app.example/cb'],
    scope: 'openid messages:read',
  }),
  { client_id: 'public', token_endpoint_auth_method: 'none', redirect_uris: ['https://app.example/cb'] },
];

export interface TokenRequest {
  body: string;
  headers: Record<string, string>;
}

const form = (parameters: string[][]) => new URLSearchParams(parameters as [string, string][]).toString();
/** A request with the secret in the Authorization header. */
export const plain = (
  parameters: Record<string, string>,
  id = 'one-api',
  headers: Record<string, string> = {},
) => ({
  body: form(Object.entries({ grant_type: 'client_credentials', ...parameters })),
  headers: { 'Content-Type': FORM, Authorization: basic({ id, secret: SECRET }), ...headers },
});

export const TABLE: Record<string, TokenRequest> = {
  'a scope': plain({ scope: 'messages:read' }),
  'no scope': plain({}),
  'two scopes, not in the order of their registration': plain({ scope: 'messages:write messages:read' }),
  'a scope twice': plain({ scope: 'messages:read messages:read' }),
  'a resource': plain({ resource: SHORT_LIVED }, 'two-apis'),
  'a scope and its resource': plain({ scope: 'short:b', resource: SHORT_LIVED }, 'two-apis'),
  'a resource with a slash': plain({ resource: 'http://localhost:3001/' }),
  'a resource without the declared slash': plain({ resource: SLASHED.slice(0, -1) }, 'slashed'),
  'a resource with a slash after its path': plain({ resource: `${SHORT_LIVED}/` }, 'two-apis'),
  'the resource of another client, with a slash': plain({ resource: 'http://localhost:3001/' }, 'no-scopes'),
  'an empty resource': plain({ resource: '' }),
  'an audience': plain({ audience: SHORT_LIVED }, 'two-apis'),
  'an audience with a slash': plain({ audience: 'http://localhost:3001/' }, 'two-apis'),
  'an audience without the declared slash': plain({ audience: SLASHED.slice(0, -1) }, 'slashed'),
  'an audience and its scope': plain({ audience: SHORT_LIVED, scope: 'short:b' }, 'two-apis'),
  'an audience and a scope of another API': plain(
    { audience: SHORT_LIVED, scope: 'messages:read' },
    'two-apis',
  ),
  'an audience and the same resource': plain({ audience: SHORT_LIVED, resource: SHORT_LIVED }, 'two-apis'),
  'an audience and another resource': plain(
    { audience: SHORT_LIVED, resource: 'http://localhost:3001' },
    'two-apis',
  ),
  'an audience and an empty resource': plain({ audience: SHORT_LIVED, resource: '' }, 'two-apis'),
  'an empty audience': plain({ audience: '' }),
  'an empty audience and a resource': plain({ audience: '', resource: SHORT_LIVED }, 'two-apis'),
  'an unknown audience': plain({ audience: 'https://other.example' }),
  'an unknown audience, which is not an address': plain({ audience: '__proto__' }),
  'the audience of another client': plain({ audience: SHORT_LIVED }, 'no-scopes'),
  'a scope of another resource': plain({ scope: 'messages:read', resource: SHORT_LIVED }, 'two-apis'),
  'no scope, with several APIs': plain({}, 'two-apis'),
  'an API without scopes': plain({}, 'no-scopes'),
  'an API without scopes, by its resource': plain({ resource: WITHOUT_SCOPES }, 'no-scopes'),
  'the resource of another client': plain({ resource: SHORT_LIVED }, 'no-scopes'),
  'an identifier that needs encoding': plain({}, CLIENTS[2]!.client_id),
  'a charset': plain({}, 'one-api', { 'Content-Type': `${FORM};charset=UTF-8` }),
  'another charset': plain({}, 'one-api', { 'Content-Type': `${FORM}; charset=utf-16le` }),
  'another media type': plain({}, 'one-api', { 'Content-Type': 'application/json' }),
  'a browser’s origin': plain({}, 'one-api', { Origin: 'https://app.example' }),
  'a wish for HTML': plain({}, 'one-api', { Accept: 'text/html' }),
  'a wish for HTML, refused': plain({ scope: 'x' }, 'one-api', { Accept: 'text/html' }),
  'the identifier beside the header': plain({ client_id: 'one-api' }),
  'another identifier beside the header': plain({ client_id: 'two-apis' }),
  'a secret in the header and in the body': plain({ client_secret: SECRET }),
  'spaces as plus signs': plain({}, 'one-api', {
    Authorization: `Basic ${btoa('one-api:a+secret%3A+with+%25+and+%2B')}`,
  }),
  'a space that is not encoded': plain({}, 'one-api', {
    Authorization: `Basic ${btoa('one-api:a secret%3A with %25 and %2B')}`,
  }),
  'a plus sign that is not encoded': plain({}, 'one-api', {
    Authorization: `Basic ${btoa('one-api:a%20secret%3A%20with%20%25%20and%20+')}`,
  }),
  'padding too little': plain({}, 'one-api', {
    Authorization: basic({ id: 'one-api', secret: SECRET }).replace(/==$/, '='),
  }),
  'a client for something else': plain({}, 'web'),
  'a client without a secret': plain({}, 'public'),
  'an unknown client': plain({}, 'nobody'),
  'an unknown resource': plain({ resource: 'https://other.example' }),
  'an API whose name has a fragment': plain({}, 'fragment'),
  'a resource with a fragment': plain({ resource: FRAGMENT }, 'fragment'),
  'an empty scope': plain({ scope: '' }),
  'a scope with a space too many': plain({ scope: 'messages:read ' }),
  'spaces before and between scopes': plain({ scope: ' messages:read  messages:write' }),
  'nothing but spaces': plain({ scope: '  ' }),
};

/** Mostly valid: each part is valid six times out of seven. */
export function anyRequest(): fc.Arbitrary<TokenRequest> {
  const rarely = <T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: unusual });
  const id = rarely(
    fc.constantFrom('one-api', 'two-apis', CLIENTS[2]!.client_id),
    fc.constantFrom('no-scopes', 'web', 'public', 'nobody', ''),
  );
  const secret = rarely(fc.constant(SECRET), fc.constantFrom('wrong', '', 'a secret', '\u{1F511}'));
  const scopes = ['messages:read', 'messages:write', 'short:a', 'short:b'];
  const parameter = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(
        fc.constant('scope'),
        fc.subarray(scopes, { minLength: 1 }).map((some) => some.join(' ')),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(
        fc.constantFrom('resource', 'audience'),
        fc.constantFrom(
          'http://localhost:3001',
          'http://localhost:3001/',
          SHORT_LIVED,
          WITHOUT_SCOPES,
          `${SHORT_LIVED}#x`,
          'short',
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constantFrom(
          'scope',
          'resource',
          'audience',
          'client_id',
          'client_secret',
          'grant_type',
          'code',
          '__proto__',
        ),
        rarely(fc.constantFrom('openid', ' ', '', 'client_credentials', 'messages:read  '), fc.string()),
      ),
    },
  );
  const credentials = fc.record({ id, secret });
  const authentication = rarely(
    fc.oneof(
      credentials.map((client) => ({ parameters: [] as string[][], header: basic(client) })),
      credentials.map((client) => ({
        parameters: [
          ['client_id', client.id],
          ['client_secret', client.secret],
        ],
        header: '',
      })),
    ),
    fc.oneof(
      credentials.map((client) => ({
        parameters: [['client_id', client.id]],
        header: `bAsIc ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
      })),
      fc
        .constantFrom('Basic', 'Basic !', 'Basic b25lLWFwaQ==', 'Basic b25lLWFwaTph====', 'Bearer x')
        .map((header) => ({ parameters: [] as string[][], header })),
    ),
  );
  const contentType = rarely(
    fc.constantFrom(FORM, `${FORM};charset=UTF-8`, `${FORM}; charset=utf-8`),
    fc.constantFrom(FORM.toUpperCase(), `${FORM}; charset=utf-16le`, `${FORM};`, 'text/plain'),
  );
  const grantType = rarely(
    fc.constant('client_credentials'),
    fc.constantFrom('', 'refresh_token', 'implicit'),
  );
  const endings = fc.constantFrom('&', '&=', '&scope', '&x=%zz', '\n', '\u00e9', '&a+b=%00');
  const ending = rarely(fc.constant(''), endings);
  return fc
    .record({
      parameters: fc.array(parameter, { maxLength: 2 }),
      authentication,
      contentType,
      grantType,
      ending,
    })
    .map((made) => ({
      body:
        form([['grant_type', made.grantType], ...made.authentication.parameters, ...made.parameters]) +
        made.ending,
      headers: {
        'Content-Type': made.contentType,
        ...(made.authentication.header !== '' && { Authorization: made.authentication.header }),
      },
    }));
}
