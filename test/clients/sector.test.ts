import assert from 'node:assert/strict';
import { createClients } from '../../src/clients/clients.ts';
import { ClientError } from '../../src/clients/errors.ts';
import { registrationPolicy } from '../../src/clients/self-registration/policy.ts';
import { createRegistrations } from '../../src/clients/self-registration/registrations.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { sectorDocumentProblems } from '../../src/clients/sector-check.ts';
import { sectorOf } from '../../src/clients/sector.ts';
import { parseConfig } from '../../src/config/config.ts';
import { OutboundError } from '../../src/outbound/errors.ts';
import type { Outbound } from '../../src/outbound/outbound.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';

const DEVELOPMENT = parseConfig({ store: 'sqlite::memory:' });
const PRODUCTION = { ...DEVELOPMENT, mode: 'production' as const };
const URI = 'https://sector.example/uris.json';
const CALLBACK = 'https://app.example/cb';

/** @param body JSON text by URL; a failure for every other one */
function documents(bodies: Record<string, string>): Pick<Outbound, 'get'> & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get: async (url) => {
      asked.push(url);
      const body = bodies[url];
      if (body === undefined) throw new OutboundError('status', 'status 404');
      return { body: Buffer.from(body), mediaType: 'application/json', fetchedAt: 0, freshUntil: 0 };
    },
  };
}

