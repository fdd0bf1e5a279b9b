import assert from 'node:assert/strict';
import { authorizationRequest, authorize, signIn } from '../support/flow.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SESSION = 'signet_session';

/** For requests that a browser has sent before it got the new id (`oidc/engine/session-moves.ts`). */
describe('G: the old id of a session', () => {
  const stage = useStage();

  const isSignedIn = async (agent: UserAgent): Promise<boolean> =>
    (await agent.follow(authorizationRequest(stage.issuer, { prompt: 'none' }).url)).url.searchParams.has(
      'code',
    );
  const sessionOf = (agent: UserAgent): string | undefined => agent.cookie(SESSION)?.value;

  row(
    'G01',
    'an old session id with the device cookie of its browser, and with another one',
    'a code without a session cookie for 30 s and one browser; dead after a sign-out',
    async () => {
      const tabs = async (): Promise<{ agent: UserAgent; old: UserAgent; stolen: UserAgent }> => {
        const { agent } = await signIn(stage.issuer);
        const [old, id] = [agent.clone(), sessionOf(agent) as string];
        await authorize(agent, authorizationRequest(stage.issuer, { prompt: 'login' }));
        assert.notEqual(sessionOf(agent), id);
        const stolen = (await signIn(stage.issuer)).agent;
        stolen.setCookie(`${SESSION}=${id}; path=/`, stage.issuer);
        return { agent, old, stolen };
      };
      const first = await tabs();
      assert.deepEqual([await isSignedIn(first.old), await isSignedIn(first.stolen)], [true, false]);
      assert.notEqual(sessionOf(first.old), sessionOf(first.agent), 'it does not learn the new id');
      await stage.advance(31);
      assert.deepEqual([await isSignedIn(first.old), await isSignedIn(first.agent)], [false, true]);

      const second = await tabs();
      const { url, response } = await second.agent.follow(`${stage.issuer}/logout`);
      await second.agent.submit({ url, html: await response.text() }, { logout: 'yes' });
      assert.equal(await isSignedIn(second.old), false);
      return 'a code without a session cookie for 30 s and one browser; dead after a sign-out';
    },
  );

  row('G01', 'a sign-out with an old session id', 'the session has ended', async () => {
    const { agent } = await signIn(stage.issuer);
    const { url, response } = await agent.follow(`${stage.issuer}/logout`);
    const question = { url, html: await response.text() };
    const old = agent.clone();
    await authorize(agent, authorizationRequest(stage.issuer, { prompt: 'consent' }));
    await old.submit(question, { logout: 'yes' });
    assert.equal(await isSignedIn(agent), false);
    return 'the session has ended';
  });
});
