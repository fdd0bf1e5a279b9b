import type { Sample } from '../../browser/page-samples.ts';

const page = {
  action: '/interaction/x/email',
  csrf: 'token',
  backUrl: '/interaction/x',
  client: { name: 'Sample App' },
  hasLink: false,
  minutes: 10,
};

export const samples: Readonly<Record<string, Sample>> = {
  'email-sign-in': ['email-sign-in', { ...page, sent: false }],
  'email-sign-in-sent': ['email-sign-in', { ...page, sent: true }],
  'email-sign-in-link': ['email-sign-in', { ...page, sent: true, hasLink: true }],
  'email-sign-in-filled-in': ['email-sign-in', { ...page, sent: true, hasLink: true, code: '12345678' }],
  'email-sign-in-wrong': [
    'email-sign-in',
    {
      ...page,
      sent: true,
      error: { key: 'emailSignIn.wrong', traceId: '4bf92f35-77b3-4da6-a3ce-929d0e0e4736' },
    },
  ],
  'email-code': ['email-code', { code: '1234 5678' }],
};
