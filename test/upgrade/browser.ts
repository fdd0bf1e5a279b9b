import { type AuthorizationRequest, authorizationRequest, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { otherThan, type Version } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import type { FormAnswer, Traffic } from './traffic.ts';

export interface Person {
  username: string;
  password: string;
}

/** What happened on the way from an authorization request to its response. */
export interface Walk {
  /** The redirect URI with its parameters; undefined when the walk ended on a page. */
  callback: URL | undefined;
  /** Pages that asked for something. */
  asked: ('password' | 'consent')[];
  /** Status of the last page. */
  status: number;
  /** Which version gave the last response. */
  by: Version;
}

/** A browser whose requests go to the nodes in turn. */
export class Browser {
  readonly agent: UserAgent;
  /** Of the last response. */
  by: Version = 'old';
  /** Its next requests go to this version. */
  pinned: Version | undefined;
  readonly #traffic: Traffic;

  constructor(traffic: Traffic, agent?: UserAgent) {
    this.#traffic = traffic;
    this.agent =
      agent ??
      new UserAgent(async (url, init) => {
        const response = await traffic.fetch(url as string | URL, init, this.pinned);
        this.by = response.by;
        return response;
      });
  }

  /** A copy with the same cookies, for what an attacker or a forgotten tab would send. */
  copy(): Browser {
    const copy = new Browser(this.#traffic);
    for (const cookie of this.agent.cookies) {
      copy.agent.setCookie(cookie.toString(), `https://${cookie.domain}${cookie.path}`);
    }
    return copy;
  }

  /** Goes on until the response or, without a password, until the page that asks for it. */
  async walk(request: AuthorizationRequest | URL, person?: Person): Promise<Walk> {
    const { pinned } = this;
    if (this.#traffic.isSticky) this.pinned ??= this.#traffic.nextVersion();
    try {
      return await this.#walk(request, person);
    } finally {
      this.pinned = pinned;
    }
  }

  async #walk(request: AuthorizationRequest | URL, person?: Person): Promise<Walk> {
    const start = request instanceof URL ? request : request.url;
    const asked: Walk['asked'] = [];
    let { response, url } = await this.agent.follow(start);
    for (let steps = 0; steps < 5 && url.origin === start.origin; steps += 1) {
      const html = await response.text();
      const isSignIn = html.includes('id="password"');
      const isForm = html.includes('<form');
      if (!isForm || (isSignIn && (person === undefined || asked.includes('password')))) {
        if (isSignIn) asked.push('password');
        return { callback: undefined, asked, status: response.status, by: this.by };
      }
      asked.push(isSignIn ? 'password' : 'consent');
      const fields: Record<string, string> =
        isSignIn && person !== undefined ? { login: person.username, password: person.password } : {};
      ({ response, url } = await this.agent.submit({ url, html }, fields));
    }
    const callback = url.origin === start.origin ? undefined : url;
    return { callback, asked, status: response.status, by: this.by };
  }

  /** @param version undefined: any @returns `code`, the error, or `page` */
  async silent(version?: Version): Promise<string> {
    this.pinned = version;
    try {
      const { callback } = await this.walk(
        authorizationRequest(this.#traffic.issuer, { prompt: 'none', scope: 'openid' }),
      );
      if (callback === undefined) return 'page';
      return callback.searchParams.has('code') ? 'code' : (callback.searchParams.get('error') ?? 'nothing');
    } finally {
      this.pinned = undefined;
    }
  }
}

export function redeem(
  traffic: Traffic,
  request: AuthorizationRequest,
  callback: URL,
  version: Version | undefined,
): Promise<FormAnswer> {
  const fields = {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: WEB.redirectUri,
    code_verifier: request.verifier,
  };
  return traffic.form('/token', fields, { version });
}

export function refresh(traffic: Traffic, refreshToken: string, version?: Version): Promise<FormAnswer> {
  return traffic.form('/token', { grant_type: 'refresh_token', refresh_token: refreshToken }, { version });
}

/** Checks at each version that tokens are refused and a session is not signed in. */
export async function checkEnded(
  traffic: Traffic,
  ledger: Ledger,
  ended: { what: string; by: Version; session?: Browser; refreshToken?: string; accessToken?: string },
  promise: 'ended' | 'buried' = 'ended',
): Promise<void> {
  const { what, session, refreshToken, accessToken } = ended;
  // The other version first: it must not need the time of another request to learn it.
  for (const version of [otherThan(ended.by), ended.by]) {
    const circumstances = (result: string) => (): string =>
      `${what} at the ${ended.by} version, asked at the ${version} one: ${result}`;
    if (accessToken !== undefined) {
      const { body } = await traffic.form('/introspect', { token: accessToken }, { version });
      ledger.check(promise, body.active === false, circumstances('the access token is active'));
    }
    if (session !== undefined) {
      const result = await session.silent(version);
      ledger.check(promise, result !== 'code', circumstances('the session is signed in'));
    }
    if (refreshToken !== undefined) {
      const { status } = await refresh(traffic, refreshToken, version);
      ledger.check(promise, status === 400, circumstances(`the refresh token gets ${status}`));
    }
  }
}
