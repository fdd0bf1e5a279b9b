import assert from 'node:assert/strict';
import { signIn } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SHOP = {
  id: 'shop',
  secret: 'shop-secret-of-more-than-32-characters',
  redirectUri: 'https://shop.example.com/callback',
};
const HOME = 'https://shop.example.com/';
const HATTER = { username: 'hatter', password: 'no-room-no-room' };
/** Longer than the request line that a proxy accepts. */
const GROUPS = Array.from({ length: 150 }, (_, index) => `tea-party/department-${index}/table-${index}/seat`);

describe('F: sign-out behind nginx', () => {
  const stage = useStage(
    {
      clients: [
        {
          client_id: SHOP.id,
          client_secret: SHOP.secret,
          redirect_uris: [SHOP.redirectUri],
          post_logout_redirect_uris: [HOME],
          scope: 'openid groups',
          id_token_claims: true,
        },
      ],
    },
    { proxy: true },
  );
  before(() => stage.operator.accounts.add({ ...HATTER, claims: { groups: GROUPS } }));

  row(
    'F20',
    'a large id_token_hint by POST from another site',
    `303 ${HOME}, cookie taken back`,
    async () => {
      const parameters = { scope: 'openid groups' };
      const { agent, tokens } = await signIn(stage.issuer, { client: SHOP, person: HATTER, parameters });
      const fields = { id_token_hint: tokens.id_token as string, post_logout_redirect_uri: HOME };
      const first = await new UserAgent().post(`${stage.issuer}/logout`, fields);
      assert.doesNotMatch(first.headers.get('content-security-policy') ?? '', /form-action/);
      const form = formOf(await first.text());
      const second = await agent.post(`${stage.issuer}${form.action}`, form.fields);
      const [cookie = ''] = second.headers.getSetCookie();
      assert.match(
        cookie,
        /^__Host-signet_session=; path=\/; expires=Thu, 01 Jan 1970 .*; secure; httponly$/,
      );
      const session = agent.cookie('__Host-signet_session') === undefined ? 'cookie taken back' : 'session';
      return `${second.status} ${second.headers.get('location')}, ${session}`;
    },
  );
});
