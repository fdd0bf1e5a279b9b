import type { Middleware } from 'koa';
import type { Configuration, Provider } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuditEventType } from '../audit/events.ts';
import type { GrantType } from '../clients/grant-types.ts';
import type { FindClient } from '../clients/known-client.ts';
import type { ClientMetadata } from '../clients/fields/shape.ts';
import type { ClientLogos } from '../clients/logos/logos.ts';
import type { Config } from '../config/config.ts';
import type { Route } from '../http/route.ts';
import type { JobKind } from '../jobs/kind.ts';
import type { ClientSecretThrottle } from '../limits/client-secret-throttle.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { RenderPage } from '../pages/render.ts';
import type { SigningAlgorithm } from '../signing/algorithms.ts';
import type { DecryptionKeys } from '../signing/decryption/decryption-keys.ts';
import type { PublishedKeys } from '../signing/ring.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { SigningKey } from '../signing/signing-key.ts';
import type { Store } from '../store/store.ts';
import type { SessionPolicy } from './engine/session-policy.ts';
import type { Subjects } from './engine/subjects.ts';
import type { FinishRequest } from './authorization/finish-request.ts';
import type { ConsentMemory } from './authorization/consent-memory.ts';
import type { AccessTokens } from './tokens/access-token.ts';
import type { Apis } from './tokens/api-access.ts';
import type { ScopePolicy } from './tokens/scope.ts';

/**
 * A protocol feature: one module in the folder of its noun, and one entry in the list in `provider.ts`. Everything else follows from that
 * list: the configuration of the engine, the route table, and the tables in the documents.
 */
export interface Feature {
  /** The specifications that it implements, as in the table of `docs/clients.md`. */
  readonly spec: readonly [string, ...string[]];
  /**
   * Its part of the engine's configuration. Lists of several features are joined; nothing else can be set twice. The lists of algorithms are
   * in `engine/algorithms.ts`.
   */
  configure?(context: FeatureContext): Omit<Configuration, 'enabledJWA'>;
  /** Registers with the engine, or replaces members of it, once it is constructed. */
  extend?(provider: Provider, context: FeatureContext): void;
  /** Its rows of the route table. A row without an answer is answered by the engine's route of the same name. */
  routes?(context: RouteContext): readonly Route[];
  /** Jobs of the outbox that it executes. */
  jobs?(context: RouteContext): readonly JobKind[];
  /** Members of the client metadata that configure it. Each member belongs to a feature. */
  readonly clientMetadata?: readonly (keyof ClientMetadata)[];
  /** Events that it records in the audit trail. */
  readonly auditEvents?: readonly AuditEventType[];
}

/** A feature that is a grant of the token endpoint. */
export interface Grant<Type extends GrantType = GrantType> extends Feature {
  readonly grantType: Type;
  /** How the scope of its token requests is resolved. */
  readonly policy: Extract<ScopePolicy, 'client' | 'granted'>;
}

export type GrantPolicy = (grantType: string) => ScopePolicy;

/** What an engine is made from. Its keys are fixed: for a rotation, another engine is created beside it and takes its place. */
export interface ProviderOptions {
  config: Config;
  store: Store;
  outbound: Outbound;
  consent: ConsentMemory;
  findAccount: (id: string) => Promise<Account | undefined>;
  findClient: FindClient;
  secretThrottle: ClientSecretThrottle;
  /** For each algorithm, the first one signs. */
  keys: readonly SigningKey[];
  /** Absent while `requestObjects.encryption` is off. */
  decryption?: Pick<DecryptionKeys, 'find'> | undefined;
  sealer: Sealer;
  renderPage: RenderPage;
  /** Of the pages. */
  languages: readonly string[];
  clock: Clock;
}

export interface FeatureContext extends ProviderOptions {
  readonly finishRequest: FinishRequest;
  readonly apis: Apis;
  readonly subjects: Subjects;
  readonly isSessionOver: SessionPolicy;
  readonly grantPolicy: GrantPolicy;
}

/** What routes need besides: the engine, which is complete by then, and what is shared by routes of several features. */
export interface RouteContext extends FeatureContext {
  readonly provider: Provider;
  readonly published: PublishedKeys;
  /** The algorithms that a key signs with now, RS256 first. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly audit: Pick<Audit, 'record'>;
  readonly metrics: Pick<Metrics, 'tokenIssued' | 'registration' | 'limited'>;
  readonly accessTokens: AccessTokens;
  /** For a feature that writes clients: their logos are fetched then. */
  readonly logos: Pick<ClientLogos, 'prepare'>;
  /** Requests of one browser session take turns. */
  readonly lock: Middleware;
  /** A request by POST that a browser has to send by GET. */
  readonly redirectPosts: Middleware;
}
