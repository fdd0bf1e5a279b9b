import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { openPage, type Page, submit } from '../support/agent-pages.ts';
import { appCode, factorsOn, giveApp } from '../support/authenticator-app.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { FROM_PROXY } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

const LIMIT = 4;

describe('G: the second factor', () => {
  const stage = useStage({ ...FROM_PROXY, loginProtection: { oneNetwork: LIMIT } });
  let number = 0;
  const factors = () => factorsOn(stage.server.config, stage.store);

  async function addPerson() {
    number += 1;
    const username = `g57-${number}`;
    const { id } = await stage.operator.accounts.add({ username, password: DEMO_ACCOUNT.password });
    return { id, username, secret: await giveApp(factors(), { id, username }) };
  }

  function browser(ip: string): UserAgent {
    const agent = new UserAgent();
    agent.headers['X-Forwarded-For'] = ip;
    return agent;
  }

  const open = (agent: UserAgent, path: string): Promise<Page> =>
    openPage(agent, new URL(path, stage.issuer));

  /** Without the tick for a remembered device. */
  async function submitUnticked(agent: UserAgent, page: Page, fields: Record<string, string>): Promise<Page> {
    const html = page.html.replace(/<input[^>]*name="remember"[^>]*>/, '');
    return await submit(agent, { ...page, html }, fields);
  }

  /** @returns the page of the second factor */
  async function passPassword(agent: UserAgent, username: string, path = '/account'): Promise<Page> {
    return await submitUnticked(agent, await open(agent, path), {
      login: username,
      password: DEMO_ACCOUNT.password,
    });
  }

  const placeOf = ({ url, status }: Page) => (url.pathname.startsWith('/account') ? 'in' : String(status));

  row(
    'G57',
    `${LIMIT} wrong codes, then the right one: there, on a known device, by a recovery code`,
    'new device 400, known device in, recovery code in',
    async () => {
      const person = await addPerson();
      const [recovery = ''] = (await factors().replaceRecoveryCodes(person.id)) ?? [];
      const known = browser('203.0.113.1');
      const first = await passPassword(known, person.username);
      assert.equal(placeOf(await submitUnticked(known, first, { code: appCode(person.secret, -1) })), 'in');
      const attacker = browser('203.0.113.2');
      const page = await passPassword(attacker, person.username);
      for (let index = 0; index < LIMIT; index += 1) await submitUnticked(attacker, page, { code: '000000' });
      const right = { code: appCode(person.secret) };
      const there = placeOf(await submitUnticked(attacker, page, right));
      // The browser of the person, with another session, in the network of the attacker.
      const again = browser('203.0.113.2');
      for (const { key, value } of known.cookies.filter(({ key }) => /device/.test(key)))
        again.setCookie(`${key}=${value}; Path=/`, stage.issuer);
      const onKnown = placeOf(await submitUnticked(again, await passPassword(again, person.username), right));
      const codes = await open(attacker, `${page.url.pathname}?method=recovery_code`);
      const byCode = placeOf(await submitUnticked(attacker, codes, { code: recovery }));
      return `new device ${there}, known device ${onKnown}, recovery code ${byCode}`;
    },
  );

  row(
    'G58',
    'the form of a new app with the token of another page, or of another origin',
    '403, 403, no app',
    async () => {
      const { id, username, secret } = await addPerson();
      const agent = browser('203.0.113.3');
      await submitUnticked(agent, await passPassword(agent, username, '/account/authenticator'), {
        code: appCode(secret),
      });
      const before = (await stage.store.accounts.find(id))?.details?.factors?.totp?.sealed;
      const page = await open(agent, '/account/authenticator?replace=yes');
      const { fields } = formOf(page.html);
      const [, key = ''] = /<code class="secret" dir="ltr">([^<]+)</.exec(page.html) ?? [];
      const confirm = { ...fields, action: 'confirm', code: appCode(key) };
      const url = new URL('/account/authenticator', stage.issuer);
      const forged = await agent.post(url, { ...confirm, csrf: 'A'.repeat(43) });
      const foreign = await agent.post(url, confirm, { Origin: 'https://evil.example' });
      const after = (await stage.store.accounts.find(id))?.details?.factors?.totp?.sealed;
      assert.equal(after, before);
      return `${forged.status}, ${foreign.status}, no app`;
    },
  );

  row('G59', 'pages of the second factor, opened by a scanner', 'nothing changed', async () => {
    const { id, username, secret } = await addPerson();
    const agent = browser('203.0.113.4');
    await submitUnticked(agent, await passPassword(agent, username, '/account/authenticator'), {
      code: appCode(secret),
    });
    const before = await stage.store.accounts.find(id);
    for (const path of [
      '/account/authenticator',
      '/account/authenticator?replace=yes',
      '/account/authenticator?action=remove',
      '/account/recovery-codes',
    ])
      assert.equal((await open(agent, path)).status, 200, path);
    assert.deepEqual(await stage.store.accounts.find(id), before);
    return 'nothing changed';
  });
});
