import { authorizationRequest, WEB } from '../../support/flow.ts';
import { addAuthenticatorApp, type App } from '../../support/second-factor.ts';
import { pageOf, type Walk, walk, type WalkOptions } from '../../support/sign-in-walk.ts';
import { UserAgent } from '../../support/user-agent.ts';
import { type Stage, useStage } from './stage.ts';

/** People who sign in with several steps, and what they reach. */

export const PASSWORD = 'curiouser-and-curiouser';
export const SESSION = 'signet_session';
/** A client that requires a second factor. */
export const STRICT = 'strict';

export interface Person {
  id: string;
  username: string;
  password: string;
  app: App;
}

export interface SteppingPeople {
  stage: Stage;
  addPerson: () => Promise<Person>;
  addWithoutApp: () => Promise<Omit<Person, 'app'>>;
  addApp: (account: { id: string; username: string }) => Promise<App>;
  go: (person: Parameters<typeof walk>[1], options?: WalkOptions & { clientId?: string }) => Promise<Walk>;
  /** A browser that has passed the password, at the page of the second factor. */
  halfway: (person: Person) => Promise<{ agent: UserAgent; url: URL; csrf: string }>;
  /** The result of a request without pages. */
  silent: (agent: UserAgent) => Promise<string>;
  /** What a browser has reached. */
  reached: (agent: UserAgent) => Promise<string>;
  /** The end of a sign-in that a response leads to. */
  end: (agent: UserAgent, response: Response) => Promise<string>;
}

export const csrfOf = (html: string): string => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
export const secondFactor = (csrf: string, code: string) => ({ csrf, method: 'totp', code });

/** Starts the server of a file. */
export function useSteppingPeople(): SteppingPeople {
  const client = {
    client_secret: 'a-secret-of-more-than-32-characters',
    redirect_uris: [WEB.redirectUri],
    scope: 'openid',
    first_party: true,
  };
  const stage = useStage({
    clients: [
      { ...client, client_id: 'app' },
      { ...client, client_id: STRICT, mfa: 'required' },
    ],
  });
  let number = 0;

  async function addPerson(): Promise<Person> {
    const person = await addWithoutApp();
    return { ...person, app: await addApp(person) };
  }

  async function addWithoutApp() {
    number += 1;
    const username = `stepper-${number}`;
    const { id } = await stage.operator.accounts.add({ username, password: PASSWORD });
    return { id, username, password: PASSWORD };
  }

  const addApp = async (account: { id: string; username: string }): Promise<App> =>
    await addAuthenticatorApp({ store: stage.store, config: stage.server.config }, account);

  const go = async (
    person: Parameters<typeof walk>[1],
    { clientId = 'app', ...options }: WalkOptions & { clientId?: string } = {},
  ): Promise<Walk> =>
    await walk(stage.issuer, person, {
      ...options,
      parameters: { client_id: clientId, scope: 'openid', ...options.parameters },
    });

  /** A browser that has passed the password, at the page of the second factor. */
  async function halfway(person: Person): Promise<{ agent: UserAgent; url: URL; csrf: string }> {
    const agent = new UserAgent();
    const { url, html } = await go(person, { agent, until: 'second-factor' });
    return { agent, url, csrf: csrfOf(html) };
  }

  const silent = async (agent: UserAgent): Promise<string> => {
    const parameters = { client_id: 'app', scope: 'openid', prompt: 'none' };
    const { url } = await agent.follow(authorizationRequest(stage.issuer, parameters).url);
    return url.searchParams.get('error') ?? 'code';
  };
  /** What a browser has reached. */
  const reached = async (agent: UserAgent): Promise<string> =>
    `${agent.cookie(SESSION) === undefined ? 'no session' : 'session'}, ${await silent(agent)}`;
  /** The end of a sign-in that a response leads to. */
  const end = async (agent: UserAgent, response: Response): Promise<string> => {
    const location = response.headers.get('location');
    if (location === null) return `${response.status} ${pageOf(await response.text())}`;
    const { url, response: last } = await agent.follow(new URL(location, stage.issuer));
    if (url.searchParams.has('code')) return 'code';
    return url.searchParams.get('error') ?? `${last.status} ${pageOf(await last.text())}`;
  };
  return { stage, addPerson, addWithoutApp, addApp, go, halfway, silent, reached, end };
}
