import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { deletionOf } from '../../accounts/deletion.ts';
import { isAccountClient } from '../../clients/account-client.ts';
import type { FeatureContext } from '../feature.ts';

/**
 * An account whose person has asked for its removal serves no application: the person is asked to keep it first. A request without pages
 * gets `interaction_required` (OpenID Connect Core §3.1.2.6). The pages of the account are open all the time.
 */

const { Check, Prompt } = interactionPolicy;

/** After the sign-in, and before `consent`. */
export function keepAccountPrompt({
  findAccount,
}: Pick<FeatureContext, 'findAccount'>): interactionPolicy.Prompt {
  const isLeaving = async ({ oidc }: KoaContextWithOIDC): Promise<boolean> => {
    const { client, session, account } = oidc;
    if (client === undefined || session?.accountId === undefined || account === undefined) return false;
    if (isAccountClient(client.clientId)) return false;
    const current = await findAccount(session.accountId);
    return current !== undefined && deletionOf(current) !== undefined;
  };
  return new Prompt(
    { name: 'keep_account', requestable: false },
    new Check('account_leaving', 'the account is about to be deleted', 'interaction_required', isLeaving),
  );
}
