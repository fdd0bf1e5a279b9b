import { MFA_MODES } from './authentication-context.ts';
import { REGISTRATION_MODES } from './schema-registration.ts';
import { SIGN_UP_MODES } from './schema-sign-up.ts';

/** Sections of which the mode alone may be given: `signUp: open` is short for `signUp: { mode: open }`. */
export const SECTIONS_WITH_MODE = {
  registration: REGISTRATION_MODES,
  signUp: SIGN_UP_MODES,
  mfa: MFA_MODES,
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The sections in full. */
export function expandModes(input: Record<string, unknown>): Record<string, unknown> {
  const short = Object.keys(SECTIONS_WITH_MODE).filter((key) => typeof input[key] === 'string');
  return { ...input, ...Object.fromEntries(short.map((key) => [key, { mode: input[key] }])) };
}
