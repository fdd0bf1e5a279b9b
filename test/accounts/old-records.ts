import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConsents } from '../../src/accounts/consents.ts';
import { createSessions } from '../../src/accounts/sessions.ts';
import type { Store } from '../../src/store/store.ts';

/** What 0.1.0 stored of an account (`../store/fixtures`), and is gone when the store is used by this version. */
export interface OldRecords {
  store: Store;
  accountId: string;
  /** With `offline_access`. */
  refreshToken: string;
}

export function readRefreshToken(fixture: 'redis' | 'sqlite'): string {
  const path = join(import.meta.dirname, `../store/fixtures/${fixture}-0.1.0.json`);
  const { refreshToken }: { refreshToken: string } = JSON.parse(readFileSync(path, 'utf8'));
  return refreshToken;
}

/** @param open opens a new copy of the data; the clock is near the time at which it was written */
export function describeOldRecords(open: () => Promise<OldRecords>, clock: () => number): void {
  const audit = { record: () => {} };
  let old: OldRecords;
  beforeEach(async () => {
    old = await open();
  });
  afterEach(() => old.store.close());

  it('are listed: sessions by their handle and expiry', async () => {
    const { store, accountId } = old;
    const { sessions } = await createSessions({ store, audit, clock, revocationLifetime: 3600 }).list(
      accountId,
      { limit: 9 },
    );
    assert.equal(sessions.length, 4);
    assert.equal(await store.artifacts.countSessions(accountId), 4);
    for (const session of sessions) {
      assert.deepEqual(Object.keys(session), ['handle', 'expiresAt']);
      assert.match(session.handle, /^[\da-f]{16}$/);
    }
  });

  it('end: a session, and the grants that no other session lists', async () => {
    const { store, accountId, refreshToken } = old;
    const sessions = createSessions({ store, audit, clock, revocationLifetime: 3600 });
    const [first, ...others] = (await sessions.list(accountId, { limit: 9 })).sessions;
    assert.ok(await store.artifacts.find('RefreshToken', refreshToken));
    assert.equal(await sessions.end(accountId, first?.handle ?? ''), true);
    assert.deepEqual((await sessions.list(accountId, { limit: 9 })).sessions, others);
    assert.equal(await store.artifacts.find('RefreshToken', refreshToken), undefined);
  });

  it('are listed: a consent by the clients, and it can be withdrawn', async () => {
    const { store, accountId } = old;
    const consents = createConsents({ store, audit, clock, withdrawalLifetime: 3600 });
    const { consents: found, next } = await consents.list(accountId, { limit: 9 });
    assert.equal(next, undefined);
    assert.deepEqual(
      found.map(({ clientId, openid, givenAt, expiresAt }) => [clientId, openid, givenAt, expiresAt]),
      [['demo-web', ['openid', 'profile', 'email', 'offline_access'], undefined, undefined]],
    );
    assert.equal(await consents.withdraw(accountId, 'demo-web'), true);
    assert.deepEqual((await consents.list(accountId, { limit: 9 })).consents, []);
  });
}
