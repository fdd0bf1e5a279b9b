import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { writeBackup } from '../../src/cli/backup.ts';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, basic, MACHINE, redeem, signIn, token, WEB } from '../support/flow.ts';
import { appCode } from '../support/authenticator-app.ts';
import { UserAgent } from '../support/user-agent.ts';
import { linkIn, nextMail, WITH_MAIL } from './support/mail-box.ts';
import { row } from './support/row.ts';
import { SecretsSeen } from './support/secrets-seen.ts';
import { SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

/** All requests with secrets, also failing ones, because errors log more. */
describe('G19, D20: no secret in logs, databases, backups and error pages', () => {
  const stage = useStage({ ...WITH_MAIL, log: { level: 'trace' } });
  /** Bodies of error responses. */
  const refusals: string[] = [];
  /** Secrets that are in the log or the store. */
  let kept: string[];

  const refused = async (answer: Response): Promise<void> => {
    const body = await answer.text();
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${body}`);
    refusals.push(body);
  };

  const post = (
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(`${stage.issuer}${path}`, { method: 'POST', headers, body: new URLSearchParams(fields) });

  before(async function () {
    this.timeout(60_000);
    await signInsAndSignOuts();
    await tokensAndTheirEnds();
    await failuresOfClients();
    await peopleHelpThemselves();
    const alice = await stage.operator.accounts.findByUsername(DEMO_ACCOUNT.username);
    await stage.operator.accounts.setPassword(alice?.id ?? '', 'queen-of-hearts-croquet');
    stage.secrets.note('password', 'queen-of-hearts-croquet');
    kept = await stage.secretsKept();
  });

  async function signInsAndSignOuts(): Promise<void> {
    for (const [password, username] of [
      ['off-with-their-heads', DEMO_ACCOUNT.username],
      [DEMO_ACCOUNT.password, 'nobody-we-know'],
      // A password in the username field.
      ['white-rabbit-in-a-hurry', 'wonderland-tea-party!'],
    ] as const) {
      const page = await SignInPage.open(stage, '192.0.2.1');
      const { status, body } = await page.submit(password, username);
      assert.ok(status >= 400 && status < 500, `${status}`);
      // The page shows the entered username again.
      refusals.push(body.replaceAll('value="wonderland-tea-party!"', ''));
    }
    const { agent, tokens } = await signIn(stage.issuer);
    await refused(await agent.get(`${stage.issuer}/logout?id_token_hint=${tokens.id_token}x`));
    await refused(
      await agent.get(authorizationRequest(stage.issuer, { redirect_uri: 'https://evil.example' }).url),
    );
    const { response, url } = await agent.follow(`${stage.issuer}/logout?id_token_hint=${tokens.id_token}`);
    await agent.submit({ url, html: await response.text() }, { logout: 'yes' });
  }

  async function tokensAndTheirEnds(): Promise<void> {
    const { tokens, code, request } = await signIn(stage.issuer, {
      parameters: { scope: 'openid offline_access messages:read', prompt: 'consent' },
    });
    const machine = await token(stage.issuer, { grant_type: 'client_credentials' }, MACHINE);
    const second = await token(stage.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    });
    const own = { Authorization: basic(WEB) };
    for (const each of [
      tokens.access_token,
      second.body.access_token,
      second.body.refresh_token ?? '',
      machine.body.access_token,
    ]) {
      await post('/introspect', { token: each }, own);
      await fetch(`${stage.issuer}/userinfo`, { headers: { Authorization: `Bearer ${each}x` } }).then(
        refused,
      );
      await refused(await fetch(`${stage.issuer}/userinfo?access_token=${each}`));
    }
    await post('/revoke', { token: second.body.refresh_token ?? '' }, own);
    await refused(
      await post(
        '/token',
        { grant_type: 'refresh_token', refresh_token: second.body.refresh_token ?? '' },
        own,
      ),
    );
    assert.equal((await redeem(stage.issuer, code, request)).response.status, 400);
    await post('/par', Object.fromEntries(authorizationRequest(stage.issuer).url.searchParams), own);
  }

  /** A person gets an account, adds factors, uses them, changes the address, and gets back in. */
  async function peopleHelpThemselves(): Promise<void> {
    const [address, other] = ['dinah@example.com', 'dinah@example.org'];
    let agent = new UserAgent();
    const open = async (start: string | URL) => {
      const { response, url } = await agent.follow(new URL(start, stage.issuer));
      return { url, html: await response.text() };
    };
    const submit = async (page: { url: URL; html: string }, fields: Record<string, string>) => {
      const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page.html)?.[1] ?? '';
      const hidden = { csrf: field('csrf'), token: field('token'), ticket: field('ticket') };
      const response = await agent.post(page.url, { ...hidden, ...fields });
      const location = response.headers.get('location');
      return location === null ? { url: page.url, html: await response.text() } : await open(location);
    };
    const { url: login } = await open(authorizationRequest(stage.issuer).url);
    await submit(await open(`${login.pathname}/sign_up`), { email: address });
    const choice = { name: 'Dinah', password: 'chasing-mice-all-day' };
    await submit(await open(linkIn(await nextMail(stage, address))), choice);
    const enrolling = await open('/account/authenticator');
    const [, seed = ''] = /<code class="secret"[^>]*>([^<]+)</.exec(enrolling.html) ?? [];
    const shown = await submit(enrolling, { action: 'confirm', code: appCode(seed) });
    const [, recovery = ''] = /<li><code>([\dA-Z-]+)<\/code>/.exec(shown.html) ?? [];
    agent = new UserAgent();
    const { password } = choice;
    const second = await agent.submit(await open('/account/email'), { login: address, password });
    await submit(await open(`${second.url.pathname}?method=recovery_code`), {
      method: 'recovery_code',
      code: recovery,
    });
    await submit(await open('/account/email'), { email: other });
    await submit(await open(linkIn(await nextMail(stage, other))), {});
    await submit(await open('/password/forgotten'), { name: other });
    const reset = await open(linkIn(await nextMail(stage, other, 2)));
    await submit(reset, { password: 'looking-glass-kitten' });
    const { details, claims, generation } = (await stage.operator.accounts.findByUsername(other)) ?? {};
    // The first factor, and the new password.
    assert.deepEqual([claims?.email, generation], [other, 2]);
    assert.equal(details?.factors?.recoveryCodes?.digests.length, 9, 'the story was told to its end');
  }

  async function failuresOfClients(): Promise<void> {
    const form = { grant_type: 'client_credentials' };
    await refused(
      await post('/token', form, {
        Authorization: basic({ ...MACHINE, secret: 'a-wrong-secret-of-somebody' }),
      }),
    );
    await refused(
      await post('/token', { ...form, client_id: MACHINE.id, client_secret: 'another-wrong-secret-here' }),
    );
    await refused(
      await post('/token', { ...form, client_secret: MACHINE.secret }, { Authorization: basic(MACHINE) }),
    );
    await refused(await post(`/token?client_id=${MACHINE.id}&client_secret=${MACHINE.secret}`, form));
    await refused(
      await post('/token', {
        ...form,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: `${btoa('{"alg":"none"}')}.${btoa('{"sub":"demo-machine"}')}.`,
      }),
    );
    await refused(
      await fetch(`${stage.issuer}/interaction/${'x'.repeat(43)}/login`, {
        headers: { Cookie: `_session=${MACHINE.secret}` },
      }),
    );
    // In a parameter that the error quotes.
    await refused(await post('/token', { grant_type: MACHINE.secret }, { Authorization: basic(MACHINE) }));
    await refused(
      await new UserAgent().get(authorizationRequest(stage.issuer, { client_id: WEB.secret }).url),
    );
  }

  row('G19', 'secrets in every request: a search of the log and the error pages', 'none found', async () => {
    assert.ok(stage.secrets.size > 30, `only ${stage.secrets.size} secrets`);
    assert.ok(refusals.length > 15);
    const log = kept.filter((what) => what.startsWith('log'));
    // A page has its own form token and URL, whose last segment is also in a cookie of the engine.
    const ownOfPages = new Set(['csrf', 'cookie signet_resume']);
    const found = await stage.secrets.foundIn(Buffer.from(refusals.join('\n')).toString('latin1'));
    const pages = found.filter((what) => !ownOfPages.has(what));
    assert.deepEqual({ log, pages }, { log: [], pages: [] });
    return 'none found';
  });

  row('D20', 'secrets in the files of the database or of Redis, and in a backup', 'none found', async () => {
    const store = kept.filter((what) => what.startsWith('store'));
    const file = join(stage.server.directory, 'backup.gz');
    await writeBackup(file, stage.storage, new Date(), stage.store.transfer.dump());
    const content = gunzipSync(readFileSync(file)).toString('latin1');
    assert.ok(content.includes(WEB.id), 'the backup was read');
    assert.deepEqual({ store, backup: await stage.secrets.foundIn(content) }, { store: [], backup: [] });
    return 'none found';
  });

  it('G19 the search finds a secret that was logged', async () => {
    const planted = new SecretsSeen();
    planted.note('planted', MACHINE.id);
    for (const text of [stage.logged, stage.server.stored()])
      assert.deepEqual(await planted.foundIn(text), ['planted']);
  });
});
