import type { Sample } from '../../browser/page-samples.ts';

const PAGE = {
  action: '/interaction/x/access',
  csrf: 'token',
  client: { name: 'The Shop', uri: 'https://shop.example.com/' },
  account: { username: 'alice', name: 'Alice Liddell' },
};

export const samples: Readonly<Record<string, Sample>> = {
  access: [
    'access',
    {
      ...PAGE,
      contacts: ['shop@example.com', 'a-person-with-a-very-long-name@department.example.com'],
      otherAccountUrl: '/authorize?client_id=shop&prompt=login',
    },
  ],
  'access-without-contacts': ['access', { ...PAGE, contacts: [] }],
};
