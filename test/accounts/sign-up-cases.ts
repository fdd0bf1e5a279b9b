import assert from 'node:assert/strict';
import { type Accounts, createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { createLinks } from '../../src/accounts/links.ts';
import {
  acceptInvitation,
  createInvitations,
  type Invitations,
} from '../../src/accounts/sign-up/invitations.ts';
import { isKnownAddress } from '../../src/accounts/sign-up/known-address.ts';
import type { Choice, NewPerson, NewPersonOptions } from '../../src/accounts/sign-up/new-person.ts';
import { createSignUps, type SignUps } from '../../src/accounts/sign-up/requests.ts';
import { parseConfig } from '../../src/config/config.ts';
import { type OpenedMail, openMail } from './sign-up-mail.ts';
import type { Store } from '../../src/store/store.ts';
import { PASSWORD, REVOCATION_LIFETIME, SETTINGS } from './fixture.ts';

const ALICE: Choice = { name: 'Alice Liddell', password: PASSWORD, acceptsTerms: true, language: 'de' };
const WAITING = { uid: 'u', clientId: 'demo-web' };

/** One process. */
interface Node {
  signUps: SignUps;
  invitations: Invitations;
  accounts: Accounts;
  options: NewPersonOptions;
  mail: OpenedMail;
}

/** @param open connections to one empty store */
export function describeSignUp(open: (clock: () => number) => Promise<Store[]>): void {
  let stores: Store[];
  let nodes: [Node, ...Node[]];
  let now: number;
  const config = parseConfig({
    signUp: { mode: 'open', perNetwork: 3 },
    terms: { version: '2', url: 'https://example.com/terms' },
  });

  beforeEach(async () => {
    now = 1_800_000_000;
    stores = await open(() => now * 1000);
    nodes = stores.map((store) => nodeOn(store, config, () => now * 1000)) as [Node, ...Node[]];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
  });

  const request = async (address: string, network = '192.0.2.1'): Promise<string | undefined> => {
    const [{ signUps, mail }] = nodes;
    const asked = await signUps.request({ address, network, waiting: WAITING, language: 'en' });
    return asked.retryAfter === undefined ? await mail.urlOfNext(signUps.job) : `wait ${asked.retryAfter}`;
  };
  const tokenOf = (url: string | undefined): string => new URL(url ?? '').searchParams.get('token') ?? '';

  it('makes an account by the link of a mail, with a verified address that is its username', async () => {
    const [{ signUps }] = nodes;
    const token = tokenOf(await request('Alice@Example.com'));
    assert.deepEqual((await signUps.find(token))?.waiting, WAITING);
    const done = await signUps.finish(token, ALICE);
    assert.equal(done.outcome, 'made');
    const { account } = done;
    assert.deepEqual(
      { ...account, id: undefined, createdAt: undefined, updatedAt: undefined },
      {
        id: undefined,
        username: 'alice@example.com',
        claims: { name: 'Alice Liddell', email: 'Alice@Example.com', email_verified: true, locale: 'de' },
        disabled: false,
        generation: 0,
        details: { passwordSetAt: now, terms: { version: '2', at: now } },
        hasPassword: true,
        createdAt: undefined,
        updatedAt: undefined,
      },
    );
    assert.equal(await signUps.find(token), undefined);
  });

  it('makes one account of concurrent forms of one link, and of two links for one address', async () => {
    const token = tokenOf(await request('alice@example.com'));
    const other = tokenOf(await request('ALICE@example.com'));
    const done = await Promise.all(
      nodes.flatMap(({ signUps }) => [signUps.finish(token, ALICE), signUps.finish(other, ALICE)]),
    );
    assert.equal(done.filter(({ outcome }) => outcome === 'made').length, 1);
    const [{ signUps }] = nodes;
    assert.equal(await signUps.find(token), undefined);
    assert.equal((await stores[0]?.accounts.list({ limit: 10 }))?.length, 1);
  });

  it('M03 a link works again after a crash before its account was made, and never after that', async () => {
    const [{ signUps }] = nodes;
    const [store] = stores;
    const token = tokenOf(await request('alice@example.com'));
    const create = store!.accounts.create.bind(store!.accounts);
    store!.accounts.create = () => Promise.reject(new Error('killed'));
    await assert.rejects(signUps.finish(token, ALICE), /killed/);
    store!.accounts.create = async (record) => {
      await create(record);
      throw new Error('killed');
    };
    await assert.rejects(signUps.finish(token, ALICE), /killed/);
    store!.accounts.create = create;
    assert.equal((await signUps.finish(token, ALICE)).outcome, 'void');
    const made = await store!.accounts.findByUsername('alice@example.com');
    assert.equal(made?.claims.name, ALICE.name);
    await nodes[0].accounts.remove(made.id);
    assert.equal((await signUps.finish(token, ALICE)).outcome, 'taken');
    assert.equal(await store!.accounts.findByUsername('alice@example.com'), undefined);
  });

  it('tells who has an account by mail only, and gives no link to it', async () => {
    const [{ options, mail }] = nodes;
    await options
      .accountsOf('x')
      .add({ username: 'bob', claims: { email: 'bob@example.com', email_verified: true } });
    const url = await request('BOB@example.com');
    assert.equal(url, 'http://localhost:3000/password/forgotten');
    assert.deepEqual(mail.names, ['signUpKnown']);
  });

  it('knows an address by the username, or verified; where addresses are unique, also unverified', async () => {
    const [store] = stores;
    const [{ options }] = nodes;
    if (store === undefined) return;
    const claims = { email: 'bill@example.com' };
    await options.accountsOf('x').add({ username: 'bill', claims });
    const known = (address: string, uniqueEmail: boolean) => isKnownAddress(store, address, { uniqueEmail });
    assert.equal(await known('Bill@example.com', false), false);
    assert.equal(await known('Bill@example.com', true), true);
    await options.accountsOf('x').add({ username: 'pat@example.com', claims: { email: 'Pat@example.com' } });
    assert.equal(await known('pat@EXAMPLE.com', false), true);
    assert.equal(await known('mary@example.com', true), false);
  });

  it('M08 makes no account when another one has verified the address since', async () => {
    const [{ signUps, invitations, options, accounts }] = nodes;
    const token = tokenOf(await request('dora@example.com'));
    const invited = tokenOf(
      (await invitations.add({ ...INVITED, address: 'dora@example.com', isMailed: true })).url,
    );
    await accounts.add({ username: 'dora', claims: { email: 'Dora@example.com', email_verified: true } });
    assert.equal((await signUps.finish(token, ALICE)).outcome, 'taken');
    assert.equal((await acceptInvitation({ ...options, invitations }, invited, ALICE)).outcome, 'taken');
    assert.equal((await stores[0]?.accounts.list({ limit: 10 }))?.length, 1);
  });

  it('refuses a choice with every problem at once, and leaves the link', async () => {
    const [{ signUps }] = nodes;
    const token = tokenOf(await request('alice@example.com'));
    const keysOf = (done: NewPerson) =>
      done.outcome === 'refused' ? done.problems.map(({ key }) => key) : done;
    const bad = await signUps.finish(token, { name: ' ', password: 'short', acceptsTerms: false });
    assert.deepEqual(keysOf(bad), ['signUp.problems.noName', 'password.tooShort', 'signUp.problems.terms']);
    for (const [name, key] of [
      ['a\u202eb', 'signUp.problems.invisibleName'],
      ['x'.repeat(101), 'signUp.problems.longName'],
    ] as const) {
      assert.deepEqual(keysOf(await signUps.finish(token, { ...ALICE, name })), [key]);
    }
    const own = await signUps.finish(token, { ...ALICE, password: 'alice liddell 1' });
    assert.deepEqual(keysOf(own), ['password.name']);
    assert.equal((await signUps.finish(token, { ...ALICE, name: 'می\u200cخواهم' })).outcome, 'made');
  });

  it('stores no more links than a network, and all networks, may request', async () => {
    for (const name of ['a', 'b', 'c']) assert.match(String(await request(`${name}@example.com`)), /token=/);
    assert.equal(await request('d@example.com'), 'wait 3600');
    assert.match(String(await request('d@example.com', '192.0.2.2')), /token=/);
  });

  it('an invitation makes an account with its groups, once', async () => {
    const [{ invitations, options }] = nodes;
    const { url } = await invitations.add({ ...INVITED, isMailed: false });
    const token = tokenOf(url);
    assert.equal((await invitations.find(token))?.name, 'Carol');
    const accept = ({ options: own, ...node }: Node) => acceptInvitation({ ...own, ...node }, token, ALICE);
    const done = await Promise.all(nodes.flatMap((node) => [accept(node), accept(node)]));
    const made = done.filter((each) => each.outcome === 'made');
    assert.equal(made.length, 1);
    assert.deepEqual(made[0]?.account.claims.groups, ['staff']);
    assert.equal(made[0]?.account.claims.email_verified, false);
    assert.deepEqual(await invitations.list(), []);
    assert.equal((await acceptInvitation({ ...options, invitations }, token, ALICE)).outcome, 'void');
  });

  it('an invitation is void when it is withdrawn, replaced or expired', async () => {
    const [{ invitations }] = nodes;
    const add = async () => tokenOf((await invitations.add({ ...INVITED, isMailed: true })).url);
    const first = await add();
    const second = await add();
    assert.equal(await invitations.find(first), undefined);
    assert.equal((await invitations.find(second))?.isVerified, true);
    assert.equal((await invitations.list()).length, 1);
    await invitations.withdraw('CAROL@example.com');
    assert.equal(await invitations.find(second), undefined);
    await assert.rejects(invitations.withdraw('carol@example.com'), /no open invitation/);
    const third = await add();
    now += 60;
    assert.equal(await invitations.find(third), undefined);
    assert.deepEqual(await invitations.list(), []);
  });
}

const INVITED = { address: 'carol@example.com', name: 'Carol', groups: ['staff'], lifetime: 60 };

function nodeOn(store: Store, config: ReturnType<typeof parseConfig>, clock: () => number): Node {
  const links = createLinks({ artifacts: store.artifacts, clock });
  const passwords = createPasswords(SETTINGS);
  const accounts = createAccounts({
    store,
    passwords,
    audit: { record: () => undefined },
    clock,
    revocationLifetime: REVOCATION_LIFETIME,
  });
  const isKnown = (address: string) => isKnownAddress(store, address, config.accounts);
  const options: NewPersonOptions = {
    passwords,
    accountsOf: () => accounts,
    terms: config.terms,
    isKnown,
    clock,
  };
  const mail = openMail(store);
  const signUps = createSignUps({
    ...options,
    ...mail.parts,
    store,
    links,
    config,
    audit: { record: () => undefined },
  });
  const { issuer, accounts: rules } = config;
  return {
    signUps,
    accounts,
    options,
    mail,
    invitations: createInvitations({ store, links, accounts: rules, issuer, clock }),
  };
}
