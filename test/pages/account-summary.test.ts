import assert from 'node:assert/strict';
import { pendingOf, recommendationFor, statesOf } from '../../src/account-pages/summary.ts';
import type { Account } from '../../src/accounts/accounts.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createMessages, type Message } from '../../src/messages/messages.ts';
import type { AccountDetails, PasskeyRecord } from '../../src/store/store.ts';

const NOW = 1_795_000_000;
const DAY = 86_400;
const ADDRESS = { email: 'alice@example.com', email_verified: true };
const TOTP = { sealed: 'x', createdAt: NOW - DAY, lastStep: 0, drift: 0 };

const codes = (count: number) => ({ createdAt: NOW, digests: Array.from({ length: count }, String) });
const key = (isPasskey: boolean, rpId = 'localhost') =>
  ({ name: 'Key', isPasskey, rpId, createdAt: NOW }) as unknown as PasskeyRecord;

const accountWith = (details: AccountDetails = {}, more: Partial<Account> = {}): Account => ({
  id: 'a1',
  username: 'alice',
  claims: ADDRESS,
  disabled: false,
  generation: 1,
  hasPassword: true,
  createdAt: NOW - 9 * DAY,
  updatedAt: NOW,
  details,
  ...more,
});

describe('The overview of an account', () => {
  const english = createMessages().texts('en');
  const services = (config: ConfigInput = {}) => ({ config: parseConfig(config), clock: () => NOW * 1000 });
  const read = ({ key: name, values }: Message) => english.html(name, values);
  const NO_MAIL: ConfigInput = { issuer: 'https://login.example.com' };

  it('says in a sentence what is set up, with nothing and with everything', () => {
    const texts = (account: Account, config?: ConfigInput) =>
      Object.entries(statesOf(services(config), account)).map(
        ([path, text]) => `${path.slice(9)}: ${read(text)}`,
      );
    assert.deepEqual(texts(accountWith({}, { hasPassword: false, claims: {} })), [
      'password: Not set: you sign in without one.',
      'passkeys: None yet.',
      'authenticator: Not set up.',
      'recovery-codes: None.',
      'email: No email address.',
    ]);
    const factors = {
      totp: TOTP,
      passkeys: { a: key(true), b: key(true), c: key(false), d: key(true, 'elsewhere.example') },
      recoveryCodes: codes(1),
    };
    assert.deepEqual(texts(accountWith({ passwordSetAt: NOW - 2 * DAY, factors })), [
      'password: Set on 16 November 2026.',
      'passkeys: 2 passkeys, 1 security key.',
      'authenticator: Set up on 17 November 2026.',
      'recovery-codes: 1 code left.',
      'email: <bdi>alice@example.com</bdi>, verified.',
    ]);
    const hostile = accountWith({}, { claims: { email: '"<b>"@x.example' } });
    assert.deepEqual(
      texts(hostile, NO_MAIL).filter((text) => /^(?:password|profile)/.test(text)),
      ['password: Set.', 'profile: <bdi>&quot;&lt;b&gt;&quot;@x.example</bdi>, not verified.'],
    );
  });

  it('recommends one thing at most: what the person can do, and protects most', () => {
    const recommended = (account: Account, config?: ConfigInput, isPermitted?: boolean) =>
      recommendationFor(services(config), account, isPermitted)?.text.key.replace('account.advice.', '');
    const app = { totp: TOTP };
    const off: ConfigInput = { passkeys: { enabled: false } };
    const cases: [string | undefined, Account, ConfigInput?, boolean?][] = [
      ['passkey', accountWith()],
      ['authenticator', accountWith(), off],
      [undefined, accountWith(), { ...off, mfa: 'off' }],
      // Their page could only name the administrator.
      [undefined, accountWith({}, { claims: { email: 'alice@example.com' } })],
      [undefined, accountWith(), NO_MAIL],
      ['passkey', accountWith(), NO_MAIL, true],
      ['codes', accountWith({ factors: app })],
      [undefined, accountWith({ factors: app, deletion: { requestedAt: NOW, at: NOW + DAY } })],
      ['moreCodes', accountWith({ factors: { ...app, recoveryCodes: codes(2) } })],
      [undefined, accountWith({ factors: { ...app, recoveryCodes: codes(3) } })],
      ['email', accountWith({ factors: { ...app, recoveryCodes: codes(3) } }, { claims: {} })],
      ['secondPasskey', accountWith({ factors: { passkeys: { a: key(true) } } }, { hasPassword: false })],
      [
        undefined,
        accountWith({ factors: { passkeys: { a: key(true), b: key(true) } } }, { hasPassword: false }),
      ],
    ];
    for (const [expected, account, config, isPermitted] of cases)
      assert.equal(
        recommended(account, config, isPermitted),
        expected,
        JSON.stringify([account.details, config]),
      );
  });

  it('names what waits: another address, the removal of a lost factor', () => {
    const request = { email: 'alice@new.example', generation: 1, until: NOW + 1 };
    const recovery = { id: 'r', generation: 1, requestedAt: NOW, readyAt: NOW + DAY };
    const waiting = (details: AccountDetails) =>
      pendingOf(services(), accountWith(details)).map(({ path }) => path);
    assert.deepEqual(waiting({}), []);
    assert.deepEqual(waiting({ emailRequest: request, recovery }), ['/account/email', '/account/password']);
    assert.deepEqual(waiting({ emailRequest: { ...request, until: NOW } }), []);
    const void_ = { emailRequest: { ...request, generation: 0 }, recovery: { ...recovery, generation: 0 } };
    assert.deepEqual(waiting(void_), []);
  });
});
