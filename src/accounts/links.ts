import { randomBytes } from 'node:crypto';
import { type Clock, nowInSeconds } from '../clock.ts';
import { issuerUrl } from '../config/issuer.ts';
import type { AccountRecord, ArtifactStore, Payload } from '../store/store.ts';

/**
 * Links that people get by mail or from an operator. The token of a link is what it proves: 256 random bits, of which the store has a digest
 * alone, with a payload that is sealed with the token. A token is for one purpose, and used once, whatever the number of processes.
 *
 *     created ──find──▶ shown (any number of times: mail scanners open links) ──use──▶ used
 *        └──lifetime over, or the generation of its account has risen──▶ void
 */

export type LinkPurpose =
  | 'password reset'
  | 'sign-up'
  | 'invitation'
  | 'email sign-in'
  | 'email change'
  | 'email change undo'
  | 'recovery'
  | 'enrolment'
  | 'deletion cancel'
  /** Of nothing: so that the answer about an unknown name takes the work of one about a known name, or the reverse. */
  | 'decoy';

/** What a link is for. A link with an account is void when the account's generation has changed (`accountOfLink`). */
export interface LinkContent {
  readonly accountId?: string | undefined;
  /** Of the account, when the link is made. */
  readonly generation?: number | undefined;
  readonly [member: string]: unknown;
}

export interface Links {
  /** @param lifetime seconds. @returns the token, 43 characters of base64url */
  create(purpose: LinkPurpose, content: LinkContent, lifetime: number): Promise<string>;
  /** Without using it. @returns undefined for a token of another purpose, or one that is used or expired */
  find(token: string, purpose: LinkPurpose): Promise<LinkContent | undefined>;
  /** Of all callers in all processes, one gets the content. */
  use(token: string, purpose: LinkPurpose): Promise<LinkContent | undefined>;
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;

export function createLinks({
  artifacts,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'upsert' | 'find' | 'consume'>;
  clock: Clock;
}): Links {
  const find = async (token: string, purpose: LinkPurpose): Promise<LinkContent | undefined> => {
    const payload = TOKEN.test(token) ? await artifacts.find('Link', token) : undefined;
    return payload === undefined || payload.consumed !== undefined ? undefined : contentFor(payload, purpose);
  };
  return {
    async create(purpose, content, lifetime) {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      await artifacts.upsert('Link', token, {
        payload: { purpose, content },
        expiresAt: nowInSeconds(clock) + lifetime,
        accountId: content.accountId,
      });
      return token;
    },
    find,
    async use(token, purpose) {
      const content = await find(token, purpose);
      return content !== undefined && (await artifacts.consume('Link', token)) ? content : undefined;
    },
  };
}

/** The address of a page that takes the token of a link. @param path below the issuer */
export function linkUrl(issuer: string, path: string, token: string): string {
  return `${issuerUrl(issuer, path)}?token=${token}`;
}

/** The account of a link. @returns undefined when it was removed or disabled, or its generation has risen: the link is void */
export async function accountOfLink<Found extends Pick<AccountRecord, 'disabled' | 'generation'>>(
  content: LinkContent | undefined,
  accounts: { find(id: string): Promise<Found | undefined> },
): Promise<Found | undefined> {
  const account = content?.accountId === undefined ? undefined : await accounts.find(content.accountId);
  return account?.disabled === false && account.generation === content?.generation ? account : undefined;
}

function contentFor({ purpose: stored, content }: Payload, purpose: LinkPurpose): LinkContent | undefined {
  return stored === purpose ? (content as LinkContent) : undefined;
}
