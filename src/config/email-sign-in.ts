/** How people sign in by mail: not at all, with a link, or with a code. */
export const EMAIL_SIGN_IN_MODES = ['off', 'link', 'code'] as const;
export type EmailSignInMode = (typeof EMAIL_SIGN_IN_MODES)[number];

/** Whether people can: it needs mails. */
export function offersEmailSignIn({
  emailSignIn,
  mail: { server },
}: {
  emailSignIn: EmailSignInMode;
  mail: { server?: string | undefined };
}): boolean {
  return emailSignIn !== 'off' && server !== undefined;
}

/** In development, mails are files. */
export function emailSignInProblems(
  values: Parameters<typeof offersEmailSignIn>[0],
  isProduction: boolean,
): string[] {
  const { emailSignIn } = values;
  return emailSignIn !== 'off' && isProduction && !offersEmailSignIn(values)
    ? [`emailSignIn: ${emailSignIn} needs mail.server`]
    : [];
}
