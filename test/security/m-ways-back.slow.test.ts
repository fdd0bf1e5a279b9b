import { randomBytes } from 'node:crypto';
import { HOTP, Secret } from 'otpauth';
import { createDeletions } from '../../src/accounts/deletion.ts';
import { createEnrolledFactors } from '../../src/accounts/enrolled-factors.ts';
import { AccountError } from '../../src/accounts/errors.ts';
import { resealSeeds } from '../../src/accounts/resealed-seeds.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openRecovery, type RecoveryFixture, tokenIn } from '../accounts/recovery-fixture.ts';
import { row } from './support/row.ts';

const OWN = 'alice@example.com';
const PASSWORD = 'wonderland-tea-party';

describe('M: ways back into an account', () => {
  let fixture: RecoveryFixture;
  let id: string;
  beforeEach(async () => {
    fixture = await openRecovery();
    const claims = { email: OWN, email_verified: true };
    const added = { username: OWN, password: PASSWORD, skipPasswordRules: true, claims };
    ({ id } = await fixture.accounts.add(added));
  });
  afterEach(() => fixture.close());

  const clock = () => fixture.now * 1000;
  const current = async () => (await fixture.accounts.find(id))!;
  /** @returns the token of the link to the former address */
  async function changeAddress(to: string): Promise<string> {
    const { emailChanges } = fixture.recovery;
    await emailChanges.request(await current(), to);
    await emailChanges.verify(tokenIn(fixture.mails()[0]), id);
    return tokenIn(fixture.mails().find(({ name }) => name === 'emailChanged'));
  }

  row(
    'M21',
    'a thief asks for the deletion and then changes the password: the link that keeps the account',
    'kept; void for the next request: true',
    async () => {
      let token = '';
      const deletions = createDeletions({
        store: fixture.store,
        sealer: { seal: () => 'sealed' },
        mail: {
          draftNotice(_account, _name, _values, { url } = {}) {
            token = url?.split('token=')[1] ?? token;
            return [];
          },
        },
        clock,
        delay: 1000,
        revocationLifetime: 60,
        issuer: 'https://id.example',
      });
      const context = { audit: { record: () => {} } };
      await deletions.request(id, context);
      const link = token;
      await fixture.accounts.setPassword(id, 'of-the-thief-who-came-to-tea');
      const isKept = await deletions.keepByLink(link, context);
      fixture.now += 1;
      await deletions.request(id, context);
      return `${isKept ? 'kept' : 'void'}; void for the next request: ${(await deletions.findLink(link)) === undefined}`;
    },
  );

  row(
    'M22',
    'a change of the address is undone after the sealing key was changed',
    'the used code: refused; the next one with the new key alone: accepted',
    async () => {
      const [former, next] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
      const factorsWith = (masterKey: string) => {
        const sealer = createSealer({ keys: 'store', masterKey });
        return { sealer, ...createEnrolledFactors({ accounts: fixture.store.accounts, sealer, clock }) };
      };
      const { ticket, secret } = await factorsWith(former).beginTotp(await current(), 'Example');
      const counter = () => Math.floor(fixture.now / 30);
      const code = () =>
        HOTP.generate({ secret: Secret.fromBase32(secret.replaceAll(' ', '')), counter: counter() });
      await factorsWith(former).confirmTotp(id, ticket, code());
      const undo = await changeAddress('mallory@example.net');
      fixture.now += 30;
      const rotating = factorsWith(`${next},${former}`);
      // Seals the seed of the account again; the one that the change would restore is sealed by the walk.
      const used = code();
      if ((await rotating.verifyTotp(id, used)) === undefined) return 'not accepted once';
      await resealSeeds(fixture.store.accounts, rotating.sealer);
      if ((await fixture.recovery.emailChanges.undo(undo)) === undefined) return 'not undone';
      const again = await factorsWith(next).verifyTotp(id, used);
      fixture.now += 30;
      const later = await factorsWith(next).verifyTotp(id, code());
      const say = (accepted: unknown) => (accepted === undefined ? 'refused' : 'accepted');
      return `the used code: ${say(again)}; the next one with the new key alone: ${say(later)}`;
    },
  );

  row(
    'M22',
    'the seed that a thief has removed, restored after the sealing key was changed',
    'sealed with the new key',
    async () => {
      const [former, next] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
      const before = createSealer({ keys: 'store', masterKey: former });
      const totp = { sealed: before.seal('totp', id, randomBytes(20)), createdAt: 1, lastStep: 0, drift: 0 };
      await fixture.store.accounts.update(id, () => ({ details: { factors: { totp } } }));
      const undo = await changeAddress('mallory@example.net');
      await fixture.store.accounts.update(id, ({ details }) => ({
        details: { ...details, factors: undefined },
      }));
      await resealSeeds(
        fixture.store.accounts,
        createSealer({ keys: 'store', masterKey: `${next},${former}` }),
      );
      if ((await fixture.recovery.emailChanges.undo(undo)) === undefined) return 'not undone';
      const { sealed = '' } = (await current()).details?.factors?.totp ?? {};
      createSealer({ keys: 'store', masterKey: next }).open('totp', id, sealed);
      return 'sealed with the new key';
    },
  );

  row(
    'M23',
    'an address that would become a username which no one can type',
    'refused, alice@example.com',
    async () => {
      const seen = await fixture.recovery.emailChanges.request(await current(), 'ﬁsh@example.com').then(
        () => 'a mail',
        (error: unknown) => (error instanceof AccountError ? 'refused' : String(error)),
      );
      return `${seen}, ${(await current()).username}`;
    },
  );

  row(
    'M30',
    'an operator gives an account another address or number, without saying that it was verified',
    'not verified; in other letters: verified; said so: verified; number: not verified',
    async () => {
      await fixture.accounts.changeClaims(id, { phone_number: '+15551234567', phone_number_verified: true });
      const seen = async (claim: string, changes: Record<string, unknown>) =>
        (await fixture.accounts.changeClaims(id, changes)).claims[`${claim}_verified`] === true
          ? 'verified'
          : 'not verified';
      await fixture.accounts.rename(id, 'alice');
      const other = await seen('email', { email: 'mallory@example.net' });
      const said = await seen('email', { email: OWN, email_verified: true });
      const letters = await seen('email', { email: 'Alice@Example.com' });
      const number = await seen('phone_number', { phone_number: '+15557654321' });
      return `${other}; in other letters: ${letters}; said so: ${said}; number: ${number}`;
    },
  );
});
