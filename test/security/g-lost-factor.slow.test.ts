import assert from 'node:assert/strict';
import { authorizationRequest } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { linkIn, mailsTo, nextMail, WITH_MAIL } from './support/mail-box.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'wonderland-tea-party';
const HOUR = 3600;
const FACTORS = { totp: { sealed: 'x', createdAt: 1, lastStep: 0, drift: 0 } };

describe('G: a lost second factor', () => {
  const stage = useStage(WITH_MAIL);
  const addressOf = (username: string) => `${username}@example.com`;

  async function add(username: string): Promise<string> {
    const claims = { email: addressOf(username), email_verified: true };
    const account = { username, password: PASSWORD, skipPasswordRules: true, claims };
    const { id } = await stage.operator.accounts.add(account);
    await stage.store.accounts.update(id, () => ({ details: { factors: FACTORS } }));
    return id;
  }
  const factorsOf = async (id: string) =>
    (await stage.operator.accounts.find(id))?.details?.factors === undefined ? 'removed' : 'kept';

  /** The page after the password: that of the second factor, or one without a form of ours. */
  async function signIn(username: string): Promise<{ agent: UserAgent; url: URL; html: string }> {
    const agent = new UserAgent();
    const { response, url } = await agent.follow(authorizationRequest(stage.issuer).url);
    const page = { url, html: await response.text() };
    const next = await agent.submit(page, { login: username, password: PASSWORD });
    return { agent, url: next.url, html: await next.response.text() };
  }
  async function requestRemoval(username: string): Promise<URL> {
    const { agent, url, html } = await signIn(username);
    const lost = new URL(/id="lost-factor" href="([^"]+)"/.exec(html)?.[1] ?? '', url);
    const page = { url: lost, html: await (await agent.get(lost)).text() };
    const before = await mailsTo(stage, addressOf(username));
    await agent.submit(page, {});
    return linkIn(await nextMail(stage, addressOf(username), before.length));
  }
  async function useLink(link: URL, fields: Record<string, string>): Promise<number> {
    const agent = new UserAgent();
    const page = await agent.get(link);
    if (page.status !== 200) return page.status;
    const form = formOf(await page.text());
    return (await agent.post(new URL(form.action, link), { ...form.fields, ...fields })).status;
  }

  row(
    'G89',
    'the password alone, the link alone, both before 24 hours, both after them',
    'password: second factor; wrong password: 400, kept; after 24 hours: 200, removed; link again: 400',
    async () => {
      const id = await add('g89');
      const { url } = await signIn('g89');
      const asked = url.pathname.endsWith('/second_factor') ? 'second factor' : url.pathname;
      const link = await requestRemoval('g89');
      await stage.advance(24 * HOUR - 60);
      // The page offers no field for a password yet.
      assert.doesNotMatch(await (await fetch(link)).text(), /name="password"/);
      await stage.advance(60);
      const wrong = await useLink(link, { password: 'not the password' });
      const kept = await factorsOf(id);
      const right = await useLink(link, { password: PASSWORD });
      const state = await factorsOf(id);
      const again = await useLink(link, { password: PASSWORD });
      assert.notEqual((await signIn('g89')).url.pathname, url.pathname);
      return `password: ${asked}; wrong password: ${wrong}, ${kept}; after 24 hours: ${right}, ${state}; link again: ${again}`;
    },
  );

  row(
    'G89',
    'posted before its time it is a cancellation; a new password by mail within the day; the page without a password before',
    'early: 200, void afterwards: 400, kept; after a new password: 400, kept; without a password: leads to the sign-in',
    async () => {
      const id = await add('g89-early');
      const link = await requestRemoval('g89-early');
      const early = await useLink(link, { password: PASSWORD });
      await stage.advance(25 * HOUR);
      const afterwards = await useLink(link, { password: PASSWORD });
      const kept = await factorsOf(id);
      const other = await add('g89-reset');
      const removal = await requestRemoval('g89-reset');
      await stage.operator.accounts.signOut(other);
      await stage.advance(25 * HOUR);
      const afterReset = await useLink(removal, { password: PASSWORD });
      const agent = new UserAgent();
      const { url } = await agent.follow(authorizationRequest(stage.issuer).url);
      const direct = await agent.follow(`${url.href}/lost_factor`);
      const page = direct.url.pathname === url.pathname ? 'leads to the sign-in' : direct.url.pathname;
      return `early: ${early}, void afterwards: ${afterwards}, ${kept}; after a new password: ${afterReset}, ${await factorsOf(other)}; without a password: ${page}`;
    },
  );
});
