import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { csrfOf, secondFactor, SESSION, STRICT, useSteppingPeople } from './support/stepping-people.ts';

/** A session that gets a second factor, and what ends beside it. */
describe('G: step-up', () => {
  const { stage, addPerson, addWithoutApp, addApp, go, silent, end } = useSteppingPeople();

  /** A browser with a session by password, at the page of the second factor for a client that requires one. */
  async function steppingUp() {
    const person = await addWithoutApp();
    const agent = new UserAgent();
    await go(person, { agent });
    const app = await addApp(person);
    const { url, html } = await go({ ...person, app }, { agent, clientId: STRICT, until: 'second-factor' });
    return { person, app, agent, url, csrf: csrfOf(html) };
  }

  row('G33', 'a session that ends during the step-up', '400 expired-interaction each', async () => {
    const answers = new Set<string>();
    for (const how of ['session', 'password', 'everywhere'] as const) {
      const { person, app, agent, url, csrf } = await steppingUp();
      const { accounts, sessions } = stage.operator;
      const [session] = (await sessions.list(person.id, { limit: 1 })).sessions;
      if (how === 'session') await sessions.end(person.id, session?.handle ?? '');
      else if (how === 'everywhere') await accounts.signOut(person.id);
      else await accounts.setPassword(person.id, 'another-rabbit-hole');
      const response = await agent.post(url, secondFactor(csrf, app.next()));
      answers.add(await end(agent, response));
    }
    return `${[...answers].join()} each`;
  });

  row(
    'G33',
    'a session that ends after the step-up, before it resumes',
    '400 no code, login_required',
    async () => {
      const { person, app, agent, url, csrf } = await steppingUp();
      const response = await agent.post(url, secondFactor(csrf, app.next()));
      const { sessions } = stage.operator;
      const [session] = (await sessions.list(person.id, { limit: 1 })).sessions;
      await sessions.end(person.id, session?.handle ?? '');
      const { response: last, url: at } = await agent.follow(String(response.headers.get('location')));
      return `${last.status} ${at.searchParams.has('code') ? 'code' : 'no code'}, ${await silent(agent)}`;
    },
  );

  row('G34', 'the session id at a step-up', 'a new one; the old one alone: login_required', async () => {
    const { app, agent, url, csrf } = await steppingUp();
    const old = agent.cookie(SESSION)?.value;
    await end(agent, await agent.post(url, secondFactor(csrf, app.next())));
    const thief = new UserAgent();
    thief.setCookie(`${SESSION}=${old}; path=/`, stage.issuer);
    const isNew = agent.cookie(SESSION)?.value !== old && (await silent(agent)) === 'code';
    return `${isNew ? 'a new one' : 'the same'}; the old one alone: ${await silent(thief)}`;
  });

  row('G34', 'a session id that was planted before the sign-in', 'another one', async () => {
    const attacker = new UserAgent();
    await go(await addWithoutApp(), { agent: attacker });
    const value = attacker.cookie(SESSION)?.value;
    const agent = new UserAgent();
    agent.setCookie(`${SESSION}=${value}; path=/`, stage.issuer);
    await go(await addPerson(), { agent, parameters: { prompt: 'login' } });
    return agent.cookie(SESSION)?.value === value ? 'the planted one' : 'another one';
  });
});
