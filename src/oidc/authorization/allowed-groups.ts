import { interactionPolicy } from 'oidc-provider';
import { mayUseClient } from '../../clients/group-access.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { FeatureContext } from '../feature.ts';

const { Check, Prompt } = interactionPolicy;

/**
 * A client with `allowed_groups` is for their members. Others get a page that says so, and the client `access_denied` from there, or at once
 * for a request without pages. The grants of an account that has left the groups are not found (`engine/generation.ts`). After the sign-in,
 * and before `consent`.
 */
export function accessPrompt({ findAccount }: Pick<FeatureContext, 'findAccount'>): interactionPolicy.Prompt {
  return new Prompt(
    { name: 'access', requestable: false },
    new Check(
      'not_in_allowed_groups',
      'the account is in none of the groups that may use this client',
      'access_denied',
      async ({ oidc: { client, session, account } }) => {
        const allowed = client && clientSettings(client).allowedGroups;
        // Without a sign-in, the request fails for that reason.
        if (allowed === undefined || session?.accountId === undefined || account === undefined) return false;
        const found = await findAccount(session.accountId);
        return found !== undefined && !mayUseClient(allowed, found);
      },
    ),
  );
}
