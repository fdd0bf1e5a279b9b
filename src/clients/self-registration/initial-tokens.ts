import type { ActorAudit } from '../../audit/audit.ts';
import { type Clock, NEVER, nowInSeconds } from '../../clock.ts';
import type { ArtifactStore, Payload, RegistrationTerms } from '../../store/store.ts';
import { ClientError } from '../errors.ts';
import { newToken, tokenDigest } from './random-token.ts';

/**
 * Initial access tokens (RFC 7591 §3): the operator gives one to a person or program that may register clients.
 *
 * All are in one record, so that they can be listed, and so that a use is one atomic change of it. There are few: an operator makes each.
 */

export interface InitialToken {
  /** Names it in lists, the audit trail and the clients that used it. */
  readonly name: string;
  readonly terms: RegistrationTerms;
  /** How many clients it can still register; undefined for any number. */
  readonly usesLeft?: number | undefined;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
}

interface StoredToken extends InitialToken {
  readonly digest: string;
}

export interface InitialTokens {
  /**
   * @returns the token, which cannot be read again
   * @throws ClientError when the name is taken, or there are too many
   */
  add(token: Omit<InitialToken, 'createdAt'>): Promise<string>;
  /** Also those that have expired or are used up, which the next change removes. */
  list(): Promise<InitialToken[]>;
  /** @throws ClientError when there is none of this name */
  remove(name: string): Promise<void>;
  /** @returns undefined for a token that is unknown, has expired or is used up */
  find(token: string): Promise<InitialToken | undefined>;
  /** Takes one use. @returns false when another registration took the last one, or the token has ended meanwhile */
  spend(token: string): Promise<boolean>;
}

const KIND = 'InitialAccessToken';
/** The id of the record. What it seals is no secret: names, terms and digests of random tokens. */
const ID = 'initial access tokens';
const MAX_TOKENS = 1000;

export interface InitialTokenOptions {
  artifacts: Pick<ArtifactStore, 'find' | 'update'>;
  /** Of the operator, who adds and removes tokens. */
  audit?: ActorAudit | undefined;
  clock: Clock;
}

export function createInitialTokens(options: InitialTokenOptions): InitialTokens {
  return new StoredTokens(options);
}

class StoredTokens implements InitialTokens {
  readonly #artifacts: InitialTokenOptions['artifacts'];
  readonly #audit: ActorAudit | undefined;
  readonly #clock: Clock;

  constructor({ artifacts, audit, clock }: InitialTokenOptions) {
    this.#artifacts = artifacts;
    this.#audit = audit;
    this.#clock = clock;
  }

  async add(token: Omit<InitialToken, 'createdAt'>): Promise<string> {
    const { name } = token;
    const text = newToken();
    const stored = { ...token, createdAt: nowInSeconds(this.#clock), digest: tokenDigest(text) };
    await this.#change((tokens) => {
      const alive = tokens.filter((other) => this.#isAlive(other));
      if (alive.some((other) => other.name === name)) throw new ClientError([`name: ${name} is taken`]);
      if (alive.length >= MAX_TOKENS) throw new ClientError([`there are ${MAX_TOKENS} tokens; remove one`]);
      return [...alive, stored];
    });
    this.#audit?.record({ type: 'registration_token.added', detail: { name, ...token.terms } });
    return text;
  }

  async list(): Promise<InitialToken[]> {
    return (await this.#read()).map(withoutDigest);
  }

  async remove(name: string): Promise<void> {
    await this.#change((tokens) => {
      const others = tokens.filter((token) => token.name !== name);
      if (others.length === tokens.length) throw new ClientError([`there is no token ${name}`]);
      return others;
    });
    this.#audit?.record({ type: 'registration_token.removed', detail: { name } });
  }

  async find(token: string): Promise<InitialToken | undefined> {
    const digest = tokenDigest(token);
    const found = (await this.#read()).find((stored) => stored.digest === digest && this.#isAlive(stored));
    return found && withoutDigest(found);
  }

  async spend(token: string): Promise<boolean> {
    const digest = tokenDigest(token);
    try {
      await this.#change((tokens) => {
        const found = tokens.find((stored) => stored.digest === digest && this.#isAlive(stored));
        if (found === undefined) throw new SpentError();
        return tokens.map((stored) => (stored === found ? lessOneUse(found) : stored));
      });
      return true;
    } catch (error) {
      if (error instanceof SpentError) return false;
      throw error;
    }
  }

  #isAlive({ usesLeft = 1, expiresAt = Infinity }: StoredToken): boolean {
    return usesLeft > 0 && expiresAt > nowInSeconds(this.#clock);
  }

  async #read(): Promise<StoredToken[]> {
    return tokensOf(await this.#artifacts.find(KIND, ID));
  }

  #change(next: (tokens: StoredToken[]) => StoredToken[]): Promise<void> {
    return this.#artifacts.update(KIND, ID, (current) => ({
      payload: { tokens: next(tokensOf(current)) },
      expiresAt: NEVER,
    }));
  }
}

/** Leaves the change without a write. */
class SpentError extends Error {
  override readonly name = 'SpentError';
}

function withoutDigest({ digest: _digest, ...token }: StoredToken): InitialToken {
  return token;
}

function lessOneUse(token: StoredToken): StoredToken {
  return token.usesLeft === undefined ? token : { ...token, usesLeft: token.usesLeft - 1 };
}

function tokensOf(payload: Payload | undefined): StoredToken[] {
  return (payload?.tokens as StoredToken[] | undefined) ?? [];
}
