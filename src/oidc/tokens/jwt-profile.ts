import type { AccessToken, Account, Client, Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Api } from '../../config/schema-apis.ts';
import { isFrontChannelRequest } from '../authorization/front-channel.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { Feature } from '../feature.ts';
import { GRANT_CLAIM, INSTANCE_CLAIM, SESSION_CLAIM } from './access-token.ts';
import { roleClaims } from './group-claims.ts';
import { addUserinfoAudience, userinfoEndpoint } from './userinfo-audience.ts';

/** The JWT profile for access tokens: the type of an API's tokens, and claims that Signet adds to those of the engine. */
export const jwtAccessTokens: Feature = {
  spec: ['RFC 9068', 'RFC 9470'],
  configure: ({ apis, config }) => {
    const endpoint = userinfoEndpoint(config);
    return {
      extraTokenClaims: async (ctx, token) => {
        const { client, account, entities } = ctx.oidc;
        if (token.kind !== 'AccessToken')
          return { [INSTANCE_CLAIM]: client && clientSettings(client).instance };
        if (token.aud === undefined) return undefined;
        return {
          ...authenticationOf(ctx),
          ...(await personalClaims(apis.byAudience.get(audienceOf(token)), account, client)),
          [GRANT_CLAIM]: token.grantId,
          [SESSION_CLAIM]: (endsWithSession(ctx, token) && namesItsSession(entities.Grant)) || undefined,
        };
      },
      formats: {
        customizers: {
          jwt: (ctx, token, jwt) => {
            jwt.header = { ...jwt.header, typ: apis.byAudience.get(audienceOf(token))?.accessTokenType };
            addUserinfoAudience(ctx, token, jwt, { apis, endpoint });
          },
        },
      },
    };
  },
};

type Token = InstanceType<Provider['AccessToken'] | Provider['ClientCredentials']>;

/** The engine decides it for the tokens of the token endpoint, and for opaque ones (`grants/refresh-token.ts`). */
function endsWithSession(ctx: KoaContextWithOIDC, token: AccessToken): boolean {
  if (isFrontChannelRequest(ctx)) return !ctx.oidc.requestParamScopes.has('offline_access');
  return token.expiresWithSession === true;
}

/** A grant of version 0.1 does not name its session, so that its JWTs end with the grant alone, as they did there. */
function namesItsSession(grant: (Grant & { sessionUid?: string }) | undefined): boolean {
  return grant?.sessionUid !== undefined;
}

/**
 * How and when the person has signed in (RFC 9068 §2.2.1), so that an API can ask for more (RFC 9470 §6). A refresh does not change it.
 */
function authenticationOf(ctx: KoaContextWithOIDC): {
  acr: string | undefined;
  auth_time: number | undefined;
} {
  const { session, entities } = ctx.oidc;
  if (isFrontChannelRequest(ctx)) return { acr: session?.acr, auth_time: session?.loginTs };
  const { acr, authTime } = entities.RefreshToken ?? entities.AuthorizationCode ?? {};
  return { acr, auth_time: authTime };
}

function audienceOf({ aud }: Token): string {
  return String(aud);
}

/**
 * Claims of the account that the operator has chosen for an API. They do not depend on the scopes of the client, which may be `openid` and
 * those of the API alone; the consent page lists them. A claim that the account does not have is left out. Beside them, the roles of the person
 * for the client.
 */
async function personalClaims(
  api: Api | undefined,
  account: Account | undefined,
  client: Client | undefined,
): Promise<Record<string, unknown>> {
  const names = api?.accessTokenClaims ?? [];
  const hasRoles = client !== undefined && clientSettings(client).roles !== undefined;
  if ((names.length === 0 && !hasRoles) || account === undefined) return {};
  const claims: Record<string, unknown> = await account.claims('access_token', '', {}, []);
  const chosen = Object.fromEntries(
    names.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]),
  );
  return hasRoles ? roleClaims(client, claims, chosen) : chosen;
}
