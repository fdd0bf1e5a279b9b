import assert from 'node:assert/strict';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { createAdapterFactory } from '../../src/oidc/engine/adapter.ts';
import { createConsentMemory } from '../../src/oidc/authorization/consent-memory.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

const NOW = 1_800_000_000;
const clock = () => NOW * 1000;

/** Two requests, as in two processes: each has read the record before the other one writes it. */
describe('Concurrent writes', () => {
  let store: Store;
  let adapter: (name: string) => Adapter;
  beforeEach(async () => {
    store = await openStore('sqlite::memory:', { clock });
    const { artifacts } = store;
    adapter = createAdapterFactory({
      isSessionOver: () => Promise.resolve(false),
      artifacts,
      findClient: async () => undefined,
      clock,
      revocationLifetime: 1000,
    });
  });
  afterEach(() => store.close());

  async function read(name: string, id: string): Promise<AdapterPayload> {
    return (await adapter(name).find(id)) ?? assert.fail(`no ${name}`);
  }

  it('of a session keep the changes of both requests', async () => {
    const sessions = adapter('Session');
    const first = { uid: 'uid', accountId: 'alice', authorizations: { web: { sid: 'a', grantId: 'old' } } };
    await sessions.upsert('s', first, 60);
    const [one, two] = [await read('Session', 's'), await read('Session', 's')];
    Object.assign(one.authorizations ?? {}, { web: { sid: 'a', grantId: 'new' } });
    Object.assign(two.authorizations ?? {}, { app: { sid: 'b', grantId: 'other' } });
    await sessions.upsert('s', one, 60);
    await sessions.upsert('s', two, 60);
    assert.deepEqual(
      { ...(await read('Session', 's')).authorizations },
      { web: { sid: 'a', grantId: 'new' }, app: { sid: 'b', grantId: 'other' } },
    );
  });

  it('of an interaction do not restore the session that it has left', async () => {
    const interactions = adapter('Interaction');
    const begun = {
      uid: 'i',
      exp: NOW + 60,
      params: {},
      prompt: { name: 'login', reasons: [], details: {} },
    };
    await interactions.upsert('i', { ...begun, session: { uid: 'of alice', accountId: 'alice' } }, 60);
    const [one, two] = [await read('Interaction', 'i'), await read('Interaction', 'i')];
    const result = { login: { accountId: 'hatter' } };
    await interactions.upsert('i', { ...one, result }, 60);
    assert.deepEqual((await read('Interaction', 'i')).session, { uid: 'of alice', accountId: 'alice' });
    await interactions.upsert('i', { ...one, result, session: { accountId: 'alice' } }, 60);
    await interactions.upsert('i', { ...two, result }, 60);
    assert.deepEqual((await read('Interaction', 'i')).session, { accountId: 'alice' });
  });

  it('of a grant keep the scopes of both and the later expiry', async () => {
    const grants = adapter('Grant');
    const grant = { accountId: 'alice', clientId: 'web', exp: NOW + 60 };
    await grants.upsert('g', { ...grant, openid: { scope: 'openid' } }, 60);
    await Promise.all([
      grants.upsert('g', { ...grant, openid: { scope: 'openid email' } }, 60),
      grants.upsert('g', { ...grant, exp: NOW + 90, openid: { scope: 'openid phone' } }, 60),
      grants.upsert(
        'g',
        { ...grant, openid: { scope: 'openid' }, resources: { 'https://a.example': 'a b' } },
        60,
      ),
      grants.upsert(
        'g',
        { ...grant, openid: { scope: 'openid' }, resources: { 'https://a.example': 'c' } },
        60,
      ),
    ]);
    const { openid, resources, exp } = await read('Grant', 'g');
    assert.deepEqual(openid, { scope: 'openid email phone' });
    assert.deepEqual(resources, { 'https://a.example': 'a b c' });
    assert.equal(exp, NOW + 90);
  });

  it('of a grant add no scopes of OpenID Connect', async () => {
    const grant = {
      accountId: 'alice',
      clientId: 'web',
      exp: NOW + 60,
      resources: { 'https://a.example': 'a' },
    };
    await adapter('Grant').upsert('g', grant, 60);
    await adapter('Grant').upsert('g', grant, 60);
    assert.deepEqual(await read('Grant', 'g'), grant);
  });

  it('of a consent keep both', async () => {
    const memory = createConsentMemory(store.artifacts, 60, clock);
    const scopes = ['openid', 'email', 'phone', 'address'];
    await Promise.all(
      scopes.map((scope) =>
        memory.add(
          { id: 'alice' },
          { id: 'web', instance: 'i' },
          { openid: [scope], resources: { 'https://a.example': [scope] } },
        ),
      ),
    );
    const remembered = await memory.find({ id: 'alice' }, 'i');
    assert.deepEqual(remembered?.openid.toSorted(), scopes.toSorted());
    assert.deepEqual(remembered?.resources['https://a.example']?.toSorted(), scopes.toSorted());
  });
});
