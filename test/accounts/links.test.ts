import assert from 'node:assert/strict';
import { createLinks, type Links } from '../../src/accounts/links.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { countTrue, TestClock } from '../store/store-test.ts';

describe('Links', () => {
  const clock = new TestClock();
  let store: Store;
  let links: Links;
  before(async () => {
    store = await openStore('sqlite::memory:', { clock: clock.milliseconds });
    links = createLinks({ artifacts: store.artifacts, clock: clock.milliseconds });
  });
  after(() => store.close());

  it('have a token of 256 bits, which finds what they are for', async () => {
    const token = await links.create('password reset', { accountId: 'alice', generation: 2 }, 60);
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    assert.deepEqual(await links.find(token, 'password reset'), { accountId: 'alice', generation: 2 });
  });

  it('are for one purpose', async () => {
    const token = await links.create('password reset', {}, 60);
    assert.equal(await links.find(token, 'invitation'), undefined);
    assert.equal(await links.use(token, 'invitation'), undefined);
    assert.deepEqual(await links.use(token, 'password reset'), {});
  });

  it('are used once, by one of many requests', async () => {
    const token = await links.create('sign-up', {}, 60);
    assert.equal(await countTrue(20, async () => (await links.use(token, 'sign-up')) !== undefined), 1);
    assert.equal(await links.find(token, 'sign-up'), undefined);
  });

  it('expire', async () => {
    const token = await links.create('sign-up', {}, 60);
    clock.advance(60);
    assert.equal(await links.use(token, 'sign-up'), undefined);
  });

  it('are void after their account was revoked', async () => {
    const token = await links.create('password reset', { accountId: 'alice' }, 60);
    await store.artifacts.revokeAccount('alice', clock.now + 60);
    assert.equal(await links.use(token, 'password reset'), undefined);
  });
});
