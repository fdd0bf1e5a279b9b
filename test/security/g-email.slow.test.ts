import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, authorize, signIn } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { LONG } from '../support/long-form.ts';
import { row } from './support/row.ts';
import { comparableAnswer, FROM_PROXY, SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

/** The default in the long form; fewer in the short form. */
const LIMIT = LONG ? 10 : 4;
const { password: PASSWORD } = DEMO_ACCOUNT;

/** Each page has a client address of its own, so that rows have separate limits. */
describe('G: sign-in by email address', () => {
  const stage = useStage({ ...FROM_PROXY, loginProtection: { oneNetwork: LIMIT } });
  let last = 0;
  const open = () => SignInPage.open(stage, `203.0.113.${(last += 1)}`);

  const add = (username: string, address: string, verified = true, password: string = PASSWORD) =>
    stage.operator.accounts.add({
      username,
      password,
      claims: { email: address, email_verified: verified },
    });

  const old = async (username: string, claims: Record<string, unknown>) => {
    const { id } = await stage.operator.accounts.add({
      username: username.replace('@', '-at-'),
      password: 'the-password-of-mallory',
      claims,
    });
    await stage.store.accounts.update(id, () => ({ username }));
    return id;
  };

  /** Whose account the response to a sign-in is for. */
  async function subjectOf(login: string, password: string): Promise<string> {
    const page = await open();
    const { status } = await page.submit(password, login);
    if (status !== 303) return String(status);
    const { agent } = await signIn(stage.issuer, {
      agent: page.agent,
      person: { username: login, password },
    });
    const home = await (await agent.get(stage.issuer)).text();
    return /Signed in as <strong><bdi>([^<]+)/.exec(home)?.[1] ?? home;
  }

  row(
    'G07',
    'an address: wrong password, unknown, not verified, of two accounts, locked, disabled',
    'one response: 400',
    async () => {
      await add('g07-one', 'g07-person@example.com');
      await add('g07-two', 'g07-secret@example.com', false);
      for (const username of ['g07-three', 'g07-four']) await add(username, 'g07-shared@example.com');
      await add('g07-five', 'g07-locked@example.com');
      const { id } = await add('g07-six', 'g07-barred@example.com');
      await stage.operator.accounts.disable(id);
      const page = await open();
      await page.guess(LIMIT, 'g07-five');
      const answers = new Set<string>();
      for (const [name, password] of [
        ['g07-person', 'not the password'],
        ['g07-nobody', PASSWORD],
        ['g07-secret', PASSWORD],
        ['g07-shared', PASSWORD],
        ['g07-locked', PASSWORD],
        ['g07-locked', 'not the password'],
        ['g07-barred', PASSWORD],
      ] as const) {
        const address = `${name}@example.com`;
        answers.add(comparableAnswer(await page.submit(password, address), address));
      }
      assert.equal(answers.size, 1, [...answers].join('\n'));
      const [status] = JSON.parse([...answers][0] ?? '[]') as [number];
      return `one response: ${status}`;
    },
  );

  row(
    'G08',
    `${LIMIT} wrong passwords by username and by address, then the right one`,
    '400, 400',
    async () => {
      await add('g08-mail', 'g08@example.com');
      const page = await open();
      await page.guess(LIMIT / 2, 'g08-mail');
      await page.guess(LIMIT / 2, 'G08@example.com');
      const answers = [];
      for (const name of ['g08-mail', 'g08@example.com'])
        answers.push((await page.submit(PASSWORD, name)).status);
      const elsewhere = await open();
      assert.equal((await elsewhere.submit(PASSWORD, 'g08@example.com')).status, 303);
      return answers.join(', ');
    },
  );

  row(
    'G25',
    'an account whose username is the address of somebody else',
    'refused, refused, refused',
    async () => {
      const { accounts } = stage.operator;
      await add('g25-victim', 'g25@example.com');
      const { id } = await accounts.add({
        username: 'g25-mallory',
        claims: { email: 'mallory@example.com' },
      });
      const answers = [];
      for (const attempt of [
        () => accounts.add({ username: 'G25@example.com', claims: { email: 'mallory@example.com' } }),
        () => accounts.rename(id, 'g25\uFF20example.com'),
        // NFKC makes this username the address of the victim, and leaves the address as it is.
        () => accounts.rename(id, '\uFF4725@example.com', { email: '\uFF4725@example.com' }),
      ])
        answers.push(
          await attempt().then(
            () => 'done',
            () => 'refused',
          ),
        );
      return answers.join(', ');
    },
  );

  // A name that was used is reserved for a while.
  for (const [number, what, claims] of [
    [1, 'no address', {}],
    [2, 'an address of its own', { email: 'mallory@example.com', email_verified: true }],
    [3, 'the same address, not verified', { email: 'G25-OLD-3@example.com' }],
  ] as const) {
    row('G25', `such an account of an earlier version, with ${what}`, 'the victim, 400', async () => {
      const [username, address] = [`g25-old-${number}`, `g25-old-${number}@example.com`];
      const victim = await add(username, address);
      const id = await old(address, claims);
      const name = await subjectOf(address, PASSWORD);
      const mallory = await subjectOf(address, 'the-password-of-mallory');
      for (const account of [victim.id, id]) await stage.operator.accounts.remove(account);
      return `${name === username ? 'the victim' : name}, ${mallory}`;
    });
  }

  row(
    'G26',
    'prompt=select_account: the form without its token, from another site, as another account, of a hinted account',
    '403, 403, 400, 400',
    async () => {
      const { agent, tokens } = await signIn(stage.issuer);
      const page = async (parameters: Record<string, string> = {}) => {
        const { url } = authorizationRequest(stage.issuer, { prompt: 'select_account', ...parameters });
        const { response, url: address } = await agent.follow(url);
        const { action, fields } = formOf(await response.text());
        return { action: new URL(action, address), fields };
      };
      const { action, fields } = await page();
      const hinted = await page({ id_token_hint: tokens.id_token ?? '' });
      const answers = [
        await agent.post(action, {}),
        await agent.post(action, fields, { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }),
        await agent.post(action, { ...fields, account: 'g25-victim' }),
        await agent.post(hinted.action, { ...hinted.fields, account: 'other' }),
      ];
      const callback = await authorize(
        agent,
        authorizationRequest(stage.issuer, { prompt: 'select_account' }),
      );
      assert.ok(callback.searchParams.has('code'));
      return answers.map(({ status }) => status).join(', ');
    },
  );
});
