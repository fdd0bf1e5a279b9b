import { randomUUID } from 'node:crypto';
import type { Audit, EventOrigin } from '../../audit/audit.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { issuerUrl } from '../../config/issuer.ts';
import { draftJob } from '../../jobs/draft.ts';
import type { JobKind, JobOutcome } from '../../jobs/kind.ts';
import { Quota } from '../../limits/quota.ts';
import type { Mail } from '../../mail/mail.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import type { Store } from '../../store/store.ts';
import { type LinkContent, type Links, linkUrl } from '../links.ts';
import { newAddress } from './address.ts';
import { addPerson, type Choice, type NewPerson, type NewPersonOptions, type Offer } from './new-person.ts';

/**
 * People who get an account by themselves (`signUp: open`). The response to a request is the same for every address, after the same work:
 * one job in the outbox. Whether there is such an account is found out when the response is sent.
 *
 *     request ──▶ job ──no account──▶ mail with a link ──POST, once──▶ name, password or passkey ──▶ account
 *                  └──an account───▶ mail that says so, with the way to a new password
 */

export const SIGN_UP_LINK_PATH = '/sign-up/verify';

/** Where a person who has an account gets a new password. */
const NEW_PASSWORD_PATH = '/password/forgotten';

const KIND = 'sign_up';
const HOUR = 3600;

/** The request of an application that waits for the person. */
export interface WaitingRequest {
  /** Of its interaction, in the browser that began the sign-up. */
  readonly uid: string;
  readonly clientId: string;
}

export interface SignUpRequest {
  /** From `newAddress`. */
  address: string;
  /** From `networkOf`. */
  network: string;
  waiting: WaitingRequest;
  /** BCP 47 tag of the page. */
  language: string;
  ip?: string | undefined;
  traceId?: string | undefined;
}

/** What is behind a link. */
export interface SignUpOffer extends Offer {
  readonly waiting: WaitingRequest;
}

export interface SignUps {
  /**
   * The same work for every address.
   * @returns seconds to wait when the network, or all together, have requested too many links
   */
  request(request: SignUpRequest): Promise<{ retryAfter: number | undefined }>;
  /** Without using the link. */
  find(token: string): Promise<SignUpOffer | undefined>;
  /** @throws PasswordQueueFullError */
  finish(token: string, choice: Choice, origin?: EventOrigin): Promise<NewPerson>;
  readonly job: JobKind;
}

export interface SignUpOptions extends NewPersonOptions {
  store: Pick<Store, 'accounts' | 'jobs' | 'quotas'>;
  links: Links;
  mail: Pick<Mail, 'send'>;
  sealer: Pick<Sealer, 'seal'>;
  audit: Pick<Audit, 'record'>;
  config: Pick<Config, 'signUp' | 'accounts' | 'issuer' | 'limits'>;
}

export function createSignUps(options: SignUpOptions): SignUps {
  const { store, links, sealer, clock, config } = options;
  const quotas = limitsOf(config, store, clock);

  async function find(token: string): Promise<SignUpOffer | undefined> {
    const content = await links.find(token, 'sign-up');
    const offer = content && offerOf(content);
    return offer === undefined || (await store.accounts.find(offer.accountId)) ? undefined : offer;
  }

  return {
    async request({ network, ...payload }) {
      for (const [quota, key] of [
        [quotas?.perNetwork, network] as const,
        [quotas?.overall, 'all'] as const,
      ]) {
        const retryAfter = await quota?.spend(key);
        if (retryAfter !== undefined) return { retryAfter };
      }
      await store.jobs.enqueue([draftJob(sealer, { id: randomUUID(), kind: KIND, payload })]);
      return { retryAfter: undefined };
    },
    find,
    async finish(token, choice, origin) {
      const offer = await find(token);
      if (offer === undefined) return { outcome: 'void' };
      return await addPerson(options, offer, choice, origin);
    },
    job: {
      kind: KIND,
      send: async ({ payload }) => await answerRequest(payload as Omit<SignUpRequest, 'network'>, options),
    },
  };
}

/** Bounds the links in the store, and the mails to strangers. */
function limitsOf(
  { signUp, limits }: SignUpOptions['config'],
  { quotas: counts }: SignUpOptions['store'],
  clock: Clock,
) {
  if (!limits.enabled) return undefined;
  const quota = (name: string, limit: number) => new Quota({ name, limit, counts, clock, window: HOUR });
  return {
    perNetwork: quota('sign_ups', signUp.perNetwork),
    overall: quota('sign_ups_overall', signUp.overall),
  };
}

async function answerRequest(
  { address, waiting, language, ip, traceId }: Omit<SignUpRequest, 'network'>,
  { isKnown: isKnownAddress, links, mail, audit, config }: SignUpOptions,
): Promise<JobOutcome> {
  const { issuer, signUp } = config;
  const isKnown = await isKnownAddress(address);
  audit.record({
    type: 'sign_up.requested',
    ip,
    traceId,
    clientId: waiting.clientId,
    detail: { known: isKnown },
  });
  const lifetime = signUp.linkLifetime;
  // The same work for both: requests that follow take the same time.
  const content = { address, newAccountId: randomUUID(), waiting };
  const token = await links.create(isKnown ? 'decoy' : 'sign-up', content, lifetime);
  const url = isKnown ? issuerUrl(issuer, NEW_PASSWORD_PATH) : linkUrl(issuer, SIGN_UP_LINK_PATH, token);
  const values = { seconds: lifetime };
  const name = isKnown ? 'signUpKnown' : 'signUp';
  await mail.send(name, { to: address, limit: 'anyone', language, url, lifetime, values });
  return { outcome: 'done' };
}

function offerOf({ address, newAccountId, waiting }: LinkContent): SignUpOffer | undefined {
  if (typeof address !== 'string' || newAddress(address) === undefined || typeof newAccountId !== 'string')
    return undefined;
  return { address, isVerified: true, accountId: newAccountId, waiting: waiting as WaitingRequest };
}
