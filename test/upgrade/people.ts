import { API, authorizationRequest, type AuthorizationRequest } from '../support/flow.ts';
import { Browser, checkEnded, type Person, redeem, refresh, type Walk } from './browser.ts';
import { LIFETIMES, otherThan, type Version } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import { verifyAtEach } from './signatures.ts';
import type { FormAnswer, Traffic } from './traffic.ts';

/** People with a session who use the applications: each browser does one thing after the other. */

/** The refresh tokens of one grant. */
interface Family {
  current: string;
  /** With `offline_access`: a sign-out does not end it. */
  isOffline: boolean;
  access: string;
  /** Epoch milliseconds. */
  begun: number;
  used: number;
}

/** What ended, and must stay so until the end of the run; the last ones are kept. */
interface Grave {
  what: string;
  by: Version;
  session?: Browser;
  refreshToken?: string;
}
const MAX_GRAVES = 200;
const MAX_FAMILIES = 4;
/** Milliseconds before its end at which a record is dropped rather than judged. */
const MARGIN = 90_000;

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;

export class Visitor {
  readonly person: Person;
  #browser: Browser;
  #idToken = '';
  /** Epoch milliseconds of the last use of the session; undefined: there is none. */
  #sessionUsed: number | undefined;
  #families: Family[] = [];
  #consented = new Set<string>();
  readonly #graves: Grave[];
  readonly #traffic: Traffic;
  readonly #ledger: Ledger;

  constructor(person: Person, services: { traffic: Traffic; ledger: Ledger; graves: Grave[] }) {
    this.person = person;
    this.#traffic = services.traffic;
    this.#ledger = services.ledger;
    this.#graves = services.graves;
    this.#browser = new Browser(this.#traffic);
  }

