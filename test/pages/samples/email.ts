import { accountFrameSample as frame } from '../../browser/account-frame.ts';
import type { Sample } from '../../browser/page-samples.ts';

const email = { email: 'alice@example.com', isEmailVerified: true, typed: '' };

export const samples: Readonly<Record<string, Sample>> = {
  'account-email': ['account-email', { ...frame('/account/email'), ...email }],
  'account-email-requested': [
    'account-email',
    { ...frame('/account/email'), ...email, requested: { email: 'alice@new.example', until: 1_795_000_000 } },
  ],
  'account-email-wrong': [
    'account-email',
    { ...frame('/account/email'), ...email, typed: 'alice', problem: { key: 'email.wrong' } },
  ],
};
