import { accountFrameSample as frame } from '../../browser/account-frame.ts';
import type { Sample } from '../../browser/page-samples.ts';

const email = { email: 'alice@example.com', isEmailVerified: true, typed: '' };

export const samples: Readonly<Record<string, Sample>> = {
  'account-email': ['account-email', { ...frame('/account/email'), ...email }],
  'account-email-wrong': [
    'account-email',
    { ...frame('/account/email'), ...email, typed: 'alice', problem: { key: 'email.wrong' } },
  ],
};
