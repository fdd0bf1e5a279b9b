import assert from 'node:assert/strict';
import { withClock } from '../support/clock.ts';
import { signIn } from '../support/flow.ts';
import { mailsOf } from '../support/mails.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('A sign-in on a new device', () => {
  let server: TestServer;
  before(async () => void (server = await startTestServer()));
  after(() => server.stop());

  const texts = async () => (await mailsOf(server)).map(({ name, to, text }) => ({ name, to, text }));

  it('is told by mail, but on known devices, and in the first hour of an account', () =>
    withClock(async (clock) => {
      const first = new UserAgent();
      await signIn(server.issuer, { agent: first });
      clock.advance(2 * 3600);
      await signIn(server.issuer, { agent: first, parameters: { prompt: 'login' } });
      assert.deepEqual(await texts(), []);
      const second = new UserAgent();
      second.headers['User-Agent'] = FIREFOX;
      await signIn(server.issuer, { agent: second });
      await signIn(server.issuer, { agent: second, parameters: { prompt: 'login' } });
      const [mail, ...others] = await texts();
      assert.deepEqual([mail?.name, mail?.to, others], ['newDevice', 'alice@example.com', []]);
      assert.match(mail?.text ?? '', /your account alice on .* UTC, .*: Firefox on Linux\./);
    }));
});
