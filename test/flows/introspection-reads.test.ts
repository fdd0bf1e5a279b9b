import assert from 'node:assert/strict';
import type { Client } from 'oidc-provider';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { type Config, parseConfig } from '../../src/config/config.ts';
import { type IntrospectOpaque, opaqueIntrospection } from '../../src/oidc/tokens/opaque-introspection.ts';
import { openStore } from '../../src/store/open.ts';
import type { ArtifactKind, Payload, Store } from '../../src/store/store.ts';
import { engineOn } from './engine-on-store.ts';

const OWNER = 'owner';
const ACCOUNT = { id: 'account', generation: 3, disabled: false };
const NOW = Math.floor(Date.now() / 1000);
const LATER = NOW + 3600;

/** Introspection of opaque tokens that are in the store, without the engine: what it reads, and which tokens it leaves to the engine. */
describe('introspection of an opaque token in front of the engine', () => {
  const config: Config = parseConfig({ store: 'sqlite::memory:' });
  let store: Store;
  let engine: Awaited<ReturnType<typeof engineOn>>;
  let introspect: IntrospectOpaque;
  let owner: Client;
  let accounts = 0;

  before(async () => {
    store = await openStore(config.store, { clock: Date.now });
    engine = await engineOn(config, store);
    for (const id of [OWNER, 'stranger']) {
      const { metadata } = checkMetadata({ grant_types: [], redirect_uris: [] }, config);
      const times = { createdAt: NOW, updatedAt: NOW };
      await store.clients.create({
        id,
        instance: id,
        metadata: { ...metadata },
        secrets: [],
        source: 'added',
        ...times,
      });
    }
    owner = (await engine.provider.Client.find(OWNER)) as Client;
    introspect = opaqueIntrospection({
      ...engine,
      findAccount: async () => {
        accounts += 1;
        return ACCOUNT as never;
      },
    });
  });
  after(() => store.close());

  const write = (kind: ArtifactKind, id: string, payload: Payload, uid?: string) =>
    store.artifacts.upsert(kind, id, { payload, expiresAt: LATER, uid });

  /** A token of the owner with everything that makes it active. */
  async function issue(
    kind: 'AccessToken' | 'RefreshToken',
    id: string,
    more: Payload = {},
  ): Promise<string> {
    const of = { accountId: ACCOUNT.id, clientId: OWNER };
    const grantId = `grant of ${id}`;
    const authorizations = { [OWNER]: { grantId } };
    const times = { iat: NOW, exp: LATER };
    await write(
      'Session',
      `session of ${id}`,
      { ...times, jti: `session of ${id}`, accountId: ACCOUNT.id, authorizations },
      id,
    );
    await write('Grant', grantId, { ...times, ...of, generation: ACCOUNT.generation, instance: OWNER });
    await write(kind, id, {
      ...times,
      ...of,
      kind,
      jti: id,
      grantId,
      sessionUid: id,
      expiresWithSession: true,
      ...more,
    });
    return id;
  }

  /** @returns the response, and the reads of accounts and artifacts */
  async function ask(token: string, { client = owner, hint }: { client?: Client; hint?: string } = {}) {
    accounts = 0;
    const before = store.counts.reads;
    const response = await introspect(token, client, hint);
    return { response, reads: store.counts.reads - before + accounts };
  }
  const isActive = async (token: string) => ((await ask(token)).response as { active?: boolean })?.active;

  it('reads token, session, grant and account', async () => {
    await issue('AccessToken', 'access');
    await issue('RefreshToken', 'refresh');
    assert.equal(await isActive('access'), true);
    assert.equal((await ask('access')).reads, 4);
    assert.equal((await ask('access', { hint: 'refresh_token' })).reads, 5);
    assert.equal(await isActive('refresh'), true);
    assert.equal((await ask('refresh')).reads, 5);
    assert.equal((await ask('refresh', { hint: 'refresh_token' })).reads, 4);
    await issue('AccessToken', 'offline', { expiresWithSession: undefined });
    assert.equal((await ask('offline')).reads, 3);
  });

  it('reads for the token of another client what it reads for an unknown one', async () => {
    const client = (await engine.provider.Client.find('stranger')) as Client;
    for (const hint of [undefined, 'access_token', 'refresh_token', 'x']) {
      for (const token of ['access', 'refresh', 'unknown']) {
        assert.deepEqual(await ask(token, { client, hint: hint as string }), {
          response: { active: false },
          reads: 2,
        });
      }
    }
  });

  it('reads nothing more for a token that was used or has expired', async () => {
    await issue('RefreshToken', 'used');
    await store.artifacts.consume('RefreshToken', 'used');
    await issue('AccessToken', 'expired', { exp: NOW });
    assert.deepEqual(await ask('used'), { response: { active: false }, reads: 2 });
    assert.deepEqual(await ask('expired'), { response: { active: false }, reads: 1 });
  });

  for (const [state, payload] of Object.entries<[ArtifactKind, Payload] | undefined>({
    'of an earlier generation of its account': ['Grant', { generation: ACCOUNT.generation - 1 }],
    'of another instance of its client': ['Grant', { instance: 'earlier' }],
    'of another account': ['Grant', { accountId: 'other' }],
    'of another client': ['Grant', { clientId: 'other' }],
    'that has expired': ['Grant', { exp: NOW }],
    'whose session is of another account': ['Session', { accountId: 'other' }],
    'whose session has another grant': ['Session', { authorizations: { [OWNER]: { grantId: 'other' } } }],
    'whose session has no grant': ['Session', { authorizations: {} }],
    'whose session has no authorizations': ['Session', { authorizations: undefined }],
  })) {
    it(`is inactive under a grant ${state}`, async () => {
      const id = await issue('AccessToken', state);
      assert.equal(await isActive(id), true);
      const [kind, change] = payload ?? ['Grant', {}];
      const key = kind === 'Grant' ? `grant of ${id}` : `session of ${id}`;
      const stored = await store.artifacts.find(kind, key);
      await write(kind, key, { ...stored, ...change }, kind === 'Session' ? id : undefined);
      assert.equal(await isActive(id), false);
    });
  }

  it('is inactive when its session was ended, and follows a session that was moved', async () => {
    const id = await issue('AccessToken', 'moved');
    const session = await store.artifacts.find('Session', 'session of moved');
    await write('Session', 'new id', { ...session, jti: 'new id' });
    await write('Session', 'session of moved', { format: 'moved', movedTo: 'new id' }, id);
    assert.equal(await isActive(id), true);
    await store.artifacts.consume('Session', 'new id');
    assert.equal(await isActive(id), false);
    await issue('AccessToken', 'signed out');
    await store.artifacts.consume('Session', 'session of signed out');
    assert.equal(await isActive('signed out'), false);
  });

  it('decides about each member that the engine stores', async () => {
    const { AccessToken, RefreshToken } = engine.provider as unknown as Record<
      string,
      { IN_PAYLOAD: string[] }
    >;
    const left: string[] = [];
    for (const [kind, { IN_PAYLOAD }] of Object.entries({
      AccessToken: AccessToken!,
      RefreshToken: RefreshToken!,
    })) {
      for (const name of new Set([...IN_PAYLOAD, 'format', 'unknown'])) {
        const id = await issue(kind as 'AccessToken', `${kind} with ${name}`);
        const stored = await store.artifacts.find(kind as 'AccessToken', id);
        await write(kind as 'AccessToken', id, { [name]: 'opaque', ...stored });
        if ((await ask(id)).response === undefined) left.push(`${kind} ${name}`);
      }
    }
    // Authorization details (RFC 9396) and attested clients are left to the engine.
    assert.deepEqual(left, [
      'AccessToken rar',
      'AccessToken format',
      'AccessToken unknown',
      'RefreshToken attestationJkt',
      'RefreshToken rar',
      'RefreshToken format',
      'RefreshToken unknown',
    ]);
  });
});
