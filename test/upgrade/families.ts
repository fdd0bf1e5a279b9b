import { refresh } from './browser.ts';
import { LIFETIMES, otherThan, type Version } from './fleet.ts';
import type { Graves } from './graves.ts';
import type { Ledger } from './ledger.ts';
import { pick } from './pick.ts';
import { verifyAtEach } from './signatures.ts';
import type { FormAnswer, Traffic } from './traffic.ts';

/** The refresh tokens of one authorization. */
interface Family {
  current: string;
  /** With `offline_access`: a sign-out does not end it. */
  isOffline: boolean;
  access: string;
  /** Epoch milliseconds. */
  begun: number;
  used: number;
}

const MAX_FAMILIES = 4;
/** Milliseconds before its end at which a record is dropped rather than judged. */
export const MARGIN = 90_000;

/** What an application does with the refresh tokens that it has of one person. */
export class Families {
  #alive: Family[] = [];
  readonly #traffic: Traffic;
  readonly #ledger: Ledger;
  readonly #graves: Graves;

  constructor(services: { traffic: Traffic; ledger: Ledger; graves: Graves }) {
    this.#traffic = services.traffic;
    this.#ledger = services.ledger;
    this.#graves = services.graves;
  }

  get count(): number {
    return this.#alive.length;
  }

  add({ refresh_token, access_token }: FormAnswer['body'], isOffline: boolean): void {
    if (refresh_token === undefined) return;
    const now = Date.now();
    this.#alive.push({ current: refresh_token, access: access_token, isOffline, begun: now, used: now });
    if (this.#alive.length > MAX_FAMILIES) this.#alive.shift();
  }

  forget(): void {
    this.#alive = [];
  }

  /** The sign-out has ended the others. */
  keepOffline(): void {
    this.#alive = this.#alive.filter(({ isOffline }) => isOffline);
  }

  /** Forgets those that are about to expire. */
  expire(): void {
    const now = Date.now();
    const margin = (seconds: number): number => seconds * 1000 - MARGIN;
    this.#alive = this.#alive.filter(
      ({ begun, used }) =>
        now < begun + margin(LIFETIMES.refreshTokenFamily) && now < used + margin(LIFETIMES.refreshToken),
    );
  }

  async refreshAll(): Promise<void> {
    for (const family of this.#alive) {
      this.#goesOn(family, await refresh(this.#traffic, family.current), 'last refresh');
    }
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

  async refresh(): Promise<void> {
    const family = this.#alive.at(-1) as Family;
    this.#goesOn(family, await refresh(this.#traffic, family.current), 'refresh');
  }

  async repeat(): Promise<void> {
    const family = pick(this.#alive);
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

  async refreshTwice(): Promise<void> {
    const family = pick(this.#alive);
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

  async use(): Promise<void> {
    const family = pick(this.#alive);
    const { body, by, status } = await refresh(this.#traffic, family.current);
    if (!this.#goesOn(family, { body, by, status }, 'refresh')) return;
    const isJwt = family.access.includes('.');
    if (isJwt) await verifyAtEach(this.#traffic, this.#ledger, family.access, by);
    await checkActive(this.#traffic, this.#ledger, family.access, by);
    if (isJwt) return;
    const headers = { Authorization: `Bearer ${family.access}` };
    const info = await this.#traffic.fetch(`${this.#traffic.issuer}/userinfo`, { headers }, otherThan(by));
    this.#ledger.check(
      'accepted',
      info.status === 200,
      () => `access token of ${by} at userinfo of ${info.by}: ${info.status}`,
    );
  }

  /** The session has one grant for the client: with it all families end. */
  async revoke(): Promise<void> {
    const family = pick(this.#alive);
    this.#alive = [];
    const { by } = await this.#traffic.form('/revoke', { token: family.current });
    await this.#graves.bury({ what: 'revoked', by, refreshToken: family.current }, family.access);
  }

  /** RFC 9700 §4.14.2: a used token whose successor was used as well ends the family. */
  async steal(): Promise<void> {
    const family = pick(this.#alive);
    const stolen = family.current;
    for (let count = 0; count < 2; count += 1) {
      if (!this.#goesOn(family, await refresh(this.#traffic, family.current), 'refresh')) return;
    }
    this.#alive = [];
    const { status, by } = await refresh(this.#traffic, stolen);
    this.#ledger.check('once', status === 400, () => `used refresh token at the ${by} version: ${status}`);
    await this.#graves.bury(
      { what: 'family of a replayed token', by, refreshToken: family.current },
      family.access,
    );
  }

  #drop(family: Family): void {
    this.#alive = this.#alive.filter((other) => other !== family);
  }
}

export async function checkActive(
  traffic: Traffic,
  ledger: Ledger,
  access: string,
  by: Version,
): Promise<void> {
  const version = otherThan(by);
  const { body } = await traffic.form('/introspect', { token: access }, { version });
  ledger.check(
    'accepted',
    body.active === true,
    () => `access token of the ${by} version introspected at the ${version} one`,
  );
}
