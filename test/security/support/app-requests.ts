import { authorizationRequest, basic, signIn, type TokenResponse, type WEB } from '../../support/flow.ts';
import { UserAgent } from '../../support/user-agent.ts';
import { answer, authorizationAnswer } from './answer.ts';
import type { Stage } from './stage.ts';

/** Requests of an application at `/authorize` and `/par`, with the resulting consent page and tokens. */

type App = typeof WEB;
type Parameters = Record<string, string | undefined>;

/** Audience and scope of a token. */
export function audienceOf({ access_token: value }: TokenResponse): unknown {
  const [, payload] = value.split('.');
  return payload === undefined ? 'opaque' : JSON.parse(Buffer.from(payload, 'base64url').toString()).aud;
}

export function parametersOf(client: App, parameters: Parameters): Parameters {
  return { client_id: client.id, redirect_uri: client.redirectUri, ...parameters };
}

export class AppRequests {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async atAuthorize(client: App, parameters: Parameters, agent = new UserAgent()): Promise<string> {
    return await authorizationAnswer(this.#stage, parametersOf(client, parameters), agent);
  }

  async atPar(client: App, parameters: Parameters): Promise<string> {
    const { url } = authorizationRequest(this.#stage.issuer, parametersOf(client, parameters));
    const response = await fetch(`${this.#stage.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: url.searchParams,
    });
    return await answer(this.#stage, response);
  }

  async tokens(client: App, parameters: Parameters, agent = new UserAgent()): Promise<TokenResponse> {
    return (await signIn(this.#stage.issuer, { client, parameters, agent })).tokens;
  }

  /**
   * Continues to the consent page.
   * @returns its list without the profile, `Orders: See your orders`; empty when no consent is asked
   */
  async consentPage(client: App, parameters: Parameters, agent = new UserAgent()): Promise<string> {
    const { issuer } = this.#stage;
    const request = authorizationRequest(issuer, parametersOf(client, parameters));
    let { response, url } = await agent.follow(request.url);
    if (url.origin !== issuer) return '';
    let html = await response.text();
    if (html.includes('id="password"')) {
      const alice = { login: 'alice', password: 'wonderland-tea-party' };
      ({ response, url } = await agent.submit({ url, html }, alice));
      html = url.origin === issuer ? await response.text() : '';
    }
    const groups = [...html.matchAll(/<section>[\s\S]*?<\/section>/g)].map(([section]) => {
      const title = /<h2>(.*?)<\/h2>/.exec(section)?.[1];
      const items = [...section.matchAll(/<li[^>]*>(.*?)<\/li>/g)].map(([, words]) => words);
      return `${title}: ${items.join(', ')}`;
    });
    return groups.filter((group) => !group.startsWith('Your profile')).join('; ');
  }
}
