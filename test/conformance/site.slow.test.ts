import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PLANS } from '../../conformance/plans/plans.ts';
import { planPath, prepareSite } from '../../conformance/serve/site.ts';
import { loadCheckedConfig } from '../../src/app/preflight.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { placeSigningKeys } from '../support/signing-key.ts';

describe('The server under test', () => {
  const directory = makeMemoryDirectory('conformance-site');
  after(() => rmSync(directory, { recursive: true }));
  const plans = PLANS.filter(({ name }) => ['config', 'basic-static', 'rp-logout-dynamic'].includes(name));
  const options = {
    directory,
    issuer: 'https://op.test:3443',
    suite: 'https://suite.test',
    plans,
    port: 3480,
  };

  it('has a configuration that passes every check, with static clients for each plan that needs some', async function () {
    this.timeout(30_000);
    await placeSigningKeys(join(directory, 'keys'));
    const { config } = prepareSite({ ...options, plans: PLANS });
    const { clients, profile } = await loadCheckedConfig({ env: {}, path: config });
    assert.equal(profile, 'conformance');
    assert.equal(clients.length, 3 * PLANS.filter(({ clients: kind }) => kind === 'static').length);
  });

  it('keeps what was made at the first start, in files that only its user can read', () => {
    const read = () => {
      const { person, certificate } = prepareSite(options);
      return { person, certificate, plan: readFileSync(planPath(directory, plans[1]!), 'utf8') };
    };
    const first = read();
    assert.deepEqual(read(), first);
    for (const name of ['signet.yaml', 'secrets.json', 'server-key.pem', 'plans/basic-static.json']) {
      assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name);
    }
  });

  it('trusts the certificate of the suite that is given, or makes one for it', () => {
    const given = join(directory, 'server.pem');
    const { trustedFile, certificate } = prepareSite({ ...options, suiteCertificate: given });
    assert.equal(readFileSync(trustedFile, 'utf8'), certificate.certificate.repeat(2));
    prepareSite(options);
    const made = readFileSync(join(directory, 'suite.pem'), 'utf8');
    assert.equal(readFileSync(trustedFile, 'utf8'), certificate.certificate + made);
  });
});
