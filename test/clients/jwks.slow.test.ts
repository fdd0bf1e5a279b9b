import assert from 'node:assert/strict';
import { checkPrimeSync, generateKeyPairSync, getDiffieHellman } from 'node:crypto';
import { clientKeyProblem, type Jwk } from '../../src/clients/jwks.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { isRocaModulus } from '../../src/clients/roca.ts';
import { itLong } from '../support/long-form.ts';

const rsa = (): Jwk =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
const ec = (namedCurve: string): Jwk =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
const okp = (type: 'ed25519'): Jwk => generateKeyPairSync(type).publicKey.export({ format: 'jwk' });

const encode = (value: bigint): string => {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
};
const decode = (text: unknown): bigint =>
  BigInt(`0x${Buffer.from(String(text), 'base64url').toString('hex')}`);

/** Primes of 1024, 2048 and 4096 bits (RFC 2409 §6.2, RFC 3526 §3 and §5): generating one takes a second. */
const [PRIME_1024, PRIME_2048, PRIME_4096] = (['modp2', 'modp14', 'modp16'] as const).map((group) =>
  decode(getDiffieHellman(group).getPrime('base64url')),
) as [bigint, bigint, bigint];

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % modulus)
    if (rest % 2n === 1n) result = (result * square) % modulus;
  return result;
}

/** A ROCA prime: k · M + 65537^a mod M, where M is the product of the first 126 primes. */
function rocaPrime(seed: bigint): bigint {
  const primes = [2n];
  for (let next = 3n; primes.length < 126; next += 2n)
    if (primes.every((each) => next % each !== 0n)) primes.push(next);
  const product = primes.reduce((all, each) => all * each);
  for (let k = 2n ** 53n, a = seed; ; k += 1n, a += 1n) {
    const candidate = k * product + power(65_537n, a, product);
    if (checkPrimeSync(candidate)) return candidate;
  }
}

/** The next prime. */
function after(value: bigint): bigint {
  let next = value + 2n;
  while (!checkPrimeSync(next)) next += 2n;
  return next;
}

