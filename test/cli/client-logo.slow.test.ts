import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClientLogos } from '../../src/clients/logos/logos.ts';
import { openStore } from '../../src/store/open.ts';
import { sampleImage } from '../clients/logos/sample-images.ts';
import { ClientServer } from '../support/client-server.ts';
import { noOutbound } from '../support/outbound.ts';
import { Workplace } from './run-signet.ts';

describe('the logo of a client that a command writes', function () {
  this.timeout(30_000);
  const workplace = new Workplace({ ownProcess: false });
  const files = new ClientServer();
  before(async () => {
    await files.start();
    writeFileSync(join(workplace.directory, 'signet.yaml'), 'outbound: { privateNetworks: true }\n');
  });
  after(async () => {
    await files.stop();
    workplace.remove();
  });

  const command = (verb: string, logo: string) =>
    workplace.run([...verb.split(' '), '--metadata', '-'], {
      input: JSON.stringify({ redirect_uris: ['https://rp.example/cb'], logo_uri: files.origin + logo }),
    });

  it('is fetched by the command, and a warning says why it cannot be shown', async () => {
    files.answer = (request, response) =>
      void response.end(request.url === '/logo.png' ? sampleImage('png') : '<svg/>');
    const added = await command('client add --id shop', '/logo.svg');
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stderr, /^warning: logo_uri: is not shown: it is no PNG, JPEG or WebP image$/m);
    const updated = await command('client update shop', '/logo.png');
    assert.deepEqual([updated.code, updated.stderr], [0, '']);

    const store = await openStore(`sqlite:${join(workplace.directory, 'data/signet.db')}`, {
      clock: Date.now,
    });
    const log = { warn: () => {}, error: () => {} };
    const logos = createClientLogos({
      artifacts: store.artifacts,
      outbound: noOutbound,
      clock: Date.now,
      log,
    });
    assert.match((await logos.fileOf(`${files.origin}/logo.png`)) ?? '', /^[\w-]{43}$/);
    await store.close();
  });
});
