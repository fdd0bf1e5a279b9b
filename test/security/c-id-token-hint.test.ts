import assert from 'node:assert/strict';
import { authorizationRequest, authorize, signIn } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer } from './support/answer.ts';
import { useStage } from './support/stage.ts';

const HATTER = { username: 'hatter', password: 'no-room-no-room' };

describe('C: an authorization request with id_token_hint (OpenID Connect Core §3.1.2.2)', () => {
  const stage = useStage();
  before(() => stage.operator.accounts.add({ ...HATTER, claims: {} }));

  it('gets no response for another account, whichever signs in', async () => {
    const { tokens } = await signIn(stage.issuer);
    const answerFor = async (agent: UserAgent, person?: typeof HATTER): Promise<URLSearchParams> => {
      const request = authorizationRequest(stage.issuer, { id_token_hint: tokens.id_token });
      const { searchParams } = await authorize(agent, request, person);
      assert.equal(searchParams.get('state'), request.state);
      return searchParams;
    };
    const agent = new UserAgent();
    const refused = await answerFor(agent, HATTER);
    assert.deepEqual([refused.get('error'), refused.has('code')], ['login_required', false]);
    // In the browser in which the other account is signed in.
    assert.ok((await answerFor(agent)).has('code'));
    assert.ok((await answerFor(new UserAgent())).has('code'));
  });

  for (const hint of ['abc', 'a.b.c', '..', 'e30.e30.', 'eyJhbGciOjF9.e30.x', '""', '{}'])
    it(`is refused with the hint ${hint}`, async () => {
      assert.equal(await authorizationAnswer(stage, { id_token_hint: hint }), 'R(invalid_request)');
    });
});
