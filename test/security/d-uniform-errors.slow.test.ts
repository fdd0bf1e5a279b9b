import assert from 'node:assert/strict';
import { AssertingClient } from '../support/client-assertion.ts';
import { basic } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { eventually } from '../support/eventually.ts';
import { postForm } from './support/post-form.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ISSUER = 'https://login.example.com';
const MACHINE = { id: 'machine', secret: 'machine-secret-of-more-than-32-characters' };
const SPA = 'spa';
const PLUS = { id: 'plus', secret: 'plus+secret+of+more+than+32+characters' };
const WRONG = 'wrong-secret-of-more-than-32-characters';
const OLD = { id: 'old', secret: 'old-secret-of-more-than-32-characters' };
const robot = await AssertingClient.create('robot');
const ORIGINS = ['https://evil.example', 'null', ISSUER];
const now = () => Math.floor(Date.now() / 1000);

/** In production the response does not reveal which part of a client authentication was wrong: status, headers and body are equal. */
describe('D: failed client authentication in production', () => {
  const grant = { grant_types: ['client_credentials' as const], scope: 'orders:read' };
  const stage = useStage({
    issuer: ISSUER,
    port: 0,
    apis: [{ audience: 'https://orders.example.com', name: 'Orders', scopes: { 'orders:read': 'Read' } }],
    clients: [
      { ...grant, client_id: MACHINE.id, client_secret: MACHINE.secret },
      { ...grant, client_id: PLUS.id, client_secret: PLUS.secret },
      { ...grant, ...robot.metadata, redirect_uris: [], response_types: [] },
      {
        client_id: SPA,
        token_endpoint_auth_method: 'none',
        redirect_uris: ['https://spa.example.com/cb'],
        scope: 'openid',
      },
    ],
  });
  before(async () => {
    await stage.operator.clients.add({ ...grant, client_id: OLD.id }, { secret: OLD.secret });
    await stage.operator.clients.rotateSecret(OLD.id, { overlap: 1 });
    await stage.advance(2);
  });

  /** Status, headers and body, without values that are unique to a response. */
  async function answerTo(
    path: string,
    fields: Record<string, string>,
    authorization?: string,
    origin?: string,
  ) {
    const request = { grant_type: 'client_credentials', scope: grant.scope, token: 'x' };
    const body = new URLSearchParams({ ...request, ...fields });
    const headers = { Authorization: authorization, Origin: origin };
    const answer = await postForm(stage, body.toString(), headers, path);
    const { date: _date, 'trace-id': _trace, ...rest } = answer.headers;
    return JSON.stringify([answer.status, rest, answer.body]);
  }

  const credentials = [
    { id: 'nobody', secret: WRONG },
    { ...MACHINE, secret: WRONG },
    { ...MACHINE, secret: PLUS.secret },
    { ...MACHINE, secret: 'w'.repeat(5000) },
    OLD,
    { id: robot.id, secret: WRONG },
    { id: SPA, secret: WRONG },
  ];
  const assertions: (() => Promise<Record<string, string>>)[] = [
    () => robot.parameters(ISSUER, { sub: 'nobody', iss: 'nobody' }),
    () => robot.parameters(ISSUER, { sub: MACHINE.id, iss: MACHINE.id }),
    () => robot.parameters(ISSUER, { sub: SPA, iss: SPA }),
    () => robot.parameters(ISSUER, { iss: 'nobody' }),
    () => robot.parameters(ISSUER, { sub: undefined }),
    () => robot.parameters(`${ISSUER}/token`),
    () => robot.parameters(ISSUER, { aud: ['https://elsewhere.example', ISSUER] }),
    () => robot.parameters('https://elsewhere.example'),
    () => robot.parameters(ISSUER, { exp: now() - 60 }),
    () => robot.parameters(ISSUER, { exp: now() + 3600 }),
    () => robot.parameters(ISSUER, { exp: undefined }),
    () => robot.parameters(ISSUER, { nbf: now() + 60 }),
    () => robot.parameters(ISSUER, { iat: now() - 4000 }),
    () => robot.parameters(ISSUER, { jti: undefined }),
    () => robot.parameters(ISSUER, {}, { forged: true }),
    () => robot.parameters(ISSUER, {}, { header: { kid: 'two' } }),
    () => robot.parameters(ISSUER, {}, { header: { typ: 'at+jwt' } }),
    () => robot.parameters(ISSUER, {}, { header: { jku: 'https://elsewhere.example' } }),
  ];

  for (const path of ['/token', '/par', '/introspect', '/revoke']) {
    row('D10', `every kind of wrong secret, at ${path}`, '401 invalid_client, alike', async () => {
      const byBasic = new Set<string>();
      const inBody = new Set<string>();
      for (const client of credentials) {
        byBasic.add(await answerTo(path, {}, basic(client)));
        inBody.add(await answerTo(path, { client_id: client.id, client_secret: client.secret }));
      }
      byBasic.add(await answerTo(path, {}, `Basic ${btoa(`${PLUS.id}:${PLUS.secret}`)}`));
      for (const id of ['nobody', MACHINE.id, robot.id, ...(path === '/introspect' ? [SPA] : [])]) {
        inBody.add(await answerTo(path, { client_id: id }));
      }
      return outcome(byBasic, inBody);
    });

    row('D10', `from a page of another origin, at ${path}`, '401 invalid_client, alike', async () => {
      const byBasic = new Set<string>();
      const inBody = new Set<string>();
      const byAssertion = new Set<string>();
      for (const origin of path === '/token' || LONG ? ORIGINS : ORIGINS.slice(0, 1)) {
        // The right secret is rejected too: a page of another origin must not have it.
        for (const client of [...credentials, MACHINE]) {
          byBasic.add(await answerTo(path, {}, basic(client), origin));
          const fields = { client_id: client.id, client_secret: client.secret };
          inBody.add(await answerTo(path, fields, undefined, origin));
        }
        for (const id of ['nobody', MACHINE.id, robot.id, ...(path === '/introspect' ? [SPA] : [])]) {
          inBody.add(await answerTo(path, { client_id: id }, undefined, origin));
        }
        for (const make of [...assertions, () => robot.parameters(ISSUER)]) {
          byAssertion.add(await answerTo(path, await make(), undefined, origin));
        }
      }
      return outcome(byBasic, inBody, byAssertion);
    });

    row('D10', `every kind of wrong assertion, at ${path}`, '401 invalid_client, alike', async () => {
      const seen = new Set<string>();
      for (const make of assertions) seen.add(await answerTo(path, await make()));
      const used = await robot.parameters(ISSUER);
      assert.doesNotMatch(await answerTo(path, used), /invalid_client/);
      seen.add(await answerTo(path, used));
      return outcome(seen);
    });
  }

  /** `401 invalid_client, alike`; otherwise fails with the differences. */
  function outcome(...sets: Set<string>[]): string {
    const bodies = new Set<string>();
    for (const set of sets) {
      assert.equal(set.size, 1, [...set].join('\n'));
      const [status, , body] = JSON.parse([...set][0] as string) as [number, object, string];
      bodies.add(`${status} ${body}`);
    }
    assert.deepEqual(
      [...bodies],
      ['401 {"error":"invalid_client","error_description":"client authentication failed"}'],
    );
    return '401 invalid_client, alike';
  }

  row('D10', 'at /authorize: an unknown, an empty and a missing client_id', '400 page, alike', async () => {
    const pages = new Set<string>();
    for (const client of ['nobody', '%00', '__proto__', '%20', 'Spa', 'spa%00', '', undefined]) {
      const { status, body } = await requestRaw(
        stage,
        `GET /authorize?response_type=code&scope=openid${client === undefined ? '' : `&client_id=${client}`} HTTP/1.1`,
        { Accept: 'text/html' },
      );
      pages.add(`${status} ${body.replace(/id="trace-id">[^<]*</, '')}`);
    }
    assert.equal(pages.size, 1, [...pages].join('\n'));
    return `${[...pages][0]?.slice(0, 3)} page, alike`;
  });

  row('D10', 'other errors of a client, in JSON and in a redirect', 'no detail', async () => {
    const own = basic(MACHINE);
    const answers = [
      await answerTo('/token', { resource: 'https://order.example.com' }, own),
      await answerTo('/token', { scope: 'orders:reed' }, own),
      await answerTo('/token', { grant_type: 'authorization_code', code: 'x' }, own),
      await answerTo('/token', { grant_type: 'x' }, own),
      await answerTo('/par', { redirect_uri: 'https://spa.example.com/', response_type: 'code' }, own),
    ];
    const redirectUri = encodeURIComponent('https://spa.example.com/cb');
    const { headers } = await requestRaw(
      stage,
      `GET /authorize?client_id=${SPA}&redirect_uri=${redirectUri}&response_type=code&scope=openid HTTP/1.1`,
    );
    assert.match(headers.location ?? '', /error=invalid_request/, 'PKCE is missing');
    for (const answer of [...answers, headers.location]) {
      assert.match(answer ?? '', /"error\\"|error=/);
      assert.doesNotMatch(answer ?? '', /error_detail|did you mean|registered/);
    }
    return 'no detail';
  });

  row('D10', 'the log has the cause, and no secret', 'each cause', async () => {
    for (const client of credentials) await answerTo('/token', {}, basic(client));
    for (const make of assertions) await answerTo('/token', await make());
    const details = [
      '"unknownClient":"\\"nobody\\""',
      'the client_secret of \\"machine\\" is wrong',
      'the client_secret of \\"old\\" expired at 20',
      'the request authenticates by client_secret_basic; the client is registered for private_key_jwt',
      'iss is \\"nobody\\"; it must be the client_id',
      'aud is \\"https://elsewhere.example\\"; it must be the issuer',
      'exp was 60 seconds ago',
      'exp is 3600 seconds away, 3300 seconds more than the 300',
      'nbf is 60 seconds away',
      'iat is 4000 seconds ago',
      'fits no registered key',
      'no key of the client fits alg \\"ES256\\" and kid \\"two\\"',
      'an assertion with this jti was used before',
    ].map(
      // The clock may reach the next second between the signature of an assertion and its check.
      (detail) => new RegExp(detail.replace(/\d+ seconds/g, '\\d+ seconds').replaceAll('\\"', '\\\\"')),
    );
    await eventually('all details are in the log', async () => {
      const missing = details.filter((detail) => !detail.test(stage.logged));
      assert.deepEqual(missing, []);
      return true;
    });
    // Id and secret swapped.
    await answerTo('/token', {}, basic({ id: PLUS.secret, secret: PLUS.id }));
    for (const { secret } of [...credentials, PLUS]) assert.ok(!stage.logged.includes(secret), secret);
    assert.doesNotMatch(stage.logged, /eyJ/);
    return 'each cause';
  });
});
