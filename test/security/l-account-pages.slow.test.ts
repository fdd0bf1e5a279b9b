import { hash } from 'node:crypto';
import { authorizationRequest, WEB } from '../support/flow.ts';
import { addAuthenticatorApp } from '../support/second-factor.ts';
import { pageOf } from '../support/sign-in-walk.ts';
import { UserAgent } from '../support/user-agent.ts';
import { mailsTo, nextMail, WITH_MAIL } from './support/mail-box.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'wonderland-tea-party';

describe('L: the pages of the account', () => {
  const stage = useStage({
    ...WITH_MAIL,
    mfa: { mode: 'off' },
    emailSignIn: 'code',
    loginProtection: { inARow: 5 },
    clients: [
      {
        client_id: 'asking',
        client_secret: 'a-secret-of-more-than-32-characters',
        redirect_uris: [WEB.redirectUri],
        scope: 'openid',
        mfa: 'optional',
      },
    ],
  });
  const addressOf = (username: string) => `${username}@example.com`;
  const add = (username: string) =>
    stage.operator.accounts.add({
      username,
      password: PASSWORD,
      skipPasswordRules: true,
      claims: { email: addressOf(username), email_verified: true },
    });

  interface Page {
    url: URL;
    html: string;
    status: number;
  }
  async function pageAt(agent: UserAgent, start: string | URL): Promise<Page> {
    const { response, url } = await agent.follow(new URL(start, stage.issuer));
    return { url, html: await response.text(), status: response.status };
  }
  async function submit(agent: UserAgent, page: Page, fields: Record<string, string>): Promise<Page> {
    const { response, url } = await agent.submit(page, fields);
    return { url, html: response.bodyUsed ? '' : await response.text(), status: response.status };
  }
  const signIn = async (agent: UserAgent, path: string, login: string): Promise<Page> =>
    await submit(agent, await pageAt(agent, path), { login, password: PASSWORD });
  const codeIn = ({ text }: { text: string }) => /\d{4} \d{4}/.exec(text)?.[0] ?? '';

  row(
    'L01',
    'mfa off, and a second factor that one application requires: its pages with the password alone',
    'second-factor each',
    async () => {
      const { id } = await add('l01');
      await addAuthenticatorApp({ store: stage.store, config: stage.server.config }, { id, username: 'l01' });
      const seen = new Set<string>();
      for (const page of ['recovery-codes', 'authenticator', 'passkeys/add', 'email', 'export', 'confirm']) {
        const { html } = await signIn(new UserAgent(), `/account/${page}`, 'l01');
        seen.add(pageOf(html));
      }
      return `${[...seen].join()} each`;
    },
  );

  row(
    'L02',
    'the built-in client: its code, for a challenge of the thief, redeemed in every way',
    '401 invalid_client,400 invalid_request',
    async () => {
      await add('l02');
      const agent = new UserAgent();
      await signIn(agent, '/account', 'l02');
      const verifier = 'v'.repeat(43);
      const redirectUri = `${stage.issuer}/account/signed-in`;
      const request = new URLSearchParams({
        client_id: 'signet-account',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: redirectUri,
        code_challenge: hash('sha256', verifier, 'base64url'),
        code_challenge_method: 'S256',
      });
      const seen = new Set<string>();
      for (const how of ['none', 'basic', 'post'] as const) {
        const answer = await agent.get(new URL(`/authorize?${request.toString()}`, stage.issuer));
        const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
        const response = await fetch(`${stage.issuer}/token`, {
          method: 'POST',
          headers: how === 'basic' ? { authorization: `Basic ${btoa('signet-account:')}` } : {},
          body: new URLSearchParams({
            grant_type: 'authorization_code',
            code,
            redirect_uri: redirectUri,
            code_verifier: verifier,
            ...(how !== 'basic' && { client_id: 'signet-account' }),
            ...(how === 'post' && { client_secret: '' }),
          }),
        });
        const { error } = (await response.json()) as { error?: string };
        seen.add(`${code === '' ? 'no code, ' : ''}${response.status} ${error}`);
      }
      return [...seen].join();
    },
  );

  row(
    'L03',
    'wrong codes by mail of somebody else, then the right one on a new and on a known device',
    'new: 400; known: a code',
    async () => {
      await add('l03');
      const known = new UserAgent();
      await signIn(known, '/account', 'l03');
      const ask = async (agent: UserAgent) => {
        const login = await pageAt(agent, authorizationRequest(stage.issuer, { prompt: 'login' }).url);
        const before = await mailsTo(stage, addressOf('l03'));
        const page = await submit(agent, await pageAt(agent, `${login.url.pathname}/email`), { name: 'l03' });
        return { page, code: codeIn(await nextMail(stage, addressOf('l03'), before.length)) };
      };
      const attacker = new UserAgent();
      const { page } = await ask(attacker);
      for (let count = 0; count < 5; count += 1) await submit(attacker, page, { code: '1' });
      const other = new UserAgent();
      const elsewhere = await ask(other);
      const refused = await submit(other, elsewhere.page, { code: elsewhere.code });
      const here = await ask(known);
      const accepted = await submit(known, here.page, { code: here.code });
      const end = accepted.html.includes('data-page="consent"') || accepted.url.searchParams.has('code');
      return `new: ${refused.status}; known: ${end ? 'a code' : accepted.status}`;
    },
  );

  row(
    'L04',
    'browsers in which a thief of the password has signed in before there was a second factor, each with wrong codes',
    'the right one on a new device: second-factor',
    async () => {
      const { id } = await add('l04');
      const agents = [new UserAgent(), new UserAgent(), new UserAgent()];
      for (const agent of agents) {
        await signIn(agent, '/account', 'l04');
        agent.forget(({ key }) => key === 'signet_session');
      }
      const app = await addAuthenticatorApp(
        { store: stage.store, config: stage.server.config },
        { id, username: 'l04' },
      );
      for (const agent of agents) {
        const page = await signIn(agent, '/account', 'l04');
        for (let count = 0; count < 3; count += 1) await submit(agent, page, { code: '000000' });
      }
      const last = new UserAgent();
      const right = await submit(last, await signIn(last, '/account', 'l04'), { code: app.next() });
      return `the right one on a new device: ${pageOf(right.html)}`;
    },
  );

  row(
    'L05',
    'a lost device that skips the second factor, before and after the person ends its session elsewhere',
    'account; second-factor',
    async () => {
      const { id } = await add('l05');
      const app = await addAuthenticatorApp(
        { store: stage.store, config: stage.server.config },
        { id, username: 'l05' },
      );
      const enter = async (agent: UserAgent, fields = {}) =>
        await submit(agent, await signIn(agent, '/account', 'l05'), { code: app.next(), ...fields });
      const lost = new UserAgent();
      await enter(lost, { remember: 'on' });
      const again = async () => {
        lost.forget(({ key }) => key === 'signet_session');
        return pageOf((await signIn(lost, '/account', 'l05')).html);
      };
      const before = await again();
      const other = new UserAgent();
      await enter(other);
      const sessions = await pageAt(other, '/account/sessions');
      const csrf = /name="csrf" value="([^"]+)"/.exec(sessions.html)?.[1] ?? '';
      await other.post(sessions.url, { csrf, others: 'yes' });
      return `${before}; ${await again()}`;
    },
  );

  row(
    'L06',
    'a session that a node of version 0.1 has made with the password alone, of a person with a second factor',
    'login, login; without a second factor: account',
    async () => {
      const { id } = await add('l06');
      const agent = new UserAgent();
      await signIn(agent, '/account', 'l06');
      const { value = '' } = agent.cookie('signet_session') ?? {};
      await stage.store.artifacts.update('Session', value, (payload = {}) => {
        const { acr: _acr, amr: _amr, ...old } = payload;
        return { payload: old, expiresAt: Number(old.exp), uid: String(old.uid), accountId: id };
      });
      const page = async (start: string | URL) => pageOf((await pageAt(agent, start)).html);
      const without = await page('/account');
      await addAuthenticatorApp({ store: stage.store, config: stage.server.config }, { id, username: 'l06' });
      const asking = authorizationRequest(stage.issuer, { client_id: 'asking', scope: 'openid' });
      const pages = [await page('/account'), await page(asking.url)];
      return `${pages.join(', ')}; without a second factor: ${without}`;
    },
  );

  row(
    'M20',
    'a session of an application without a second factor, at one that asks for it and at the pages of the account',
    'login_required; second-factor, second-factor, second-factor; a factor that was added later: consent, account, account-sessions',
    async () => {
      const { id } = await add('m20');
      const reach = async (agent: UserAgent): Promise<string> => {
        const asking = authorizationRequest(stage.issuer, { client_id: 'asking', scope: 'openid' });
        const starts = [asking.url, '/account', '/account/sessions'];
        const pages = await Promise.all(starts.map((start) => pageAt(agent.clone(), start)));
        return pages.map(({ html }) => pageOf(html)).join(', ');
      };
      const [before, after] = [new UserAgent(), new UserAgent()];
      await signIn(before, authorizationRequest(stage.issuer).url.href, 'm20');
      await stage.advance(2);
      await addAuthenticatorApp({ store: stage.store, config: stage.server.config }, { id, username: 'm20' });
      await stage.advance(2);
      await signIn(after, authorizationRequest(stage.issuer).url.href, 'm20');
      const silent = authorizationRequest(stage.issuer, {
        client_id: 'asking',
        scope: 'openid',
        prompt: 'none',
      });
      const { url } = await after.clone().follow(silent.url);
      return `${url.searchParams.get('error')}; ${await reach(after)}; a factor that was added later: ${await reach(before)}`;
    },
  );
});
