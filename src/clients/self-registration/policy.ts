import type { Config } from '../../config/config.ts';
import type { RegistrationMode } from '../../config/schema-registration.ts';
import type { RegistrationTerms } from '../../store/store.ts';

/**
 * What a client that registers itself may have. `self-registration/` owns this policy, the validation of what a client sends, initial access
 * tokens and software statements, the operations on clients that registered themselves, and the removal of unused ones. It contains no HTTP:
 * the endpoints are in `oidc/registration/`.
 */
export interface RegistrationPolicy {
  readonly mode: RegistrationMode;
  readonly scopes: readonly string[];
  /** Empty: every public host. */
  readonly redirectHosts: readonly string[];
  readonly loopback: boolean;
  readonly appSchemes: boolean;
  readonly dotlessSchemes: readonly string[];
  readonly pkce: 'required' | 'required_or_nonce';
  /** Whether assertions may name the token endpoint, as those of the conformance suite do. */
  readonly legacyAssertions: boolean;
  /** The implicit and hybrid flows (RFC 9700 §2.1.2). */
  readonly implicit: boolean;
  /** Grants for APIs alone, which need a token with scopes of APIs. */
  readonly machineTokens: boolean;
  /** Of the service, which no client may imitate. */
  readonly brand: string;
  /** Of the service: no client is at its address. */
  readonly issuer: string;
}

type PolicyConfig = Pick<Config, 'registration' | 'brand' | 'profile' | 'issuer'>;

/** The policy for everybody. In the conformance profile, which is for development only, registration is open for all flows. */
export function registrationPolicy({
  registration,
  brand,
  profile,
  issuer,
}: PolicyConfig): RegistrationPolicy {
  const { mode, implicit } = registration;
  const conforms = profile === 'conformance';
  return {
    ...registration,
    mode: conforms && mode === 'off' ? 'open' : mode,
    legacyAssertions: conforms,
    implicit: implicit || conforms,
    machineTokens: false,
    brand: brand.name,
    issuer,
  };
}

/** The policy for the clients of an initial access token. */
export function withTerms(
  policy: RegistrationPolicy,
  terms: RegistrationTerms | undefined,
): RegistrationPolicy {
  if (terms === undefined) return policy;
  const { scopes, hosts = policy.redirectHosts } = terms;
  return { ...policy, scopes, redirectHosts: hosts, machineTokens: true };
}
