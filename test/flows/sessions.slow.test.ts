import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import { startTestServer } from '../support/server.ts';
import { signIn } from '../support/flow.ts';
import { operate } from '../support/noun-access.ts';
import { UserAgent } from '../support/user-agent.ts';
import { describeConsents } from './consent-cases.ts';
import { describeSessions } from './session-cases.ts';

describe('Sessions of an account', () => describeSessions(() => startTestServer(), SqliteArtifacts));

describe('The network of a session', () => {
  it('is that of the client behind a trusted proxy', async () => {
    const server = await startTestServer({ trustedProxies: ['127.0.0.1', '::1'] });
    const operator = await operate(server);
    try {
      const agent = new UserAgent();
      agent.headers['X-Forwarded-For'] = '203.0.113.9, 2001:db8:1:2:3:4:5:6';
      await signIn(server.issuer, { agent });
      const { id = '' } = (await operator.accounts.findByUsername(DEMO_ACCOUNT.username)) ?? {};
      const { sessions } = await operator.sessions.list(id, { limit: 1 });
      assert.equal(sessions[0]?.network, '2001:db8:1::/48');
    } finally {
      await operator.close();
      await server.stop();
    }
  });
});

describe('Consents of an account', () => describeConsents(() => startTestServer(), SqliteArtifacts));
