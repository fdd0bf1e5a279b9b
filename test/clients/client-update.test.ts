import assert from 'node:assert/strict';
import type { Clients } from '../../src/clients/clients.ts';
import { ClientsFixture } from './fixture.ts';

const WEB = { client_id: 'web', redirect_uris: ['https://rp.example/cb'], client_name: 'Web' };
const SECRET = 'a-secret-that-was-written-by-hand';
const DAY = 86_400;

describe('A client that is changed', () => {
  let fixture: ClientsFixture;
  let clients: Clients;

  beforeEach(async () => {
    fixture = await ClientsFixture.open();
    ({ clients } = fixture);
  });
  afterEach(() => fixture.close());

  it('keeps its instance, secrets and other metadata', async () => {
    const { client: before, secret = '' } = await clients.add(WEB);
    fixture.now += DAY;
    const { client, changed, secret: fresh } = await clients.update('web', { client_name: 'The Web' });
    assert.deepEqual(client, {
      ...before,
      metadata: { ...before.metadata, client_name: 'The Web' },
      updatedAt: fixture.now,
    });
    assert.deepEqual([changed, fresh], [['client_name'], undefined]);
    assert.deepEqual(await clients.find('web'), client);
    assert.deepEqual(await fixture.accepted('web', secret), [true]);
    assert.deepEqual(fixture.recorded.at(-1), {
      type: 'client.changed',
      clientId: 'web',
      detail: { members: ['client_name'] },
    });
  });

  it('loses a member that is null, and gets its default', async () => {
    await clients.add({ ...WEB, first_party: true, application_type: 'native' });
    const { client, changed } = await clients.update('web', {
      client_name: null,
      first_party: null,
      application_type: null,
    });
    assert.deepEqual(changed, ['client_name', 'first_party', 'application_type']);
    assert.deepEqual(
      [Object.hasOwn(client.metadata, 'client_name'), client.metadata.application_type],
      [false, 'web'],
    );
  });

  it('has no member that an earlier version has not stored, unless the change names it', async () => {
    const { client } = await clients.add(WEB);
    const { id_token_claims: _absent, ...metadata } = client.metadata;
    await fixture.store.clients.update('web', () => ({ ...client, metadata }));
    const { client: changed } = await clients.update('web', { client_name: 'The Web' });
    assert.deepEqual(changed.metadata, { ...metadata, client_name: 'The Web' });
  });

  it('has one name for its policy about PKCE, whichever the change uses', async () => {
    const { client } = await clients.add({ ...WEB, pkce: 'optional' });
    const { pkce: _pkce, ...others } = client.metadata;
    await fixture.store.clients.update('web', () => ({
      ...client,
      metadata: { ...others, require_pkce: false },
    }));
    const policy = async (change: Record<string, unknown>) => {
      const { metadata } = (await clients.update('web', change)).client;
      return [metadata.pkce, Object.hasOwn(metadata, 'require_pkce')];
    };
    assert.deepEqual(await policy({ client_name: 'x' }), ['optional', false]);
    assert.deepEqual(await policy({ require_pkce: true }), ['required', false]);
    assert.deepEqual(await policy({ pkce: 'optional' }), ['optional', false]);
    assert.deepEqual(await policy({ require_pkce: null }), [undefined, false]);
    await assert.rejects(policy({ pkce: 'required', require_pkce: true }), {
      problems: ['require_pkce: is the former name of pkce, which is given too; remove it'],
    });
    await assert.rejects(policy({ pkce: 'optional', token_endpoint_auth_method: 'none' }), {
      problems: [
        'pkce: optional needs a client that authenticates; a public client must use PKCE (RFC 9700 §2.1.1)',
      ],
    });
  });

  it('is not written and not recorded when it has the values already', async () => {
    const { client } = await clients.add(WEB);
    fixture.now += DAY;
    fixture.recorded.length = 0;
    const result = await clients.update('web', { client_id: 'web', client_name: 'Web', contacts: null });
    assert.deepEqual(result, { client, changed: [] });
    assert.deepEqual([await clients.find('web'), fixture.recorded], [client, []]);
  });

  it('has response types and a default scope that follow from its grant types', async () => {
    await clients.add(WEB);
    const scopeOf = async (grants: string[]) => {
      const { client } = await clients.update('web', { grant_types: grants });
      return [client.metadata.response_types, client.metadata.scope];
    };
    assert.deepEqual(await scopeOf(['authorization_code', 'refresh_token']), [
      ['code'],
      'openid profile email offline_access',
    ]);
    assert.deepEqual(await scopeOf(['authorization_code']), [['code'], 'openid profile email']);
    assert.deepEqual(await scopeOf([]), [[], '']);
    await clients.update('web', { grant_types: ['authorization_code'], scope: 'openid' });
    assert.deepEqual(await scopeOf(['authorization_code', 'refresh_token']), [['code'], 'openid']);
  });

  it('gets a secret when its authentication method needs one, and loses them when it does not', async () => {
    await clients.add({ ...WEB, token_endpoint_auth_method: 'none' });
    const { secret = '' } = await clients.update('web', { token_endpoint_auth_method: null });
    assert.match(secret, /^[\w-]{43}$/);
    assert.deepEqual(await fixture.accepted('web', secret), [true]);
    const post = { token_endpoint_auth_method: 'client_secret_post' };
    assert.equal((await clients.update('web', post)).secret, undefined);
    assert.deepEqual(await fixture.accepted('web', secret), [true]);
    await clients.update('web', { token_endpoint_auth_method: 'none' });
    assert.deepEqual((await clients.find('web'))?.secrets, []);
  });

  it('is refused with all problems, and stays as it was', async () => {
    const { client } = await clients.add(WEB);
    const refused: [Record<string, unknown>, string[]][] = [
      [{ client_id: 'other' }, ['client_id: cannot be changed; add a client with the other id']],
      [
        { client_secret: SECRET },
        ['client_secret: is changed by `signet client rotate-secret web`, which keeps the current one valid'],
      ],
      [{ redirect_uri: null }, ['redirect_uri: unknown client metadata; did you mean redirect_uris?']],
      [
        { redirect_uris: null, contact: 1 },
        [
          'contact: unknown client metadata; did you mean contacts?',
          'redirect_uris: at least one is needed with the authorization_code grant',
        ],
      ],
      [
        { grant_types: ['client_credentials'] },
        [
          'scope: client_credentials gives no token without a scope of an API, or the id of the client in apis.clients of the configuration; add one',
        ],
      ],
    ];
    for (const [change, problems] of refused) {
      await assert.rejects(clients.update('web', change), { name: 'ClientError', problems });
    }
    assert.deepEqual(await clients.find('web'), client);
    await assert.rejects(clients.update('nobody', {}), { problems: ['there is no client nobody'] });
  });

  it('is refused when it is declared, with the file', async () => {
    await clients.reconcile([
      { ...WEB, client_secret: SECRET },
      { ...WEB, client_id: 'other', client_secret: SECRET },
    ]);
    await assert.rejects(clients.update('web', { client_name: 'x' }), {
      problems: ['web is declared in clients/web.yaml; change it there'],
    });
    await assert.rejects(clients.update('other', { client_name: 'x' }), {
      problems: ['other is declared in the configuration file; change it there'],
    });
    await assert.rejects(clients.remove('web'), {
      problems: ['web is declared in clients/web.yaml; remove it there'],
    });
  });

  it('has every change and the new secret when both come at the same time', async () => {
    const { secret = '' } = await clients.add(WEB);
    const [{ secret: rotated }] = await Promise.all([
      clients.rotateSecret('web'),
      clients.update('web', { client_name: 'The Web' }),
      clients.update('web', { contacts: ['it@rp.example'] }),
    ]);
    const { metadata } = (await clients.find('web')) ?? assert.fail();
    assert.deepEqual([metadata.client_name, metadata.contacts], ['The Web', ['it@rp.example']]);
    assert.deepEqual(await fixture.accepted('web', secret, rotated), [true, true]);
  });
});
