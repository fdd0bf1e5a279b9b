/** The name that a person gives to a key, to recognise it. */

/** Characters. */
export const MAX_PASSKEY_NAME = 60;

/** @returns what can be shown of it; a word for a name of which nothing can */
export function passkeyName(typed: string | undefined): string {
  const name = (typed ?? '')
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  return Array.from(name).slice(0, MAX_PASSKEY_NAME).join('').trim() || 'Passkey';
}
