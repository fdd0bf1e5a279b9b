import { StoreUnavailableError } from '../../src/store/errors.ts';
import { SqliteJobs } from '../../src/store/sqlite/jobs.ts';
import { AccountPages } from '../support/account-page.ts';
import { appCode, factorsOn, giveApp } from '../support/authenticator-app.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';

const PASSWORD = 'wonderland-tea-party';
const NEW = 'a walrus and a carpenter talked';
const EMAIL = 'told@example.com';

describe('M: notices of changes, and a process that is killed right after a change', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer();
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  /** Nothing is enqueued in it but with a change. */
  async function killed(work: () => Promise<unknown>): Promise<void> {
    const { prototype } = SqliteJobs;
    const enqueue: unknown = Reflect.get(prototype, 'enqueue');
    Reflect.set(prototype, 'enqueue', () => Promise.reject(new StoreUnavailableError('killed')));
    try {
      await work();
    } finally {
      Reflect.set(prototype, 'enqueue', enqueue);
    }
  }

  row(
    'M01',
    'codes, sessions, app, password, deletion and its end, at their pages: what the outbox sends afterwards',
    'deletionCancelled, deletionRequested, factorAdded, factorRemoved, passwordChanged, recoveryCodeUsed, sessionsEnded',
    async () => {
      const username = 'told';
      const claims = { email: EMAIL, email_verified: true };
      const { id } = await operator.accounts.add({
        username,
        password: PASSWORD,
        skipPasswordRules: true,
        claims,
      });
      const factors = factorsOn(server.config, operator.store);
      const secret = await giveApp(factors, { id, username });
      const [code = ''] = (await factors.replaceRecoveryCodes(id)) ?? [];
      const open = async (agent: UserAgent, start: string | URL) => {
        const { response, url } = await agent.follow(new URL(start, server.issuer));
        return { url, html: await response.text() };
      };
      const signIn = async (method: 'totp' | 'recovery_code', typed: string): Promise<AccountPages> => {
        const agent = new UserAgent();
        const login = await open(agent, '/account');
        const { url } = await agent.submit(login, { login: username, password: PASSWORD });
        const step = await open(agent, `${url.pathname}?method=${method}`);
        await (await agent.submit(step, { code: typed })).response.body?.cancel();
        return new AccountPages(server.issuer, agent);
      };
      const pages = await signIn('totp', appCode(secret));
      await mailsOf(server);
      await killed(async () => {
        await signIn('recovery_code', code);
        await pages.send('/account/recovery-codes', {});
        await pages.send('/account/sessions', { others: 'yes' });
        await pages.send('/account/password', { current: PASSWORD, new: NEW });
        await pages.send('/account/authenticator', { action: 'remove' });
        await pages.send('/account/delete', { username });
        await pages.send('/account/data', { keep: 'yes' });
      });
      const told = (await mailsOf(server)).filter(({ to }) => to === EMAIL).map(({ name }) => name);
      return told.toSorted().join(', ');
    },
  );
});
