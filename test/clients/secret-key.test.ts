import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeClient } from '../../src/cli/client-description.ts';
import { createClients } from '../../src/clients/clients.ts';
import { declaredEntry } from '../../src/clients/declared-entry.ts';
import { ClientError } from '../../src/clients/errors.ts';
import { resealSecrets } from '../../src/clients/resealing.ts';
import { openSecret } from '../../src/clients/secret-key.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import { createSealer, type Sealer } from '../../src/signing/sealing/sealer.ts';
import { ClientsFixture } from './fixture.ts';

const WEB = { redirect_uris: ['https://app.example/cb'] };
const HMAC = { ...WEB, id_token_signed_response_alg: 'HS256' };
const SECRET = 'a-secret-that-an-administrator-chose';
const DAY = 86_400;

describe('A secret as a key for HMAC', () => {
  let fixture: ClientsFixture;
  before(async () => void (fixture = await ClientsFixture.open()));
  after(() => fixture.close());

  const problemsOf = async (work: Promise<unknown>): Promise<readonly string[]> => {
    try {
      await work;
      return [];
    } catch (error) {
      assert.ok(error instanceof ClientError || error instanceof ConfigurationError, String(error));
      return error.problems;
    }
  };
  /** The secrets that can be read, newest first. */
  const keys = async (id: string): Promise<(string | undefined)[]> => {
    const client = await fixture.clients.find(id);
    return client!.secrets.map((secret) =>
      secret.sealed === undefined ? undefined : openSecret(secret, client!, fixture.sealer).toString(),
    );
  };
  const clientsWith = (sealer: Sealer) =>
    createClients({
      store: fixture.store,
      apis: [],
      mode: 'development',
      signingAlgorithms: ['RS256'],
      audit: { record() {} },
      clock: Date.now,
      sealer,
    });
  const addHmac = () => fixture.clients.add(HMAC);

  for (const members of [
    { id_token_signed_response_alg: 'HS256' },
    { userinfo_signed_response_alg: 'HS256' },
    { introspection_signed_response_alg: 'HS256' },
    { token_endpoint_auth_method: 'client_secret_jwt' },
  ]) {
    it(`is kept sealed with ${JSON.stringify(members)}`, async () => {
      const { client, secret } = await fixture.clients.add({ ...WEB, ...members });
      assert.deepEqual(await keys(client.id), [secret]);
      assert.ok(!JSON.stringify(client).includes(secret!));
    });
    it(`is none of a public client, nor of one with private_key_jwt, with ${JSON.stringify(members)}`, async () => {
      if ('token_endpoint_auth_method' in members) return;
      const [name] = Object.keys(members);
      for (const method of ['none', 'private_key_jwt']) {
        const input = { ...WEB, ...members, token_endpoint_auth_method: method };
        const problem = `${name}: HS256 needs a client that authenticates with a secret, and this one has ${method}`;
        assert.ok((await problemsOf(fixture.clients.add(input))).includes(problem), method);
      }
    });
  }

  it('is neither shown nor in a backup in clear, and its sealed copy is not shown', async () => {
    const { client, secret } = await addHmac();
    const [stored] = client.secrets;
    const shown = JSON.stringify(describeClient(client, fixture.now * 1000));
    assert.deepEqual(
      [shown.includes('"sealed":true'), shown.includes(stored!.sealed!), shown.includes(secret!)],
      [true, false, false],
    );
    const dumped: string[] = [];
    for await (const record of fixture.store.transfer.dump()) dumped.push(JSON.stringify(record));
    assert.deepEqual(
      [dumped.join().includes(stored!.sealed!), dumped.join().includes(secret!)],
      [true, false],
    );
    assert.ok(!JSON.stringify(declaredEntry(client)).includes(stored!.sealed!));
    assert.ok(!JSON.stringify(fixture.recorded).includes(stored!.sealed!));
  });

  it('is not kept of any other client', async () => {
    const { client } = await fixture.clients.add(WEB);
    assert.deepEqual(await keys(client.id), [undefined]);
    assert.deepEqual(Object.keys(client.secrets[0]!), ['digest', 'createdAt']);
  });

  it('has at least 32 bytes (RFC 7518 §3.2), in development too', async () => {
    const development = clientsWith(fixture.sealer);
    assert.deepEqual(await problemsOf(development.add(HMAC, { secret: 'x'.repeat(31) })), [
      'client_secret: must have at least 32 characters as a key for HS256 (RFC 7518 §3.2)',
    ]);
    const { client } = await development.add(HMAC, { secret: 'x'.repeat(32) });
    assert.deepEqual(await keys(client.id), ['x'.repeat(32)]);
  });

  it('is rotated: the old one stays readable for its overlap', async () => {
    const { client, secret: first } = await addHmac();
    const { secret: second } = await fixture.clients.rotateSecret(client.id, { overlap: DAY });
    assert.deepEqual(await keys(client.id), [second, first]);
    const { secrets } = (await fixture.clients.find(client.id))!;
    assert.deepEqual(
      secrets.map(({ expiresAt }) => expiresAt),
      [undefined, fixture.now + DAY],
    );
  });

  it('opens for its client alone', async () => {
    const [one, two] = [(await addHmac()).client, (await addHmac()).client];
    const [secret] = one.secrets;
    assert.throws(() => openSecret(secret!, two, fixture.sealer), /belongs to another record/);
    assert.throws(
      () => openSecret(secret!, { ...one, instance: 'another' }, fixture.sealer),
      /another record/,
    );
    const mixed = { ...two.secrets[0]!, sealed: secret!.sealed };
    assert.throws(() => openSecret(mixed, one, fixture.sealer), /is not the one of its digest/);
  });

  it('must be rotated before a client is changed to HS256, and is forgotten after a change away from it', async () => {
    const { client } = await fixture.clients.add(WEB);
    const { id } = client;
    const change = { id_token_signed_response_alg: 'HS256' };
    const [problem, ...others] = await problemsOf(fixture.clients.update(id, change));
    assert.match(
      problem!,
      new RegExp(
        `only a digest of the secret is stored; run .signet client rotate-secret ${id} --sealed. first`,
      ),
    );
    assert.deepEqual(others, []);
    await fixture.clients.rotateSecret(id);
    assert.equal((await problemsOf(fixture.clients.update(id, change))).length, 1);

    const { secret } = await fixture.clients.rotateSecret(id, { sealed: true });
    await fixture.clients.update(id, { client_name: 'Shop' });
    assert.deepEqual(await keys(id), [secret, undefined]);
    await fixture.clients.update(id, change);
    assert.deepEqual(await keys(id), [secret, undefined]);
    await fixture.clients.update(id, { id_token_signed_response_alg: null });
    assert.deepEqual(await keys(id), [undefined, undefined]);
    assert.deepEqual(await fixture.accepted(id, secret), [true]);
  });

  it('is made for a public client that becomes one with HS256', async () => {
    const { client } = await fixture.clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
    const { secret } = await fixture.clients.update(client.id, {
      token_endpoint_auth_method: 'client_secret_jwt',
    });
    assert.deepEqual(await keys(client.id), [secret]);
    await fixture.clients.update(client.id, { token_endpoint_auth_method: 'none' });
    assert.deepEqual(await keys(client.id), []);
  });

  describe('of a declared client', () => {
    const entry = { client_id: 'declared', client_secret: SECRET, ...WEB };
    const declare = async (members: object = {}) =>
      await fixture.clients.reconcile([{ ...entry, ...members }]);
    const hmac = { id_token_signed_response_alg: 'HS256' };

    it('is sealed from the file, once, and forgotten with the algorithm', async () => {
      await declare();
      assert.deepEqual(await keys('declared'), [undefined]);
      assert.deepEqual((await declare(hmac)).changed, ['declared']);
      assert.deepEqual(await keys('declared'), [SECRET]);
      assert.deepEqual((await declare(hmac)).unchanged, ['declared']);
      const { secret } = await fixture.clients.rotateSecret('declared', { overlap: DAY });
      assert.deepEqual((await declare(hmac)).unchanged, ['declared']);
      assert.deepEqual(await keys('declared'), [secret, SECRET]);
      assert.deepEqual((await declare()).changed, ['declared']);
      assert.deepEqual(await keys('declared'), [undefined, undefined]);
    });

    it('is sealed again when the sealing key was lost', async () => {
      await declare(hmac);
      rmSync(join(fixture.database, '../keys/sealing.key'));
      const restarted = createSealer({ keys: join(fixture.database, '../keys') });
      const { changed } = await clientsWith(restarted).reconcile([{ ...entry, ...hmac }]);
      assert.deepEqual(changed, ['declared']);
      const client = await fixture.clients.find('declared');
      assert.equal(openSecret(client!.secrets.at(-1)!, client!, restarted).toString(), SECRET);
    });

    it('stays when the client is released and adopted; a digest alone cannot be adopted', async () => {
      await declare(hmac);
      await fixture.clients.release('declared');
      const { client_secret: _secret, ...withoutSecret } = entry;
      const adopted = { ...withoutSecret, ...hmac, adopt: true };
      assert.deepEqual((await fixture.clients.reconcile([adopted])).adopted, ['declared']);
      assert.ok((await keys('declared')).includes(SECRET));

      const { client } = await fixture.clients.add(WEB);
      const digestOnly = { client_id: client.id, ...WEB, ...hmac, adopt: true };
      const [problem, ...others] = await problemsOf(fixture.clients.reconcile([adopted, digestOnly]));
      assert.match(
        problem!,
        /client_secret: missing, and HS256 and client_secret_jwt need one that can be read/,
      );
      assert.deepEqual(others, []);
      await fixture.clients.rotateSecret(client.id, { sealed: true });
      assert.deepEqual((await fixture.clients.reconcile([adopted, digestOnly])).adopted, [client.id]);
    });
  });

  it('is sealed again with a new master key, so that the old one can be removed', async () => {
    const [old, current] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
    const sealer = (masterKey: string) => createSealer({ keys: 'store', masterKey });
    const clients = clientsWith(sealer(old!));
    const added = await clients.add({ client_id: 'of-the-old-key', ...HMAC });
    for (const { id } of await fixture.clients.list({ limit: 500 })) {
      if (id !== 'of-the-old-key') await fixture.store.clients.remove(id);
    }
    assert.equal(await resealSecrets(fixture.store.clients, sealer(`${current},${old}`)), 1);
    assert.equal(await resealSecrets(fixture.store.clients, sealer(`${current},${old}`)), 0);
    const client = await clients.find('of-the-old-key');
    assert.equal(openSecret(client!.secrets[0]!, client!, sealer(current!)).toString(), added.secret);
  });
});
