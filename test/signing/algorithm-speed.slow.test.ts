import { SIGNING_ALGORITHMS, verifySignature } from '../../src/signing/algorithms.ts';
import { createKeyRing } from '../../src/signing/ring.ts';
import { generateLocalKey, localSigners } from '../../src/signing/signers/local.ts';
import { figure } from '../support/reporter.ts';

const NOW = 1_800_000_000;

/** @returns calls in a second of processor time, which other processes on the machine do not change */
function cpuRate(run: () => unknown): number {
  const calls = 2000;
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) run();
  const { user, system } = process.cpuUsage(before);
  return Math.round((1e6 * calls) / (user + system));
}

describe('The speed of signing algorithms', function () {
  this.timeout(60_000);

  for (const alg of SIGNING_ALGORITHMS) {
    it(`${alg}, in the process`, async () => {
      const stored = [
        await generateLocalKey([], { alg: 'RS256', announcedAt: NOW, signsFrom: NOW }),
        await generateLocalKey([], { alg, announcedAt: NOW, signsFrom: NOW }),
      ];
      const key = createKeyRing(stored.slice(alg === 'RS256' ? 1 : 0), NOW, localSigners.open).signer(alg)!;
      const data = Buffer.alloc(500, 'x');
      const signature = await key.sign(data);
      const signed = cpuRate(() => key.sign(data));
      const verified = cpuRate(() => verifySignature(alg, data, key.publicKey, signature));
      figure(`${alg}: ${signed} signatures and ${verified} verifications in a second of processor time`);
    });
  }
});
