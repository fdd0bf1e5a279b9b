import assert from 'node:assert/strict';
import { formatWait } from '../../src/http/problem.ts';
import { authorizationRequest } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

/** No proxy is trusted: forwarded headers are ignored, and all requests come from one address. */
describe('C: quotas of one network', () => {
  const stage = useStage({ limits: { authorizationRequests: 20, signInForms: 5 } });
  const SPOOFED = ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'CF-Connecting-IP', 'True-Client-IP'];

  async function send(count: number, headersOf: (index: number) => Record<string, string> = () => ({})) {
    const answers = [];
    for (let index = 0; index < count; index += 1) {
      const { url } = authorizationRequest(stage.issuer);
      const response = await new UserAgent().get(url, headersOf(index));
      answers.push({ status: response.status, headers: response.headers, body: await response.text() });
    }
    return answers;
  }

  row('G12', 'forged addresses in forwarded headers', 'one address: 20 pass', async () => {
    const answers = await send(60, (index) =>
      Object.fromEntries(SPOOFED.map((name) => [name, `203.0.113.${index}`])),
    );
    const passed = answers.filter(({ status }) => status === 303).length;
    assert.equal(answers.filter(({ status }) => status === 429).length, 60 - passed);
    return `one address: ${passed} pass`;
  });

  row('C16', 'requests beyond the quota', '429 with Retry-After, nothing stored', async () => {
    const before = await stage.records();
    const [answer] = await send(1);
    assert.ok(answer !== undefined);
    const seconds = Number(answer.headers.get('retry-after'));
    assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
    assert.match(answer.body, /<h1>Too many requests<\/h1>/);
    assert.deepEqual(answer.body.match(/again in [^.<]*/g), [`again in ${formatWait(seconds)}`]);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const json = await fetch(authorizationRequest(stage.issuer).url, {
      headers: { Accept: 'application/json' },
    });
    assert.deepEqual(await json.json(), {
      error: 'temporarily_unavailable',
      error_description: `too many requests from this network; try again in ${formatWait(Number(json.headers.get('retry-after')))}`,
    });
    assert.deepEqual(await stage.recordsSince(before), []);
    const others = ['/jwks', '/.well-known/openid-configuration'].map((path) => fetch(stage.issuer + path));
    assert.deepEqual(
      (await Promise.all(others)).map(({ status }) => status),
      [200, 200],
    );
    return `${answer.status} with Retry-After, nothing stored`;
  });

  row('C16', 'a minute later', '303', async () => {
    await stage.advance(60);
    const [answer] = await send(1);
    return String(answer?.status);
  });

  row('G12', 'sign-in forms that another site posts', '403, then 400 from the same site', async () => {
    const page = await SignInPage.open(stage, '203.0.113.1');
    page.agent.headers['Sec-Fetch-Site'] = 'cross-site';
    const forged = await page.guess(20);
    page.agent.headers['Sec-Fetch-Site'] = 'same-origin';
    return `${forged}, then ${await page.guess(1)} from the same site`;
  });

  row(
    'G12',
    'the address of the sign-in form, opened from another site',
    '303 each, not counted',
    async () => {
      const form = `${stage.issuer}/interaction/${'x'.repeat(43)}/login`;
      const statuses = new Set<number>();
      for (let index = 0; index < 10; index += 1) {
        statuses.add((await new UserAgent().get(form, { 'Sec-Fetch-Site': 'cross-site' })).status);
      }
      // The next row has the whole rest of the quota.
      return `${[...statuses].join()} each, not counted`;
    },
  );

  row('G12', 'sign-in forms beyond the quota', '400, then 429 with Retry-After', async () => {
    const page = await SignInPage.open(stage, '203.0.113.1');
    const within = await page.guess(4);
    const { status, headers } = await page.submit();
    assert.ok(Number(headers.get('retry-after')) >= 1);
    return `${within}, then ${status} with Retry-After`;
  });
});
