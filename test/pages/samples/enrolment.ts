import type { Sample } from '../../browser/page-samples.ts';

export const samples: Readonly<Record<string, Sample>> = {
  enrolment: [
    'enrolment',
    { csrf: 'token', token: 'x', person: { username: 'alice', name: 'Alice Liddell' } },
  ],
};
