import type { Message } from '../messages/messages.ts';

/** Why a new passkey is not kept, for the person, by the reason of its refusal. */
export const PASSKEY_REFUSALS = {
  invalid: { key: 'passkeys.add.errors.invalid' },
  expired: { key: 'passkeys.add.errors.expired' },
  taken: { key: 'passkeys.add.errors.taken' },
  full: { key: 'passkeys.add.errors.full' },
  gone: { key: 'passkeys.add.errors.expired' },
} as const satisfies Record<string, Message>;
