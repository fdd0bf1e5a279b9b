import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry } from '../../src/audit/audit.ts';
import { type Clients, createClients } from '../../src/clients/clients.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { verifySecret } from '../../src/clients/secrets.ts';
import { DEMO_API } from '../../src/config/demo.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import type { DeclaredClient } from '../../src/config/schema.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

const WEB = { client_id: 'web', redirect_uris: ['https://rp.example/cb'] };
const SECRET = 'a-secret-that-was-written-by-hand';
const OTHER_SECRET = 'another-secret-in-the-same-file!';
const DAY = 86_400;

describe('Clients', () => {
  let directory: string;
  let store: Store;
  let now: number;
  let recorded: AuditEntry[];
  let writes: string[];
  let clients: Clients;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'signet-clients-'));
    now = 1_800_000_000;
    store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock: () => now * 1000 });
    recorded = [];
    writes = [];
    clients = createClients({
      store: { clients: noting(store.clients, writes) },
      apis: [DEMO_API],
      mode: 'production',
      audit: { record: (entry) => void recorded.push(entry) },
      clock: () => now * 1000,
    });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  /** Which of some secrets the client may authenticate with now. */
  async function accepted(id: string, ...candidates: string[]): Promise<boolean[]> {
    const client = await clients.find(id);
    return candidates.map((candidate) => verifySecret(client?.secrets ?? [], candidate, now));
  }

  describe('when added', () => {
    it('get a secret that is shown once and stored as a digest', async () => {
      const { client, secret = '' } = await clients.add(WEB);
      assert.match(secret, /^[\w-]{43}$/);
      assert.deepEqual(await accepted('web', secret, 'wrong'), [true, false]);
      assert.deepEqual(await clients.find('web'), client);
      assert.equal(client.source, 'added');
      await store.close();
      const database = await readFile(join(directory, 'signet.db'), 'latin1');
      assert.ok(database.includes('sha256$'));
      assert.ok(!database.includes(secret));
      store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock: () => now * 1000 });
    });

    it('keep a secret given by hand', async () => {
      assert.equal((await clients.add(WEB, { secret: SECRET })).secret, SECRET);
      assert.deepEqual(await accepted('web', SECRET), [true]);
    });

    it('get a random client_id when they have none', async () => {
      const { client } = await clients.add({ redirect_uris: WEB.redirect_uris });
      assert.match(client.id, /^[\da-f-]{36}$/);
    });

    it('get no secret when they are public', async () => {
      const { client, secret } = await clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
      assert.equal(secret, undefined);
      assert.deepEqual(client.secrets, []);
    });

    it('are refused with every problem at once', async () => {
      await assert.rejects(
        clients.add({ client_id: 'a b', token_endpoint_auth_method: 'none' }, { secret: 'x' }),
        {
          name: 'ClientError',
          problems: [
            'client_id: must be 1 to 200 visible ASCII characters',
            'redirect_uris: at least one is needed with the authorization_code grant',
            'client_secret: not used with token_endpoint_auth_method none; remove it',
          ],
        },
      );
    });

    it('are refused with an id that is taken', async () => {
      await clients.add(WEB);
      await assert.rejects(clients.add(WEB), { problems: ['client_id: web is taken'] });
    });

    it('are refused with a short secret in production', async () => {
      await assert.rejects(clients.add(WEB, { secret: 'short' }), /at least 32 characters/);
    });
  });

  describe('when their secret is rotated', () => {
    it('may use both secrets until the overlap ends', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      const { secret: second } = await clients.rotateSecret('web', { overlap: 100 });
      assert.deepEqual(await accepted('web', first, second), [true, true]);
      now += 100;
      assert.deepEqual(await accepted('web', first, second), [false, true]);
    });

    it('have 7 days by default', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      await clients.rotateSecret('web');
      now += 7 * DAY - 1;
      assert.deepEqual(await accepted('web', first), [true]);
      now += 1;
      assert.deepEqual(await accepted('web', first), [false]);
    });

    it('lose the old one at once without an overlap', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      const { client, secret: second } = await clients.rotateSecret('web', { overlap: 0 });
      assert.deepEqual(await accepted('web', first, second), [false, true]);
      assert.equal(client.secrets.length, 1);
    });

    it('have at most two', async () => {
      const { secret: first = '' } = await clients.add(WEB);
      const { secret: second } = await clients.rotateSecret('web');
      const { client, secret: third } = await clients.rotateSecret('web');
      assert.deepEqual(await accepted('web', first, second, third), [false, true, true]);
      assert.equal(client.secrets.length, 2);
    });

    it('do not get more time for a secret that was ending', async () => {
      const { secret: first = '' } = await clients.add(WEB, { secret: SECRET });
      await clients.rotateSecret('web', { overlap: 10 });
      now += 11;
      await clients.rotateSecret('web', { overlap: 1000 });
      assert.deepEqual(await accepted('web', first), [false]);
    });

    it('are refused when they have none, or do not exist', async () => {
      await clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
      await assert.rejects(clients.rotateSecret('web'), /authenticates with none/);
      await assert.rejects(clients.rotateSecret('nobody'), /there is no client nobody/);
    });
  });

  it('are listed by id, page by page', async () => {
    for (const id of ['c', 'a', 'b']) await clients.add({ ...WEB, client_id: id });
    const ids = async (after?: string) => (await clients.list({ limit: 2, after })).map(({ id }) => id);
    assert.deepEqual(await ids(), ['a', 'b']);
    assert.deepEqual(await ids('b'), ['c']);
  });

  it('are removed', async () => {
    await clients.add(WEB);
    await clients.remove('web');
    assert.equal(await clients.find('web'), undefined);
    await assert.rejects(clients.remove('web'), /there is no client web/);
  });

  it('are in the audit trail with every change and without secrets', async () => {
    const { secret = '' } = await clients.add(WEB);
    const { secret: second } = await clients.rotateSecret('web');
    await clients.remove('web');
    assert.deepEqual(
      recorded.map(({ type, clientId }) => `${type} ${clientId}`),
      ['client.added web', 'client.secret_rotated web', 'client.removed web'],
    );
    assert.ok(!JSON.stringify(recorded).includes(secret));
    assert.ok(!JSON.stringify(recorded).includes(second));
  });

  describe('declared in the configuration file', () => {
    const declared: DeclaredClient[] = [
      { ...WEB, client_secret: SECRET },
      {
        client_id: 'app',
        redirect_uris: ['https://app.example/cb'],
        token_endpoint_auth_method: 'none',
      },
    ];

    it('are added, and at the next start left alone without a write', async () => {
      const first = await clients.reconcile(declared);
      assert.deepEqual(first, { added: ['web', 'app'], changed: [], removed: [], unchanged: [] });
      assert.deepEqual(await accepted('web', SECRET), [true]);
      assert.equal((await clients.find('web'))?.source, 'declared');
      const before = await store.clients.list({ limit: 10 });
      writes.length = 0;
      now += DAY;
      const second = await clients.reconcile(declared);
      assert.deepEqual(second, { added: [], changed: [], removed: [], unchanged: ['web', 'app'] });
      assert.deepEqual(writes, []);
      assert.deepEqual(await store.clients.list({ limit: 10 }), before);
    });

    it('are changed when the file changes, and keep the digest of an unchanged secret', async () => {
      await clients.reconcile(declared);
      const before = await clients.find('web');
      now += DAY;
      const change = { ...WEB, client_secret: SECRET, client_name: 'Renamed' };
      assert.deepEqual((await clients.reconcile([change])).changed, ['web']);
      const after = await clients.find('web');
      assert.equal(after?.metadata.client_name, 'Renamed');
      assert.deepEqual(after?.secrets, before?.secrets);
      assert.equal(after?.createdAt, before?.createdAt);
      assert.equal(after?.updatedAt, now);
    });

    it('have the new secret alone when the one in the file changes', async () => {
      await clients.reconcile(declared);
      const { secret: rotated } = await clients.rotateSecret('web');
      const { changed } = await clients.reconcile([{ ...WEB, client_secret: OTHER_SECRET }]);
      assert.deepEqual(changed, ['web']);
      assert.deepEqual(await accepted('web', SECRET, rotated, OTHER_SECRET), [false, false, true]);
    });

    it('keep a rotated secret through every start while the file is the same', async () => {
      await clients.reconcile(declared);
      const secrets = [SECRET];
      for (let round = 0; round < 3; round += 1) {
        secrets.push((await clients.rotateSecret('web', { overlap: DAY })).secret);
        assert.deepEqual((await clients.reconcile(declared)).unchanged, ['web', 'app']);
        assert.deepEqual(await accepted('web', ...secrets.slice(-2)), [true, true]);
        now += 2 * DAY;
        assert.deepEqual((await clients.reconcile(declared)).unchanged, ['web', 'app']);
        assert.deepEqual(
          await accepted('web', ...secrets),
          secrets.map((_, index) => index === round + 1),
        );
      }
      assert.ok(((await clients.find('web'))?.secrets.length ?? 0) <= 3);
    });

    it('do not get back a secret that was rotated away at once', async () => {
      await clients.reconcile(declared);
      const { secret } = await clients.rotateSecret('web', { overlap: 0 });
      await clients.reconcile(declared);
      assert.deepEqual(await accepted('web', SECRET, secret), [false, true]);
    });

    it('keep the overlap when the rotated secret is written into the file', async () => {
      await clients.reconcile(declared);
      const { secret } = await clients.rotateSecret('web', { overlap: DAY });
      const updated = [{ ...WEB, client_secret: secret }];
      await clients.reconcile(updated);
      assert.deepEqual(await accepted('web', SECRET, secret), [true, true]);
      assert.deepEqual((await clients.reconcile(updated)).unchanged, ['web']);
      now += DAY;
      assert.deepEqual(await accepted('web', SECRET, secret), [false, true]);
      assert.deepEqual((await clients.reconcile(updated)).unchanged, ['web']);
    });

    it('lose their secrets when they become public', async () => {
      await clients.reconcile(declared);
      await clients.reconcile([{ ...WEB, token_endpoint_auth_method: 'none' }]);
      assert.deepEqual((await clients.find('web'))?.secrets, []);
    });

    it('are removed when they leave the file, and added ones stay', async () => {
      await clients.add({ ...WEB, client_id: 'added' });
      await clients.reconcile(declared);
      assert.deepEqual(await clients.reconcile([]), {
        added: [],
        changed: [],
        removed: ['app', 'web'],
        unchanged: [],
      });
      assert.deepEqual(
        (await clients.list({ limit: 10 })).map(({ id }) => id),
        ['added'],
      );
    });

    it('are refused with every problem of every client, before anything is written', async () => {
      await clients.add({ ...WEB, client_id: 'mine' });
      writes.length = 0;
      await assert.rejects(
        clients.reconcile([
          { ...WEB, client_secret: 'short' },
          { ...WEB, client_id: 'secretless' },
          { ...WEB, client_id: 'mine', client_secret: SECRET },
        ]),
        (error) => {
          assert.ok(error instanceof ConfigurationError);
          assert.equal(error.problems.length, 3);
          assert.match(error.problems[0] ?? '', /^clients\.web\.client_secret: must have at least 32/);
          assert.match(error.problems[1] ?? '', /^clients\.secretless\.client_secret: missing/);
          assert.match(error.problems[2] ?? '', /^clients\.mine: was added on the command line/);
          return true;
        },
      );
      assert.deepEqual(writes, []);
    });

    it('cannot be removed on the command line', async () => {
      await clients.reconcile(declared);
      await assert.rejects(clients.remove('web'), /declared in the configuration file/);
    });

    it('are added once by two processes that start together', async () => {
      const results = await Promise.all([clients.reconcile(declared), clients.reconcile(declared)]);
      assert.deepEqual(results.flatMap(({ added }) => added).sort(), ['app', 'web']);
      assert.deepEqual(await accepted('web', SECRET), [true]);
    });

    it('are all found when there are more than a page of them', async () => {
      const ids = Array.from({ length: 501 }, (_, index) => `client-${index}`);
      const app = { redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' };
      const { metadata } = checkMetadata(app, { apis: [], mode: 'production' });
      await Promise.all(
        ids.map((id) =>
          store.clients.create({ id, metadata, secrets: [], source: 'declared', createdAt: 0, updatedAt: 0 }),
        ),
      );
      const { unchanged } = await clients.reconcile(ids.map((id) => Object.assign({ client_id: id }, app)));
      assert.deepEqual(unchanged, ids);
    });
  });
});

/** The same store, which writes down the names of the methods that change it. */
function noting<Port extends object>(port: Port, writes: string[]): Port {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        if (['put', 'create', 'remove'].includes(String(name))) writes.push(String(name));
        return method.apply(target, args);
      };
    },
  });
}
