import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Koa from 'koa';
import { ConfigurationError } from '../../src/config/errors.ts';
import { type Assets, createAssets } from '../../src/pages/assets.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const SVG = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

describe('createAssets', () => {
  let directory: string;
  let server: Server;
  let origin: string;
  let assets: Assets;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-assets-'));
    writeFileSync(join(directory, 'logo.svg'), SVG);
    assets = createAssets({ logo: join(directory, 'logo.svg'), color: '#3056d3' });
    const app = new Koa();
    app.use(assets.middleware);
    app.use((ctx) => {
      ctx.body = 'not an asset';
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    origin = `http://127.0.0.1:${address.port}`;
  });

  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  it('serves each asset under a name with its hash, cached for a year', async () => {
    assert.match(assets.url('stylesheet'), /^\/assets\/signet-[0-9a-f]{16}\.css$/);
    const response = await fetch(origin + assets.url('stylesheet'));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/css; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.match(await response.text(), /--accent: #3056d3;[\s\S]*\.button/);
  });

  it('changes the names when the accent colour changes', () => {
    const other = createAssets({ color: '#b3261e' });
    assert.notEqual(other.url('stylesheet'), assets.url('stylesheet'));
    assert.notEqual(other.url('logo'), createAssets({ color: '#3056d3' }).url('logo'));
  });

  it('answers HEAD without a body', async () => {
    const response = await fetch(origin + assets.url('logo'), { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), String(SVG.length));
    assert.equal(await response.text(), '');
  });

  it('answers 304 to a matching If-None-Match (RFC 9110 §13.1.2)', async () => {
    const first = await fetch(origin + assets.url('logo'));
    const etag = first.headers.get('etag');
    assert.ok(etag);
    const ask = (value: string) =>
      fetch(origin + assets.url('logo'), {
        headers: { 'if-none-match': value, 'cache-control': 'max-age=0' },
      });
    const second = await ask(etag);
    assert.equal(second.status, 304);
    assert.equal(second.headers.get('etag'), etag);
    assert.equal(second.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal((await ask('"other"')).status, 200);
  });

  it('rejects other methods with 405', async () => {
    const response = await fetch(origin + assets.url('logo'), { method: 'POST' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
  });

  it('passes other paths to the next middleware', async () => {
    for (const path of ['/', '/assets/', '/assets/signet.css', assets.url('logo').toUpperCase()]) {
      assert.equal(await (await fetch(origin + path)).text(), 'not an asset', path);
    }
  });

  it('sandboxes a logo that is opened by its URL', async () => {
    const response = await fetch(origin + assets.url('logo'));
    assert.equal(response.headers.get('content-type'), 'image/svg+xml');
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/);
  });

  describe('rejects an unusable logo at start-up with one sentence', () => {
    const cases: readonly [name: string, content: string | Buffer | undefined, sentence: RegExp][] = [
      ['missing.svg', undefined, /cannot be read \(ENOENT\)$/],
      ['logo.gif', 'GIF89a', /is not named \.svg, \.png or \.webp$/],
      ['fake.png', SVG, /does not contain PNG data$/],
      ['fake.svg', PNG, /does not contain SVG data$/],
      ['fake.webp', PNG, /does not contain WEBP data$/],
      ['large.png', Buffer.concat([PNG, Buffer.alloc(512 * 1024)]), /is larger than 512 KiB$/],
    ];
    for (const [name, content, sentence] of cases) {
      it(name, () => {
        const logo = join(directory, name);
        if (content !== undefined) writeFileSync(logo, content);
        assert.throws(
          () => createAssets({ logo, color: '#3056d3' }),
          (error) =>
            error instanceof ConfigurationError &&
            error.problems.length === 1 &&
            sentence.test(error.message),
        );
      });
    }
  });

  it('accepts a PNG logo', () => {
    const logo = join(directory, 'logo.PNG');
    writeFileSync(logo, PNG);
    assert.match(createAssets({ logo, color: '#3056d3' }).url('logo'), /^\/assets\/logo-[0-9a-f]{16}\.png$/);
  });
});