  /** Does one thing. */
  async step(): Promise<void> {
    this.#dropWhatExpires();
    if (this.#sessionUsed === undefined) return await this.#ledger.time('sign-in', () => this.#flow(true));
    const [name, action] = pick(this.#deck);
    await this.#ledger.time(name, action);
  }

  /** Checks that nothing was lost since the last step. */
  async finish(): Promise<void> {
    this.#dropWhatExpires();
    if (this.#sessionUsed !== undefined) await this.#silent();
    while (this.#families.length > 0) {
      await this.#refresh();
      this.#families.pop();
    }
  }

  /** Weights by repetition. */
  get #deck(): readonly [string, () => Promise<void>][] {
    const flow: [string, () => Promise<void>] = ['code flow', () => this.#flow(false)];
    const silent: [string, () => Promise<void>] = ['silent sign-in', () => this.#silent()];
    if (this.#families.length === 0) return [flow, silent];
    return [
      flow,
      flow,
      silent,
      silent,
      ['refresh', () => this.#refresh()],
      ['refresh', () => this.#refresh()],
      ['refresh repeated at the other version', () => this.#repeat()],
      ['refresh at both at once', () => this.#refreshTwice()],
      ['use of an access token', () => this.#use()],
      ['use of an access token', () => this.#use()],
      ['revocation', () => this.#revoke()],
      ['replay of a used refresh token', () => this.#steal()],
      ['replay of a code', () => this.#replayCode()],
      ['two tabs', () => this.#tabs()],
      ['sign-out', () => this.#signOut()],
    ];
  }

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
    await this.#checkActive(body.access_token, by);
    if (body.refresh_token === undefined) return;
    const now = Date.now();
    this.#families.push({
      current: body.refresh_token,
      isOffline: kind === 'offline',
      access: body.access_token,
      begun: now,
      used: now,
    });
    if (this.#families.length > MAX_FAMILIES) this.#families.shift();
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

  async #checkActive(access: string, by: Version): Promise<void> {
    const version = otherThan(by);
    const { body } = await this.#traffic.form('/introspect', { token: access }, { version });
    this.#ledger.check(
      'accepted',
      body.active === true,
      () => `access token of the ${by} version introspected at the ${version} one`,
    );
  }

  /** @returns whether the family goes on */
  #goesOn(family: Family, { status, body, by }: FormAnswer, how: string): boolean {
    const { refresh_token: next } = body;
    const went = this.#ledger.check(
      'families',
      status === 200 && next !== undefined,
      () => `${how} at the ${by} version: ${status} ${body.error_description ?? body.error}`,
    );
    if (went) Object.assign(family, { current: next, access: body.access_token, used: Date.now() });
    else this.#drop(family);
    return went;
  }

  async #refresh(): Promise<void> {
    const family = this.#families.at(-1) as Family;
    this.#goesOn(family, await refresh(this.#traffic, family.current), 'refresh');
  }

  async #repeat(): Promise<void> {
    const family = pick(this.#families);
    const used = family.current;
    const first = await refresh(this.#traffic, used);
    if (!this.#goesOn(family, first, 'refresh')) return;
    const again = await refresh(this.#traffic, used, otherThan(first.by));
    this.#ledger.check(
      'replay',
      again.status === 200 && again.body.refresh_token === first.body.refresh_token,
      () => `first at ${first.by}, then at ${again.by}: ${again.status} ${again.body.error_description}`,
    );
  }

  async #refreshTwice(): Promise<void> {
    const family = pick(this.#families);
    const answers = await Promise.all(
      (['old', 'new'] as const).map((version) => refresh(this.#traffic, family.current, version)),
    );
    const [first, second] = answers as [FormAnswer, FormAnswer];
    this.#ledger.check(
      'replay',
      second.status === 200 && second.body.refresh_token === first.body.refresh_token,
      () =>
        `at once: ${answers.map(({ by, status, body }) => `${by} ${status} ${body.error_description ?? ''}`).join(', ')}`,
    );
    this.#goesOn(family, first, 'concurrent refresh');
  }

  async #use(): Promise<void> {
    const family = pick(this.#families);
    const { body, by, status } = await refresh(this.#traffic, family.current);
    if (!this.#goesOn(family, { body, by, status }, 'refresh')) return;
    await this.#checkActive(family.access, by);
    if (family.access.includes('.'))
      return await verifyAtEach(this.#traffic, this.#ledger, family.access, by);
    const headers = { Authorization: `Bearer ${family.access}` };
    const info = await this.#traffic.fetch(`${this.#traffic.issuer}/userinfo`, { headers }, otherThan(by));
    this.#ledger.check(
      'accepted',
      info.status === 200,
      () => `access token of ${by} at userinfo of ${info.by}: ${info.status}`,
    );
  }

  /** The session has one grant for the client: with it all families end. */
  async #revoke(): Promise<void> {
    const family = pick(this.#families);
    this.#families = [];
    const { by } = await this.#traffic.form('/revoke', { token: family.current });
    await this.#bury({ what: 'revoked', by, refreshToken: family.current }, family.access);
  }

  /** RFC 9700 §4.14.2: a used token whose successor was used as well ends the family. */
  async #steal(): Promise<void> {
    const family = pick(this.#families);
    const stolen = family.current;
    for (let count = 0; count < 2; count += 1) {
      if (!this.#goesOn(family, await refresh(this.#traffic, family.current), 'refresh')) return;
    }
    this.#families = [];
    const { status, by } = await refresh(this.#traffic, stolen);
    this.#ledger.check('once', status === 400, () => `used refresh token at the ${by} version: ${status}`);
    await this.#bury({ what: 'family of a replayed token', by, refreshToken: family.current }, family.access);
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
    await this.#bury({ what: 'code replayed', by: again.by, refreshToken: refresh_token }, access_token);
    this.#families = [];
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
    this.#families = this.#families.filter(({ isOffline }) => isOffline);
    await this.#bury({ what: 'signed out', by, session: before });
    this.#browser = new Browser(this.#traffic);
  }

  async #bury(grave: Grave, accessToken?: string): Promise<void> {
    await checkEnded(this.#traffic, this.#ledger, {
      ...grave,
      ...(accessToken !== undefined && { accessToken }),
    });
    this.#graves.push(grave);
    if (this.#graves.length > MAX_GRAVES) this.#graves.shift();
  }

  #drop(family: Family): void {
    this.#families = this.#families.filter((other) => other !== family);
  }

  #dropWhatExpires(): void {
    const now = Date.now();
    this.#families = this.#families.filter(
      ({ begun, used }) =>
        now < begun + LIFETIMES.refreshTokenFamily * 1000 - MARGIN &&
        now < used + LIFETIMES.refreshToken * 1000 - MARGIN,
    );
    if (this.#sessionUsed === undefined || now < this.#sessionUsed + LIFETIMES.session * 1000 - MARGIN)
      return;
    this.#sessionUsed = undefined;
    this.#browser = new Browser(this.#traffic);
  }
}

/** Checks at the end that nothing came back. */
export async function visitGraves(traffic: Traffic, ledger: Ledger, graves: readonly Grave[]): Promise<void> {
  for (const grave of graves) await checkEnded(traffic, ledger, grave, 'buried');
}
