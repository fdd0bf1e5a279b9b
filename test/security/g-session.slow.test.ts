import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { burst } from '../support/burst.ts';
import { authorizationRequest, authorize, signIn, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ALICE = { login: DEMO_ACCOUNT.username, password: DEMO_ACCOUNT.password };
const SESSION = 'signet_session';
const HOSTILE = '<script>alert(1)</script>"\'&<img src=x onerror=alert(2)>';
const SECRET = 'a-secret-of-more-than-32-characters';

interface Page {
  url: URL;
  html: string;
}

describe('G: session and interactions in a browser', () => {
  const stage = useStage({
    clients: [
      { client_id: 'ours', client_secret: SECRET, redirect_uris: [WEB.redirectUri], first_party: true },
      {
        client_id: 'hostile',
        client_name: HOSTILE,
        client_secret: SECRET,
        redirect_uris: [WEB.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile email address phone groups offline_access messages:read messages:write',
      },
    ],
  });

  async function begin(agent: UserAgent, parameters: Record<string, string> = {}): Promise<Page> {
    const { url, response } = await agent.follow(authorizationRequest(stage.issuer, parameters).url);
    return { url, html: await response.text() };
  }

  /** Submits the form of a page without following the redirect. */
  async function submit(
    agent: UserAgent,
    page: Page,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const form = formOf(page.html);
    return await agent.post(new URL(form.action, page.url), { ...form.fields, ...fields }, headers);
  }

  const cancelOf = ({ html, url }: Page): URL =>
    new URL(/id="cancel" href="([^"]+)"/.exec(html)?.[1] as string, url);

  const isSignedIn = async (agent: UserAgent): Promise<boolean> =>
    (await agent.follow(authorizationRequest(stage.issuer, { prompt: 'none' }).url)).url.searchParams.has(
      'code',
    );

  const sessionOf = (agent: UserAgent): string | undefined => agent.cookie(SESSION)?.value;

  const requestCookie = (agent: UserAgent) =>
    agent.cookie('signet_request') as NonNullable<ReturnType<UserAgent['cookie']>>;

  /** A browser with this session cookie only. */
  function withSession(id: string): UserAgent {
    const agent = new UserAgent();
    agent.setCookie(`${SESSION}=${id}; path=/`, stage.issuer);
    return agent;
  }

  row(
    'G01',
    'the session id at sign-in, at the next sign-in, and at consent',
    'another each time, the old one dead',
    async () => {
      const planted = 'x'.repeat(43);
      const agent = withSession(planted);
      const seen = [planted];
      await signIn(stage.issuer, { agent });
      for (const prompt of [undefined, 'login', 'consent']) {
        if (prompt !== undefined) await authorize(agent, authorizationRequest(stage.issuer, { prompt }));
        const id = sessionOf(agent) as string;
        assert.match(id, /^[\w-]{43}$/);
        assert.ok(!seen.includes(id), `again after ${prompt}`);
        for (const old of seen) assert.equal(await isSignedIn(withSession(old)), false, `after ${prompt}`);
        assert.ok(await isSignedIn(withSession(id)));
        seen.push(id);
      }
      return 'another each time, the old one dead';
    },
  );

  row('G03', 'an interaction opened, submitted or cancelled in another browser', '400 page', async () => {
    const page = await begin(new UserAgent());
    const stranger = new UserAgent();
    for (const response of [
      await stranger.get(page.url),
      (await stranger.submit(page, ALICE)).response,
      (await stranger.follow(cancelOf(page))).response,
    ]) {
      assert.equal(await answer(stage, response), '400 page');
    }
    return '400 page';
  });

  row('G03', 'a submitted interaction, resumed in another browser', '400 page, no code', async () => {
    const agent = new UserAgent();
    const page = await begin(agent, { client_id: 'ours' });
    const to = (await submit(agent, page, ALICE)).headers.get('location') as string;
    const stranger = new UserAgent();
    assert.equal(await answer(stage, await stranger.get(to)), '400 page');
    assert.equal(stranger.cookies.length, 0);
    const back = await agent.get(to);
    assert.equal(await answer(stage, back), 'R(code)');
    return '400 page, no code';
  });

  row('G03', 'an interaction resumed before the sign-in', '400 page', async () => {
    const agent = new UserAgent();
    const { url } = await begin(agent);
    return await answer(stage, await agent.get(`${stage.issuer}/authorize/${url.pathname.split('/')[2]}`));
  });

  for (const cancelled of [false, true]) {
    const how = cancelled ? ' and cancelled there' : '';
    row(
      'G03',
      `an interaction planted in another’s browser${how}`,
      '400 page for whoever planted it',
      async () => {
        const attacker = new UserAgent();
        const page = await begin(attacker, { client_id: 'ours' });
        const victim = attacker.clone();
        // A submission sets the resume cookie; without it, the cookie of the pages is tried.
        if (cancelled) await attacker.get(cancelOf(page));
        else {
          const { key, value } = requestCookie(attacker);
          attacker.setCookie(`${key}=${value}; path=/authorize`, stage.issuer);
        }
        const to = (await submit(victim, page, ALICE)).headers.get('location') as string;
        const seen = await answer(stage, await attacker.get(to));
        assert.equal(sessionOf(attacker), undefined);
        assert.equal(await answer(stage, await victim.get(to)), 'R(code)');
        return `${seen} for whoever planted it`;
      },
    );
  }

  row('G03', 'ten concurrent resumptions of one interaction', 'one code', async () => {
    const agent = new UserAgent();
    const page = await begin(agent, { client_id: 'ours' });
    const to = (await submit(agent, page, ALICE)).headers.get('location') as string;
    const { pathname } = new URL(to);
    const headers = { Accept: 'text/html', Cookie: agent.cookieHeader(to) };
    const answers = await burst([stage.server.port], { path: pathname, host: stage.host, headers }, 10);
    const codes = answers.filter(({ status, body }) => status === 303 && body.includes('code=')).length;
    assert.equal(answers.filter(({ status }) => status === 400).length, 10 - codes);
    assert.equal(await answer(stage, await agent.get(to)), '400 page', 'and once more');
    return codes === 1 ? 'one code' : `${codes} codes`;
  });

  row('G03', 'the form of another step', '400 page', async () => {
    const agent = new UserAgent();
    const login = await begin(agent, { prompt: 'consent' });
    const { csrf } = formOf(login.html).fields;
    const early = await agent.post(`${login.url.href}/consent`, { csrf: csrf as string });
    assert.equal(await answer(stage, early), '400 page');
    const next = await agent.submit(login, ALICE);
    const consent = { url: next.url, html: await next.response.text() };
    const late = await agent.post(`${consent.url.href}/login`, { ...formOf(consent.html).fields, ...ALICE });
    assert.equal((await agent.submit(consent, {})).url.searchParams.has('code'), true);
    return await answer(stage, late);
  });

  const FORGED: readonly [what: string, fields: Record<string, string>, headers: Record<string, string>][] = [
    ['no token', { csrf: '' }, {}],
    ['a wrong token', { csrf: 'x'.repeat(43) }, {}],
    ['another origin', {}, { Origin: 'https://evil.example' }],
    ['another port', {}, { Origin: 'http://localhost:1' }],
    ['another site', {}, { 'Sec-Fetch-Site': 'cross-site' }],
    ['another host of the site', {}, { 'Sec-Fetch-Site': 'same-site', Origin: 'null' }],
  ];

  row('G04', 'forged login and consent forms', '403, nothing changed', async () => {
    const agent = new UserAgent();
    const login = await begin(agent, { prompt: 'consent' });
    const other = formOf((await begin(agent, { prompt: 'consent' })).html).fields.csrf as string;
    const forged = [...FORGED, ['the token of another tab', { csrf: other }, {}] as const];
    for (const [what, fields, headers] of forged) {
      const response = await submit(agent, login, { ...ALICE, ...fields }, headers);
      assert.equal(await answer(stage, response), '403 page', `login: ${what}`);
    }
    assert.equal(await isSignedIn(agent), false);
    const next = await agent.submit(login, ALICE);
    const consent = { url: next.url, html: await next.response.text() };
    for (const [what, fields, headers] of forged) {
      const response = await submit(agent, consent, fields, headers);
      assert.equal(await answer(stage, response), '403 page', `consent: ${what}`);
    }
    assert.ok((await agent.submit(consent, {})).url.searchParams.has('code'));
    return '403, nothing changed';
  });

  row('G04', 'forged “Cancel”, by GET and by POST', '403, nothing changed', async () => {
    const agent = new UserAgent();
    const page = await begin(agent, { prompt: 'consent' });
    const right = cancelOf(page);
    for (const [what, fields, headers] of FORGED) {
      const query = new URLSearchParams({ csrf: right.searchParams.get('csrf') as string, ...fields });
      const url = `${right.origin}${right.pathname}`;
      if (!('Origin' in headers) || 'Sec-Fetch-Site' in headers) {
        const byGet = await agent.get(`${url}?${query.toString()}`, headers);
        assert.equal(await answer(stage, byGet), '403 page', `GET: ${what}`);
      }
      const byPost = await agent.post(url, query, headers);
      assert.equal(await answer(stage, byPost), '403 page', `POST: ${what}`);
    }
    assert.equal((await agent.get(page.url)).status, 200);
    const typed = await agent.get(right, { 'Sec-Fetch-Site': 'none' });
    assert.equal(
      await answer(stage, await agent.get(typed.headers.get('location') as string)),
      'R(access_denied)',
    );
    return '403, nothing changed';
  });

  row('G04', 'a forged sign-out form', '403, nothing changed', async () => {
    const { agent } = await signIn(stage.issuer);
    const { url, response } = await agent.follow(`${stage.issuer}/logout`);
    const page = { url, html: await response.text() };
    for (const [what, , headers] of FORGED.filter(([, fields]) => fields.csrf === undefined)) {
      const seen = await answer(stage, await submit(agent, page, { logout: 'yes' }, headers));
      assert.equal(seen, '403 page', what);
    }
    assert.ok(await isSignedIn(agent));
    return '403, nothing changed';
  });

  row(
    'G17',
    'the consent page of a client with a hostile name',
    'escaped, every scope, R(access_denied)',
    async () => {
      const agent = new UserAgent();
      const scope = 'openid profile email address phone groups offline_access messages:read';
      const login = await begin(agent, { client_id: 'hostile', scope, prompt: 'consent' });
      const next = await agent.submit(login, ALICE);
      const html = await next.response.text();
      for (const page of [login.html, html]) {
        assert.match(page, /&lt;script&gt;alert\(1\)/);
        assert.doesNotMatch(page, /<script>alert|<img src=x/);
      }
      const listed = [...html.matchAll(/data-scope="([^"]+)"/g)].map(([, name]) => name);
      // Without `openid`, which the page lists only when it is the only scope.
      assert.deepEqual(new Set(listed), new Set(scope.split(' ').slice(1)));
      const denied = await agent.get(cancelOf({ url: next.url, html }));
      const seen = await answer(stage, await agent.get(denied.headers.get('location') as string));
      return `escaped, every scope, ${seen}`;
    },
  );
});
