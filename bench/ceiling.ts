import { generateKeyPairSync, sign } from 'node:crypto';

/** Prints how many RSA-2048 SHA-256 signatures a second this core makes when it does nothing else. */

const seconds = Number(process.argv[2]);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const payload = Buffer.alloc(400, 'an access token is about this long');

function signFor(duration: number): number {
  const start = performance.now();
  let signatures = 0;
  while (performance.now() - start < duration * 1000) {
    sign('RSA-SHA256', payload, privateKey);
    signatures += 1;
  }
  return signatures / ((performance.now() - start) / 1000);
}

signFor(0.2);
console.log(signFor(seconds));
