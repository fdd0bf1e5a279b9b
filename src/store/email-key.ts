/**
 * The form in which email addresses are compared: lower case, Unicode NFC. RFC 5321 §2.4 allows a mail server to distinguish local parts by
 * case; hardly any does.
 * @param email the claim, of any type
 * @returns undefined when it is not an address
 */
export function emailKey(email: unknown): string | undefined {
  if (typeof email !== 'string') return undefined;
  // Lower-casing can produce a string that is not in NFC.
  const key = email.normalize('NFC').toLowerCase().normalize('NFC');
  return key === '' ? undefined : key;
}
