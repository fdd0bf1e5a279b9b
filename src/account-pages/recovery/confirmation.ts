import { verifiedAddress } from '../../accounts/sign-in-name.ts';
import { CONFIRM_PATH } from '../../http/paths.ts';
import type { Services } from '../../http/services.ts';
import type { Confirmation } from '../require-person.ts';

/** What `requirePerson({ fresh: 'proof' })` asks of an account without a second factor: a code to its address (`confirm.ts`). */
export function mailConfirmation({
  mail,
  confirmations,
}: Pick<Services, 'mail' | 'confirmations'>): Confirmation {
  return {
    isPossible: (account) => mail.isEnabled && verifiedAddress(account) !== undefined,
    isGiven: (person) => confirmations.isConfirmed(person),
    path: (to) => `${CONFIRM_PATH}?to=${encodeURIComponent(to)}`,
  };
}
