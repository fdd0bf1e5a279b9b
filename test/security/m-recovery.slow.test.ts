import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createLinks } from '../../src/accounts/links.ts';
import { mailResetLink, resetLink } from '../../src/accounts/recovery/reset-link.ts';
import { createInvitations } from '../../src/accounts/sign-up/invitations.ts';
import { eventually } from '../support/eventually.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { linkIn, mailsTo, nextMail, WITH_MAIL } from './support/mail-box.ts';
import { row } from './support/row.ts';
import { FROM_PROXY } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'wonderland-tea-party';
const NEW = 'a walrus and a carpenter talked';

interface Page {
  url: URL;
  html: string;
  status: number;
}

describe('M: recovery and mail', () => {
  const stage = useStage({
    ...WITH_MAIL,
    ...FROM_PROXY,
    signUp: 'open',
    limits: { enabled: false },
    loginProtection: { oneNetwork: 3 },
  });
  const links = () => createLinks({ artifacts: stage.store.artifacts, clock: Date.now });
  const addressOf = (username: string) => `${username}@example.com`;
  const add = (username: string) =>
    stage.operator.accounts.add({
      username,
      password: PASSWORD,
      skipPasswordRules: true,
      claims: { email: addressOf(username), email_verified: true },
    });
  const at = (path: string) => new URL(stage.issuer + path);
  function browser(network: string): UserAgent {
    const agent = new UserAgent();
    agent.headers['X-Forwarded-For'] = network;
    return agent;
  }
  async function open(agent: UserAgent, start: URL): Promise<Page> {
    const { response, url } = await agent.follow(start);
    return { url, html: await response.text(), status: response.status };
  }
  async function submit(agent: UserAgent, page: Page, fields: Record<string, string>): Promise<Page> {
    const { response, url } = await agent.submit(page, fields);
    return { url, html: await response.text(), status: response.status };
  }
  const signIn = async (agent: UserAgent, path: string, login: string): Promise<Page> =>
    await submit(agent, await open(agent, at(path)), { login, password: PASSWORD });
  const codeIn = ({ text }: { text: string }) => /\d{4} \d{4}/.exec(text)?.[0] ?? '';
  async function requestedChange(id: string, from: string, to: string): Promise<URL> {
    const { generation } = (await stage.store.accounts.find(id)) ?? {};
    const token = await links().create('email change', { accountId: id, generation, from, to }, 60);
    return at(`/account/email/verify?token=${token}`);
  }

  row(
    'M02',
    'a password by a link, an account by a sign-up and by an invitation: the network in the audit trail',
    '203.0.113.1, 203.0.113.2, 203.0.113.3',
    async () => {
      const account = await add('m02');
      const { store, issuer } = stage;
      const reset = await resetLink(account, { links: links(), issuer, lifetime: 60 });
      const waiting = { uid: 'x'.repeat(43), clientId: 'demo-web' };
      const content = { address: 'm02-new@example.com', newAccountId: randomUUID(), waiting };
      const signUp = at(`/sign-up/verify?token=${await links().create('sign-up', content, 60)}`);
      const own = createInvitations({
        store,
        links: links(),
        accounts: { uniqueEmail: false },
        issuer,
        clock: Date.now,
      });
      const invited = { address: 'm02-invited@example.com', groups: [], isMailed: true, lifetime: 60 };
      const { url: invitation } = await own.add(invited);
      const seen: (string | undefined)[] = [];
      for (const [index, link] of [reset, signUp, invitation].entries()) {
        const agent = browser(`203.0.113.${index + 1}`);
        const done = await submit(agent, await open(agent, new URL(link)), { name: 'M', password: NEW });
        assert.equal(done.status, 200);
        const type = index === 0 ? 'account.password_set' : 'account.added';
        await eventually('the event', async () => {
          const [event] = await store.audit.list({ type, limit: 1 });
          if (event?.ip === undefined || seen.includes(event.ip)) return false;
          return seen.push(event.ip) > index;
        });
      }
      return seen.join(', ');
    },
  );

  row(
    'M04',
    'the link of a mistyped new address: a stranger, a stranger with an account, the person in another browser',
    'sign-in without the name; 400 without the name; 200 and changed',
    async () => {
      const { id } = await add('m04-owner');
      await add('m04-stranger');
      const link = await requestedChange(id, addressOf('m04-owner'), 'm04-mistyped@example.com');
      const stranger = new UserAgent();
      const first = await open(stranger, link);
      const second = await submit(stranger, first, { login: 'm04-stranger', password: PASSWORD });
      const form = { csrf: 'x', token: String(link.searchParams.get('token')) };
      await stranger.post(link, form);
      const names = ({ html }: Page) => (html.includes('m04-owner') ? 'with' : 'without');
      assert.equal((await stage.store.accounts.find(id))?.claims.email, addressOf('m04-owner'));
      const owner = new UserAgent();
      const page = await submit(owner, await open(owner, link), { login: 'm04-owner', password: PASSWORD });
      const done = await submit(owner, page, {});
      const isChanged = (await stage.store.accounts.find(id))?.claims.email === 'm04-mistyped@example.com';
      return [
        `${first.html.includes('id="password"') ? 'sign-in' : first.url.pathname} ${names(first)} the name`,
        `${second.status} ${names(second)} the name`,
        `${done.status} and ${isChanged ? 'changed' : 'unchanged'}`,
      ].join('; ');
    },
  );

  row(
    'M05',
    'a thief with the password types 36 wrong codes from 3 networks; then the owner confirms',
    'thief: 400; owner: /account/email',
    async () => {
      await add('m05');
      const statuses = new Set<number>();
      for (const network of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
        const thief = browser(network);
        const asked = await submit(thief, await signIn(thief, '/account/email', 'm05'), { choice: 'send' });
        const form = formOf(asked.html);
        const post = () => thief.post(new URL(form.action, asked.url), { ...form.fields, code: '1' });
        for (const { status } of await Promise.all(Array.from({ length: 12 }, post))) statuses.add(status);
      }
      const owner = browser('203.0.113.9');
      const page = await signIn(owner, '/account/email', 'm05');
      // Those of the thief.
      await nextMail(stage, addressOf('m05'), 2);
      const asked = await submit(owner, page, { choice: 'send' });
      const code = codeIn(await nextMail(stage, addressOf('m05'), 3));
      const { url } = await submit(owner, asked, { code });
      return `thief: ${[...statuses].join()}; owner: ${url.pathname}`;
    },
  );

  row(
    'M06',
    '25 requests for a new password from 5 networks; then the person on a known device, an operator, and the undo of an address',
    '10 mails; person: 1, operator: 1, undo: 1',
    async () => {
      const { id } = await add('m06');
      const known = browser('203.0.113.9');
      await signIn(known, '/account', 'm06');
      const ask = async (agent: UserAgent): Promise<void> => {
        const page = await open(agent, at('/password/forgotten'));
        await submit(agent, page, { name: 'm06' });
      };
      for (let network = 1; network <= 5; network += 1) {
        const agent = browser(`198.51.100.${network}`);
        const form = formOf((await open(agent, at('/password/forgotten'))).html);
        const post = () => agent.post(at(form.action), { ...form.fields, name: 'm06' });
        await Promise.all(Array.from({ length: 5 }, post));
      }
      /** Of mails, when there are so many: the server sends them by and by. */
      const counted = async (wanted: number): Promise<number> => {
        let count = 0;
        await eventually(`${wanted} mails`, async () => {
          count = (await mailsTo(stage, addressOf('m06'))).length;
          return count >= wanted;
        });
        return count;
      };
      const seen = [await counted(10)];
      await ask(known);
      seen.push(await counted(11));
      const { mail, store } = stage.operator;
      const account = (await store.accounts.find(id))!;
      const parts = { store, mail, links: links(), issuer: stage.issuer };
      await mailResetLink('passwordResetByOperator', account, parts);
      seen.push(await counted(12));
      await mailResetLink('passwordResetAfterUndo', account, parts);
      seen.push(await counted(13));
      const [first = 0, ...later] = seen;
      const more = later.map((total, index) => total - (seen[index] ?? 0));
      return `${first} mails; person: ${more[0]}, operator: ${more[1]}, undo: ${more[2]}`;
    },
  );

  row(
    'M07',
    'the link for a new password in the mail box of an address that was changed since',
    'before 200, after 400',
    async () => {
      const { id } = await add('m07');
      const agent = new UserAgent();
      await submit(agent, await open(agent, at('/password/forgotten')), { name: 'm07' });
      const reset = linkIn(await nextMail(stage, addressOf('m07')));
      const before = (await open(agent, reset)).status;
      const owner = new UserAgent();
      await signIn(owner, '/account', 'm07');
      const change = await requestedChange(id, addressOf('m07'), 'm07-new@example.com');
      assert.equal((await submit(owner, await open(owner, change), {})).status, 200);
      return `before ${before}, after ${(await open(agent, reset)).status}`;
    },
  );

  row(
    'M09',
    'wrong passwords behind the link of a lost factor: the lock in the audit trail, with its network',
    '400 400 400, locked from 203.0.113.7',
    async () => {
      const { id, generation } = await add('m09');
      const now = Math.floor(Date.now() / 1000);
      const recovery = { id: 'm09', generation, requestedAt: now - 1, readyAt: now };
      await stage.store.accounts.update(id, ({ details }) => ({ details: { ...details, recovery } }));
      const content = { accountId: id, generation, recovery: recovery.id };
      const token = await links().create('recovery', content, 60);
      const agent = browser('203.0.113.7');
      const page = await open(agent, at(`/account/recovery?token=${token}`));
      const seen: number[] = [];
      for (const password of ['a', 'b', 'c']) seen.push((await submit(agent, page, { password })).status);
      let ip: string | undefined;
      await eventually('the lock', async () => {
        const [event] = await stage.store.audit.list({ type: 'account.locked', accountId: id, limit: 1 });
        ip = event?.ip;
        return ip !== undefined;
      });
      return `${seen.join(' ')}, locked from ${ip}`;
    },
  );
});
