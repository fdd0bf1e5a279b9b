import { API, authorizationRequest, type AuthorizationRequest } from '../support/flow.ts';
import { Browser, type Person, redeem, type Walk } from './browser.ts';
import { checkActive, Families, MARGIN } from './families.ts';
import { LIFETIMES, otherThan } from './fleet.ts';
import type { Graves } from './graves.ts';
import type { Ledger } from './ledger.ts';
import { pick } from './pick.ts';
import { verifyAtEach } from './signatures.ts';
import type { Traffic } from './traffic.ts';

/** People with a session who use the applications: each browser does one thing after the other. */

type Action = () => Promise<void>;

/** What a visitor with refresh tokens does. Weights by repetition. */
export const ACTIONS = [
  'code flow',
  'code flow',
  'silent sign-in',
  'silent sign-in',
  'refresh',
  'refresh',
  'refresh repeated at the other version',
  'refresh at both at once',
  'use of an access token',
  'use of an access token',
  'revocation',
  'replay of a used refresh token',
  'replay of a code',
  'two tabs',
  'sign-out',
] as const;
type ActionName = (typeof ACTIONS)[number];

interface Services {
  traffic: Traffic;
  ledger: Ledger;
  graves: Graves;
  /** Draws the next one of all visitors together. */
  draw: () => ActionName;
}

export class Visitor {
  readonly person: Person;
  #browser: Browser;
  #idToken = '';
  /** Epoch milliseconds of the last use of the session; undefined: there is none. */
  #sessionUsed: number | undefined;
  readonly #families: Families;
  #consented = new Set<string>();
  readonly #graves: Graves;
  readonly #traffic: Traffic;
  readonly #ledger: Ledger;
  readonly #draw: () => ActionName;

  constructor(person: Person, services: Services) {
    this.person = person;
    this.#traffic = services.traffic;
    this.#ledger = services.ledger;
    this.#graves = services.graves;
    this.#draw = services.draw;
    this.#families = new Families(services);
    this.#browser = new Browser(this.#traffic);
  }

  /** Does one thing. After an overload it begins anew, because nobody knows what was written. */
  async step(): Promise<void> {
    this.#dropWhatExpires();
    const name = this.#nextAction();
    try {
      await this.#ledger.time(name, this.#actions[name]);
    } catch (error) {
      this.#reset();
      throw error;
    }
  }

  /** Checks that nothing was lost since the last step. */
  async finish(): Promise<void> {
    this.#dropWhatExpires();
    if (this.#sessionUsed !== undefined) await this.#silent();
    await this.#families.refreshAll();
  }

  #reset(): void {
    this.#sessionUsed = undefined;
    this.#families.forget();
    this.#browser = new Browser(this.#traffic);
  }

  #nextAction(): ActionName | 'sign-in' {
    if (this.#sessionUsed === undefined) return 'sign-in';
    return this.#families.count === 0 ? pick(['code flow', 'silent sign-in'] as const) : this.#draw();
  }

