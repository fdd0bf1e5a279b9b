import { presentSeed } from '../../../src/accounts/credentials/totp.ts';
import { accountFrameSample as frame } from '../../browser/account-frame.ts';
import type { Sample } from '../../browser/page-samples.ts';

const AT = 1_795_000_000;

const enrolment = {
  ...presentSeed(Buffer.alloc(20, 'seed'), { issuer: 'Signet', account: 'alice' }),
  ticket: 'sealed',
};

const codes = Array.from({ length: 10 }, (_, index) => `7K3${index}-9QXA-M2NP-44TV-ZC8W-R0JH`);

export const samples: Readonly<Record<string, Sample>> = {
  authenticator: [
    'authenticator',
    { ...frame('/account/authenticator'), enrolment, isFirst: true, isUnused: false },
  ],
  'authenticator-wrong': [
    'authenticator',
    {
      ...frame('/account/authenticator'),
      enrolment,
      isFirst: false,
      isUnused: false,
      current: { createdAt: AT },
      codeProblem: { key: 'authenticator.wrong' },
    },
  ],
  'authenticator-expired': [
    'authenticator',
    {
      ...frame('/account/authenticator'),
      enrolment,
      isFirst: false,
      isUnused: false,
      problem: { key: 'authenticator.expired' },
    },
  ],
  'authenticator-required': [
    'authenticator',
    {
      ...frame('/account/authenticator'),
      isFirst: false,
      isUnused: false,
      current: { createdAt: AT },
      problem: { key: 'authenticator.required' },
    },
  ],
  'authenticator-enrolled': [
    'authenticator',
    {
      ...frame('/account/authenticator'),
      done: { key: 'authenticator.done.added' },
      isFirst: false,
      isUnused: false,
      current: {
        createdAt: AT,
        lastUsedAt: AT + 86_400,
        clock: { key: 'authenticator.clockBehind', values: { seconds: 240 } },
      },
    },
  ],
  'recovery-codes': [
    'recovery-codes',
    { ...frame('/account/recovery-codes'), left: 3, createdAt: AT, isOffered: true, isUnused: false },
  ],
  'recovery-codes-new': [
    'recovery-codes',
    {
      ...frame('/account/recovery-codes'),
      codes,
      isReplaced: true,
      download: 'data:text/plain,codes',
      isOffered: true,
      isUnused: false,
    },
  ],
  'recovery-codes-none': [
    'recovery-codes',
    { ...frame('/account/recovery-codes'), isOffered: false, isUnused: true },
  ],
};
