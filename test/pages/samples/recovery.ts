import type { Sample } from '../../browser/page-samples.ts';

const form = { csrf: 'token', token: 'token' };
const lost = {
  action: '/interaction/x/lost_factor',
  csrf: 'token',
  backUrl: '/interaction/x/second_factor',
  client: { name: 'Sample App' },
  account: { username: 'alice', name: 'Alice Liddell' },
};
const names = { username: 'alice', address: 'alice@example.com' };

export const samples: Readonly<Record<string, Sample>> = {
  'forgotten-password': [
    'forgotten-password',
    { action: '/password/forgotten', csrf: 'token', backUrl: '/interaction/x', minutes: 30, sent: false },
  ],
  'forgotten-password-sent': [
    'forgotten-password',
    { action: '/password/forgotten', csrf: 'token', backUrl: '/interaction/x', minutes: 30, sent: true },
  ],
  confirm: [
    'confirm',
    {
      action: '/account/confirm',
      csrf: 'token',
      to: '/account/email',
      address: 'alice@example.com',
      minutes: 10,
      sent: false,
    },
  ],
  'confirm-wrong': [
    'confirm',
    {
      action: '/account/confirm',
      csrf: 'token',
      to: '/account/email',
      address: 'alice@example.com',
      minutes: 10,
      sent: true,
      problem: { key: 'confirm.wrong' },
    },
  ],
  'lost-factor': ['lost-factor', { ...lost, state: 'offered' }],
  'lost-factor-requested': ['lost-factor', { ...lost, state: 'requested', readyAt: 1_796_000_000 }],
  'lost-factor-impossible': ['lost-factor', { ...lost, state: 'impossible' }],
  'link-reset': [
    'link',
    {
      ...form,
      action: '/password/reset',
      heading: { key: 'recovery.reset.heading' },
      lead: { key: 'recovery.reset.lead', values: { username: 'alice' } },
      submit: { key: 'recovery.reset.submit' },
      password: { kind: 'new', username: 'alice', minimumLength: 12 },
      problems: [{ key: 'password.tooShort', values: { minimum: 12 }, field: 'password' }],
    },
  ],
  'link-lost-factor': [
    'link',
    {
      ...form,
      action: '/account/recovery',
      heading: { key: 'recovery.lost.heading' },
      lead: { key: 'recovery.lost.lead', values: { username: 'alice' } },
      submit: { key: 'recovery.lost.submit' },
      password: { kind: 'current', username: 'alice' },
      other: { choice: 'cancel', label: { key: 'recovery.lost.cancel' } },
    },
  ],
  'link-undo': [
    'link',
    {
      ...form,
      action: '/account/email/undo',
      heading: { key: 'recovery.undo.heading' },
      lead: { key: 'recovery.undo.lead', values: names },
      submit: { key: 'recovery.undo.submit' },
    },
  ],
  'note-void-reset': [
    'note',
    {
      heading: { key: 'recovery.reset.voidHeading' },
      lead: { key: 'recovery.reset.void' },
      next: { url: '/password/forgotten', label: { key: 'recovery.reset.again' } },
    },
  ],
  'note-password-set': [
    'note',
    {
      heading: { key: 'recovery.reset.doneHeading' },
      lead: { key: 'recovery.reset.done' },
      app: { name: 'The Shop', url: 'https://shop.example.com/' },
    },
  ],
  'note-password-set-without-app': [
    'note',
    {
      heading: { key: 'recovery.reset.doneHeading' },
      lead: { key: 'recovery.reset.done' },
      next: { url: '/account', label: { key: 'recovery.reset.signIn' } },
    },
  ],
};
