import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { ask, askInARow } from './visitor.ts';

const PEOPLE = 500;
const CONNECTIONS = 10;

type Request = readonly [method: string, path: string];

/** The requests of a browser from the application to its callback: a sign-in, with one wrong password, and consent. */
const SIGN_IN: readonly Request[] = [
  ['GET', '/authorize?client_id=a'],
  ['GET', '/interaction/one'],
  ['GET', '/assets/signet.css'],
  ['GET', '/assets/logo.svg'],
  ['POST', '/interaction/one/login'],
  ['POST', '/interaction/one/login'],
  ['GET', '/authorize/one'],
  ['GET', '/interaction/two'],
  ['POST', '/interaction/two/consent'],
  ['GET', '/authorize/two'],
];

describe('the limits of nginx at rush hour', function () {
  this.timeout(60_000);
  let nginx: Nginx;
  let node: Server;

  before(async function () {
    await needNginx(this);
    node = createServer(({ url }, response) => {
      if (url?.startsWith('/assets/') === true) response.setHeader('Cache-Control', 'max-age=3600');
      response.end();
    }).listen(0, '127.0.0.1');
    await once(node, 'listening');
    nginx = await startNginx(await planNginx(), [(node.address() as AddressInfo).port]);
  });
  after(async () => {
    await nginx?.stop();
    node?.close().closeAllConnections();
  });

  const optionsOf = (method: string) => ({ method, body: method === 'POST' ? 'a=b' : '' });
  const HTML = { Accept: 'text/html,*/*;q=0.8' };

  /** The same request of all people at the same time, without waiting for responses. @returns the statuses */
  async function requestOfAll([method, target]: Request): Promise<number[]> {
    const each = { target, headers: HTML, ...optionsOf(method) };
    const share = Array.from({ length: PEOPLE / CONNECTIONS }, () => each);
    const answers = Array.from({ length: CONNECTIONS }, () => askInARow(nginx, share));
    return (await Promise.all(answers)).flat();
  }

  it('let five hundred people behind one address sign in at the same time', async () => {
    const counts = new Map<number, number>();
    for (const step of SIGN_IN) {
      for (const status of await requestOfAll(step)) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...counts], [[200, PEOPLE * SIGN_IN.length]]);
  });

  it('stop a client that posts three times as many forms, with a page', async () => {
    const form: Request = ['POST', '/interaction/one/login'];
    const [method, target] = form;
    let limited = 0;
    let page = { status: 0, text: '', body: '' };
    // A slow machine sends the request for the page when it is allowed again.
    for (let round = 0; round < 4 || page.status !== 429; round += 1) {
      limited += (await requestOfAll(form)).filter((status) => status === 429).length;
      page = await ask(nginx, target, HTML, optionsOf(method));
    }
    assert.ok(limited > PEOPLE, String(limited));
    assert.match(page.text, /^Content-Type: text\/html; charset=utf-8\r$/im);
    assert.match(page.text, /^Retry-After: 1\r$/im);
    assert.match(page.body, /<h1>Too many requests<\/h1>/);
    assert.match(page.text, styleDigest(page.body));
  });
});

function styleDigest(page: string): RegExp {
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(page) ?? [];
  const digest = createHash('sha256').update(style).digest('base64');
  return new RegExp(`style-src 'sha256-${digest.replaceAll('+', '\\+')}'`);
}
