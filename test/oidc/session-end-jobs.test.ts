import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sessionEndJobs } from '../../src/oidc/logout/session-end-jobs.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';

describe('the jobs of a session', () => {
  const keys = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
  const sealerWith = (...order: (string | undefined)[]) =>
    createSealer({ keys: 'store', masterKey: order.join(',') });
  const session = (sid: string, generation = 0) => ({
    accountId: 'account',
    uid: 'uid',
    generation,
    authorizations: { app: { sid, backChannel: 'instance' }, silent: { sid: 'other' } },
  });

  it('are sealed once, and again when anything of the session changes', () => {
    const jobs = sessionEndJobs(sealerWith(keys[0]));
    const [first, ...others] = jobs(session('sid'));
    assert.deepEqual(others, []);
    assert.equal(jobs(session('sid'))[0]?.sealed, first?.sealed);
    for (const changed of [session('sid', 1), { ...session('sid'), uid: 'another' }]) {
      assert.notEqual(jobs(changed)[0]?.sealed, first?.sealed);
      assert.equal(jobs(changed)[0]?.id, first?.id);
    }
    assert.notEqual(jobs(session('another'))[0]?.id, first?.id);
  });

  it('are sealed with the first key, also those that were sealed with another one', () => {
    let sealer = sealerWith(keys[0]);
    const jobs = sessionEndJobs({
      seal: (...job) => sealer.seal(...job),
      isOutdated: (sealed) => sealer.isOutdated(sealed),
    });
    jobs(session('sid'));
    sealer = sealerWith(keys[1], keys[0]);
    const [{ id, sealed } = { id: '', sealed: '' }] = jobs(session('sid'));
    assert.equal(
      sealerWith(keys[1]).open('job', id, sealed).toString(),
      '{"sid":"sid","uid":"uid","generation":0,"instance":"instance"}',
    );
  });
});
