import assert from 'node:assert/strict';
import { readAuthorizations } from '../../src/oidc/engine/session-authorizations.ts';
import { currentSession } from '../../src/oidc/engine/session-moves.ts';
import { type SessionWrite, UnitOfWork } from '../../src/oidc/engine/unit-of-work.ts';
import { openStore } from '../../src/store/open.ts';
import type { ArtifactKind, Payload, Store } from '../../src/store/store.ts';

const NOW = 1_800_000_000;
const EXP = NOW + 1000;
const DEVICE = 'token of the device';

/** Requests in two processes: each has read the session before the other one writes it. */
describe('The unit of work of a request', () => {
  let store: Store;
  beforeEach(async () => void (store = await openStore('sqlite::memory:', { clock: () => NOW * 1000 })));
  afterEach(() => store.close());

  type Authorizations = Record<string, { sid?: string; grantId?: string }>;

  const find = (kind: ArtifactKind, id: string): Promise<Payload | undefined> =>
    store.artifacts.find(kind, id);

  async function startSession(authorizations: Authorizations): Promise<void> {
    const payload = { jti: 's', uid: 'uid', accountId: 'alice', loginTs: NOW, authorizations };
    const write = { payload, expiresAt: EXP, accountId: 'alice', uid: 'uid' };
    await store.artifacts.upsert('Session', 's', write);
  }

  async function storeGrant(id: string, scope: string, generation = 0): Promise<void> {
    const payload = { jti: id, accountId: 'alice', clientId: 'web', exp: EXP, openid: { scope }, generation };
    const write = { payload, expiresAt: EXP, grantId: id, accountId: 'alice' };
    await store.artifacts.upsert('Grant', id, write);
  }

  /** A request that has read the session. */
  async function request(): Promise<{ unit: UnitOfWork; session: Payload; authorizations: Authorizations }> {
    const { payload, version } = await store.artifacts.read('Session', 's');
    const authorizations = readAuthorizations(payload?.authorizations as object) as Authorizations;
    const session: Payload = { ...payload, authorizations };
    const unit = new UnitOfWork(store.artifacts);
    unit.session = {
      id: 's',
      movedFrom: undefined,
      version,
      base: payload,
      payload: session,
      expiresAt: EXP,
      now: NOW,
    };
    return { unit, session, authorizations };
  }

  const code = (id: string, grantId: string, sid: string) => ({
    kind: 'AuthorizationCode' as const,
    id,
    write: { payload: { jti: id, grantId, sid }, expiresAt: EXP, grantId, accountId: 'alice' },
  });

  const move = (unit: UnitOfWork, id: string): SessionWrite =>
    Object.assign(unit.session!, {
      id,
      movedFrom: { id: 's', device: DEVICE },
      payload: { ...unit.session!.payload, jti: id },
    });

  const sessionUnder = (id: string, device: string | undefined) =>
    currentSession((each) => store.artifacts.read('Session', each), id, { device });

  it('keeps what both have changed in the session, and removes what one has removed', async () => {
    await startSession({ web: { sid: 'a', grantId: 'old' }, gone: { sid: 'c' } });
    const [one, two] = [await request(), await request()];
    one.authorizations.web!.grantId = 'new';
    two.authorizations.app = { sid: 'b', grantId: 'other' };
    delete two.authorizations.gone;
    assert.equal((await one.unit.commit()).outcome, 'committed');
    assert.equal((await two.unit.commit()).outcome, 'committed');
    assert.deepEqual((await find('Session', 's'))?.authorizations, {
      web: { sid: 'a', grantId: 'new' },
      app: { sid: 'b', grantId: 'other' },
    });
  });

  it('compares a session that was stored a moment ago, and does not write it', async () => {
    await startSession({ web: { sid: 'a', grantId: 'g' } });
    const before = await store.artifacts.read('Session', 's');
    const recent = async () => {
      const made = await request();
      made.unit.session!.isRecent = true;
      return made;
    };
    const [one, two, three, alone] = [await recent(), await recent(), await recent(), await recent()];
    one.unit.put(code('one', 'g', 'a'));
    assert.deepEqual(await one.unit.commit(), { outcome: 'committed', sessionId: 's' });
    assert.deepEqual(await store.artifacts.read('Session', 's'), before);

    const moving = await request();
    move(moving.unit, 'moved');
    assert.equal((await moving.unit.commit()).outcome, 'committed');
    const moved = await store.artifacts.read('Session', 'moved');
    two.unit.put(code('two', 'g', 'a'));
    assert.deepEqual(await two.unit.commit(), { outcome: 'committed', sessionId: 'moved' });
    assert.deepEqual(await store.artifacts.read('Session', 'moved'), moved);
    assert.equal((await find('AuthorizationCode', 'two'))?.grantId, 'g');

    // Without anything else to write.
    assert.deepEqual(await alone.unit.commit(), { outcome: 'committed', sessionId: 'moved' });
    assert.notEqual((await store.artifacts.read('Session', 'moved')).version, moved.version);

    await store.artifacts.consume('Session', 'moved');
    three.unit.put(code('three', 'g', 'a'));
    assert.equal((await three.unit.commit()).outcome, 'ended');
    assert.equal(await find('AuthorizationCode', 'three'), undefined);
  });

  it('keeps the state of a form that another tab has opened, and the later sign-in', async () => {
    await startSession({});
    const [form, late, early] = [await request(), await request(), await request()];
    Object.assign(form.session, { state: { secret: 'of the form' } });
    Object.assign(late.session, { loginTs: NOW + 2, amr: ['pwd', 'otp'] });
    Object.assign(early.session, { loginTs: NOW + 1, amr: ['pwd'] });
    for (const { unit } of [form, late, early]) assert.equal((await unit.commit()).outcome, 'committed');
    const { state, loginTs, amr } = (await find('Session', 's')) ?? {};
    assert.deepEqual([state, loginTs, amr], [{ secret: 'of the form' }, NOW + 2, ['pwd', 'otp']]);
  });

  it('has one grant for a client in a session, with the scopes of both requests', async () => {
    await startSession({});
    await Promise.all([storeGrant('g1', 'openid email'), storeGrant('g2', 'openid phone')]);
    const [one, two] = [await request(), await request()];
    one.authorizations.web = { sid: 's1', grantId: 'g1' };
    one.unit.put(code('c1', 'g1', 's1'));
    two.authorizations.web = { sid: 's2', grantId: 'g2' };
    two.unit.put(code('c2', 'g2', 's2'));
    assert.equal((await one.unit.commit()).outcome, 'committed');
    assert.equal((await two.unit.commit()).outcome, 'committed');
    assert.deepEqual((await find('Session', 's'))?.authorizations, { web: { sid: 's1', grantId: 'g1' } });
    assert.deepEqual(await find('AuthorizationCode', 'c2'), { jti: 'c2', grantId: 'g1', sid: 's1' });
    assert.deepEqual((await find('Grant', 'g1'))?.openid, { scope: 'openid email phone' });
    // The code is under the grant that stays, also when the store revokes it.
    await store.artifacts.revokeGrant('g1', EXP);
    assert.equal(await find('AuthorizationCode', 'c2'), undefined);
  });

  it('replaces a grant of an earlier generation', async () => {
    await startSession({});
    await Promise.all([storeGrant('g1', 'openid email', 0), storeGrant('g2', 'openid phone', 1)]);
    const [one, two] = [await request(), await request()];
    one.authorizations.web = { grantId: 'g1' };
    two.authorizations.web = { grantId: 'g2' };
    two.unit.put(code('c2', 'g2', 's2'));
    await one.unit.commit();
    assert.equal((await two.unit.commit()).outcome, 'committed');
    assert.deepEqual((await find('Session', 's'))?.authorizations, { web: { grantId: 'g2' } });
    assert.equal((await find('AuthorizationCode', 'c2'))?.grantId, 'g2');
  });

  it('leads from the old id of a session to the new one, for the browser that has its device cookie', async () => {
    await startSession({});
    const one = await request();
    move(one.unit, 's1');
    assert.deepEqual(await one.unit.commit(), { outcome: 'committed', sessionId: 's1' });
    assert.equal((await sessionUnder('s', DEVICE))?.id, 's1');
    assert.equal((await store.artifacts.readByUid('Session', 'uid'))?.payload?.jti, 's1');
    for (const device of [undefined, '', 'another device'])
      assert.equal(await sessionUnder('s', device), undefined);
    assert.equal(await store.artifacts.countSessions('alice'), 1);
  });

  it('writes a session under its new id before the old one leads there', async () => {
    await startSession({});
    const one = await request();
    const { artifacts } = store;
    const seen: unknown[] = [];
    const watched: Store['artifacts'] = Object.create(artifacts, {
      commit: {
        value: async (unit: Parameters<typeof artifacts.commit>[0]) => {
          seen.push((await artifacts.read('Session', 's1')).payload?.jti);
          return await artifacts.commit({ ...unit, accounts: [{ id: 'nobody', generation: 0 }] });
        },
      },
      ...Object.fromEntries(
        (['read', 'readByUid', 'upsert', 'destroy'] as const).map((name) => [
          name,
          { value: artifacts[name].bind(artifacts) },
        ]),
      ),
    });
    const unit = new UnitOfWork(watched);
    unit.session = one.unit.session;
    move(unit, 's1');
    assert.equal((await unit.commit()).outcome, 'outdated');
    assert.deepEqual(seen, ['s1']);
    assert.equal(await find('Session', 's1'), undefined, 'a unit that is refused leaves nothing');
    assert.equal((await sessionUnder('s', DEVICE))?.id, 's');
  });

  it('moves a session once, and the second request writes under the new id', async () => {
    await startSession({});
    const [one, two, three] = [await request(), await request(), await request()];
    move(one.unit, 's1');
    move(two.unit, 's2');
    two.authorizations.web = { sid: 'b' };
    three.authorizations.app = { sid: 'c' };
    await one.unit.commit();
    assert.deepEqual(await two.unit.commit(), { outcome: 'committed', sessionId: 's1' });
    assert.deepEqual(await three.unit.commit(), { outcome: 'committed', sessionId: 's1' });
    assert.equal(await find('Session', 's2'), undefined);
    const { jti, authorizations } = (await find('Session', 's1')) ?? {};
    assert.deepEqual([jti, authorizations], ['s1', { web: { sid: 'b' }, app: { sid: 'c' } }]);
  });

  it('writes to a session that has another id, also when nothing leads there from the old one', async () => {
    await startSession({});
    const one = await request();
    const payload = { jti: 's1', uid: 'uid', accountId: 'alice', authorizations: { app: { sid: 'c' } } };
    const write = { payload, expiresAt: EXP, accountId: 'alice', uid: 'uid' };
    await store.artifacts.consume('Session', 's');
    await store.artifacts.destroy('Session', 's');
    await store.artifacts.upsert('Session', 's1', write);
    one.authorizations.web = { sid: 'b' };
    assert.deepEqual(await one.unit.commit(), { outcome: 'committed', sessionId: 's1' });
    const { authorizations } = (await find('Session', 's1')) ?? {};
    assert.deepEqual(authorizations, { web: { sid: 'b' }, app: { sid: 'c' } });
    assert.equal(await find('Session', 's'), undefined);
  });

  it('writes nothing for a session that has ended', async () => {
    await startSession({});
    const one = await request();
    one.unit.put(code('c1', 'g1', 's1'));
    await store.artifacts.consume('Session', 's');
    await store.artifacts.destroy('Session', 's');
    assert.deepEqual(await one.unit.commit(), { outcome: 'ended' });
    const other = await request();
    await startSession({});
    other.session.accountId = 'hatter';
    assert.deepEqual(await other.unit.commit(), { outcome: 'ended' });
    await store.artifacts.destroy('Session', 's');
    for (const [kind, id] of [
      ['AuthorizationCode', 'c1'],
      ['Session', 's'],
    ] as const) {
      assert.equal(await find(kind, id), undefined);
    }
  });

  it('finds what the request has written, until it is closed', async () => {
    const unit = new UnitOfWork(store.artifacts);
    unit.put(code('c1', 'g1', 's1'));
    assert.deepEqual(unit.find('AuthorizationCode', 'c1'), { jti: 'c1', grantId: 'g1', sid: 's1' });
    unit.close();
    assert.equal(unit.find('AuthorizationCode', 'c1'), undefined);
    assert.deepEqual(await unit.commit(), { outcome: 'committed' });
    assert.equal(await find('AuthorizationCode', 'c1'), undefined);
  });

  it('redeems one artifact', () => {
    const unit = new UnitOfWork(store.artifacts);
    unit.consume('AuthorizationCode', 'c1');
    assert.throws(() => unit.consume('AuthorizationCode', 'c2'), TypeError);
  });
});
