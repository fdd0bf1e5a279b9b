import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, basic, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ALICE = { login: DEMO_ACCOUNT.username, password: DEMO_ACCOUNT.password };
const SECRET = 'a-secret-of-more-than-32-characters';

interface Page {
  url: URL;
  html: string;
}

/** Characters that hardly compress. */
function printable(length: number): string {
  return Array.from(randomBytes(length), (byte) => String.fromCharCode(35 + (byte % 57))).join('');
}

describe('G: the request cookie of a sign-in', () => {
  const stage = useStage({
    clients: [
      { client_id: 'ours', client_secret: SECRET, redirect_uris: [WEB.redirectUri], first_party: true },
    ],
  });

  async function begin(agent: UserAgent): Promise<Page> {
    const { url, response } = await agent.follow(
      authorizationRequest(stage.issuer, { client_id: 'ours' }).url,
    );
    return { url, html: await response.text() };
  }

  /** Submits the form of a page without following the redirect. */
  async function submit(agent: UserAgent, { url, html }: Page): Promise<Response> {
    const { action, fields } = formOf(html);
    return await agent.post(new URL(action, url), { ...fields, ...ALICE });
  }

  row('G22', 'a changed request cookie', '400 page, and the sign-in is unchanged', async () => {
    const agent = new UserAgent();
    const page = await begin(agent);
    const cookie = agent.cookie('signet_request') ?? assert.fail('no cookie');
    const [head = '', payload = '', signature = ''] = cookie.value.split('.');
    const params = JSON.parse(inflateRawSync(Buffer.from(payload, 'base64url')).toString()) as object;
    const evil = { ...params, redirect_uri: 'https://evil.example/' };
    const changed = deflateRawSync(JSON.stringify(evil)).toString('base64url');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    const original = cookie.value;
    for (const value of [
      `${head}.${changed}.${signature}`,
      `${unsigned}.${changed}.`,
      `${unsigned}.${payload}.`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${head}.${payload}.${signature}.${signature}.${signature}`,
    ]) {
      cookie.value = value;
      assert.equal(await answer(stage, await agent.get(page.url)), '400 page', value);
      const posted = await submit(agent, page);
      assert.equal(await answer(stage, posted), '303 /interaction', value);
      const { pathname } = page.url;
      agent.setCookie(`signet_interaction=${pathname.slice(13)}; path=${pathname}`, page.url);
    }
    cookie.value = original;
    assert.equal((await agent.submit(page, ALICE)).url.origin, new URL(WEB.redirectUri).origin);
    return '400 page, and the sign-in is unchanged';
  });

  row('G22', 'forged cookies of an expired sign-in', '400 page each', async () => {
    const agent = new UserAgent();
    const { url } = await begin(agent);
    agent.forget(({ key }) => key.endsWith('interaction'));
    const set = async (name: string, value: string): Promise<void> => {
      const cookie = agent.cookie(name) ?? assert.fail(name);
      cookie.value = value;
      assert.equal(await answer(stage, await agent.get(url)), '400 page', value);
    };
    const request = (json: string) => `e30.${deflateRawSync(json).toString('base64url')}.AA`;
    for (const value of [
      '{"toString":1}',
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      '[[1]]',
      'null',
      `"${'x'.repeat(60_000)}"`,
    ]) {
      await set('signet_request', request(`{"client_id":"ours","scope":${value}}`));
    }
    await set('signet_request', request(`[["client_id","ours"]]`));
    await set('signet_request', request('x'.repeat(10_000_000)));
    const hint = (text: string) => Buffer.from(text).toString('base64url');
    await set('signet_way_back', hint(`step=${url.pathname.slice(13)}`));
    await set('signet_way_back', hint('clientId=__proto__'));
    await set('signet_way_back', hint('step=..%2F..%2F%2Fevil.example'));
    return '400 page each';
  });

  row('G22', 'the longest request that fits into a cookie', 'R(code)', async () => {
    const longest = (length: number) => ({
      client_id: 'ours',
      state: printable(2048),
      nonce: printable(512),
      login_hint: printable(320),
      ui_locales: printable(256),
      acr_values: printable(length),
    });
    let [accepted, refused] = [0, 257];
    let page: { agent: UserAgent; url: URL; html: string } | undefined;
    while (refused - accepted > 1) {
      const length = Math.floor((accepted + refused) / 2);
      const agent = new UserAgent();
      const { url, response } = await agent.follow(authorizationRequest(stage.issuer, longest(length)).url);
      if (url.origin === stage.issuer) {
        page = { agent, url, html: await response.text() };
        accepted = length;
      } else refused = length;
    }
    assert.ok(page !== undefined && refused < 257, 'some are too long');
    const to = (await submit(page.agent, page)).headers.get('location') as string;
    return await answer(stage, await page.agent.get(to));
  });

  row('G22', 'the cookie of a stored request: of another browser, or none', '400 page, R(code)', async () => {
    const long = () => ({
      client_id: 'ours',
      state: printable(2048),
      nonce: printable(512),
      login_hint: printable(320),
      ui_locales: printable(256),
      acr_values: printable(256),
      claims_locales: printable(256),
    });
    const headers = { Authorization: basic({ id: 'ours', secret: SECRET }) };
    const pushed = async () => {
      const body = authorizationRequest(stage.issuer, long()).url.searchParams;
      const response = await fetch(`${stage.issuer}/par`, { method: 'POST', headers, body });
      const { request_uri: uri } = (await response.json()) as { request_uri: string };
      const agent = new UserAgent();
      const address = `${stage.issuer}/authorize?${new URLSearchParams({ client_id: 'ours', request_uri: uri }).toString()}`;
      const page = await agent.follow(new URL(address));
      return { agent, url: page.url, html: await page.response.text() };
    };
    const [own, other] = [await pushed(), await pushed()];
    const cookie = own.agent.cookie('signet_request') ?? assert.fail('no cookie');
    const original = cookie.value;
    const seen = new Set<string>();
    for (const value of [other.agent.cookie('signet_request')?.value ?? '', '', 'x', original.slice(0, -2)]) {
      cookie.value = value;
      seen.add(await answer(stage, await own.agent.get(own.url)));
      const { pathname } = own.url;
      own.agent.setCookie(`signet_interaction=${pathname.slice(13)}; path=${pathname}`, own.url);
    }
    cookie.value = original;
    const to = (await submit(own.agent, own)).headers.get('location') as string;
    assert.equal(await answer(stage, await other.agent.get(to)), '400 page');
    return `${[...seen].join()}, ${await answer(stage, await own.agent.get(to))}`;
  });

  row('G22', 'a sign-in opened by a browser without cookies', '400 page, nothing stored', async () => {
    const page = await begin(new UserAgent());
    const before = await stage.records();
    const response = await new UserAgent().get(page.url);
    assert.match(await response.clone().text(), /Cookies are needed to sign in/);
    const seen = await answer(stage, response);
    assert.deepEqual(await stage.recordsSince(before), []);
    return `${seen}, nothing stored`;
  });

  row('G22', 'a form submitted after 16 minutes', '400 page, again: R(code)', async () => {
    const agent = new UserAgent();
    const page = await begin(agent);
    await stage.advance(16 * 60);
    const { response, url } = await agent.submit(page, ALICE);
    const html = await response.clone().text();
    const [, again = ''] = /href="([^"]+)">Sign in again</.exec(html) ?? [];
    const next = await agent.follow(new URL(again.replaceAll('&amp;', '&'), url));
    const end = await submit(agent, { url: next.url, html: await next.response.text() });
    const code = await agent.get(end.headers.get('location') as string);
    return `${await answer(stage, response)}, again: ${await answer(stage, code)}`;
  });
});
