/**
 * An email address as it is compared: without case, composed. RFC 5321 §2.4 lets a mail server tell local parts apart by case; hardly one does.
 * @param email the claim, which may be of any type
 * @returns undefined where there is no address
 */
export function emailKey(email: unknown): string | undefined {
  if (typeof email !== 'string') return undefined;
  // Lower-casing can leave a string that is not composed.
  const key = email.normalize('NFC').toLowerCase().normalize('NFC');
  return key === '' ? undefined : key;
}
