import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationRequest, WEB } from '../support/flow.ts';
import { Browser, checkEnded, type Person, redeem, refresh } from './browser.ts';
import { type Finished, type Fleet, otherThan, type Version } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import type { Traffic } from './traffic.ts';

/** Commands of both versions while the servers of both run. */

/** How many different ones there are. */
export const DUTIES = 6;

export interface Operators {
  /** Adds an account, which nothing changes later. */
  addPerson: (version: Version) => Promise<Person>;
  /** The next duty; each comes in turn, by the command of one version and then of the other. */
  step: () => Promise<void>;
}

interface SignedIn {
  session: Browser;
  refreshToken: string;
  accessToken: string;
  by: Version;
}

export function createOperators(fleet: Fleet, traffic: Traffic, ledger: Ledger): Operators {
  let turn = 0;
  let hasSessions: boolean | undefined;

  const command = async (version: Version, args: readonly string[], input = ''): Promise<Finished> => {
    const name = args.slice(0, 2).join(' ');
    const finished = await ledger.time(`command ${name}`, () => fleet.run(version, args, input));
    ledger.check(
      'commands',
      finished.code === 0,
      () => `${name} of the ${version} version: ${finished.stderr}`,
    );
    return finished;
  };

  const addPerson = async (version: Version): Promise<Person> => {
    const person = {
      username: `p${randomBytes(5).toString('hex')}`,
      password: randomBytes(12).toString('hex'),
    };
    await command(version, ['user', 'add', person.username, '--password-stdin'], person.password);
    return person;
  };

  const signIn = async (person: Person, browser = new Browser(traffic)): Promise<SignedIn | undefined> => {
    const request = authorizationRequest(traffic.issuer, {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const walk = await browser.walk(request, person);
    const has = walk.callback?.searchParams.has('code') === true;
    ledger.check('commands', has, () => `sign-in of an account, last page by ${walk.by}: ${walk.status}`);
    if (!has || walk.callback === undefined) return undefined;
    const { body, by } = await redeem(traffic, request, walk.callback, undefined);
    return { session: browser, refreshToken: body.refresh_token ?? '', accessToken: body.access_token, by };
  };

  /** A password that must be refused. */
  const isRefused = async (person: Person): Promise<boolean> =>
    (await new Browser(traffic).walk(authorizationRequest(traffic.issuer), person)).callback === undefined;

  const accounts = async (version: Version): Promise<void> => {
    const person = await addPerson(version);
    const first = await signIn(person);
    await command(otherThan(version), ['user', 'set-claims', person.username, '--name', 'Renamed']);
    if (first === undefined) return;
    ledger.check('signedIn', (await first.session.silent()) === 'code', () => 'after set-claims');
    await command(version, ['user', 'disable', person.username]);
    await checkEnded(traffic, ledger, { ...first, what: 'account disabled', by: version });
    ledger.check('ended', await isRefused(person), () => `account disabled by ${version}: signs in`);
    await command(otherThan(version), ['user', 'enable', person.username]);
    const second = await signIn(person);
    await checkEnded(
      traffic,
      ledger,
      { ...first, what: 'account disabled and enabled', by: version },
      'buried',
    );
    const renewed = { ...person, password: randomBytes(12).toString('hex') };
    await command(version, ['user', 'set-password', person.username, '--password-stdin'], renewed.password);
    if (second !== undefined)
      await checkEnded(traffic, ledger, { ...second, what: 'password set', by: version });
    ledger.check('ended', await isRefused(person), () => `password replaced by ${version}: still good`);
    const third = await signIn(renewed);
    await command(otherThan(version), ['user', 'remove', person.username]);
    if (third !== undefined)
      await checkEnded(traffic, ledger, { ...third, what: 'account removed', by: otherThan(version) });
  };

  const clients = async (version: Version): Promise<void> => {
    const id = `c${randomBytes(5).toString('hex')}`;
    const grants = ['--grant', 'client_credentials', '--scope', 'messages:read'];
    const added = await command(version, ['client', 'add', '--id', id, ...grants, '--json']);
    if (added.code !== 0) return;
    const { client_secret: secret } = JSON.parse(added.stdout) as { client_secret: string };
    const ask = (at: Version) =>
      traffic.form('/token', { grant_type: 'client_credentials' }, { client: { id, secret }, version: at });
    for (const at of [otherThan(version), version]) {
      const { status, by } = await ask(at);
      ledger.check('accepted', status === 200, () => `client added by ${version} at ${by}: ${status}`);
    }
    await command(otherThan(version), ['client', 'remove', id]);
    // A server keeps a client for a second.
    await sleep(1000);
    for (const at of [version, otherThan(version)]) {
      const { status, by } = await ask(at);
      ledger.check(
        'ended',
        status === 401,
        () => `client removed by ${otherThan(version)} at ${by}: ${status}`,
      );
    }
  };

  /** Ten wrong passwords of one network lock an account, however they are spread. */
  const lockouts = async (version: Version): Promise<void> => {
    const person = await addPerson(version);
    for (let count = 0; count < 10; count += 1) {
      ledger.check(
        'ended',
        await isRefused({ ...person, password: 'wrong' }),
        () => 'a wrong password is good',
      );
    }
    for (const at of ['old', 'new'] as const) {
      const browser = new Browser(traffic);
      browser.pinned = at;
      const { callback } = await browser.walk(authorizationRequest(traffic.issuer), person);
      ledger.check('ended', callback === undefined, () => `account locked by both versions: not at ${at}`);
    }
    await command(version, ['user', 'unlock', person.username]);
    await signIn(person);
    await command(version, ['user', 'remove', person.username]);
  };

  const keys = async (version: Version): Promise<void> => {
    // A second announced key is refused within ten minutes; `--now` replaces the signer.
    await command(version, ['keys', 'rotate', '--now']);
    await command(otherThan(version), ['keys', 'list']);
  };

  /** A client that has registered what 0.1 cannot sign: it may be refused there, and nothing else may suffer. */
  const algorithms = async (): Promise<void> => {
    const id = `c${randomBytes(5).toString('hex')}`;
    const metadata = {
      client_id: id,
      redirect_uris: ['http://localhost:3002/callback'],
      grant_types: ['authorization_code', 'client_credentials'],
      scope: 'openid messages:read',
      id_token_signed_response_alg: 'ES256',
    };
    const added = await fleet.run(
      'new',
      ['client', 'add', '--metadata', '-', '--json'],
      JSON.stringify(metadata),
    );
    if (added.code !== 0) return ledger.note('no client with ES256');
    const { client_secret: secret } = JSON.parse(added.stdout) as { client_secret: string };
    for (const version of ['old', 'new'] as const) {
      const options = { client: { id, secret }, version };
      const { status, by } = await traffic.form('/token', { grant_type: 'client_credentials' }, options);
      ledger.note(`client with ES256 at the ${by} version: ${status}`);
      const url = authorizationRequest(traffic.issuer, { client_id: id, scope: 'openid' }).url;
      const page = await traffic.fetch(url, { redirect: 'manual' }, version);
      ledger.note(`authorization request of a client with ES256 at the ${page.by} version: ${page.status}`);
    }
    await command('old', ['client', 'remove', id]);
  };

  /** 0.1 does not know of withdrawals; there they hold for the grants that a session lists. */
  const withdraw = async (person: Person): Promise<void> => {
    const signedIn = await signIn(person);
    await command('new', ['consent', 'withdraw', person.username, WEB.id]);
    if (signedIn === undefined) return;
    for (const version of ['old', 'new'] as const) {
      const { status, by } = await refresh(traffic, signedIn.refreshToken, version);
      if (by === 'new')
        ledger.check('ended', status === 400, () => `consent withdrawn: refresh gets ${status}`);
      else ledger.note(`consent withdrawn: refresh at 0.1 gets ${status}`);
    }
  };

  /** The commands that 0.1 does not have. */
  const records = async (): Promise<void> => {
    hasSessions ??= (await fleet.run('new', ['--help'])).stdout.includes('session');
    if (!hasSessions) return;
    const person = await addPerson('old');
    const [one, other] = [await signIn(person), await signIn(person)];
    if (one === undefined || other === undefined) return;
    const { stdout } = await command('new', ['session', 'list', person.username, '--json']);
    const listed = JSON.parse(stdout) as { session: string }[];
    ledger.check('commands', listed.length === 2, () => `session list has ${listed.length} of 2`);
    await command('new', ['session', 'end', person.username, String(listed[0]?.session)]);
    for (const version of ['old', 'new'] as const) {
      const results = [await one.session.silent(version), await other.session.silent(version)];
      const isOne = results.filter((result) => result === 'code').length === 1;
      ledger.check(
        'ended',
        isOne,
        () => `one of two sessions ended, at the ${version} version: ${results.join(', ')}`,
      );
    }
    await command('new', ['session', 'end', person.username, '--all']);
    for (const signedIn of [one, other])
      await checkEnded(traffic, ledger, { ...signedIn, what: 'all sessions ended', by: 'new' });
    await withdraw(person);
    await command('old', ['user', 'remove', person.username]);
  };

  const duties = [keys, algorithms, accounts, clients, records, lockouts] as const satisfies {
    length: typeof DUTIES;
  };
  return {
    addPerson,
    step: async () => {
      const duty = duties[turn % duties.length];
      const version = Math.floor(turn / duties.length) % 2 === 0 ? 'new' : 'old';
      turn += 1;
      await duty?.(version);
    },
  };
}
