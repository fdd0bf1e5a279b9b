import assert from 'node:assert/strict';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SHOP = {
  client_id: 'shop',
  client_secret: 'shop-secret-of-more-than-32-characters',
  redirect_uris: ['https://shop.example.com/callback'],
  post_logout_redirect_uris: ['https://shop.example.com/'],
  scope: 'openid profile email',
};
const ALICE = { login: 'alice', password: 'wonderland-tea-party' };

describe('G: cookies and headers behind a proxy with TLS', () => {
  const stage = useStage({ clients: [SHOP] }, { proxy: true });

  const request = (parameters: Record<string, string> = {}) =>
    authorizationRequest(stage.issuer, {
      client_id: SHOP.client_id,
      redirect_uri: SHOP.redirect_uris[0],
      scope: 'openid',
      ...parameters,
    });

  row('G05', 'every cookie that is set or cleared', 'Secure; HttpOnly; SameSite=Lax', async () => {
    const agent = new UserAgent();
    const cookies: string[] = [];
    const get = async (url: string | URL): Promise<Response> => {
      const response = await agent.get(url);
      cookies.push(...response.headers.getSetCookie());
      return response;
    };
    let next: URL | undefined = request().url;
    for (let steps = 0; steps < 12 && next?.origin === stage.issuer; steps += 1) {
      let response = await get(next);
      const html = await response.text();
      if (html.includes('<form')) {
        const { action, fields } = formOf(html);
        response = await agent.post(new URL(action, next), { ...fields, ...ALICE });
        cookies.push(...response.headers.getSetCookie());
      }
      next = new URL(response.headers.get('location') as string, next);
    }
    assert.equal(next?.origin, 'https://shop.example.com');
    const names = new Set(cookies.map((cookie) => cookie.slice(0, cookie.indexOf('='))));
    for (const name of ['__Host-signet_session', '__Secure-signet_interaction', '__Secure-signet_request']) {
      assert.ok(names.has(name), `${name} in ${[...names].join()}`);
    }
    for (const cookie of cookies) {
      const [, prefix, attributes = ''] = /^(__Host-|__Secure-)[\w]+=[^;]*;(.*)$/.exec(cookie) ?? [];
      assert.match(attributes, /(?=.*; ?secure)(?=.*; ?httponly)(?=.*; ?samesite=lax)/i, cookie);
      assert.doesNotMatch(attributes, /domain=/i, cookie);
      const path = / path=([^;]+)/i.exec(`;${attributes}`)?.[1];
      assert.equal(prefix === '__Host-', path === '/', cookie);
    }
    return 'Secure; HttpOnly; SameSite=Lax';
  });

  const HEADERS: Readonly<Record<string, RegExp>> = {
    'content-security-policy': /^(?=.*frame-ancestors 'none')(?=.*object-src 'none')(?=.*base-uri 'none')/,
    'x-frame-options': /^DENY$/,
    'x-content-type-options': /^nosniff$/,
    'referrer-policy': /^no-referrer$/,
    'strict-transport-security': /^max-age=(?:31536000|6\d{7})\b/,
    'cross-origin-opener-policy': /^same-origin$/,
    'cache-control': /no-store/,
  };

  row('G06', 'every page, also those of errors and form_post', 'all headers', async () => {
    const agent = new UserAgent();
    const login = await agent.follow(request().url);
    const page = { url: login.url, html: await login.response.clone().text() };
    const { action, fields } = formOf(page.html);
    const wrong = await agent.post(new URL(action, page.url), { ...fields, ...ALICE, password: 'wrong' });
    const forged = await agent.post(new URL(action, page.url), { ...fields, csrf: '' });
    await authorize(agent, request());
    const consent = await agent.follow(request({ prompt: 'consent' }).url);
    const pages: Record<string, Response> = {
      home: await agent.get(stage.issuer),
      login: login.response,
      'wrong password': wrong,
      forged,
      consent: consent.response,
      'a code by form_post': await agent.get(request({ response_mode: 'form_post' }).url),
      'an error by form_post': await new UserAgent().get(
        request({ response_mode: 'form_post', prompt: 'none' }).url,
      ),
      'wrong redirect URI': await agent.get(request({ redirect_uri: 'https://evil.example' }).url),
      'too long': await agent.get(request({ state: 'x'.repeat(3000) }).url),
      'another browser': await new UserAgent().get(page.url),
      'sign-out': await agent.get(`${stage.issuer}/logout`),
      'signed out': await agent.get(`${stage.issuer}/logout/success`),
      'wrong sign-out': await agent.get(`${stage.issuer}/logout?client_id=nobody`),
      'forged sign-out': await agent.post(`${stage.issuer}/logout/confirm`, {}),
      404: await agent.get(`${stage.issuer}/nothing`),
      405: await agent.post(`${stage.issuer}/`, {}),
    };
    for (const [name, response] of Object.entries(pages)) {
      assert.match(response.headers.get('content-type') ?? '', /^text\/html/, name);
      for (const [header, expected] of Object.entries(HEADERS)) {
        assert.match(response.headers.get(header) ?? '', expected, `${header} of ${name}`);
      }
    }
    return 'all headers';
  });

  row(
    'G06',
    'a form that ends at Signet, or at an application that may redirect on',
    "'self', none",
    async () => {
      const agent = new UserAgent();
      const formAction = ({ headers }: Response): string | undefined =>
        /; form-action ([^;]+)/.exec(headers.get('content-security-policy') ?? '')?.[1];
      const login = await agent.follow(request().url);
      const leaving = [login.response];
      await authorize(agent, request());
      const parameters = { client_id: SHOP.client_id, post_logout_redirect_uri: 'https://shop.example.com/' };
      leaving.push(
        (await agent.follow(request({ prompt: 'consent' }).url)).response,
        await agent.get(request({ response_mode: 'form_post' }).url),
        await agent.get(`${stage.issuer}/logout?${new URLSearchParams(parameters).toString()}`),
      );
      const staying = [
        await agent.get(stage.issuer),
        await agent.get(`${stage.issuer}/logout`),
        await agent.get(`${stage.issuer}/logout/success`),
        await new UserAgent().get(login.url),
        await agent.get(request({ redirect_uri: 'https://evil.example' }).url),
        await agent.get(`${stage.issuer}/nothing`),
      ];
      assert.deepEqual(staying.map(formAction), Array(6).fill("'self'"));
      assert.deepEqual(leaving.map(formAction), Array(4).fill(undefined));
      assert.ok([...staying, ...leaving].every(({ headers }) => headers.has('content-security-policy')));
      return "'self', none";
    },
  );

  row('G06', 'HTML bodies of redirects', 'no page without a policy', async () => {
    const agent = new UserAgent();
    const { url, response } = await agent.follow(request().url);
    const { action, fields } = formOf(await response.text());
    const answers = [
      await agent.get(request().url),
      await agent.get(`${url.href}/login`),
      await agent.post(new URL(action, url), { ...fields, ...ALICE }),
      await agent.post(`${stage.issuer}/authorize`, request().url.searchParams),
      await new UserAgent().get(`${stage.issuer}/logout`),
      await agent.get(`${stage.issuer}/favicon.ico`),
    ];
    for (const { status, headers } of answers) {
      assert.ok(status === 302 || status === 303);
      const html = headers.get('content-type')?.startsWith('text/html') === true;
      assert.ok(!html || headers.has('content-security-policy'), headers.get('location') ?? '');
    }
    return 'no page without a policy';
  });

  row('C16', 'the longest accepted state, through the proxy', '303', async () => {
    const { url } = request({ state: 's'.repeat(2048), nonce: 'n'.repeat(512), login_hint: 'l'.repeat(320) });
    const { status } = await requestRaw(stage, `GET ${url.pathname}${url.search} HTTP/1.1`);
    const back = await authorize(
      new UserAgent(),
      request({ state: Buffer.alloc(1536, 7).toString('hex').slice(0, 2048) }),
    );
    assert.ok(back.searchParams.has('code'));
    return String(status);
  });
});