  readonly #actions: Record<ActionName | 'sign-in', Action> = {
    'sign-in': () => this.#flow(true),
    'code flow': () => this.#flow(false),
    'silent sign-in': () => this.#silent(),
    refresh: () => this.#families.refresh(),
    'refresh repeated at the other version': () => this.#families.repeat(),
    'refresh at both at once': () => this.#families.refreshTwice(),
    'use of an access token': () => this.#families.use(),
    revocation: () => this.#families.revoke(),
    'replay of a used refresh token': () => this.#families.steal(),
    'replay of a code': () => this.#replayCode(),
    'two tabs': () => this.#tabs(),
    'sign-out': () => this.#signOut(),
  };

  /** An authorization request, its code at the other version, and its tokens at both. */
  async #flow(isNew: boolean): Promise<void> {
    const kind = pick(['offline', 'online', 'api'] as const);
    const { request, walk } = await this.#authorize(kind, isNew);
    if (walk.callback === undefined) return;
    const { body, status, by } = await redeem(this.#traffic, request, walk.callback, otherThan(walk.by));
    const isRedeemed = this.#ledger.check(
      'accepted',
      status === 200,
      () => `code of the ${walk.by} version at the ${by} one: ${status} ${body.error_description}`,
    );
    if (!isRedeemed) return;
    if (body.id_token !== undefined) {
      this.#idToken = body.id_token;
      await verifyAtEach(this.#traffic, this.#ledger, body.id_token, by);
    }
    if (kind === 'api') await verifyAtEach(this.#traffic, this.#ledger, body.access_token, by);
    await checkActive(this.#traffic, this.#ledger, body.access_token, by);
    this.#families.add(body, kind === 'offline');
  }

  async #authorize(
    kind: 'offline' | 'online' | 'api',
    isNew: boolean,
  ): Promise<{ request: AuthorizationRequest; walk: Walk }> {
    const parameters = {
      offline: { scope: 'openid profile offline_access', prompt: 'consent' },
      online: { scope: 'openid profile email' },
      api: { scope: 'openid messages:read', resource: API },
    }[kind];
    const request = authorizationRequest(this.#traffic.issuer, parameters);
    const url = Math.random() < 0.25 ? await this.#push(request) : request.url;
    const walk = await this.#browser.walk(url, this.person);
    const how = (): string =>
      `${kind}, last answer of the ${walk.by} version: ${walk.status} ${walk.asked.join(', ')}`;
    this.#ledger.check(
      'accepted',
      walk.callback?.searchParams.has('code') === true,
      () => `no code: ${how()} ${walk.callback?.search ?? ''}`,
    );
    if (!isNew) this.#ledger.check('signedIn', !walk.asked.includes('password'), how);
    const mayAsk = kind === 'offline' || !this.#consented.has(kind);
    this.#ledger.check('consent', mayAsk || !walk.asked.includes('consent'), how);
    if (walk.callback?.searchParams.has('code') !== true)
      return { request, walk: { ...walk, callback: undefined } };
    this.#consented.add(kind);
    this.#sessionUsed = Date.now();
    return { request, walk };
  }

  /** RFC 9126, at one version; the request goes to any. */
  async #push({ url }: AuthorizationRequest): Promise<URL> {
    const { body, status } = await this.#traffic.form('/par', Object.fromEntries(url.searchParams));
    this.#ledger.check(
      'accepted',
      status === 201,
      () => `pushed request: ${status} ${body.error_description}`,
    );
    const pushed = new URL(`${this.#traffic.issuer}/authorize`);
    pushed.searchParams.set('client_id', url.searchParams.get('client_id') ?? '');
    pushed.searchParams.set('request_uri', body.request_uri ?? '');
    return pushed;
  }

  async #silent(): Promise<void> {
    const result = await this.#browser.silent();
    const by = this.#browser.by;
    this.#ledger.check('signedIn', result === 'code', () => `prompt=none at the ${by} version: ${result}`);
    this.#sessionUsed = result === 'code' ? Date.now() : undefined;
  }

  /** RFC 6749 §4.1.2: a second use of a code revokes the tokens of the first. */
  async #replayCode(): Promise<void> {
    const { request, walk } = await this.#authorize('offline', false);
    if (walk.callback === undefined) return;
    const first = await redeem(this.#traffic, request, walk.callback, undefined);
    const again = await redeem(this.#traffic, request, walk.callback, otherThan(first.by));
    this.#ledger.check(
      'once',
      again.status === 400,
      () => `code at ${first.by}, then ${again.by}: ${again.status}`,
    );
    const { access_token, refresh_token } = first.body;
    if (refresh_token === undefined) return;
    await this.#graves.bury(
      { what: 'code replayed', by: again.by, refreshToken: refresh_token },
      access_token,
    );
    this.#families.forget();
  }

  /** At the same instant at both versions. 0.1 keeps the last of two concurrent writes, so this is counted only. */
  async #tabs(): Promise<void> {
    const [one, other] = [this.#browser, this.#browser.copy()];
    const results = await Promise.all([one.silent('old'), other.silent('new')]);
    for (const result of results) this.#ledger.note(`two tabs at once: ${result}`);
    await this.#silent();
  }

  async #signOut(): Promise<void> {
    const before = this.#browser.copy();
    const hint = new URLSearchParams({ id_token_hint: this.#idToken }).toString();
    const { response, url } = await this.#browser.agent.follow(`${this.#traffic.issuer}/logout?${hint}`);
    const { by } = this.#browser;
    this.#ledger.check(
      'accepted',
      url.pathname === '/logout/success',
      () => `sign-out with an ID token at the ${by} version: ${response.status} ${url.pathname}`,
    );
    this.#sessionUsed = undefined;
    this.#families.keepOffline();
    await this.#graves.bury({ what: 'signed out', by, session: before });
    this.#browser = new Browser(this.#traffic);
  }

  #dropWhatExpires(): void {
    const now = Date.now();
    this.#families.expire();
    if (this.#sessionUsed === undefined || now < this.#sessionUsed + LIFETIMES.session * 1000 - MARGIN)
      return;
    this.#sessionUsed = undefined;
    this.#browser = new Browser(this.#traffic);
  }
}
