import type { Sample } from '../../browser/page-samples.ts';

const request = {
  destination: 'expenses.example.com',
  error: 'invalid_request',
  description: 'code_challenge (S256) is missing',
  traceId: '019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40',
};

export const samples: Readonly<Record<string, Sample>> = {
  'withheld-redirect': [
    'withheld-redirect',
    { ...request, url: 'https://expenses.example.com/callback?error=invalid_request' },
  ],
  'withheld-redirect-app': ['withheld-redirect', { ...request, destination: 'com.example.app:' }],
};