describe('A public key of a client', () => {
  const GOOD = rsa();
  const n = decode(GOOD.n);

  const accepted: [string, Jwk][] = [
    ['RSA of 2048 bits', GOOD],
    ['RSA of 3072 bits', { ...GOOD, n: encode(PRIME_1024 * PRIME_2048) }],
    ['RSA with another exponent', { ...GOOD, e: encode(2n ** 32n + 15n) }],
    [
      'RSA with zeros in front',
      { ...GOOD, n: Buffer.from(`00${n.toString(16)}`, 'hex').toString('base64url') },
    ],
    ['P-256', ec('P-256')],
    ['P-384', ec('P-384')],
    ['P-521', ec('P-521')],
    ['Ed25519', okp('ed25519')],
    [
      'one with kid, use, alg, key_ops, x5c and members that are unknown',
      { ...GOOD, kid: '1', use: 'sig', alg: 'RS256', key_ops: ['verify'], x5c: ['MII'], x: 1 },
    ],
  ];
  for (const [what, key] of accepted)
    it(`can be ${what}`, () => assert.equal(clientKeyProblem(key), undefined));

  const EXPONENT = 'has an RSA exponent (e) that is not an odd number from 65537 to 2^64';
  const modulus = (why: string) => `has an RSA modulus (n) that ${why}; make another key`;
  const ed = (hex: string): Jwk => ({
    kty: 'OKP',
    crv: 'Ed25519',
    x: Buffer.from(hex.padEnd(64, '0'), 'hex').toString('base64url'),
  });
  const NOT_ON_CURVE = 'is not a key that can be used: it is not a point on';
  const rejected: [string, Jwk, string][] = [
    ...[0n, 1n, 2n, 3n, 17n, 65_535n, 65_536n, 65_538n, 2n ** 64n + 1n, 2n ** 256n + 1n].map(
      (e): [string, Jwk, string] => [`e = ${e}`, { ...GOOD, e: encode(e) }, EXPONENT],
    ),
    [
      'RSA of 2047 bits',
      { ...GOOD, n: encode(n >> 1n) },
      'is an RSA key of 2047 bits; at least 2048 are needed',
    ],
    [
      'RSA of 1024 bits with zeros in front',
      {
        ...GOOD,
        n: Buffer.concat([Buffer.alloc(128), Buffer.from(encode(n >> 1024n), 'base64url')]).toString(
          'base64url',
        ),
      },
      'is an RSA key of 1024 bits; at least 2048 are needed',
    ],
    [
      'RSA of 8193 bits',
      { ...GOOD, n: encode(2n ** 8192n + 1n) },
      'is an RSA key of 8193 bits; at most 8192 are accepted',
    ],
    ['an even modulus', { ...GOOD, n: encode(n - 1n) }, modulus('is even')],
    [
      'a modulus with a small factor',
      { ...GOOD, n: encode(PRIME_1024 * PRIME_1024 * 751n) },
      modulus('is divisible by 751'),
    ],
    ['a modulus that is a prime', { ...GOOD, n: encode(PRIME_2048) }, modulus('is a prime')],
    [
      'a modulus of two primes next to each other',
      { ...GOOD, n: encode(PRIME_1024 * after(PRIME_1024)) },
      modulus('is the product of two primes next to each other (CVE-2022-26320)'),
    ],
    [
      'a modulus that is a square',
      { ...GOOD, n: encode(PRIME_1024 ** 2n) },
      modulus('is the product of two primes next to each other (CVE-2022-26320)'),
    ],
    [
      'a ROCA modulus',
      { ...GOOD, n: encode(rocaPrime(5n ** 40n) * rocaPrime(7n ** 40n)) },
      modulus('was generated by a vulnerable chip (ROCA, CVE-2017-15361)'),
    ],
    ['P-256 off the curve', { ...ec('P-256'), x: encode(2n ** 255n) }, `${NOT_ON_CURVE} P-256`],
    ['P-256 at 0, 0', { ...ec('P-256'), x: 'A'.repeat(43), y: 'A'.repeat(43) }, `${NOT_ON_CURVE} P-256`],
    ['P-384 off the curve', { ...ec('P-384'), x: encode(2n ** 383n) }, `${NOT_ON_CURVE} P-384`],
    ['a point of another curve', { ...ec('P-256'), crv: 'P-384' }, `${NOT_ON_CURVE} P-384`],
    ['Ed25519 off the curve', ed('02'), `${NOT_ON_CURVE} Ed25519`],
    ['Ed25519 too short', { ...ed(''), x: 'AQ' }, `${NOT_ON_CURVE} Ed25519`],
    // RFC 8032 §5.1.3: not less than p.
    ['Ed25519 beyond p', ed(`ed${'ff'.repeat(30)}7f`), `${NOT_ON_CURVE} Ed25519`],
    ...[
      '01',
      `ec${'ff'.repeat(30)}7f`,
      '00',
      `${'00'.repeat(31)}80`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    ].map((hex): [string, Jwk, string] => [
      `Ed25519 of small order ${hex.slice(0, 8)}…`,
      ed(hex),
      `${NOT_ON_CURVE} Ed25519`,
    ]),
    [
      'X25519',
      generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }),
      'is not of a type that is supported: RSA, EC P-256, EC P-384, EC P-521, OKP Ed25519',
    ],
    [
      'n with padding',
      { ...GOOD, n: `${String(GOOD.n)}=` },
      'is not a key that can be used: n is not base64url',
    ],
    ['n in a list', { ...GOOD, n: [GOOD.n] }, 'is not a key that can be used: n is not base64url'],
    ['no e', { ...GOOD, e: undefined }, 'is not a key that can be used: e is not base64url'],
    ...[['encrypt'], ['verify', 'sign'], ['verify', 'verify'], [], 'verify', null].map(
      (key_ops): [string, Jwk, string] => [
        `key_ops ${JSON.stringify(key_ops)}`,
        { ...GOOD, key_ops },
        'is not for signatures (key_ops)',
      ],
    ),
    ...[5, null, ''].flatMap((value): [string, Jwk, string][] => [
      [
        `kid ${JSON.stringify(value)}`,
        { ...GOOD, kid: value },
        'has a value of kid that is not text, or is empty',
      ],
      [
        `alg ${JSON.stringify(value)}`,
        { ...GOOD, alg: value },
        'has a value of alg that is not text, or is empty',
      ],
    ]),
    ...['MII', {}, [], [5], ['']].map((x5c): [string, Jwk, string] => [
      `x5c ${JSON.stringify(x5c)}`,
      { ...GOOD, x5c },
      'has an x5c that is not a list of texts',
    ]),
    ['a reserved member', { ...GOOD, constructor: 'x' }, 'has a member with a reserved name'],
  ];
  for (const [what, key, problem] of rejected) {
    it(`cannot be or have ${what}`, () => assert.equal(clientKeyProblem(key), problem));
  }

  itLong('cannot have a modulus that is a prime of 4096 bits', () =>
    assert.equal(clientKeyProblem({ ...GOOD, n: encode(PRIME_4096) }), modulus('is a prime')),
  );

  it('is named by index and kid in the problem', () => {
    const input = {
      redirect_uris: ['https://rp.example/cb'],
      jwks: {
        keys: [
          { ...GOOD, kid: 'good' },
          { ...GOOD, kid: 'e is 1', e: 'AQ' },
        ],
      },
    };
    assert.deepEqual(
      checkMetadata(input, { apis: [], mode: 'production', signingAlgorithms: ['RS256'] }).problems,
      [`jwks.keys.1: ${EXPONENT} (kid "e is 1")`],
    );
  });

  it('is not taken for a ROCA key when its modulus is random', () => {
    let seed = n;
    for (let count = 0; count < 2000; count += 1) {
      seed = (seed * 6_364_136_223_846_793_005n + 1n) % 2n ** 2048n;
      assert.equal(isRocaModulus(seed | 1n), false);
    }
  });
});
