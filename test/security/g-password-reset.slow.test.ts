import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { authorizationRequest, signIn, token } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { UserAgent } from '../support/user-agent.ts';
import { linkIn, mailsTo, nextMail, WITH_MAIL } from './support/mail-box.ts';
import { shuffled, tellingApart } from './support/response-times.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const OLD = 'wonderland-tea-party';
const NEW = 'a walrus and a carpenter talked';

describe('G: a forgotten password', () => {
  const stage = useStage(WITH_MAIL);

  const addressOf = (username: string) => `${username}@example.com`;
  const add = (username: string, claims: Record<string, unknown> = {}) =>
    stage.operator.accounts.add({
      username,
      password: OLD,
      skipPasswordRules: true,
      claims: { email: addressOf(username), email_verified: true, ...claims },
    });
  const forgottenPage = () => new URL(`${stage.issuer}/password/forgotten`);

  /** Posts the form of the page. */
  async function ask(name: string, agent = new UserAgent(), page = forgottenPage()): Promise<Response> {
    const form = formOf(await (await agent.get(page)).text());
    return await agent.post(new URL(form.action, page), { ...form.fields, name });
  }
  async function linkFor(username: string): Promise<URL> {
    const before = await mailsTo(stage, addressOf(username));
    await ask(username);
    return linkIn(await nextMail(stage, addressOf(username), before.length));
  }
  async function setPassword(link: URL, password: string, agent = new UserAgent()): Promise<Response> {
    const form = formOf(await (await agent.get(link)).text());
    return await agent.post(new URL(form.action, link), { ...form.fields, password });
  }
  /** `code` or the status of the sign-in page. */
  async function tryToSignIn(username: string, password: string): Promise<string> {
    const agent = new UserAgent();
    const { response, url } = await agent.follow(authorizationRequest(stage.issuer).url);
    const { fields, action } = formOf(await response.text());
    const answer = await agent.post(new URL(action, url), { ...fields, login: username, password });
    return answer.status === 303 ? 'signed in' : String(answer.status);
  }

  row(
    'G80',
    'mail scanners open the link 3 times; the form is posted twice',
    'opened 200 200 200 HEAD 200, old password signed in, set 200 and on to /account, again 400, new password signed in, old password 400',
    async () => {
      await add('g80');
      const link = await linkFor('g80');
      const opened = [];
      for (const _ of [1, 2, 3]) opened.push((await fetch(link)).status);
      const head = await fetch(link, { method: 'HEAD' });
      const before = await tryToSignIn('g80', OLD);
      const agent = new UserAgent();
      const form = formOf(await (await agent.get(link)).text());
      const post = () => agent.post(new URL(form.action, link), { ...form.fields, password: NEW });
      const [set, again] = [await post(), await post()];
      assert.deepEqual(agent.cookies, [], 'nobody is signed in');
      const next = /id="next" href="([^"]*)"/.exec(await set.text())?.[1];
      return `opened ${opened.join(' ')} HEAD ${head.status}, old password ${before}, set ${set.status} and on to ${next}, again ${again.status}, new password ${await tryToSignIn('g80', NEW)}, old password ${await tryToSignIn('g80', OLD)}`;
    },
  );

  row(
    'G81',
    'one link posted 20 times at once; the token at rest',
    '1 × 200, 19 × 400, not stored',
    async () => {
      await add('g81');
      const link = await linkFor('g81');
      const { action, fields } = formOf(await (await fetch(link)).text());
      const posts = Array.from({ length: 20 }, (_, index) =>
        fetch(new URL(action, link), {
          method: 'POST',
          body: new URLSearchParams({ ...fields, password: `${NEW} ${index}` }),
        }),
      );
      const statuses = (await Promise.all(posts)).map(({ status }) => status);
      const count = (wanted: number) => statuses.filter((status) => status === wanted).length;
      const isStored = stage.server.stored().includes(String(link.searchParams.get('token')));
      return `${count(200)} × 200, ${count(400)} × 400, ${isStored ? 'stored' : 'not stored'}`;
    },
  );

  row(
    'G82',
    'the link of another purpose; after another password; of a disabled account; after 30 minutes',
    '400, 400, 400, 400',
    async () => {
      const statusOf = async (link: URL) => (await fetch(link)).status;
      await add('g82');
      const own = await linkFor('g82');
      const other = new URL(`${stage.issuer}/account/email/undo?token=${own.searchParams.get('token')}`);
      const ofOther = await statusOf(other);
      const first = await linkFor('g82');
      await setPassword(await linkFor('g82'), NEW);
      const afterChange = await statusOf(first);
      const { id } = await add('g82-disabled');
      const disabled = await linkFor('g82-disabled');
      await stage.operator.accounts.disable(id);
      const late = await linkFor('g82');
      const ofDisabled = await statusOf(disabled);
      await stage.advance(1800);
      return [ofOther, afterChange, ofDisabled, await statusOf(late)].join(', ');
    },
  );

  row(
    'G83',
    'a known name, its address, unknown, disabled, not verified, shared, empty, 600 characters',
    'one response: 200; mails: 2',
    async () => {
      await add('g83');
      await add('g83-unverified', { email_verified: false });
      for (const username of ['g83-one', 'g83-two']) await add(username, { email: 'g83-shared@example.com' });
      const { id } = await add('g83-disabled');
      await stage.operator.accounts.disable(id);
      const names = ['g83', addressOf('g83'), 'g83-nobody', 'g83-nobody@example.com', 'g83-disabled'];
      names.push(
        'g83-unverified',
        'g83-unverified@example.com',
        'g83-one',
        'g83-shared@example.com',
        '',
        'x'.repeat(600),
      );
      const answers = new Set<string>();
      for (const name of names) {
        const answer = await ask(name);
        const headers = [...answer.headers.keys()].filter((header) => header !== 'trace-id').sort();
        answers.add(JSON.stringify([answer.status, headers, await answer.text()]));
      }
      await nextMail(stage, addressOf('g83'), 1);
      const addresses = [...names.filter((name) => name.includes('@')), ...names.map(addressOf)];
      const mails = await Promise.all([...new Set(addresses)].map((address) => mailsTo(stage, address)));
      const [status] = [...answers].map((answer) => JSON.parse(answer)[0]);
      return `${answers.size === 1 ? 'one response' : [...answers].join()}: ${status}; mails: ${mails.flat().length}`;
    },
  );

  row('G83', 'response times for known and unknown names', 'measured: <n>', async () => {
    const rounds = LONG ? 500 : 5;
    await add('g83-known');
    const agent = new UserAgent();
    const form = formOf(await (await agent.get(forgottenPage())).text());
    const times: Record<string, number[]> = { known: [], unknown: [] };
    for (let index = 0; index < rounds; index += 1) {
      for (const kind of shuffled(['known', 'unknown'])) {
        const started = performance.now();
        const answer = await agent.post(forgottenPage(), { ...form.fields, name: `g83-${kind}` });
        await answer.text();
        times[kind]?.push(performance.now() - started);
      }
    }
    const seen = tellingApart(times.known ?? [], times.unknown ?? []).toFixed(3);
    figure(`G83, ${rounds} each: known names told from unknown ones by time (AUC): ${seen}`);
    return `measured: ${seen}`;
  }).timeout(120_000);

  row(
    'G84',
    'sessions and tokens of the thief after the reset; the address in the mail with Host: evil.example',
    'session: sign-in page, refresh token: invalid_grant, Host: 421, link of the issuer',
    async () => {
      await add('g84');
      const parameters = { scope: 'openid offline_access', prompt: 'consent' };
      const { agent, tokens } = await signIn(stage.issuer, {
        person: { username: 'g84', password: OLD },
        parameters,
      });
      const host = await statusWithHost(forgottenPage(), 'evil.example');
      const link = await linkFor('g84');
      await setPassword(link, NEW);
      const { response } = await agent.follow(authorizationRequest(stage.issuer).url);
      const page = (await response.text()).includes('id="password"') ? 'sign-in page' : response.status;
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
      const { body } = await token(stage.issuer, refresh);
      return `session: ${page}, refresh token: ${body.error}, Host: ${host}, ${link.href.startsWith(stage.issuer) ? 'link of the issuer' : link.href}`;
    },
  );

  row('G84', 'a reset of an account with a second factor', 'asked for the second factor', async () => {
    const { id } = await add('g84-factor');
    const totp = { sealed: 'x', createdAt: 1, lastStep: 0, drift: 0 };
    await stage.store.accounts.update(id, () => ({ details: { factors: { totp } } }));
    await setPassword(await linkFor('g84-factor'), NEW);
    const agent = new UserAgent();
    const { response, url } = await agent.follow(authorizationRequest(stage.issuer).url);
    const page = { url, html: await response.text() };
    const next = await agent.submit(page, { login: 'g84-factor', password: NEW });
    assert.equal(
      agent.cookies.some(({ key }) => key.includes('session')),
      false,
    );
    return next.url.pathname.endsWith('/second_factor') ? 'asked for the second factor' : next.url.pathname;
  });

  it('has the rules for a new password on the page of the link', async () => {
    await add('g80-rules');
    const html = await (await fetch(await linkFor('g80-rules'))).text();
    assert.match(html, /aria-describedby="password-rules"/);
    assert.match(html, /id="password-rules">At least 12 characters\./);
  });

  it('leads back to the sign-in that it came from, in the same browser', async () => {
    await add('g84-back');
    const agent = new UserAgent();
    const request = authorizationRequest(stage.issuer);
    const { response, url } = await agent.follow(request.url);
    const href = /id="forgotten" href="([^"]+)"/.exec(await response.text())?.[1] ?? '';
    await ask('g84-back', agent, new URL(href, url));
    const link = linkIn(await nextMail(stage, addressOf('g84-back')));
    const form = formOf(await (await agent.get(link)).text());
    const done = await agent.submit(
      { url: link, html: await (await agent.get(link)).text() },
      { ...form.fields, password: NEW },
    );
    const next = /id="next" href="([^"]+)"/.exec(await done.response.text())?.[1] ?? '';
    assert.equal(new URL(next, url).pathname, url.pathname);
    const { response: page } = await agent.follow(new URL(next, url));
    let html = await page.text();
    let at = new URL(next, url);
    const fields = { login: 'g84-back', password: NEW };
    const signedIn = await agent.submit({ url: at, html }, fields);
    ({ url: at } = signedIn);
    html = await signedIn.response.text();
    const callback = at.searchParams.has('code') ? at : (await agent.submit({ url: at, html }, {})).url;
    assert.equal(callback.searchParams.get('state'), request.state);
    // In another browser the response to the request would be refused: there is the way to the application.
    const elsewhere = await fetch(done.url);
    assert.doesNotMatch(await elsewhere.text(), /\/interaction\//);
  });
});

async function statusWithHost(url: URL, host: string): Promise<number | undefined> {
  const sent = httpRequest(url, { headers: { Host: host }, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
