import { client, form, type Sample, thirdParty } from '../../browser/page-samples.ts';

const account = { username: 'alice', name: 'Alice Liddell' };
const page = { ...form, client, account, factor: {}, others: [] };
const other = (method: string) => ({ method, url: `/interaction/x/second_factor?method=${method}` });

export const samples: Readonly<Record<string, Sample>> = {
  'second-factor': [
    'second-factor',
    {
      ...page,
      method: 'totp',
      rememberDevice: 30 * 86_400,
      others: [other('security_key'), other('recovery_code')],
    },
  ],
  'second-factor-error': [
    'second-factor',
    {
      ...page,
      client: thirdParty,
      method: 'recovery_code',
      error: { key: 'secondFactor.weak', traceId: '019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40' },
    },
  ],
  'no-second-factor-set-up': [
    'no-second-factor',
    { cancelUrl: form.cancelUrl, client, account, setUpUrl: '/account' },
  ],
  'second-factor-key': [
    'second-factor',
    {
      ...page,
      method: 'security_key',
      factor: { options: { challenge: 'AAAA', rpId: 'localhost' } },
      others: [other('totp')],
    },
  ],
  'no-second-factor': [
    'no-second-factor',
    { cancelUrl: form.cancelUrl, client: thirdParty, account: { username: 'alice' } },
  ],
};
