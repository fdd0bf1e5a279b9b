import type { AccountFilter, AccountRecord } from '../../src/store/store.ts';
import { accountNamed } from './account-records.ts';

/** Many different people, the same ones in every run, and which of them a search must find. */

/** `rare` is the group of one in 10,000. A tenth are called `user-0000007` and so on, in the order of their usernames. */
export function* crowd(count: number): Generator<AccountRecord> {
  const random = numbers(7);
  for (let index = 0; index < count; index++) {
    const structured = index % 10 === 9;
    const first = nameOf(skewed(random(), 1500), 3);
    const last = nameOf(skewed(random(), 40_000), 5);
    const username = structured
      ? `user-${String(index).padStart(7, '0')}`
      : `${first}.${last}${index}`.toLowerCase();
    const dice = random();
    yield {
      ...accountNamed(username, `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
      passwordHash:
        '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g',
      claims: {
        ...(structured
          ? { name: `Person ${index}` }
          : { name: `${first} ${last}`, given_name: first, family_name: last }),
        email: `${username}@example.com`,
        email_verified: true,
        groups: [
          'staff',
          ...(dice < 0.5 ? ['half'] : []),
          ...(dice < 0.02 ? ['fiftieth'] : []),
          ...(dice > 0.9999 ? ['rare'] : []),
        ],
      },
      disabled: random() < 0.01,
    };
  }
}

/** Numbers from 0 to 1 that look random (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Some names are frequent, most are rare. */
function skewed(random: number, names: number): number {
  return Math.floor(names ** random) - 1;
}

const CONSONANTS = 'bcdfghjklmnprstvwz';
const VOWELS = 'aeiou';

/** Speakable, with at least `syllables` syllables. */
function nameOf(index: number, syllables: number): string {
  let rest = (index * 2_654_435_761) % 2 ** 32;
  let name = '';
  for (let syllable = 0; syllable < syllables; syllable++) {
    const digit = rest % 90;
    name += `${CONSONANTS[digit % 18]}${VOWELS[Math.floor(digit / 18)]}`;
    rest = Math.floor(rest / 90);
  }
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

/** Searches whose cost differs, by what is frequent and what is rare. */
export const SEARCHES: Readonly<Record<string, AccountFilter>> = {
  'one username': { search: 'user-0000009' },
  'a letter': { search: 'm' },
  'two letters': { search: 'mo' },
  'a frequent name': { search: 'person' },
  'usernames that come late': { search: 'user-00' },
  nobody: { search: 'xyz' },
  'a frequent group': { group: 'half' },
  'a rare group': { group: 'rare' },
  disabled: { disabled: true },
  enabled: { disabled: false },
  'a letter in a rare group': { search: 'm', group: 'rare' },
  'two letters in a frequent group': { search: 'mo', group: 'half' },
  'usernames that come late in a frequent group': { search: 'user-00', group: 'half' },
  'one username in a frequent group': { search: 'user-0000009', group: 'staff' },
  'a letter, disabled': { search: 'm', disabled: true },
  'a frequent group, disabled': { group: 'half', disabled: true },
  'a rare group, disabled': { group: 'rare', disabled: true },
  'two letters in a group of a fiftieth, enabled': { search: 'mo', group: 'fiftieth', disabled: false },
  'nobody in a frequent group, disabled': { search: 'xyz', group: 'half', disabled: true },
};

/** The first page of each search, by a comparison with every account, and not with the terms of the source. */
export function firstPages(accounts: Iterable<AccountRecord>, limit: number): Record<string, string[]> {
  const pages = Object.fromEntries(Object.keys(SEARCHES).map((name) => [name, [] as string[]]));
  for (const account of accounts) {
    for (const [name, filter] of Object.entries(SEARCHES)) {
      const page = pages[name] ?? [];
      const last = page.at(-1);
      if (page.length === limit && last !== undefined && account.username > last) continue;
      if (!isFound(account, filter)) continue;
      page.push(account.username);
      page.sort();
      page.length = Math.min(page.length, limit);
    }
  }
  return pages;
}

function isFound({ username, claims, disabled }: AccountRecord, filter: AccountFilter): boolean {
  if (filter.disabled !== undefined && filter.disabled !== disabled) return false;
  if (filter.group !== undefined && !(claims.groups as string[]).includes(filter.group)) return false;
  const name = String(claims.name).toLowerCase();
  const texts = [username, String(claims.email), name, name.slice(name.indexOf(' ') + 1)];
  return filter.search === undefined || texts.some((text) => text.startsWith(filter.search ?? ''));
}
