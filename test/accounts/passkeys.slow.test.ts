import assert from 'node:assert/strict';
import type { Account } from '../../src/accounts/accounts.ts';
import type { KeyKind } from '../../src/accounts/credentials/passkey-options.ts';
import { createPasskeys, MAX_PASSKEYS, type Passkeys } from '../../src/accounts/credentials/passkeys.ts';
import type { Added, Verified } from '../../src/accounts/credentials/passkey-results.ts';
import { type Answer, Authenticator } from '../support/authenticator.ts';
import { type AccountsFixture, openAccounts } from './fixture.ts';

const PARTY = { rpId: 'example.com', origin: 'https://login.example.com', name: 'Example' };
const LIFETIME = 900;
/** Of the interaction or session. */
const KEY = 'secret of this interaction';
const OTHER_KEY = 'secret of another interaction';

describe('Passkeys', () => {
  let fixture: AccountsFixture;
  let passkeys: Passkeys;
  let alice: Account;
  let bob: Account;
  before(async () => {
    fixture = await openAccounts();
    const { store } = fixture;
    const clock = () => fixture.now * 1000;
    passkeys = createPasskeys({ store, relyingParty: PARTY, challengeLifetime: LIFETIME, clock });
  });
  after(() => fixture.close());
  let people = 0;
  beforeEach(async () => {
    people += 1;
    alice = await fixture.accounts.add({ username: `alice${people}` });
    bob = await fixture.accounts.add({ username: `bob${people}` });
  });

  async function add(
    account: Account,
    settings: { kind?: KeyKind; key?: Authenticator; answer?: Answer } = {},
  ) {
    const { kind = 'passkey', key = new Authenticator(PARTY.origin), answer = {} } = settings;
    const response = key.create(passkeys.creationOptions(account, kind, KEY), answer);
    const added = await passkeys.add(account.id, { kind, name: 'Phone', response, key: KEY });
    return { key, response, added };
  }

  async function addKey(
    account: Account,
    kind: KeyKind = 'passkey',
    answer: Answer = {},
  ): Promise<Authenticator> {
    const { key, added } = await add(account, { kind, answer });
    assert.equal(outcomeOf(added), 'added');
    return key;
  }

  const use = async (key: Authenticator, answer: Answer = {}): Promise<string> =>
    outcomeOf(await passkeys.signIn(key.get(passkeys.signInOptions(KEY), answer), KEY));

  const stored = async (key: Authenticator) =>
    (await fixture.accounts.find(alice.id))?.details?.factors?.passkeys?.[key.credentialId];

  it('are asked for as discoverable keys that verify their user, without an attestation', () => {
    const { challenge, ...options } = passkeys.creationOptions(alice, 'passkey', KEY);
    assert.equal(challenge.length, 75);
    assert.deepEqual(options, {
      rp: { id: 'example.com', name: 'Example' },
      user: {
        id: Buffer.from(alice.id).toString('base64url'),
        name: alice.username,
        displayName: alice.username,
      },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: 'public-key' })),
      timeout: 300_000,
      excludeCredentials: [],
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      attestation: 'none',
    });
  });

  it('sign in the account that added them, and keep when', async () => {
    const key = await addKey(alice);
    fixture.now += 60;
    const verified = await passkeys.signIn(key.get(passkeys.signInOptions(KEY)), KEY);
    assert.ok(verified.outcome === 'verified');
    assert.equal(verified.account.id, alice.id);
    assert.deepEqual(verified.amr, ['hwk', 'user', 'mfa']);
    const { publicKey, createdAt, ...record } = (await stored(key)) ?? {};
    assert.deepEqual(record, {
      name: 'Phone',
      counter: 0,
      transports: ['internal'],
      isPasskey: true,
      isBackedUp: false,
      rpId: 'example.com',
      lastUsedAt: fixture.now,
    });
    assert.equal(createdAt, fixture.now - 60);
    assert.match(String(publicKey), /^[\w-]{103}$/);
  });

  it('say that a synchronised key is software', async () => {
    const key = await addKey(alice, 'passkey', { isBackedUp: true });
    const verified = await passkeys.signIn(key.get(passkeys.signInOptions(KEY), { isBackedUp: true }), KEY);
    assert.deepEqual(verified.outcome === 'verified' && verified.amr, ['swk', 'user', 'mfa']);
  });

  for (const [what, answer, expected] of [
    ['another origin', { origin: 'https://evil.example.com' }, 'wrong_signature'],
    ['another domain', { rpId: 'example.org' }, 'wrong_signature'],
    ['no user verification', { userVerified: false }, 'wrong_signature'],
    ['no touch', { userPresent: false }, 'wrong_signature'],
    ['a frame of another site', { crossOrigin: true }, 'wrong_signature'],
    ['a registration', { type: 'webauthn.create' }, 'wrong_signature'],
    ['an invented challenge', { challenge: 'A'.repeat(75) }, 'challenge'],
    ['no account', { userHandle: undefined }, 'unknown'],
    ['an unknown account', { userHandle: 'bm9ib2R5' }, 'unknown'],
  ] satisfies [string, Answer, string][]) {
    it(`refuse a signature for ${what}`, async () => {
      assert.equal(await use(await addKey(alice), answer), expected);
    });
  }

  it('refuse a signature for the account of another person', async () => {
    const key = await addKey(alice);
    await addKey(bob);
    assert.equal(await use(key, { userHandle: Buffer.from(bob.id).toString('base64url') }), 'unknown');
  });

  it('accept each answer once', async () => {
    const key = await addKey(alice);
    const response = key.get(passkeys.signInOptions(KEY));
    const all = await Promise.all(Array.from({ length: 5 }, () => passkeys.signIn(response, KEY)));
    assert.deepEqual(all.map(outcomeOf).toSorted(), [...Array<string>(4).fill('repeated'), 'verified']);
  });

  it('accept an answer in the interaction that asked for it, and in its time', async () => {
    const key = await addKey(alice);
    const response = key.get(passkeys.signInOptions(KEY));
    assert.equal(outcomeOf(await passkeys.signIn(response, OTHER_KEY)), 'challenge');
    fixture.now += LIFETIME;
    assert.equal(outcomeOf(await passkeys.signIn(response, KEY)), 'challenge');
  });

  it('take a counter that stays 0, and refuse one that goes back', async () => {
    const key = await addKey(alice);
    const seen = [];
    for (const counter of [0, 0, 5, 5, 4, 0, 6]) seen.push(await use(key, { counter }));
    assert.deepEqual(seen, ['verified', 'verified', 'verified', 'counter', 'counter', 'counter', 'verified']);
    assert.equal((await stored(key))?.counter, 6);
  });

  it('are void after their removal, and for a disabled account', async () => {
    const key = await addKey(alice);
    const other = await addKey(alice);
    assert.deepEqual(await passkeys.remove(alice.id, key.credentialId, () => true), {
      name: 'Phone',
      kind: 'passkey',
    });
    assert.equal(await use(key), 'unknown');
    await fixture.accounts.disable(alice.id);
    assert.equal(await use(other), 'disabled');
  });

  it('stay where the account may not lose them', async () => {
    const key = await addKey(alice);
    assert.equal(
      await passkeys.remove(
        alice.id,
        key.credentialId,
        ({ details }) => details?.factors?.passkeys !== undefined,
      ),
      'not allowed',
    );
    assert.equal(await use(key), 'verified');
  });

  it('are not all removed at once, where one must stay', async () => {
    const keys = [await addKey(alice), await addKey(alice)];
    const removed = await Promise.all(
      keys.map(({ credentialId }) =>
        passkeys.remove(alice.id, credentialId, ({ details }) => details?.factors?.passkeys !== undefined),
      ),
    );
    assert.equal(removed.filter((each) => each === 'not allowed').length, 1);
  });

  it('are renamed', async () => {
    const key = await addKey(alice);
    assert.ok(await passkeys.rename(alice.id, key.credentialId, 'Laptop'));
    assert.equal((await stored(key))?.name, 'Laptop');
    assert.equal(await passkeys.rename(bob.id, key.credentialId, 'Mine'), undefined);
  });

  it('of one account are named to the browser, and no key is added twice', async () => {
    const key = await addKey(alice);
    const named = [{ id: key.credentialId, type: 'public-key', transports: ['internal'] }];
    assert.deepEqual(
      passkeys.creationOptions(await current(alice), 'passkey', KEY).excludeCredentials,
      named,
    );
    assert.deepEqual(passkeys.secondFactorOptions(await current(alice), KEY).allowCredentials, named);
    assert.equal(outcomeOf((await add(alice, { key })).added), 'taken');
  });

  it('belong to one account, until it has removed them', async () => {
    const key = await addKey(alice);
    fixture.now += 3600;
    assert.equal(outcomeOf((await add(bob, { key })).added), 'taken');
    await passkeys.remove(alice.id, key.credentialId, () => true);
    assert.equal(outcomeOf((await add(bob, { key })).added), 'added');
  });

  it('belong to one account, also when two add the same at once', async () => {
    const key = new Authenticator(PARTY.origin);
    const both = await Promise.all([alice, bob].map((account) => add(account, { key })));
    assert.deepEqual(both.map(({ added }) => outcomeOf(added)).toSorted(), ['added', 'taken']);
  });

  it('of an account that was removed can be added to another one', async () => {
    const key = await addKey(alice);
    await fixture.accounts.remove(alice.id);
    assert.equal(outcomeOf((await add(bob, { key })).added), 'taken');
    fixture.now += 60;
    assert.equal(outcomeOf((await add(bob, { key })).added), 'added');
  });

  it('are limited for each account', async () => {
    for (let count = 0; count < MAX_PASSKEYS; count += 1) await addKey(alice);
    assert.equal(outcomeOf((await add(alice)).added), 'full');
  });

  for (const [what, answer, expected] of [
    ['another origin', { origin: 'https://evil.example.com' }, 'invalid'],
    ['another domain', { rpId: 'example.org' }, 'invalid'],
    ['no user verification', { userVerified: false }, 'invalid'],
    ['no touch', { userPresent: false }, 'invalid'],
    ['a frame of another site', { crossOrigin: true }, 'invalid'],
    ['a sign-in', { type: 'webauthn.get' }, 'invalid'],
    ['an invented challenge', { challenge: 'A'.repeat(75) }, 'expired'],
  ] satisfies [string, Answer, string][]) {
    it(`refuse a new key for ${what}`, async () => {
      assert.equal(outcomeOf((await add(alice, { answer })).added), expected);
    });
  }

  it('refuse a new key of RSA below 2048 bits', async () => {
    const outcomes = [];
    for (const rsaBits of [1024, 2040, 2048])
      outcomes.push(
        outcomeOf((await add(alice, { key: new Authenticator(PARTY.origin, { rsaBits }) })).added),
      );
    assert.deepEqual(outcomes, ['invalid', 'invalid', 'added']);
  });

  it('refuse a new key that was posted twice, or for another session', async () => {
    const { response } = await add(alice);
    const again = { kind: 'passkey', name: 'Phone', response } as const;
    assert.equal(outcomeOf(await passkeys.add(alice.id, { ...again, key: KEY })), 'expired');
    assert.equal(outcomeOf(await passkeys.add(alice.id, { ...again, key: OTHER_KEY })), 'expired');
  });

  it('refuse what no browser sends', async () => {
    for (const response of ['', '{}', 'null', '[]', '{"id":1}', 'x'.repeat(20_000)]) {
      assert.equal(outcomeOf(await passkeys.signIn(response, KEY)), 'malformed');
      const added = await passkeys.add(alice.id, { kind: 'passkey', name: 'Phone', response, key: KEY });
      assert.equal(outcomeOf(added), 'invalid');
    }
  });

  it('that are security keys are a second factor, and do not sign in alone', async () => {
    const key = await addKey(alice, 'security_key', { userVerified: false });
    assert.equal(await use(key), 'unknown');
    const response = () =>
      key.get(passkeys.secondFactorOptions(alice, KEY), { userVerified: false, userHandle: undefined });
    const verified = await passkeys.verifySecondFactor(alice.id, response(), KEY);
    assert.deepEqual(verified.outcome === 'verified' && verified.amr, ['hwk', 'user']);
    assert.equal(outcomeOf(await passkeys.verifySecondFactor(bob.id, response(), KEY)), 'unknown');
  });

  it('of another person are no second factor', async () => {
    const key = await addKey(bob);
    const response = key.get(passkeys.secondFactorOptions(alice, KEY));
    assert.equal(outcomeOf(await passkeys.verifySecondFactor(alice.id, response, KEY)), 'unknown');
  });

  async function current({ id }: Account): Promise<Account> {
    return (await fixture.accounts.find(id)) as Account;
  }
});

function outcomeOf(result: Added | Verified): string {
  return result.outcome === 'refused' ? result.reason : result.outcome;
}
