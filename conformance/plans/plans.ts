/**
 * The plans of the conformance suite of the OpenID Foundation that Signet passes: the single source of the plan files, of the static clients
 * and of the table in `docs/conformance.md`.
 */

export type ResponseType =
  | 'code'
  | 'id_token'
  | 'id_token token'
  | 'code id_token'
  | 'code token'
  | 'code id_token token';

export type ClientAuthentication =
  | 'none'
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'client_secret_jwt'
  | 'private_key_jwt';

export interface Plan {
  /** On the command line, in file names and as the alias of static clients. */
  readonly name: string;
  /** In the suite. */
  readonly suitePlan: string;
  readonly variant: Readonly<Record<string, string>>;
  /** Whether its clients are declared, register themselves, or are not needed. */
  readonly clients: 'static' | 'dynamic' | 'none';
  /** Those that its clients register. */
  readonly responseTypes: readonly ResponseType[];
  /** Of its static clients. */
  readonly authentication: ClientAuthentication;
}

const IMPLICIT = ['id_token', 'id_token token'] as const;
const HYBRID = ['code id_token', 'code token', 'code id_token token'] as const;
const RESPONSE_TYPES = ['code', ...IMPLICIT, ...HYBRID] as const;

const REGISTRATIONS = ['static', 'dynamic'] as const;

const CORE = {
  basic: ['code'],
  implicit: IMPLICIT,
  hybrid: HYBRID,
} as const satisfies Record<string, readonly ResponseType[]>;

/** The suite's plans for sign-out, each with a discovery module and one or more flows. */
const LOGOUT = {
  'rp-logout': 'oidcc-rp-initiated-logout-certification-test-plan',
  'backchannel-logout': 'oidcc-backchannel-rp-initiated-logout-certification-test-plan',
  'frontchannel-logout': 'oidcc-frontchannel-rp-initiated-logout-certification-test-plan',
  'session-management': 'oidcc-session-management-certification-test-plan',
} as const;

const AUTHENTICATIONS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
] as const;

export const PLANS: readonly Plan[] = [
  {
    name: 'config',
    suitePlan: 'oidcc-config-certification-test-plan',
    variant: {},
    clients: 'none',
    responseTypes: [],
    authentication: 'client_secret_basic',
  },
  ...(['', 'formpost-'] as const).flatMap((prefix) =>
    Object.entries(CORE).flatMap(([profile, responseTypes]) =>
      REGISTRATIONS.map(
        (clients): Plan => ({
          name: `${prefix}${profile}-${clients}`,
          suitePlan: `oidcc-${prefix}${profile}-certification-test-plan`,
          variant: { server_metadata: 'discovery', client_registration: `${clients}_client` },
          clients,
          responseTypes,
          authentication: 'client_secret_basic',
        }),
      ),
    ),
  ),
  ...RESPONSE_TYPES.map((responseType) =>
    dynamic(`dynamic-${short(responseType)}`, 'oidcc-dynamic-certification-test-plan', {
      response_type: responseType,
    }),
  ),
  dynamic('third-party-login', 'oidcc-3rdparty-init-login-certification-test-plan', {
    response_type: 'code',
  }),
  ...Object.entries(LOGOUT).flatMap(([name, suitePlan]) =>
    REGISTRATIONS.map(
      (clients): Plan => ({
        name: `${name}-${clients}`,
        suitePlan,
        variant: { response_type: 'code', client_registration: `${clients}_client` },
        clients,
        responseTypes: ['code'],
        authentication: 'client_secret_basic',
      }),
    ),
  ),
  ...AUTHENTICATIONS.map(
    (authentication): Plan => ({
      name: `test-plan-${short(authentication)}`,
      suitePlan: 'oidcc-test-plan',
      variant: {
        client_auth_type: authentication,
        response_type: 'code',
        response_mode: 'default',
        client_registration: 'static_client',
      },
      clients: 'static',
      responseTypes: ['code'],
      authentication,
    }),
  ),
];

function dynamic(name: string, suitePlan: string, variant: Record<string, string>): Plan {
  return {
    name,
    suitePlan,
    variant,
    clients: 'dynamic',
    responseTypes: [],
    authentication: 'private_key_jwt',
  };
}

function short(value: string): string {
  return value.replaceAll(/[ _]/g, '-');
}

/**
 * The plans by their names; all of them for an empty list. A name may end with `*`.
 * @throws TypeError naming an unknown plan
 */
export function choosePlans(names: readonly string[]): readonly Plan[] {
  if (names.length === 0) return PLANS;
  return [...new Set(names.flatMap(plansNamed))];
}

function plansNamed(name: string): readonly Plan[] {
  const found = PLANS.filter((plan) =>
    name.endsWith('*') ? plan.name.startsWith(name.slice(0, -1)) : plan.name === name,
  );
  if (found.length === 0) {
    throw new TypeError(`there is no plan "${name}"; there are ${PLANS.map((plan) => plan.name).join(', ')}`);
  }
  return found;
}
