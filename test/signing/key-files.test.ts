import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { KeySourceError } from '../../src/signing/errors.ts';
import { openKeyRing } from '../../src/signing/ring.ts';
import { checkKeyFiles, keyFiles } from '../../src/signing/sources/files.ts';
import { generateLocalKey } from '../../src/signing/signers/local.ts';
import type { LocalKey } from '../../src/signing/stored-key.ts';

const NOW = 1_800_000_000;

describe('Key files of several algorithms', () => {
  let directory: string;
  const stored = new Map<SigningAlgorithm, LocalKey>();
  before(async () => {
    for (const alg of SIGNING_ALGORITHMS) {
      stored.set(alg, await generateLocalKey([], { alg, announcedAt: NOW, signsFrom: NOW }));
    }
  });
  beforeEach(async () => {
    directory = join(mkdtempSync(join(tmpdir(), 'signet-keys-')), 'keys');
    for (const key of stored.values()) await keyFiles(directory).create(key);
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

  const open = () =>
    openKeyRing({ source: keyFiles(directory), clock: () => NOW * 1000, algorithms: SIGNING_ALGORITHMS });
  const pathOf = (alg: SigningAlgorithm) => join(directory, alg, `0001-${alg}.json`);
  const write = (path: string, key: object) => writeFileSync(path, JSON.stringify(key), { mode: 0o600 });

  /** Version 0.1 reads every JSON file of the directory, and knows RS256 only. */
  it('are in the directory itself for RS256, and in one below it for each other algorithm', async () => {
    assert.deepEqual(readdirSync(directory).sort(), ['0001-RS256.json', 'ES256', 'EdDSA', 'PS256']);
    for (const alg of ['ES256', 'EdDSA', 'PS256'] as const) {
      assert.deepEqual(readdirSync(join(directory, alg)), [`0001-${alg}.json`]);
      assert.equal(statSync(join(directory, alg)).mode & 0o777, 0o700);
      assert.equal(statSync(pathOf(alg)).mode & 0o777, 0o600);
    }
    assert.deepEqual((await open()).algorithms, [...SIGNING_ALGORITHMS]);
    assert.deepEqual(await checkKeyFiles(directory, SIGNING_ALGORITHMS, NOW), []);
  });

  it('are changed and removed by their kid', async () => {
    const source = keyFiles(directory);
    const { kid } = stored.get('EdDSA')!;
    await source.change(kid, (key) => ({ ...key, retiresAt: NOW + 1 }));
    assert.equal((JSON.parse(readFileSync(pathOf('EdDSA'), 'utf8')) as LocalKey).retiresAt, NOW + 1);
    await source.remove(kid);
    assert.deepEqual(
      (await source.read()).map(({ alg }) => alg),
      ['RS256', 'PS256', 'ES256'],
    );
    assert.equal(await source.create(stored.get('ES256')!), false, 'the number is taken');
  });

  it('are checked before the start, also when a first start was killed before it made the key for RS256', async () => {
    rmSync(join(directory, '0001-RS256.json'));
    assert.deepEqual(await checkKeyFiles(directory, SIGNING_ALGORITHMS, NOW), []);
    writeFileSync(pathOf('ES256'), '{}', { mode: 0o600 });
    const [problem, ...others] = await checkKeyFiles(directory, SIGNING_ALGORITHMS, NOW);
    assert.match(problem ?? '', /0001-ES256\.json is not a private signing key/);
    assert.deepEqual(others, []);
  });

  const otherX = async (alg: SigningAlgorithm): Promise<JWK> => {
    const { privateJwk } = await generateLocalKey([], { alg, announcedAt: NOW, signsFrom: NOW });
    const { x, y } = privateJwk;
    return { ...stored.get(alg)!.privateJwk, x, ...(y !== undefined && { y }) } as JWK;
  };

  const broken: [what: string, damage: () => void | Promise<void>, message: RegExp][] = [
    [
      'in the directory of another algorithm',
      () => renameSync(pathOf('ES256'), join(directory, 'EdDSA', '0002-ES256.json')),
      /0002-ES256\.json is a key for ES256, and the directory is for EdDSA; move it$/,
    ],
    [
      'in the directory of RS256',
      () => renameSync(pathOf('PS256'), join(directory, '0002-PS256.json')),
      /0002-PS256\.json is a key for PS256, and the directory is for RS256; move it$/,
    ],
    [
      'the same RSA key under two algorithms',
      () => write(pathOf('PS256'), { ...stored.get('RS256'), alg: 'PS256' }),
      /0001-PS256\.json holds the same key as \S*0001-RS256\.json; remove one of them$/,
    ],
    [
      'an EC key with another public half',
      async () => write(pathOf('ES256'), { ...stored.get('ES256'), privateJwk: await otherX('ES256') }),
      /0001-ES256\.json does not hold the key that its kid names/,
    ],
    [
      'an EC key whose point is not on the curve',
      () => {
        const key = stored.get('ES256')!;
        write(pathOf('ES256'), { ...key, privateJwk: { ...key.privateJwk, x: key.privateJwk.y } });
      },
      /0001-ES256\.json is not a private signing key/,
    ],
    [
      'an EC key with a coordinate of another length',
      () => {
        const key = stored.get('ES256')!;
        write(pathOf('ES256'), { ...key, privateJwk: { ...key.privateJwk, x: `AA${key.privateJwk.x}` } });
      },
      /0001-ES256\.json is not a private signing key/,
    ],
    [
      'an Ed25519 key whose kid is of another public half',
      async () => {
        const privateJwk = await otherX('EdDSA');
        write(pathOf('EdDSA'), {
          ...stored.get('EdDSA'),
          privateJwk,
          kid: await calculateJwkThumbprint(privateJwk),
        });
      },
      /0001-EdDSA\.json does not hold the key that its kid names/,
    ],
    [
      'a key without its private half',
      () => {
        const key = stored.get('EdDSA')!;
        const { d: _private, ...publicJwk } = key.privateJwk;
        write(pathOf('EdDSA'), { ...key, privateJwk: publicJwk });
      },
      /0001-EdDSA\.json is not a private signing key/,
    ],
    [
      'a directory that others can read is no error, but a file is',
      () => {
        rmSync(pathOf('EdDSA'));
        mkdirSync(pathOf('EdDSA'), { mode: 0o755 });
      },
      /0001-EdDSA\.json can be read by others/,
    ],
  ];
  for (const [what, damage, message] of broken) {
    it(`are rejected: ${what}`, async () => {
      await damage();
      await assert.rejects(open(), (error: Error) => {
        assert.ok(error instanceof KeySourceError);
        assert.match(error.message, message);
        for (const { privateJwk } of stored.values()) {
          assert.ok(
            !JSON.stringify([error.message, error.stack]).includes(String(privateJwk.d).slice(0, 20)),
          );
        }
        return true;
      });
    });
  }
});