describe('the sector of a client with pairwise subjects (OpenID Connect Core §8.1)', () => {
  const SECTOR = 'sector_identifier_uri: needed with subject_type pairwise when';
  for (const [what, members, context, problems] of [
    ['one host', { redirect_uris: [CALLBACK, `${CALLBACK}2`] }, PRODUCTION, []],
    [
      'two hosts',
      { redirect_uris: [CALLBACK, 'https://two.example/cb'] },
      PRODUCTION,
      [
        `${SECTOR} the redirect URIs have several hosts or none; it is an https URL of a JSON list of all redirect URIs`,
      ],
    ],
    [
      'two ports',
      { redirect_uris: [CALLBACK, 'https://app.example:444/cb'] },
      PRODUCTION,
      [
        `${SECTOR} the redirect URIs have several hosts or none; it is an https URL of a JSON list of all redirect URIs`,
      ],
    ],
    [
      'a scheme of an app',
      { application_type: 'native', redirect_uris: ['com.example:/cb'] },
      PRODUCTION,
      [
        `${SECTOR} the redirect URIs have several hosts or none; it is an https URL of a JSON list of all redirect URIs`,
      ],
    ],
    [
      'a loopback address',
      { application_type: 'native', redirect_uris: ['http://127.0.0.1/cb'] },
      PRODUCTION,
      [`${SECTOR} a redirect URI is on a loopback address`],
    ],
    ['a loopback address in development', { redirect_uris: ['http://localhost:3002/cb'] }, DEVELOPMENT, []],
    [
      'a tool beside a site',
      { redirect_uris: [CALLBACK], loopback_redirect_uris: ['http://localhost:8250/cb'] },
      DEVELOPMENT,
      [
        `${SECTOR} the redirect URIs have several hosts or none; it is an https URL of a JSON list of all redirect URIs`,
      ],
    ],
    [
      'no redirect URI',
      { grant_types: ['client_credentials'], scope: '' },
      PRODUCTION,
      ['subject_type: pairwise needs a redirect URI: no person signs in at this client'],
    ],
    [
      'a document',
      { redirect_uris: [CALLBACK, 'https://two.example/cb'], sector_identifier_uri: URI },
      PRODUCTION,
      [],
    ],
    [
      'a document by http',
      { redirect_uris: [CALLBACK], sector_identifier_uri: 'http://sector.example/' },
      DEVELOPMENT,
      ['sector_identifier_uri: must be an https URL'],
    ],
    [
      'a document with credentials',
      { redirect_uris: [CALLBACK], sector_identifier_uri: 'https://a:b@sector.example/' },
      DEVELOPMENT,
      ['sector_identifier_uri: must not contain credentials or a fragment'],
    ],
    [
      'another subject type',
      { redirect_uris: [CALLBACK], subject_type: 'secret' },
      PRODUCTION,
      ['subject_type: must be public or pairwise'],
    ],
  ] as const) {
    it(`with ${what} is ${problems.length === 0 ? 'accepted' : 'refused'}`, () => {
      const { problems: found } = checkMetadata({ subject_type: 'pairwise', ...members }, context);
      assert.deepEqual(found, problems);
    });
  }

  it('is the host of the document, or of the redirect URIs', () => {
    assert.equal(sectorOf({ redirect_uris: [CALLBACK] }), 'app.example');
    assert.equal(sectorOf({ redirect_uris: [CALLBACK], sector_identifier_uri: URI }), 'sector.example');
    assert.equal(sectorOf({ redirect_uris: ['https://app.example:8443/'] }), 'app.example');
    assert.equal(sectorOf({ redirect_uris: ['com.example:/cb'] }), undefined);
  });

  for (const [body, problem] of [
    [JSON.stringify([CALLBACK, 'https://other.example/']), undefined],
    [JSON.stringify(['https://other.example/']), `does not list the redirect URI ${CALLBACK}`],
    [JSON.stringify([`${CALLBACK}/`]), `does not list the redirect URI ${CALLBACK}`],
    [JSON.stringify({ 0: CALLBACK }), 'is not a JSON list of URIs'],
    [JSON.stringify([CALLBACK, 1]), 'is not a JSON list of URIs'],
    ['<html>', 'is not JSON'],
    [undefined, 'cannot be fetched: the document could not be fetched'],
  ] as const) {
    it(`with the document ${body ?? 'that is missing'} ${problem ?? 'is accepted'}`, async () => {
      const found = await sectorDocumentProblems(
        { redirect_uris: [CALLBACK], sector_identifier_uri: URI },
        documents(body === undefined ? {} : { [URI]: body }),
      );
      assert.deepEqual(found, problem === undefined ? [] : [`sector_identifier_uri: ${problem}`]);
    });
  }

  it('is checked when a client is added, and again when the URIs change', async () => {
    const store = await openStore(DEVELOPMENT.store, { clock: Date.now });
    const bodies: Record<string, string> = { [URI]: JSON.stringify([CALLBACK]) };
    const outbound = documents(bodies);
    const options = {
      ...metadataContext(DEVELOPMENT),
      store,
      sealer: createSealer(DEVELOPMENT),
      audit: { record() {} },
      clock: () => Date.now(),
    };
    const clients = createClients({ ...options, outbound });
    const metadata = { client_id: 'app', redirect_uris: [CALLBACK], subject_type: 'pairwise' };
    await clients.add({ ...metadata, sector_identifier_uri: URI });
    assert.deepEqual(outbound.asked, [URI]);
    delete bodies[URI];
    await clients.update('app', { client_name: 'App' });
    assert.deepEqual(outbound.asked, [URI], 'not fetched again');
    const refused = { redirect_uris: [CALLBACK, 'https://app.example/two'] };
    await assert.rejects(clients.update('app', refused), ClientError);
    bodies[URI] = JSON.stringify([CALLBACK, 'https://app.example/two']);
    await clients.update('app', refused);
    await assert.rejects(
      clients.add({
        ...metadata,
        client_id: 'bad',
        redirect_uris: ['https://bad.example/'],
        sector_identifier_uri: URI,
      }),
      ClientError,
    );
    await assert.rejects(
      createClients(options).add({ ...metadata, client_id: 'unchecked', sector_identifier_uri: URI }),
      /cannot be checked here/,
    );
    await store.close();
  });

  it('is checked when a client registers itself, and when it replaces its registration', async () => {
    const config = parseConfig({ store: 'sqlite::memory:', registration: 'open' });
    const store = await openStore(config.store, { clock: Date.now });
    const bodies: Record<string, string> = { [URI]: JSON.stringify([CALLBACK]) };
    const outbound = documents(bodies);
    const registrations = createRegistrations({
      clients: store.clients,
      sealer: createSealer(config),
      audit: { record() {} },
      clock: Date.now,
      policy: registrationPolicy(config),
      context: metadataContext(config),
      statementIssuers: [],
      outbound,
    });
    let admitted = 0;
    const facts = { ip: '127.0.0.1', traceId: 't' };
    const input = {
      redirect_uris: [CALLBACK],
      subject_type: 'pairwise',
      sector_identifier_uri: URI,
      'client_name#de': 'Laden',
      'tos_uri#de': 'https://app.example/agb',
    };
    const register = (members: object) =>
      registrations.register({
        input: { ...input, ...members },
        facts,
        network: undefined,
        admit: async () => void (admitted += 1),
      });
    const refused = { name: 'RegistrationError', message: /^sector_identifier_uri: does not list/ };
    await assert.rejects(register({ redirect_uris: ['https://bad.example/'] }), refused);
    await assert.rejects(
      register({ 'tos_uri#de': 'https://app.example@bad.example/' }),
      /tos_uri#de: has a user/,
    );
    assert.equal(admitted, 0);
    const { client, token } = await register({});
    const { metadata } = client;
    assert.deepEqual(
      [metadata.subject_type, metadata['client_name#de'], metadata['tos_uri#de']],
      ['pairwise', 'Laden', 'https://app.example/agb'],
    );
    delete bodies[URI];
    const replace = (members: object) =>
      registrations.replace(client.id, token, {
        input: { ...input, client_id: client.id, ...members },
        facts,
      });
    assert.equal((await replace({ client_name: 'Shop' }))?.client.metadata.client_name, 'Shop');
    await assert.rejects(replace({ redirect_uris: [CALLBACK, `${CALLBACK}2`] }), /cannot be fetched/);
    await store.close();
  });
});
