import { hash, randomInt } from 'node:crypto';

/** Codes that are sent by mail and typed into the browser that has asked for them: eight digits, of which a digest is stored. */

const DIGITS = 8;

export function createMailCode(): string {
  return String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
}

/** In two groups, for mails and pages: `1234 5678`. */
export function groupedMailCode(code: string): string {
  return `${code.slice(0, DIGITS / 2)} ${code.slice(DIGITS / 2)}`;
}

/**
 * @param holder the session or interaction that the code is for: it is none in another one
 * @param code as it was made, or as typed: with or without spaces
 */
export function mailCodeDigest(
  purpose: 'confirmation' | 'email sign-in',
  holder: string,
  code: string,
): string {
  return hash('sha256', JSON.stringify([purpose, holder, code.replaceAll(/\D/g, '')]), 'base64url');
}
