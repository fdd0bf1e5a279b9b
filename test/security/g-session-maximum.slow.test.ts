import { withClock } from '../support/clock.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const DAY = 86_400;

describe('G: the absolute lifetime of a session', () => {
  const stage = useStage({ lifetimes: { session: '2d', sessionMaximum: '5d' } });

  row('G56', 'a session that is used every day', 'silent for 4 days, then login_required', async () => {
    const { issuer } = stage;
    let days = 0;
    let error: string | null = null;
    await withClock(async (clock) => {
      const { agent } = await signIn(issuer);
      while (error === null && days < 10) {
        clock.advance(DAY);
        const { url } = authorizationRequest(issuer, { prompt: 'none' });
        const response = await agent.get(url);
        error = new URL(response.headers.get('location') ?? '', issuer).searchParams.get('error');
        if (error === null) days += 1;
      }
    });
    return `silent for ${days} days, then ${error}`;
  });

  row('G56', 'a new sign-in on the fourth day', 'silent for 4 days more, then login_required', async () => {
    const { issuer } = stage;
    return await withClockResult(async (clock) => {
      const { agent } = await signIn(issuer);
      for (let day = 0; day < 4; day += 1) {
        clock.advance(DAY);
        await agent.get(authorizationRequest(issuer, { prompt: 'none' }).url);
      }
      await signIn(issuer, { agent, parameters: { prompt: 'login' } });
      for (let days = 0; ; days += 1) {
        clock.advance(DAY);
        const response = await agent.get(authorizationRequest(issuer, { prompt: 'none' }).url);
        const error = new URL(response.headers.get('location') ?? '', issuer).searchParams.get('error');
        if (error !== null || days > 9) return `silent for ${days} days more, then ${error}`;
      }
    });
  });

  row('G56', 'a session that is not used for two days', 'login_required', async () => {
    const { issuer } = stage;
    return await withClockResult(async (clock) => {
      const { agent } = await signIn(issuer);
      clock.advance(2 * DAY);
      const response = await agent.get(authorizationRequest(issuer, { prompt: 'none' }).url);
      return String(new URL(response.headers.get('location') ?? '', issuer).searchParams.get('error'));
    });
  });
});

async function withClockResult(
  body: (clock: { advance(seconds: number): void }) => Promise<string>,
): Promise<string> {
  let result = '';
  await withClock(async (clock) => {
    result = await body(clock);
  });
  return result;
}
