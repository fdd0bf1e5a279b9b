import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { openStore } from '../../src/store/open.ts';
import type { Payload, Store } from '../../src/store/store.ts';
import { signIn } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { responseOf } from './engine-comparison.ts';
import { APIS, client, CLIENTS, HINTS, request, toEngine } from './introspection-parties.ts';

type TokenKind = 'AccessToken' | 'RefreshToken';

/** Stored tokens, grants and sessions with any members: also such that no feature writes yet, and what an earlier version may have written. */
describe('the short path of introspection and the engine read any stored token in the same way', () => {
  let server: TestServer;
  let store: Store;
  const stored = {} as Record<TokenKind | 'Grant' | 'Session', Payload>;

  before(async () => {
    server = await startTestServer({ signingAlgorithms: ['ES256'], apis: APIS, clients: CLIENTS });
    store = await openStore(server.config.store, { clock: Date.now });
    const { tokens } = await signIn(server.issuer, { client: client('app') });
    const read = async (kind: keyof typeof stored, id: unknown) =>
      void (stored[kind] = (await store.artifacts.find(kind, String(id))) ?? assert.fail(kind));
    await read('AccessToken', tokens.access_token);
    await read('RefreshToken', tokens.refresh_token);
    await read('Grant', stored.AccessToken.grantId);
    stored.Session =
      (await store.artifacts.findByUid('Session', String(stored.AccessToken.sessionUid))) ?? assert.fail();
  });
  after(async () => {
    await store.close();
    await server.stop();
  });

  interface Changes {
    token: Payload;
    grant: Payload;
    session: Payload;
    isConsumed: boolean;
  }

  /** Stores a token of its own, with its grant and its session. */
  async function write(kind: TokenKind, { token, grant, session, isConsumed }: Changes): Promise<string> {
    const [id, grantId, uid, jti] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const expiresAt = Math.floor(Date.now() / 1000) + 3600;
    const { artifacts } = store;
    const authorizations = { app: { sid: 'x', grantId } };
    const put = (of: 'Session' | 'Grant' | TokenKind, key: string, payload: Payload, extra = {}) =>
      artifacts.upsert(of, key, { payload, expiresAt, ...extra });
    await put('Session', jti, { ...stored.Session, jti, uid, authorizations, ...session }, { uid });
    await put('Grant', grantId, { ...stored.Grant, jti: grantId, ...grant }, { grantId });
    const sessionUid = uid;
    await put(kind, id, { ...stored[kind], jti: id, grantId, sessionUid, ...token }, { grantId });
    if (isConsumed) await artifacts.consume(kind, id);
    return id;
  }

  /** @returns the response, which is the same on both paths */
  async function compare(kind: TokenKind, changes: Changes, hint = {}): Promise<Payload> {
    const plain = request({ token: await write(kind, changes), ...hint });
    const seen = [];
    for (const each of [plain, toEngine(plain)])
      seen.push(await responseOf(await fetch(`${server.issuer}/introspect`, { method: 'POST', ...each })));
    assert.deepEqual(seen[0], seen[1], JSON.stringify({ kind, changes }));
    return JSON.parse(seen[0]?.text ?? '') as Payload;
  }

  const unchanged = { token: {}, grant: {}, session: {}, isConsumed: false };

  it('sender-constrained tokens (RFC 8705 §3.2, RFC 9449 §6.2)', async () => {
    const bound = async (kind: TokenKind, token: Payload) => {
      const { active, cnf, token_type: type } = await compare(kind, { ...unchanged, token });
      return { active, cnf, type };
    };
    assert.deepEqual(await bound('AccessToken', { jkt: 'key' }), {
      active: true,
      cnf: { jkt: 'key' },
      type: 'DPoP',
    });
    assert.deepEqual(await bound('AccessToken', { 'x5t#S256': 'certificate' }), {
      active: true,
      cnf: { 'x5t#S256': 'certificate' },
      type: 'Bearer',
    });
    assert.deepEqual(await bound('RefreshToken', { jkt: 'key', 'x5t#S256': 'certificate' }), {
      active: true,
      cnf: { 'x5t#S256': 'certificate', jkt: 'key' },
      type: undefined,
    });
  });

  it('extra claims, which replace no claim of the server but the subject', async () => {
    const standard = { sub: 'other', active: false, iss: 'x', scope: 'x', cnf: 1, jti: 'x', sid: 'x' };
    const extra = { ...standard, department: 'sales', authorization_details: [{ type: 'x' }] };
    const described = await compare('AccessToken', { ...unchanged, token: { extra } });
    assert.equal(described.department, 'sales');
    assert.equal(described.active, true);
    assert.equal(described.iss, server.issuer);
    assert.equal(described.authorization_details, undefined);
  });

  it('any members', async () => {
    const active = new Map<boolean, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<TokenKind>('AccessToken', 'RefreshToken'),
        fc.record({
          token: fc.oneof(
            anyMembers([...TEXTS, ...TIMES, ...OTHERS], fc.oneof(text, time, other)),
            anyMembers(['sessionUid', 'grantId', 'accountId'], text),
          ),
          grant: fc.oneof(anyMembers(GRANT_TEXTS, text), anyMembers(GRANT_NUMBERS, time)),
          session: fc.oneof(anyMembers(SESSION_TEXTS, text), anyMembers(SESSION_TIMES, time)),
          isConsumed: fc.constantFrom(false, false, false, true),
        }),
        fc.constantFrom(...HINTS),
        async (kind, changes, hint) => {
          const isActive = (await compare(kind, changes, hint)).active === true;
          active.set(isActive, (active.get(isActive) ?? 0) + 1);
        },
      ),
      { numRuns: LONG ? 2000 : 100 },
    );
    assert.ok(
      Number(active.get(true)) > 10 && Number(active.get(false)) > 10,
      'tokens of both states are among them',
    );
  });
});

const TIMES = ['exp', 'iat', 'nbf', 'loginTs'];
const TEXTS = [
  'scope',
  'sid',
  'aud',
  'jti',
  'kind',
  'jkt',
  'x5t#S256',
  'clientId',
  'accountId',
  'grantId',
  'format',
  'iss',
  'sub',
  'gty',
  'unknown',
];
const OTHERS = ['extra', 'expiresWithSession', 'consumed', 'claims', 'jwt', 'resource'];
const GRANT_TEXTS = ['accountId', 'clientId', 'instance', 'sessionUid', 'format'];
const GRANT_NUMBERS = ['exp', 'iat', 'generation', 'withdrawals'];
const SESSION_TIMES = ['exp', 'iat', 'loginTs'];
const SESSION_TEXTS = ['accountId', 'format', 'uid'];

const NOW = Math.floor(Date.now() / 1000);
const text = fc.constantFrom('', 'x', 'app', 'opaque', 'moved', '__proto__', 'constructor');
const time = fc.constantFrom(0, 1, NOW - 60, NOW + 3600, NOW + 7200);
const other = fc.constantFrom(
  null,
  undefined,
  true,
  false,
  [],
  ['x'],
  {},
  { a: 1 },
  { sub: 'x', client_id: 'y', aud: 'z' },
);

/** Two at most; often none. */
function anyMembers(names: readonly string[], values: fc.Arbitrary<unknown>): fc.Arbitrary<Payload> {
  const some = fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 2 });
  return fc.oneof({ weight: 1, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: some });
}
