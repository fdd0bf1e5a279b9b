import { accountFrameSample as frame } from '../../browser/account-frame.ts';
import { overview } from './account.ts';
import type { Sample } from '../../browser/page-samples.ts';

const client = { name: 'Sample App' };
const form = { action: '/interaction/x/keep_account', csrf: 'token', cancelUrl: '/interaction/x/abort' };

const AT = 1_795_000_000;
const DELAY = 14 * 86_400;

export const samples: Readonly<Record<string, Sample>> = {
  'account-data': ['account-data', { ...frame('/account/data'), delay: DELAY }],
  'account-data-pending': [
    'account-data',
    { ...frame('/account/data'), done: { key: 'account.delete.requested' }, delay: DELAY, deletionAt: AT },
  ],
  'account-pending': ['account', { ...overview(), deletionAt: AT }],
  'account-export': ['account-export', frame('/account/data')],
  'account-delete': ['account-delete', { ...frame('/account/data'), delay: DELAY, typed: '' }],
  'account-delete-wrong': [
    'account-delete',
    { ...frame('/account/data'), delay: DELAY, typed: 'alcie', problem: { key: 'account.delete.wrong' } },
  ],
  'account-keep': [
    'account-keep',
    { csrf: 'token', token: 'x', person: { username: 'alice', name: 'Alice Liddell' }, at: AT },
  ],
  'keep-account': [
    'keep-account',
    { ...form, client, account: { username: 'alice', name: 'Alice Liddell' }, at: AT },
  ],
  'account-kept': ['account-keep', { csrf: '', token: '', person: { username: 'alice' } }],
};
