import assert from 'node:assert/strict';
import { Workplace } from './run-signet.ts';

describe('signet conformance check', function () {
  this.timeout(20_000);
  const workplace = new Workplace({ ownProcess: false });
  after(() => workplace.remove());

  it('says for each plan what stands in the way, and ends with exit code 1', async () => {
    const { code, stdout } = await workplace.run(['conformance', 'check', 'config', 'basic-static']);
    assert.equal(code, 1);
    const issuer =
      '  issuer: the suite calls https only, by a host name other than localhost; http://localhost:3000 is not\n';
    assert.equal(
      stdout.slice(0, stdout.indexOf('  two clients')),
      `config:\n${issuer}basic-static:\n${issuer}  there is no account: add one with every standard claim\n`,
    );
  });

  it('rejects an unknown plan, and names those there are', async () => {
    await workplace.refuses(
      ['conformance', 'check', 'basic'],
      1,
      /there is no plan basic; there are config, /,
    );
  });
});
