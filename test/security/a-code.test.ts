import assert from 'node:assert/strict';
import { authorizationRequest, authorize, signIn, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer, tokenAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

describe('A: authorization code and PKCE', () => {
  const stage = useStage();

  row('A01', 'code with S256', '200, all tokens', async () => {
    const { tokens } = await signIn(stage.issuer, {
      parameters: { scope: 'openid offline_access', prompt: 'consent' },
    });
    assert.deepEqual(Object.keys(tokens).sort(), [
      'access_token',
      'expires_in',
      'id_token',
      'refresh_token',
      'scope',
      'token_type',
    ]);
  });

  row('A12', 'without PKCE', 'R(invalid_request)', () =>
    authorizationAnswer(stage, { code_challenge: undefined, code_challenge_method: undefined }),
  );

  row('A14', 'code after a minute and the clock tolerance', '400 invalid_grant', async () => {
    const request = authorizationRequest(stage.issuer);
    const callback = await authorize(new UserAgent(), request);
    await stage.advance(61 + 15);
    return await tokenAnswer(stage, {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') as string,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    });
  });
});
