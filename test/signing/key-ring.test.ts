import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { KeySourceError } from '../../src/signing/errors.ts';
import { describeKeys } from '../../src/signing/key-list.ts';
import { openKeyRing } from '../../src/signing/ring.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { recycledKey } from '../support/signing-key.ts';

const NOW = 1_800_000_000;

const weakJwk = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' });
const weakKid = await calculateJwkThumbprint(weakJwk);

describe('The ring of signing keys', () => {
  let root: string;
  let directory: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'signet-keys-'));
    directory = join(root, 'keys');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const open = (options: { create?: boolean; now?: number; from?: string } = {}) =>
    openKeyRing({
      source: { ...keyFiles(options.from ?? directory), make: recycledKey },
      clock: () => (options.now ?? NOW) * 1000,
      ...(options.create !== false && { onCreate: () => {} }),
    });

  const onlyFile = (): string => join(directory, readdirSync(directory)[0] as string);

  /** Rewrites the stored key, keeping its file private. */
  function edit(path: string, change: (key: Record<string, unknown>) => Record<string, unknown>): void {
    writeFileSync(
      path,
      JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)),
      { mode: 0o600 },
    );
  }

  it('makes a 2048-bit RSA key on the first start, and reads it on the next', async () => {
    const first = await openKeyRing({
      source: keyFiles(directory),
      clock: () => NOW * 1000,
      onCreate: () => {},
    });
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(statSync(onlyFile()).mode & 0o777, 0o600);
    const [key] = first.published.keys as [JWK];
    assert.equal(Buffer.from(key.n as string, 'base64url').length * 8, 2048);
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
    assert.equal(key.kid, await calculateJwkThumbprint(key), 'RFC 7638');
    const second = await open();
    assert.equal(second.published.body, first.published.body);
    assert.equal(second.published.etag, first.published.etag);
  });

  it('has one key when many processes start concurrently', async () => {
    const rings = await Promise.all(Array.from({ length: 4 }, () => open()));
    assert.equal(new Set(rings.map((ring) => ring.published.etag)).size, 1);
    assert.equal(readdirSync(directory).length, 1, 'a temporary file was left behind');
  });

  it('makes signatures that its public key verifies', async () => {
    const [key] = (await open()).keys;
    const data = Buffer.from('to be signed');
    const signature = await key?.sign(data);
    assert.ok(
      createVerify('sha256')
        .update(data)
        .verify(key?.publicKey as never, signature as Uint8Array),
    );
  });

  it('signs with the signing key, publishes announced and retired keys, and drops those that are gone', async () => {
    await open();
    const original = onlyFile();
    const kids: Record<string, string> = { signing: (await open()).keys[0]?.kid as string };
    const others: [string, Record<string, number>][] = [
      ['announced', { announcedAt: NOW, signsFrom: NOW + 600 }],
      ['retired', { announcedAt: NOW - 900, signsFrom: NOW - 900, retiresAt: NOW - 10, goneAt: NOW + 600 }],
      ['gone', { announcedAt: NOW - 900, signsFrom: NOW - 900, retiresAt: NOW - 10, goneAt: NOW - 5 }],
    ];
    for (const [index, [state, times]] of others.entries()) {
      const elsewhere = join(root, state);
      const ring = await open({ from: elsewhere });
      kids[state] = ring.keys[0]?.kid as string;
      const path = join(directory, `000${index + 2}-RS256.json`);
      copyFileSync(join(elsewhere, '0001-RS256.json'), path);
      edit(path, (key) => ({ ...key, number: index + 2, ...times }));
    }
    const ring = await open();
    assert.equal(ring.keys[0]?.kid, kids.signing);
    assert.deepEqual(
      new Set(ring.published.keys.map((key) => key.kid)),
      new Set([kids.signing, kids.announced, kids.retired]),
    );
    assert.deepEqual(
      Object.fromEntries(
        (await describeKeys({ source: keyFiles(directory), clock: () => NOW * 1000 })).map(
          ({ kid, state }) => [state, kid],
        ),
      ),
      kids,
    );
    assert.equal(
      (await open({ now: NOW + 601 })).keys[0]?.kid,
      kids.announced,
      'the key with the latest signsFrom',
    );
    rmSync(original);
    await assert.rejects(open(), /no key of the ring may sign with RS256 now/);
  });

  it('rejects an empty source when no first key may be made', async () => {
    await assert.rejects(
      open({ create: false }),
      (error: Error) => error instanceof KeySourceError && error.message.includes(directory),
    );
  });

  const broken: [string, (path: string) => void, RegExp][] = [
    ['readable by others', (path) => chmodSync(path, 0o644), /chmod 600/],
    ['empty', (path) => writeFileSync(path, ''), /not a private signing key/],
    [
      'corrupt',
      (path) => writeFileSync(path, readFileSync(path).subarray(0, 900)),
      /not a private signing key/,
    ],
    [
      'public only',
      (path) =>
        edit(path, ({ privateJwk, ...key }) => ({
          ...key,
          privateJwk: { kty: 'RSA', n: (privateJwk as JWK).n, e: 'AQAB' },
        })),
      /not a private signing key/,
    ],
    [
      'under another kid',
      (path) => edit(path, (key) => ({ ...key, kid: 'other' })),
      /does not hold the key that its kid names/,
    ],
    [
      'weak',
      (path) => edit(path, (key) => ({ ...key, kid: weakKid, privateJwk: weakJwk })),
      /is an RSA key of 1024 bits; at least 2048 are needed/,
    ],
    ['there twice', (path) => copyFileSync(path, path.replace('0001', '0002')), /holds the same key as/],
    [
      'a directory',
      (path) => (rmSync(path), mkdirSync(path, { mode: 0o700 })),
      /cannot read the signing key/,
    ],
  ];
  for (const [what, damage, message] of broken) {
    it(`R11 rejects a key file that is ${what}; the error names the file and holds none of its content`, async () => {
      await open();
      const path = onlyFile();
      const secret = (JSON.parse(readFileSync(path, 'utf8')) as { privateJwk: JWK }).privateJwk.d as string;
      damage(path);
      await assert.rejects(open(), (error: Error) => {
        assert.ok(error instanceof KeySourceError);
        assert.match(error.message, message);
        assert.match(error.message, /000[12]-RS256\.json/);
        assert.ok(!JSON.stringify([error.message, error.stack, error.cause]).includes(secret.slice(0, 20)));
        return true;
      });
    });
  }
});
