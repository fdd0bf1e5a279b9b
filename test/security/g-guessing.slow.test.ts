import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, signIn, token } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { LONG } from '../support/long-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { comparableAnswer, FROM_PROXY, SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

/** The default in the long form; fewer in the short form. */
const LIMIT = LONG ? 10 : 4;

/** Each page has its own client address unless a row sets one, so that rows have separate limits. */
describe('G: guessing of passwords', () => {
  const stage = useStage({ ...FROM_PROXY, loginProtection: { oneNetwork: LIMIT } });
  let last = 0;
  const address = () => `203.0.113.${(last += 1)}`;

  const addPerson = (username: string) =>
    stage.operator.accounts.add({ username, password: DEMO_ACCOUNT.password });

  row('G07', 'wrong password, unknown, locked, disabled', 'one response: 400', async () => {
    for (const username of ['g07-locked', 'g07-barred', 'g07-person']) await addPerson(username);
    const barred = await stage.operator.accounts.findByUsername('g07-barred');
    await stage.operator.accounts.disable(barred?.id ?? '');
    const ip = address();
    const page = await SignInPage.open(stage, ip);
    await page.guess(LIMIT, 'g07-locked');
    const answers = [];
    for (const [username, password] of [
      ['g07-person', 'not the password'],
      ['g07-nobody', DEMO_ACCOUNT.password],
      ['g07-locked', DEMO_ACCOUNT.password],
      ['g07-locked', 'not the password'],
      ['g07-barred', DEMO_ACCOUNT.password],
    ] as const) {
      answers.push(comparableAnswer(await page.submit(password, username), username));
    }
    assert.deepEqual(new Set(answers).size, 1);
    const [status] = JSON.parse(answers[0] ?? '[]') as [number];
    return `one response: ${status}`;
  });

  row(
    'G24',
    'the reasons of failed sign-ins in the audit trail',
    'unknown, wrong_password, locked, disabled',
    async () => {
      const ids: Record<string, string> = {};
      for (const username of ['g21-person', 'g21-locked', 'g21-barred']) {
        ids[username] = (await addPerson(username)).id;
      }
      await stage.operator.accounts.disable(ids['g21-barred'] ?? '');
      const page = await SignInPage.open(stage, address());
      await page.guess(LIMIT, 'g21-locked');
      const reasons: unknown[] = [];
      for (const username of ['g21-nobody', 'g21-person', 'g21-locked', 'g21-barred']) {
        const { headers, body } = await page.submit('not the password', username);
        const reference = /id="trace-id">([^<]+)</.exec(body)?.[1];
        assert.equal(reference, headers.get('trace-id'));
        await eventually('it is in the audit trail', async () => {
          const query = { type: 'login.failed', accountId: ids[username], limit: 1000 };
          const event = (await stage.store.audit.list(query)).find(({ traceId }) => traceId === reference);
          if (event !== undefined) reasons.push(event.detail?.reason);
          return event !== undefined;
        });
      }
      return reasons.join(', ');
    },
  );

  row('G08', `${LIMIT} wrong passwords, then the right one; 15 minutes later`, '400, then 303', async () => {
    await addPerson('g08');
    const page = await SignInPage.open(stage, address());
    assert.equal(await page.guess(LIMIT, 'g08'), '400');
    const refused = await page.submit(DEMO_ACCOUNT.password, 'g08');
    assert.match(refused.body, /The username, the email address or the password is not right/);
    await stage.advance(15 * 60);
    const again = await SignInPage.open(stage, page.agent.headers['X-Forwarded-For'] ?? '');
    return `${refused.status}, then ${(await again.submit(DEMO_ACCOUNT.password, 'g08')).status}`;
  });

  row('G08', 'the right password after wrong ones in four spellings of the username', '400', async () => {
    await addPerson('g08-spelling');
    const page = await SignInPage.open(stage, address());
    const spellings = ['G08-spelling', ' g08-SPELLING ', '\uFF4708-spelling', 'g08-spelling'];
    for (const name of spellings) await page.guess(Math.ceil(LIMIT / spellings.length), name);
    return String((await page.submit(DEMO_ACCOUNT.password, 'g08-spelling')).status);
  });

  row('G08', 'usernames that look alike', 'nobody', async () => {
    const page = await SignInPage.open(stage, address());
    const lookalikes = ['\u0430lice', 'al\u200bice', '\u202ealice', 'alice\0'];
    for (const name of lookalikes) {
      // From a separate network, so that no limit applies.
      page.agent.headers['X-Forwarded-For'] = address();
      assert.equal((await page.submit(DEMO_ACCOUNT.password, name)).status, 400, JSON.stringify(name));
    }
    return 'nobody';
  });

  row(
    'G11',
    'a disabled account with a session: silent authentication, refresh',
    'login_required, invalid_grant',
    async () => {
      const offline = { scope: 'openid offline_access', prompt: 'consent' };
      const { agent, tokens } = await signIn(stage.issuer, { parameters: offline });
      const alice = await stage.operator.accounts.findByUsername(DEMO_ACCOUNT.username);
      await stage.operator.accounts.disable(alice?.id ?? '');
      const silent = await agent.get(authorizationRequest(stage.issuer, { prompt: 'none' }).url);
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
      const { body } = await token(stage.issuer, refresh);
      await stage.operator.accounts.enable(alice?.id ?? '');
      const error = new URL(silent.headers.get('location') ?? stage.issuer).searchParams.get('error');
      return `${error}, ${body.error}`;
    },
  );

  row('G11', 'a locked account with a session', 'the session stays', async () => {
    const { agent } = await signIn(stage.issuer);
    await (await SignInPage.open(stage, address())).guess(LIMIT);
    const silent = await agent.get(authorizationRequest(stage.issuer, { prompt: 'none' }).url);
    assert.match(silent.headers.get('location') ?? '', /[?&]code=/);
    return 'the session stays';
  });

  row('G13', 'an account locked from its network: a known device, another network', '303, 303', async () => {
    await addPerson('g13');
    const ip = address();
    const home = await SignInPage.open(stage, ip);
    assert.equal((await home.submit(DEMO_ACCOUNT.password, 'g13')).status, 303);
    const cookie = home.agent.cookie('signet_device');
    assert.match(cookie?.toString() ?? '', /; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
    const stranger = await SignInPage.open(stage, ip);
    await stranger.guess(LIMIT, 'g13');
    assert.equal((await stranger.submit(DEMO_ACCOUNT.password, 'g13')).status, 400);
    const back = await SignInPage.open(stage, ip, home.agent);
    const known = (await back.submit(DEMO_ACCOUNT.password, 'g13')).status;
    const moved = await SignInPage.open(stage, address());
    return `${known}, ${(await moved.submit(DEMO_ACCOUNT.password, 'g13')).status}`;
  });

  row('G20', 'a planted device cookie, and one of another account', 'a new one each time', async () => {
    for (const username of ['g20-owner', 'g20-guest']) await addPerson(username);
    const agent = new UserAgent();
    const planted = 'A'.repeat(43);
    agent.setCookie(`signet_device=${planted}; path=/`, stage.issuer);
    const seen = [planted];
    for (const username of ['g20-owner', 'g20-guest', 'g20-owner']) {
      const page = await SignInPage.open(stage, address(), agent);
      assert.equal((await page.submit(DEMO_ACCOUNT.password, username)).status, 303);
      const token = agent.cookie('signet_device')?.value ?? '';
      assert.ok(!seen.includes(token), username);
      seen.push(token);
    }
    const ip = address();
    await (await SignInPage.open(stage, ip)).guess(LIMIT, 'g20-owner');
    const answers = [];
    for (const value of seen) {
      const browser = new UserAgent();
      browser.setCookie(`signet_device=${value}; path=/`, stage.issuer);
      answers.push((await (await SignInPage.open(stage, ip, browser)).submit(undefined, 'g20-owner')).status);
    }
    assert.deepEqual(answers, [400, 400, 400, 303]);
    return 'a new one each time';
  });

  row('G14', 'passwords of 4,097 bytes and 1 MB', '400, 400', async () => {
    const page = await SignInPage.open(stage, address());
    const answers = [];
    for (const length of [4097, 1_000_000]) answers.push((await page.submit('x'.repeat(length))).status);
    return answers.join(', ');
  });
});
