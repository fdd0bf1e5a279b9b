import assert from 'node:assert/strict';
import { openPage, type Page, submit } from '../support/agent-pages.ts';
import { formOf } from '../support/html-form.ts';
import { addAuthenticatorApp } from '../support/second-factor.ts';
import { UserAgent } from '../support/user-agent.ts';
import { linkIn, mailsTo, nextMail, WITH_MAIL } from './support/mail-box.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'wonderland-tea-party';

describe('G: changes of the email address', () => {
  const stage = useStage(WITH_MAIL);

  const addressOf = (username: string) => `${username}@example.com`;
  const add = (username: string) =>
    stage.operator.accounts.add({
      username,
      password: PASSWORD,
      skipPasswordRules: true,
      claims: { email: addressOf(username), email_verified: true },
    });
  const urlOf = (path: string) => new URL(stage.issuer + path);
  const claimsOf = async (username: string) =>
    (await stage.operator.accounts.findByUsername(username))?.claims ?? {};

  /** Opens a page of the account in a new browser, through the sign-in with the password. */
  async function signInTo(path: string, username: string): Promise<{ agent: UserAgent; page: Page }> {
    const agent = new UserAgent();
    const login = await openPage(agent, urlOf(path));
    return { agent, page: await submit(agent, login, { login: username, password: PASSWORD }) };
  }
  /** Passes the page that asks for a code. */
  async function confirm(agent: UserAgent, page: Page, username: string): Promise<Page> {
    const before = await mailsTo(stage, addressOf(username));
    const asked = await submit(agent, page, { choice: 'send' });
    const { text } = await nextMail(stage, addressOf(username), before.length);
    return await submit(agent, asked, { code: /\d{4} \d{4}/.exec(text)?.[0] ?? '' });
  }
  /** Requests a change and confirms it by the link, in one browser. @returns the status of the last page */
  async function change(username: string, address: string, mailbox = username): Promise<number> {
    const { agent, page } = await signInTo('/account/email', username);
    const form = await confirm(agent, page, mailbox);
    const before = await mailsTo(stage, address);
    await submit(agent, form, { email: address });
    const link = await openPage(agent, linkIn(await nextMail(stage, address, before.length)));
    return link.status === 200 ? (await submit(agent, link, {})).status : link.status;
  }

  row(
    'G85',
    'a stolen password: the page of the address, its form posted directly, with a code of another session',
    'the page asks for a code; form: confirm; code of another session: 400; address unchanged',
    async () => {
      await add('g85');
      const { agent, page } = await signInTo('/account/email', 'g85');
      const asks = page.url.pathname === '/account/confirm' ? 'asks for a code' : page.url.pathname;
      const posted = await agent.post(urlOf('/account/email'), { email: 'mallory@example.net' });
      const other = await signInTo('/account/email', 'g85');
      await submit(other.agent, other.page, { choice: 'send' });
      const { text } = await nextMail(stage, addressOf('g85'));
      const asked = await submit(agent, page, { choice: 'send' });
      const wrong = await submit(agent, asked, { code: /\d{4} \d{4}/.exec(text)?.[0] ?? '' });
      const location = new URL(posted.headers.get('location') ?? '', stage.issuer).pathname;
      const changed = (await claimsOf('g85')).email === addressOf('g85') ? 'unchanged' : 'changed';
      return `the page ${asks}; form: ${location.replace('/account/', '')}; code of another session: ${wrong.status}; address ${changed}`;
    },
  );

  row(
    'M52',
    'an account with a passkey and an app: its password and a code of the app; then the app alone, without the passkey',
    '403, address unchanged; without the passkey: 200',
    async () => {
      const person = await add('m52');
      const { store, server } = stage;
      const app = await addAuthenticatorApp({ store, config: server.config }, person);
      const passkey = {
        name: 'Key',
        publicKey: 'x',
        counter: 0,
        isPasskey: true,
        isBackedUp: false,
        rpId: new URL(stage.issuer).hostname,
        createdAt: 1,
      };
      const withKeys = (passkeys: Record<string, typeof passkey>) =>
        store.accounts.update(person.id, ({ details }) => ({
          details: { ...details, factors: { ...details?.factors, passkeys } },
        }));
      await withKeys({ key: passkey });
      const { agent, page: second } = await signInTo('/account/email', 'm52');
      const code = await openPage(agent, `${second.url.origin}${second.url.pathname}?method=totp`);
      const page = await submit(agent, code, { code: app.next() });
      await agent.post(urlOf('/account/email'), { email: 'mallory@example.net' });
      const isSame = (await claimsOf('m52')).email === addressOf('m52');
      await withKeys({});
      const { status } = await openPage(agent, urlOf('/account/email'));
      return `${page.status}, address ${isSame ? 'unchanged' : 'changed'}; without the passkey: ${status}`;
    },
  );

  row(
    'G86',
    'the change is undone from the former address, 20 times at once, after the thief has ended all sessions, signed in and added a factor',
    '1 × 200; address and factors of before; sessions, password, links of the thief: void',
    async () => {
      const { id } = await add('g86');
      const thief = 'g86-mallory@example.net';
      assert.equal(await change('g86', thief), 200);
      assert.equal((await claimsOf('g86')).email, thief);
      const undo = linkIn(await nextMail(stage, addressOf('g86'), 1));
      await stage.operator.accounts.signOut(id);
      const stolen = await signInTo('/account', 'g86');
      const totp = { sealed: 'of-mallory', createdAt: 1, lastStep: 0, drift: 0 };
      await stage.store.accounts.update(id, ({ details }) => ({
        details: { ...details, factors: { totp } },
      }));
      // Opened by a scanner of mails.
      await fetch(undo);
      assert.equal((await claimsOf('g86')).email, thief);
      const agent = new UserAgent();
      const form = formOf((await openPage(agent, undo)).html);
      const posts = Array.from({ length: 20 }, () => agent.post(new URL(form.action, undo), form.fields));
      const statuses = (await Promise.all(posts)).map(({ status }) => status);
      const after = await stage.operator.accounts.find(id);
      const restored =
        after?.claims.email === addressOf('g86') &&
        after.details?.factors?.totp === undefined &&
        !after.hasPassword;
      const session = await openPage(stolen.agent, urlOf('/account'));
      const isVoid =
        session.html.includes('id="password"') && agent.cookies.every(({ key }) => !key.includes('session'));
      return `${statuses.filter((status) => status === 200).length} × 200; address and factors ${restored ? 'of before' : 'changed'}; sessions, password, links of the thief: ${isVoid ? 'void' : 'valid'}`;
    },
  );

  row(
    'G87',
    '25 wrong codes in parallel, then the right one; a code of 11 minutes ago',
    'right: 400; old: refused',
    async () => {
      await add('g87');
      const { agent, page } = await signInTo('/account/email', 'g87');
      const asked = await submit(agent, page, { choice: 'send' });
      const { text } = await nextMail(stage, addressOf('g87'));
      const right = (/\d{4} \d{4}/.exec(text)?.[0] ?? '').replace(' ', '');
      const form = formOf(asked.html);
      const post = (code: string) => agent.post(new URL(form.action, asked.url), { ...form.fields, code });
      const wrong = (index: number) => String((Number(right) + 1 + index) % 1e8).padStart(8, '0');
      await Promise.all(Array.from({ length: 25 }, (_, index) => post(wrong(index))));
      const afterwards = await post(right);
      const again = await submit(agent, await openPage(agent, page.url), { choice: 'send' });
      const next = await nextMail(stage, addressOf('g87'), 1);
      await stage.advance(660);
      const late = await submit(agent, again, { code: /\d{4} \d{4}/.exec(next.text)?.[0] ?? '' });
      const old = late.url.pathname === '/account/email' ? 'accepted' : 'refused';
      return `right: ${afterwards.status}; old: ${old}`;
    },
  );

  row(
    'G88',
    'a username that is given up, wanted by 10 others at the same time; the address of before a change',
    'taken 0 times; address refused',
    async () => {
      const { id } = await add('g88');
      const wanted = Array.from({ length: 10 }, () =>
        stage.operator.accounts.add({ username: 'g88', skipPasswordRules: true }).then(
          () => 1,
          () => 0,
        ),
      );
      const [, ...taken] = await Promise.all([stage.operator.accounts.rename(id, 'g88-renamed'), ...wanted]);
      assert.equal(await change('g88-renamed', 'g88-renamed@example.org', 'g88'), 200);
      const claims = { email: addressOf('g88'), email_verified: true };
      const refused = await stage.operator.accounts.add({ username: 'g88-other', claims }).then(
        () => 'given',
        () => 'refused',
      );
      return `taken ${taken.reduce((sum, each) => sum + each, 0)} times; address ${refused}`;
    },
  );
});
