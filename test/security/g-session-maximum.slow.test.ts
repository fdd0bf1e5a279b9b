import { authorizationRequest, basic, signIn, token, WEB } from '../support/flow.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const DAY = 86_400;
const MINUTE = 60;
const PASSWORD = 'mock-turtle-gryphon-quadrille';

describe('G: the absolute lifetime of a session', () => {
  const stage = useStage({
    lifetimes: { session: '2d', sessionMaximum: '5d', groups: { guarded: { session: '30m' } } },
  });

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

  row(
    'M51',
    'tokens without offline_access of a session that a new policy ends: introspected, refreshed',
    'before: active, tokens; after: inactive, invalid_grant',
    async () => {
      const { id, username } = await stage.operator.accounts.add({ username: 'm51', password: PASSWORD });
      const { tokens } = await signIn(stage.issuer, { person: { username, password: PASSWORD } });
      let refresh = String(tokens.refresh_token);
      const states: string[] = [];
      for (const groups of [[], ['guarded']]) {
        await stage.operator.accounts.changeClaims(id, { groups });
        const introspected = await fetch(`${stage.issuer}/introspect`, {
          method: 'POST',
          headers: { Authorization: basic(WEB) },
          body: new URLSearchParams({ token: refresh }),
        });
        const { active } = (await introspected.json()) as { active: boolean };
        const parameters = { grant_type: 'refresh_token', refresh_token: refresh };
        const { response, body: answer } = await token(stage.issuer, parameters, WEB);
        states.push(
          `${active ? 'active' : 'inactive'}, ${response.status === 200 ? 'tokens' : String(answer.error)}`,
        );
        refresh = String(answer.refresh_token);
        await stage.advance(40 * MINUTE);
      }
      return `before: ${states[0]}; after: ${states[1]}`;
    },
  );
});
