import { authorizationRequest, signIn } from '../support/flow.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const DAY = 86_400;

describe('G: the absolute lifetime of a session', () => {
  const stage = useStage({ lifetimes: { session: '2d', sessionMaximum: '5d' } });

  /** @returns null where the session is enough */
  async function silently(agent: UserAgent): Promise<string | null> {
    const { url } = authorizationRequest(stage.issuer, { prompt: 'none' });
    const location = (await agent.get(url)).headers.get('location') ?? '';
    return new URL(location, stage.issuer).searchParams.get('error');
  }

  /** Uses the session once a day. @returns for how many days it was enough, and the error then */
  async function useDaily(agent: UserAgent): Promise<string> {
    for (let days = 0; ; days += 1) {
      await stage.advance(DAY);
      const error = await silently(agent);
      if (error !== null || days > 9) return `${days} days, then ${error}`;
    }
  }

  row('G56', 'a session that is used every day', 'silent for 4 days, then login_required', async () => {
    const { agent } = await signIn(stage.issuer);
    return `silent for ${await useDaily(agent)}`;
  });

  row('G56', 'a new sign-in on the fourth day', 'silent for 4 days, then login_required', async () => {
    const { agent } = await signIn(stage.issuer);
    for (let day = 0; day < 4; day += 1) {
      await stage.advance(DAY);
      await silently(agent);
    }
    await signIn(stage.issuer, { agent, parameters: { prompt: 'login' } });
    return `silent for ${await useDaily(agent)}`;
  });

  row('G56', 'a session that is not used for two days', 'login_required', async () => {
    const { agent } = await signIn(stage.issuer);
    await stage.advance(2 * DAY);
    return String(await silently(agent));
  });
});
