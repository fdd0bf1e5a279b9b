import assert from 'node:assert/strict';
import { openRecovery, type RecoveryFixture } from './recovery-fixture.ts';

const OWN = 'alice@example.com';

describe('Mails that anyone can ask for', () => {
  let fixture: RecoveryFixture;
  before(async () => {
    fixture = await openRecovery();
    await fixture.accounts.add({ username: 'alice', claims: { email: OWN, email_verified: true } });
  });
  after(() => fixture.close());

  async function mailsFor(ip: string, requests: number): Promise<number> {
    for (let count = 0; count < requests; count += 1) {
      const payload = { name: 'alice', ip };
      await fixture.recovery.passwordResets.job.send({ payload } as never);
    }
    return fixture.mails().filter(({ to }) => to === OWN).length;
  }

  it('are limited for each network, so that nobody uses up those of the person, and altogether', async () => {
    assert.equal(await mailsFor('203.0.113.9', 8), 5);
    assert.equal(await mailsFor('::ffff:203.0.113.9', 1), 0);
    assert.equal(await mailsFor('2001:db8::1', 1), 1);
    for (const ip of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) await mailsFor(ip, 5);
    assert.equal(await mailsFor('198.51.100.4', 1), 0);
    fixture.now += 3600;
    assert.equal(await mailsFor('203.0.113.9', 1), 1);
  });
});
