import { client, form, type Sample, thirdParty } from '../../browser/page-samples.ts';

const alice = { username: 'alice', name: 'Alice Liddell' };

export const samples: Readonly<Record<string, Sample>> = {
  'select-account': ['select-account', { ...form, client, account: alice, offersOther: true }],
  'select-account-third-party': [
    'select-account',
    {
      ...form,
      client: thirdParty,
      account: { username: 'maximilian.featherstonehaugh@departments.example.com' },
      offersOther: true,
    },
  ],
  'select-account-hinted': ['select-account', { ...form, client, account: alice, offersOther: false }],
};
