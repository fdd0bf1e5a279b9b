import { generateKeyPairSync, sign } from 'node:crypto';

/** Prints how many RSA-2048 SHA-256 signatures this core makes a second, and for each second of processor time, when it does nothing else. */

const seconds = Number(process.argv[2]);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const payload = Buffer.alloc(400, 'an access token is about this long');

function signFor(duration: number): { rate: number; ratePerCpuSecond: number } {
  const start = performance.now();
  const cpu = process.cpuUsage();
  let signatures = 0;
  while (performance.now() - start < duration * 1000) {
    sign('RSA-SHA256', payload, privateKey);
    signatures += 1;
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    rate: signatures / ((performance.now() - start) / 1000),
    ratePerCpuSecond: signatures / ((user + system) / 1e6),
  };
}

signFor(0.2);
console.log(JSON.stringify(signFor(seconds)));
