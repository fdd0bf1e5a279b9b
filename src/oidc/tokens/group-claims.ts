import type { Client, Provider } from 'oidc-provider';
import { addClaim, type ClaimForm } from '../../clients/claim-form.ts';
import { groupsIn, rolesOf } from '../../clients/group-access.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { EVERY_CLAIM } from '../engine/every-claim.ts';
import type { Feature } from '../feature.ts';
import { override } from '../overrides.ts';

/**
 * Groups and roles (RFC 9068 §2.2.3.1) as a client wants them. Roles belong to one client, so that they need no scope: a client with `roles`
 * gets those of its people in ID tokens, at userinfo and in access tokens for APIs. `claim_names` gives both claims other names and shapes,
 * after the engine has decided which claims the client gets. `allowed_groups`: `authorization/allowed-groups.ts` and `engine/generation.ts`.
 */
export const groupClaims: Feature = {
  spec: ['RFC 9068'],
  clientMetadata: ['allowed_groups', 'roles', 'claim_names'],
  extend: (provider) => renameClaims(provider),
};

interface Claims {
  readonly available: Readonly<Record<string | symbol, unknown>>;
  readonly client: Client;
}

type Result = (this: Claims) => Promise<Record<string, unknown>>;

function renameClaims(provider: Provider): void {
  override<Result>(
    provider,
    'Claims.prototype.result',
    (result) =>
      async function (this: Claims) {
        const claims = await result.call(this);
        const { roles, claimForms } = clientSettings(this.client);
        if (roles === undefined && claimForms === undefined) return claims;
        const { groups, ...shaped } = claims;
        if (groups !== undefined)
          addClaim(shaped, groupsIn({ groups }), claimForms?.groups ?? GROUPS, this.client.clientId);
        const every = this.available[EVERY_CLAIM] as Record<string, unknown> | undefined;
        return { ...shaped, ...(every !== undefined && roleClaims(this.client, every, shaped)) };
      },
  );
}

const GROUPS: ClaimForm = { path: ['groups'] };
const ROLES: ClaimForm = { path: ['roles'] };

/**
 * The roles of a person for a client, as it wants them.
 * @param account all claims of the account
 * @param beside claims that may share a part of the path
 */
export function roleClaims(
  client: Client,
  account: Readonly<Record<string, unknown>>,
  beside: Record<string, unknown> = {},
): Record<string, unknown> {
  const { roles, claimForms } = clientSettings(client);
  if (roles === undefined) return {};
  const claims = { ...beside };
  addClaim(claims, rolesOf(roles, groupsIn(account)), claimForms?.roles ?? ROLES, client.clientId);
  return claims;
}
