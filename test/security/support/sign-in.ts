import { DEMO_ACCOUNT } from '../../../src/config/demo.ts';
import type { burst } from '../../support/burst.ts';
import { authorizationRequest } from '../../support/flow.ts';
import { formOf } from '../../support/html-form.ts';
import { UserAgent } from '../../support/user-agent.ts';
import type { Stage } from './stage.ts';

/** Configuration of a stage that accepts `X-Forwarded-For` from 127.0.0.1. */
export const FROM_PROXY = { trustedProxies: ['127.0.0.1'] };

/** A sign-in page in a browser, whose form can be submitted repeatedly. */
export class SignInPage {
  readonly agent: UserAgent;
  readonly #action: URL;
  readonly #fields: Record<string, string>;

  private constructor(agent: UserAgent, url: URL, html: string) {
    const form = formOf(html);
    this.agent = agent;
    this.#action = new URL(form.action, url);
    this.#fields = form.fields;
  }

  /** @param agent a browser, with its cookies */
  static async open(stage: Pick<Stage, 'issuer'>, ip: string, agent = new UserAgent()): Promise<SignInPage> {
    agent.headers['X-Forwarded-For'] = ip;
    const { response, url } = await agent.follow(authorizationRequest(stage.issuer, { prompt: 'login' }).url);
    return new SignInPage(agent, url, await response.text());
  }

  /** @returns status, headers and body of the response to one attempt, by default with alice's password */
  async submit(
    password: string = DEMO_ACCOUNT.password,
    username: string = DEMO_ACCOUNT.username,
  ): Promise<{ status: number; headers: Headers; body: string }> {
    const response = await this.agent.post(this.#action, { ...this.#fields, login: username, password });
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  /** The request of an attempt, for `burst.ts`. */
  asRequest(password: string, username: string): Parameters<typeof burst>[1] {
    return {
      path: this.#action.pathname,
      host: this.#action.host,
      headers: { Accept: 'text/html', Cookie: this.agent.cookieHeader(this.#action), ...this.agent.headers },
      body: new URLSearchParams({ ...this.#fields, login: username, password }).toString(),
    };
  }

  /** Sends wrong passwords, one after the other. @returns the distinct statuses */
  async guess(times: number, username?: string): Promise<string> {
    const statuses = new Set<number>();
    for (let index = 0; index < times; index += 1) {
      statuses.add((await this.submit(`wrong password ${index}`, username)).status);
    }
    return [...statuses].join();
  }
}

/** A response to an attempt, without the values that differ between requests: name that was typed, form token, challenge for a passkey, trace id, URLs. */
export function comparableAnswer(
  { status, headers, body }: { status: number; headers: Headers; body: string },
  name: string,
): string {
  const names = [...headers.keys()].filter((header) => header !== 'trace-id').sort();
  const text = body
    .replaceAll(name, 'NAME')
    .replaceAll(/(?<=id="trace-id">)[^<]+/g, 'RANDOM')
    .replaceAll(/(?<=&quot;challenge&quot;:&quot;)[\w-]+/g, 'RANDOM')
    .replaceAll(/value="[\w-]{43}"|csrf=[\w-]{43}|interaction[/=][\w-]{43}/g, 'RANDOM');
  return JSON.stringify([status, names, headers.get('content-length'), text]);
}
