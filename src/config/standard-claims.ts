/** Claims about people with a meaning of their own (OpenID Connect Core §5.1), and `groups`. */
export const STANDARD_CLAIMS: ReadonlySet<string> = new Set(
  [
    'name given_name family_name middle_name nickname preferred_username profile picture website',
    'email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at groups roles',
  ].flatMap((line) => line.split(' ')),
);
