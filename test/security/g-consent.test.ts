import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, authorize, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SCOPES = ['email', 'phone', 'address', 'groups'];
const APP = {
  client_id: 'app',
  client_secret: 'a-secret-of-more-than-32-characters',
  redirect_uris: [WEB.redirectUri],
  scope: `openid ${SCOPES.join(' ')}`,
};

describe('G: consent in several browsers', () => {
  const stage = useStage({ clients: [APP] });
  const requestOf = (scope: string) =>
    authorizationRequest(stage.issuer, { client_id: APP.client_id, scope });

  row(
    'G23',
    'concurrent consents of one account in several browsers, each to other scopes',
    'all remembered',
    async () => {
      await authorize(new UserAgent(), requestOf('openid'));
      const tabs = await Promise.all(
        SCOPES.map(async (scope) => {
          const agent = new UserAgent();
          await authorize(agent, requestOf('openid'));
          const { response, url } = await agent.follow(requestOf(`openid ${scope}`).url);
          return { agent, url, html: await response.text() };
        }),
      );
      const answers = await Promise.all(tabs.map(({ agent, ...page }) => agent.submit(page, {})));
      for (const { url } of answers) assert.ok(url.searchParams.has('code'), url.href);

      const other = new UserAgent();
      const { response, url } = await other.follow(requestOf(APP.scope).url);
      const { username: login, password } = DEMO_ACCOUNT;
      const back = await other.submit({ url, html: await response.text() }, { login, password });
      assert.ok(back.url.searchParams.has('code'), `asked again at ${back.url.href}`);
      return 'all remembered';
    },
  );
});
