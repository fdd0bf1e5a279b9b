import { accountFrameSample } from '../../browser/account-frame.ts';
import type { Sample } from '../../browser/page-samples.ts';

const AT = 1_795_000_000;

const frame = accountFrameSample('/account/passkeys');
const accepted = { rpId: 'localhost', userId: 'YWxpY2U', allAcceptedCredentialIds: ['AAAA'] };
const list = { ...frame, canAdd: true, offersKeys: true, accepted };
const passkey = { handle: '0011223344556677', name: 'Chrome on Windows' };
const changed = { ...passkey, kind: 'passkey' } as const;

const options = {
  rp: { id: 'localhost', name: 'Signet' },
  user: { id: 'YWxpY2U', name: 'alice', displayName: 'Alice Liddell' },
  challenge: 'AAAA',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
} as const;
const add = {
  ...frame,
  options: { ...options, pubKeyCredParams: [...options.pubKeyCredParams] },
  maxName: 60,
  isFirst: true,
  isUnused: false,
};

export const samples: Readonly<Record<string, Sample>> = {
  'account-passkeys': [
    'account-passkeys',
    {
      ...list,
      done: { key: 'passkeys.done.added' },
      passkeys: [
        { ...passkey, isPasskey: true, isElsewhere: false, createdAt: AT - 86_400, lastUsedAt: AT },
        {
          handle: '1011223344556677',
          name: 'The blue key with <b>markup</b>',
          isPasskey: false,
          isElsewhere: true,
          createdAt: AT - 900_000,
        },
      ],
    },
  ],
  'account-passkeys-none': ['account-passkeys', { ...list, passkeys: [], offersKeys: false }],
  'account-passkeys-full': [
    'account-passkeys',
    {
      ...list,
      canAdd: false,
      passkeys: [{ ...passkey, isPasskey: true, isElsewhere: false, createdAt: AT }],
    },
  ],
  'account-passkey-add': [
    'account-passkey-add',
    { ...add, kind: 'passkey', browser: { name: 'Firefox', system: 'Windows' } },
  ],
  'account-passkey-add-key': [
    'account-passkey-add',
    { ...add, kind: 'security_key', isUnused: true, error: { key: 'passkeys.add.errors.expired' } },
  ],
  'account-passkey-rename': ['account-passkey-rename', { ...frame, passkey: changed, maxName: 60 }],
  'account-passkey-remove': ['account-passkey-remove', { ...frame, passkey: changed }],
  'account-passkey-remove-key': [
    'account-passkey-remove',
    { ...frame, passkey: { ...passkey, kind: 'security_key' } },
  ],
  'account-passkey-remove-last': ['account-passkey-remove', { ...frame, passkey: changed, refused: 'last' }],
};
