import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createLinks, type LinkPurpose } from '../../src/accounts/links.ts';
import { createInvitations, type Invitations } from '../../src/accounts/sign-up/invitations.ts';
import { burst } from '../support/burst.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'a dormouse in a teapot';
const HOSTILE = '<script>alert(1)</script>"\'&<img src=x onerror=alert(2)>';
const CHOICE = { name: 'Hatter', password: PASSWORD };

interface Page {
  url: URL;
  html: string;
  status: number;
}

describe('G: sign-up and invitations', () => {
  const stage = useStage({ signUp: { mode: 'open', perNetwork: 20 } });
  const clock = () => Date.now();
  const links = () => createLinks({ artifacts: stage.store.artifacts, clock });

  const invitations = (): Invitations =>
    createInvitations({
      store: stage.store,
      links: links(),
      accounts: { uniqueEmail: false },
      issuer: stage.issuer,
      clock,
    });
  const invite = async (address: string): Promise<string> =>
    (await invitations().add({ address, groups: [], isMailed: true, lifetime: 60 })).url;

  /** As a person who has the mail of a sign-up. */
  const signUpLink = async (address: string, uid = 'x'.repeat(43), purpose: LinkPurpose = 'sign-up') => {
    const content = { address, newAccountId: randomUUID(), waiting: { uid, clientId: 'demo-web' } };
    return `${stage.issuer}/sign-up/verify?token=${await links().create(purpose, content, 60)}`;
  };

  async function open(agent: UserAgent, address: string | URL): Promise<Page> {
    const { response, url } = await agent.follow(address);
    return { url, html: await response.text(), status: response.status };
  }

  /** Opens the sign-in of an application. @returns the page of a new account */
  async function begin(agent: UserAgent): Promise<Page & { uid: string }> {
    const login = await open(agent, authorizationRequest(stage.issuer).url);
    const uid = login.url.pathname.split('/').at(-1) ?? '';
    return { ...(await open(agent, `${login.url.href}/sign_up`)), uid };
  }

  async function post(
    agent: UserAgent,
    page: Page,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const form = formOf(page.html);
    return await agent.post(new URL(form.action, page.url), { ...form.fields, ...fields }, headers);
  }

  const hasAccount = async (username: string): Promise<boolean> =>
    (await stage.operator.accounts.findByUsername(username)) !== undefined;

  row('G90', '20 forms of one link at once, and the link again', '1 × 200, 19 × 400, then 400', async () => {
    const agent = new UserAgent();
    const link = await signUpLink('g90@example.com');
    const page = await open(agent, link);
    const { action, fields } = formOf(page.html);
    const body = new URLSearchParams({ ...fields, ...CHOICE }).toString();
    const answers = await burst(
      [stage.server.port],
      { path: action, host: stage.host, headers: {}, body },
      20,
    );
    const made = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 400).length;
    return `${made} × 200, ${refused} × 400, then ${(await open(agent, link)).status}`;
  });

  row(
    'G91',
    'the token of another purpose, and a token of 43 other characters',
    '400, 400, 400',
    async () => {
      const seen: number[] = [];
      const forReset = await signUpLink('g91@example.com', undefined, 'password reset');
      const forSignUp = new URL(await signUpLink('g91@example.com'));
      for (const link of [
        forReset,
        `${stage.issuer}/invitation${forSignUp.search}`,
        `${stage.issuer}/sign-up/verify?token=${'A'.repeat(43)}`,
      ])
        seen.push((await open(new UserAgent(), link)).status);
      return seen.join(', ');
    },
  );

  row('G92', 'a mail scanner opens both links five times', 'nothing written, 2 forms', async () => {
    const found = [await signUpLink('g92@example.com'), await invite('g92b@example.com')];
    const before = await stage.records();
    for (let times = 0; times < 5; times += 1) {
      for (const link of found) await open(new UserAgent(), link);
    }
    const written = await stage.recordsSince(before);
    const pages = await Promise.all(found.map((link) => open(new UserAgent(), link)));
    const forms = pages.filter(({ html }) => html.includes('name="password"')).length;
    return `${written.length === 0 ? 'nothing' : String(written)} written, ${forms} forms`;
  });

  row(
    'G93',
    'each form without its token, with that of another link, from another site',
    '403 ×<n>, no account',
    async () => {
      const agent = new UserAgent();
      const address = await begin(agent);
      const here = await open(agent, await signUpLink('g93@example.com', address.uid));
      assert.match(here.url.pathname, /\/new_account$/);
      const elsewhere = await open(new UserAgent(), await signUpLink('g93@example.com'));
      const other = await open(new UserAgent(), await signUpLink('other@example.com'));
      const invited = await open(new UserAgent(), await invite('g93@example.com'));
      const fields = { ...CHOICE, email: 'g93@example.com' };
      const answers: Response[] = [];
      for (const page of [address, here, elsewhere, invited]) {
        answers.push(
          await post(agent, page, { ...fields, csrf: '' }),
          await post(agent, page, { ...fields, csrf: formOf(other.html).fields.csrf ?? '' }),
          await post(agent, page, fields, { 'Sec-Fetch-Site': 'cross-site' }),
          await post(agent, page, fields, { Origin: 'https://evil.example' }),
        );
      }
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([403]));
      return `403 ×${answers.length}, ${(await hasAccount('g93@example.com')) ? 'an' : 'no'} account`;
    },
  );

  row(
    'G94',
    'a link for an address that got an account meanwhile',
    '400, password and claims kept',
    async () => {
      const link = await signUpLink('g94@example.com');
      await stage.operator.accounts.add({
        username: 'g94',
        password: PASSWORD,
        claims: { email: 'g94@example.com', email_verified: true, name: 'Owner' },
      });
      await stage.operator.accounts.add({
        username: 'g94@example.com',
        password: PASSWORD,
        claims: { email: 'g94@example.com', name: 'Other' },
      });
      const agent = new UserAgent();
      const done = await post(agent, await open(agent, link), {
        ...CHOICE,
        password: 'through-the-looking-glass',
      });
      const kept = await stage.operator.accounts.findByUsername('g94@example.com');
      assert.equal(kept?.claims.name, 'Other');
      await signIn(stage.issuer, { person: { username: 'g94', password: PASSWORD } });
      return `${done.status}, password and claims kept`;
    },
  );

  row(
    'G95',
    "an attacker's link, opened and submitted in the browser of a victim whose sign-in waits",
    'form of the link alone, 200, no session, the sign-in still asks',
    async () => {
      const victim = new UserAgent();
      const waiting = await begin(victim);
      const attacker = await begin(new UserAgent());
      const page = await open(victim, await signUpLink('g95@example.com', attacker.uid));
      const done = await post(victim, page, CHOICE);
      const asks = await open(victim, waiting.url.href.replace('/sign_up', ''));
      return [
        page.url.pathname === '/sign-up/verify' ? 'form of the link alone' : page.url.pathname,
        done.status,
        victim.cookie('signet_session') === undefined ? 'no session' : 'a session',
        asks.html.includes('name="password"') ? 'the sign-in still asks' : asks.url.pathname,
      ].join(', ');
    },
  );

  row(
    'M24',
    "an attacker's link at the address of the sign-in of a victim",
    'form of the link alone, 400, no account, no session',
    async () => {
      const victim = new UserAgent();
      const waiting = await begin(victim);
      const attacker = await begin(new UserAgent());
      const link = new URL(await signUpLink('m24@example.com', attacker.uid));
      const path = `/interaction/${waiting.uid}/new_account`;
      const page = await open(victim, new URL(path + link.search, stage.issuer));
      const csrf = /name="csrf" value="([^"]+)"/.exec(waiting.html)?.[1] ?? '';
      const token = link.searchParams.get('token') ?? '';
      const done = await victim.post(new URL(path, stage.issuer), { ...CHOICE, csrf, token });
      return [
        page.url.pathname === '/sign-up/verify' ? 'form of the link alone' : page.url.pathname,
        done.status,
        (await hasAccount('m24@example.com')) ? 'an account' : 'no account',
        victim.cookie('signet_session') === undefined ? 'no session' : 'a session',
      ].join(', ');
    },
  );

  row(
    'G96',
    'the pages of a sign-up without the cookies of its interaction',
    '400, 303, 303 /sign-up/verify',
    async () => {
      const { uid } = await begin(new UserAgent());
      const stranger = new UserAgent();
      const path = `${stage.issuer}/interaction/${uid}`;
      const shown = await open(stranger, `${path}/sign_up`);
      const posted = await stranger.post(`${path}/sign_up`, { email: 'g96@example.com', csrf: 'x' });
      const led = await stranger.get(`${path}/new_account?token=${'A'.repeat(43)}`);
      const to = new URL(led.headers.get('location') ?? '', path).pathname;
      return `${shown.status}, ${posted.status}, ${led.status} ${to}`;
    },
  );

  row(
    'G97',
    '60 requests for links from one network, where 20 an hour are allowed',
    '20 × 200, 40 × 429',
    async () => {
      const agent = new UserAgent();
      const page = await begin(agent);
      const seen = { 200: 0, 429: 0 } as Record<number, number>;
      for (let number = 0; number < 60; number += 1) {
        const { status } = await post(agent, page, { email: `g97-${number}@example.com` });
        seen[status] = (seen[status] ?? 0) + 1;
      }
      return `${seen[200]} × 200, ${seen[429]} × 429`;
    },
  );

  row(
    'G98',
    'hostile names and addresses',
    'name shown as text; 400 for bidi, NUL, CRLF, fullwidth and quoted',
    async () => {
      const agent = new UserAgent();
      const link = await signUpLink('g98@example.com');
      const page = await open(agent, link);
      const refused = await (await post(agent, page, { name: HOSTILE, password: 'short' })).text();
      assert.ok(!refused.includes('<script>alert') && refused.includes('&lt;script&gt;'));
      for (const name of ['a\u202eb', 'a\u0000b', 'a\u2028b', ' '])
        assert.equal((await post(agent, page, { ...CHOICE, name })).status, 400, name);
      const form = await begin(new UserAgent());
      const other = new UserAgent();
      const own = await begin(other);
      assert.notEqual(form.uid, own.uid);
      for (const email of [
        'a@example.com\r\nBcc: b@example.com',
        'ａlice@example.com',
        '"a b"@example.com',
        'a@b@example.com',
        `${'a'.repeat(65)}@example.com`,
        `a@${'b'.repeat(200)}.example`,
      ])
        assert.equal((await post(other, own, { email })).status, 400, email);
      return 'name shown as text; 400 for bidi, NUL, CRLF, fullwidth and quoted';
    },
  );

  row(
    'G99',
    'an invitation that was withdrawn, and one that was replaced',
    '400, 400, no account',
    async () => {
      const withdrawn = await open(new UserAgent(), await invite('g99@example.com'));
      await invitations().withdraw('g99@example.com');
      const first = await post(new UserAgent(), withdrawn, CHOICE);
      const replaced = await open(new UserAgent(), await invite('g99@example.com'));
      await invite('g99@example.com');
      const second = await post(new UserAgent(), replaced, CHOICE);
      const made = await hasAccount('g99@example.com');
      return `${first.status}, ${second.status}, ${made ? 'an' : 'no'} account`;
    },
  );
});
