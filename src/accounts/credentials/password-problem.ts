import { createMessages, FALLBACK_LANGUAGE, type MessageValues } from '../../messages/messages.ts';

/** Why a new password is unacceptable, as a text of the catalogue `password`: pages show it in the language of the person. */
export interface PasswordProblem {
  key: `password.${string}`;
  values?: MessageValues | undefined;
}

/** For commands and logs: in English, in lower case, without a full stop, as their other errors. */
export function describePasswordProblem({ key, values }: PasswordProblem): string {
  const sentence = createMessages().texts(FALLBACK_LANGUAGE).t(key, values);
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}
