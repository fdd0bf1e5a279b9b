import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { basic, redeem, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { tokenAnswer } from './support/answer.ts';
import { newFamily, refresh, refreshFields } from './support/refresh.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ROUNDS = LONG ? 20 : 1;
const PERMITTED = 'openid email offline_access';
const NARROW = {
  id: 'narrow',
  secret: 'a-secret-of-more-than-32-characters',
  redirectUri: WEB.redirectUri,
};

describe('F: revocation during use', () => {
  const stage = useStage();

  const atUserinfo = (accessToken: string) =>
    fetch(`${stage.issuer}/userinfo`, { headers: { Authorization: `Bearer ${accessToken}` } });
  const revoke = (value: string) =>
    fetch(`${stage.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token: value }),
    });
  async function assertDead(tokens: TokenResponse): Promise<void> {
    assert.equal((await atUserinfo(tokens.access_token)).status, 401);
    assert.equal((await refresh(stage, tokens)).error, 'invalid_grant');
  }
  const alice = async () => (await stage.operator.accounts.findByUsername('alice'))?.id as string;

  /** Creates a family, and the function that ends it. */
  const ends: Record<string, () => Promise<[tokens: TokenResponse, end: () => Promise<unknown>]>> = {
    revocation: async () => {
      const tokens = await newFamily(stage);
      return [tokens, () => revoke(tokens.refresh_token as string)];
    },
    'sign-out': async () => {
      const { agent, tokens } = await signIn(stage.issuer);
      const { url, response } = await agent.follow(`${stage.issuer}/logout`);
      const html = await response.text();
      return [tokens, () => agent.submit({ url, html }, { logout: 'yes' })];
    },
    'its code a second time': async () => {
      const parameters = { scope: 'openid offline_access', prompt: 'consent' };
      const { tokens, code, request } = await signIn(stage.issuer, { parameters });
      return [tokens, () => redeem(stage.issuer, code, request)];
    },
    'the end of the account': async () => {
      const tokens = await newFamily(stage);
      const id = await alice();
      return [tokens, () => stage.operator.accounts.disable(id)];
    },
  };
  for (const [what, make] of Object.entries(ends)) {
    row(
      what === 'the end of the account' ? 'F10' : 'F09',
      `a refresh concurrent with ${what}`,
      'dead',
      async () => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const [tokens, end] = await make();
          const [next] = await Promise.all([refresh(stage, tokens), delay(round % 4).then(end)]);
          // Enabling the account does not restore its tokens.
          await stage.operator.accounts.enable(await alice());
          if (next.error === undefined) await assertDead(next);
          assert.equal((await refresh(stage, tokens)).error, 'invalid_grant');
        }
        return 'dead';
      },
    );
  }

  row('F09', 'revocation of a used refresh token', 'its family is dead', async () => {
    const tokens = await newFamily(stage);
    const next = await refresh(stage, tokens);
    assert.equal((await revoke(tokens.refresh_token as string)).status, 200);
    await assertDead(next);
    return 'its family is dead';
  });

  row('F10', 'a refresh with scopes that the client has lost', 'not granted', async () => {
    const narrowTo = async (scope: string) => {
      await stage.store.clients.update(NARROW.id, (client) => ({
        ...client,
        metadata: { ...client.metadata, scope },
      }));
      // Clients are cached for a second.
      await stage.advance(2);
    };
    await stage.operator.clients.add(
      {
        client_id: NARROW.id,
        redirect_uris: [NARROW.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: PERMITTED,
      },
      { secret: NARROW.secret },
    );
    const parameters = { scope: PERMITTED, prompt: 'consent' };
    const { tokens } = await signIn(stage.issuer, { client: NARROW, parameters });
    assert.match(await (await atUserinfo(tokens.access_token)).text(), /"email"/);

    await narrowTo('openid offline_access');
    assert.doesNotMatch(await (await atUserinfo(tokens.access_token)).text(), /"email"/);
    const next = (await token(stage.issuer, refreshFields(tokens), NARROW)).body;
    assert.equal(next.scope, 'openid offline_access');
    assert.doesNotMatch(await (await atUserinfo(next.access_token)).text(), /"email"/);

    await narrowTo('openid');
    assert.equal(await tokenAnswer(stage, refreshFields(next), NARROW), '400 invalid_grant');
    return 'not granted';
  });
});
