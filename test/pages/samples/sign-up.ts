import { creationOptions } from '../../../src/accounts/credentials/passkey-options.ts';
import { client, form, type Sample, thirdParty } from '../../browser/page-samples.ts';

const address = 'alice@example.com';
const back = { url: '/interaction/x', posts: false };
const terms = { url: 'https://example.com/terms', version: '2026-11' };
const account = { ...form, token: 'token', address, minimumPasswordLength: 12 };

const passkey = creationOptions(
  { id: 'x', username: address, claims: {} },
  'passkey',
  { rpId: 'localhost', origin: 'http://localhost', name: 'Signet' },
  'x'.repeat(43),
);

export const samples: Readonly<Record<string, Sample>> = {
  'sign-up': ['sign-up', { ...form, client, back }],
  'sign-up-create': [
    'sign-up',
    { ...form, client: thirdParty, address, back: { url: '/interaction/x/create', posts: true } },
  ],
  'sign-up-error': [
    'sign-up',
    { ...form, client, address: 'alice@', back, error: { key: 'signUp.errors.address' } },
  ],
  'sign-up-sent': [
    'sign-up',
    { ...form, client, back, sent: { address, seconds: 3600, inbox: '/dev/mail' } },
  ],
  'new-account': ['new-account', { ...account, terms }],
  'new-account-invited': [
    'new-account',
    {
      ...account,
      address: 'maximilian.featherstonehaugh@departments.looking-glass.example.com',
      name: 'Maximilian Featherstonehaugh-Cholmondeley',
      passkey,
    },
  ],
  'new-account-error': [
    'new-account',
    {
      ...account,
      terms,
      acceptsTerms: true,
      name: 'Alice',
      problems: [
        { key: 'password.tooShort', values: { minimum: 12 }, field: 'password' },
        { key: 'password.common', field: 'password' },
        { key: 'signUp.problems.noName', field: 'name' },
      ],
    },
  ],
  'new-account-terms': [
    'new-account',
    { ...account, terms, name: 'Alice', problems: [{ key: 'signUp.problems.terms', field: 'terms' }] },
  ],
  'new-account-busy': [
    'new-account',
    { ...account, name: 'Alice', passkey, problems: [{ key: 'signUp.account.busy' }] },
  ],
  terms: ['terms', { ...form, client, terms, isChange: false }],
  'terms-changed': ['terms', { ...form, client: thirdParty, terms, isChange: true }],
  'note-void': ['note', { heading: { key: 'signUp.void.heading' }, lead: { key: 'signUp.void.lead' } }],
  'note-ready': [
    'note',
    {
      heading: { key: 'signUp.ready.heading' },
      lead: { key: 'signUp.ready.elsewhere' },
      app: { name: 'Sample App', url: 'https://app.example.com/' },
    },
  ],
  'note-invited': [
    'note',
    {
      heading: { key: 'signUp.ready.heading' },
      lead: { key: 'signUp.ready.invited' },
      next: { url: '/account', label: { key: 'signUp.ready.signIn' } },
    },
  ],
};
