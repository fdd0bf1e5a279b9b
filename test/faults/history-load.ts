import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { authorizationRequest, authorize, basic, type TokenResponse, WEB } from '../support/flow.ts';
import { type Answer, type Attempt, History, type Sent } from '../support/history.ts';
import { UserAgent } from '../support/user-agent.ts';
import { clientAssertion } from './races.ts';

/** A continuous load of sign-ins and of all uses of their codes and tokens, also by dishonest clients; all results are recorded. */

/** Milliseconds until a request counts as unanswered. */
const PATIENCE = 5000;
/** Unused refresh tokens of each sign-in. */
const LEFT_ALONE = 2;
/** Refresh tokens that are tried concurrently after the load. */
const SETTLING = 8;

export interface HistoryLoadOptions {
  issuer: string;
  /** Token requests are distributed over these; requests of browsers go to the issuer. */
  ports: readonly number[];
  people: number;
  /** Milliseconds between two sign-ins of a person, and between two assertions. */
  pause: number;
}

export class HistoryLoad {
  readonly history = new History();
  readonly #options: HistoryLoadOptions;
  readonly #agents: Agent[] = [];
  readonly #running: Promise<void>[];
  #stopped = false;
  #turn = 0;
  #families = 0;

  /** Starts the load. The server needs the client of `configureRaces`. */
  constructor(options: HistoryLoadOptions) {
    this.#options = options;
    this.#running = Array.from({ length: options.people }, (_, person) => this.#signInForEver(person));
    this.#running.push(this.#assertForEver());
  }

  /** Ends the load, and tries every unused refresh token. All servers must be available again. */
  async finish(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    const left = this.history.untried();
    const agent = this.#agent();
    const settle = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const form = { grant_type: 'refresh_token', refresh_token: next.credential };
        await this.history.record(next, async () => {
          const { outcome, answer } = await this.#askForTokens(agent, form);
          // Its response is not used.
          return { outcome, answer };
        });
      }
    };
    await Promise.all(Array.from({ length: SETTLING }, settle));
    await Promise.all(this.#agents.map((each) => each.destroy()));
  }

  async #signInForEver(person: number): Promise<void> {
    const agent = this.#agent();
    for (let round = person; !this.#stopped; round += 1) {
      const family = `sign-in ${(this.#families += 1)}`;
      try {
        await this.#signIn(agent, family, round);
      } catch {
        // The server was unavailable before anything was issued.
        await sleep(20);
      }
      await sleep(this.#options.pause);
    }
  }

  /** Everything that is issued in a session belongs to one grant. */
  async #signIn(agent: Agent, family: string, round: number): Promise<void> {
    const browser = new UserAgent();
    // Unused until the load is over, or until the family is revoked below.
    for (let count = 0; count < LEFT_ALONE; count += 1)
      await this.#redeemer(agent, browser, family).then((redeem) => redeem());
    const redeem = await this.#redeemer(agent, browser, family);
    const { gave: refreshToken, answer: accessToken } = await redeem();
    if (refreshToken === undefined || accessToken === undefined) return;
    const refresh = (): Promise<Attempt> => this.#refresh(agent, refreshToken, family);
    switch (round % 5) {
      case 0:
        return;
      case 1: {
        const second = await refresh();
        if (second.gave !== undefined) await this.#refresh(agent, second.gave, family);
        return;
      }
      case 2:
        await Promise.all([refresh(), refresh()]);
        return;
      case 3:
        await this.#revoke(agent, refreshToken, family);
        await refresh();
        await this.#use(agent, accessToken, family);
        return;
      default:
        await redeem();
        await refresh();
    }
  }

  /** @returns a function that redeems a new code */
  async #redeemer(agent: Agent, browser: UserAgent, family: string): Promise<() => Promise<Attempt>> {
    const request = authorizationRequest(this.#options.issuer, {
      scope: 'openid offline_access',
      prompt: browser.cookies.length === 0 ? 'consent' : undefined,
    });
    const callback = await authorize(browser, request);
    const code = callback.searchParams.get('code');
    if (code === null) throw new Error('no code');
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    };
    const sent = { kind: 'code', credential: code, family } as const;
    return () => this.history.record(sent, () => this.#askForTokens(agent, form));
  }

  /** Sends each assertion twice, concurrently. */
  async #assertForEver(): Promise<void> {
    const agents = [this.#agent(), this.#agent()];
    while (!this.#stopped) {
      const jti = randomUUID();
      const form = await clientAssertion(this.#options.issuer, jti);
      const sent: Sent = { kind: 'assertion', credential: jti, family: `assertion ${jti}` };
      const twice = agents.map((agent) =>
        this.history.record(sent, () => this.#askForTokens(agent, form, {})),
      );
      await Promise.all(twice);
      await sleep(10 + this.#options.pause);
    }
  }

  #refresh(agent: Agent, token: string, family: string): Promise<Attempt> {
    const form = { grant_type: 'refresh_token', refresh_token: token };
    const sent = { kind: 'refresh', credential: token, family } as const;
    return this.history.record(sent, () => this.#askForTokens(agent, form));
  }

  #revoke(agent: Agent, token: string, family: string): Promise<Attempt> {
    return this.history.record({ kind: 'revoke', credential: token, family }, async () => {
      const { status } = await this.#post(agent, '/revoke', { token }, { authorization: basic(WEB) });
      return { outcome: outcomeOf(status) };
    });
  }

  #use(agent: Agent, accessToken: string, family: string): Promise<Attempt> {
    return this.history.record({ kind: 'use', credential: accessToken, family }, async () => {
      const headers = { authorization: `Bearer ${accessToken}` };
      const { status } = await this.#post(agent, '/userinfo', {}, headers);
      return { outcome: outcomeOf(status) };
    });
  }

  async #askForTokens(
    agent: Agent,
    form: Record<string, string>,
    headers: Record<string, string> = { authorization: basic(WEB) },
  ): Promise<Answer> {
    const { status, text } = await this.#post(agent, '/token', form, headers);
    if (status !== 200) return { outcome: outcomeOf(status) };
    const body = JSON.parse(text) as TokenResponse;
    return { outcome: 'success', answer: body.access_token, gave: body.refresh_token };
  }

  async #post(
    agent: Agent,
    path: string,
    form: Record<string, string>,
    headers: Record<string, string>,
  ): Promise<{ status: number; text: string }> {
    const { issuer, ports } = this.#options;
    this.#turn += 1;
    const { statusCode, body } = await agent.request({
      origin: `http://127.0.0.1:${ports[this.#turn % ports.length]}`,
      path,
      method: 'POST',
      headers: {
        host: new URL(issuer).host,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: new URLSearchParams(form).toString(),
      signal: AbortSignal.timeout(PATIENCE),
    });
    return { status: statusCode, text: await body.text() };
  }

  #agent(): Agent {
    const agent = new Agent({ pipelining: 1 });
    this.#agents.push(agent);
    return agent;
  }
}

/** Of any other result than success or rejection, the effect is unknown. */
function outcomeOf(status: number): Answer['outcome'] {
  if (status === 200) return 'success';
  return status === 400 || status === 401 ? 'refused' : 'unknown';
}
