import { CLAIM_FIELDS } from '../../../src/account-pages/claim-fields.ts';
import { DEMO_API } from '../../../src/config/demo.ts';
import type { OverviewPage } from '../../../src/account-pages/overview.ts';
import type { EditableClaim } from '../../../src/config/schema-account.ts';
import type { Message } from '../../../src/messages/messages.ts';
import { describeScopes } from '../../../src/pages/scope-descriptions.ts';
import { accountFrameSample as frame } from '../../browser/account-frame.ts';
import type { Sample } from '../../browser/page-samples.ts';

const AT = 1_795_000_000;

const LANGUAGES = [
  { value: 'en', label: 'English' },
  { value: 'de', label: 'Deutsch' },
];

const field = (claim: EditableClaim, value: string, isWrong = false) => ({
  ...CLAIM_FIELDS[claim],
  ...(claim === 'locale' && { options: LANGUAGES }),
  claim,
  value,
  isWrong,
});

const FIELDS = [
  field('name', 'Alice Liddell'),
  field('given_name', 'Alice'),
  field('locale', 'en'),
  field('zoneinfo', 'Europe/London'),
];

const STATES: Readonly<Record<string, Message>> = {
  '/account/password': { key: 'account.state.passwordSetAt', values: { at: AT } },
  '/account/passkeys': { key: 'account.state.noPasskey' },
  '/account/authenticator': { key: 'account.state.notSetUp' },
  '/account/recovery-codes': { key: 'account.state.codes', values: { count: 9 } },
  '/account/email': { key: 'account.state.emailVerified', values: { email: 'alice@example.com' } },
};

export function overview(): OverviewPage {
  const page = frame('/account');
  return {
    ...page,
    sections: page.sections.map(({ url, title, text, isCurrent }) => ({
      url,
      title,
      text: STATES[url] ?? text,
      isCurrent,
    })),
    pending: [],
    recommended: {
      text: { key: 'account.advice.passkey' },
      url: '/account/passkeys/add',
      action: { key: 'passkeys.list.add' },
    },
  };
}

export const samples: Readonly<Record<string, Sample>> = {
  account: ['account', overview()],
  'account-waiting': [
    'account',
    {
      ...overview(),
      pending: [
        {
          text: { key: 'account.pending.email', values: { email: 'alice@new.example', at: AT } },
          url: '/account/email',
          action: { key: 'email.section' },
        },
      ],
      recommended: undefined,
    },
  ],
  'account-profile': [
    'account-profile',
    {
      ...frame('/account/profile'),
      done: { key: 'account.profile.saved' },
      fields: FIELDS,
      email: 'alice@example.com',
      emailUrl: '/account/email',
      isEmailVerified: true,
    },
  ],
  'account-profile-wrong': [
    'account-profile',
    {
      ...frame('/account/profile'),
      fields: [...FIELDS, field('website', 'looking-glass', true)],
      problem: { key: 'account.profile.wrong' },
      isEmailVerified: false,
    },
  ],
  'account-password': [
    'account-password',
    { ...frame('/account/password'), hasPassword: true, minimumPasswordLength: 12, newProblems: [] },
  ],
  'account-password-wrong': [
    'account-password',
    {
      ...frame('/account/password'),
      hasPassword: true,
      minimumPasswordLength: 12,
      currentProblem: { key: 'account.password.wrong' },
      newProblems: [{ key: 'password.tooShort', values: { minimum: 12 } }],
    },
  ],
  'account-sessions': [
    'account-sessions',
    {
      ...frame('/account/sessions'),
      idle: 14 * 86_400,
      maximum: 90 * 86_400,
      sessions: [
        {
          handle: '0123456789abcdef',
          isCurrent: true,
          browser: { name: 'Firefox', system: 'Windows' },
          network: '192.0.2.0/24',
          beganAt: AT - 86_400,
          lastUsedAt: AT,
          methods: [{ key: 'account.methods.password' }, { key: 'account.methods.code' }],
        },
        {
          handle: '123456789abcdef0',
          isCurrent: false,
          browser: { name: 'Samsung Internet for Android', system: 'Android' },
          network: '2001:db8:1234::/48',
          beganAt: AT - 9 * 86_400,
          lastUsedAt: AT - 7200,
          methods: [{ key: 'account.methods.passkey' }],
        },
        { handle: '23456789abcdef01', isCurrent: false, methods: [] },
      ],
      hasOthers: true,
      next: '/account/sessions?after=x',
    },
  ],
  'account-apps': [
    'account-apps',
    {
      ...frame('/account/apps'),
      done: { key: 'account.apps.withdrawn' },
      apps: [
        {
          clientId: 'app',
          name: 'An application whose name is as long as its operator wanted it to be, and a bit longer',
          initial: 'A',
          asks: true,
          permissions: describeScopes(
            ['openid', 'profile', 'email', 'messages:read', 'offline_access'],
            [DEMO_API],
          ),
          since: AT,
        },
        { clientId: 'wiki', name: 'wiki', initial: 'W', asks: true, permissions: [], since: AT },
        {
          clientId: 'shop',
          name: 'The Shop',
          initial: 'T',
          asks: false,
          permissions: describeScopes(['openid', 'email'], []),
          since: AT,
        },
      ],
    },
  ],
  'account-apps-none': ['account-apps', { ...frame('/account/apps'), apps: [] }],
  'account-activity': [
    'account-activity',
    {
      ...frame('/account/activity'),
      events: [
        {
          at: AT,
          text: { key: 'account.events.signedInTo', values: { app: '<b>Shop</b>' } },
          isWarning: false,
          network: '192.0.2.0/24',
        },
        {
          at: AT - 60,
          text: { key: 'account.events.signInFailed' },
          isWarning: true,
          network: '198.51.100.0/24',
        },
        {
          at: AT - 3600,
          text: { key: 'account.events.passwordSet' },
          isWarning: false,
          by: { key: 'account.activity.byOperator' },
        },
      ],
      next: '/account/activity?before=1',
    },
  ],
};
