import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOTP, Secret } from 'otpauth';
import { createEnrolledFactors, type EnrolledFactors } from '../../src/accounts/enrolled-factors.ts';
import { createFactorProtection } from '../../src/accounts/factor-protection.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { accountNamed } from '../store/account-records.ts';
import { countTrue, TestClock } from '../store/store-test.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { row } from './support/row.ts';

const LIMITS = parseConfig({}).loginProtection;
const NODES = 4;
const ATTEMPTS = 100;
const PERIOD = 30;

/** Each node has connections of its own to one store. */
function describeCodes(
  name: string,
  start: (context: Mocha.Context) => Promise<{ address: string; stop(): unknown }>,
) {
  describe(`G: codes of four nodes on ${name}`, () => {
    const clock = new TestClock();
    const sealer = createSealer({ keys: 'store', masterKey: randomBytes(32).toString('base64') });
    let course: Awaited<ReturnType<typeof start>> | undefined;
    let stores: Store[] = [];
    let nodes: EnrolledFactors[];
    let people = 0;

    before(async function () {
      course = await start(this);
      for (let node = 0; node < NODES; node += 1)
        stores.push(await openStore(course.address, { clock: clock.milliseconds }));
      nodes = stores.map(({ accounts }) =>
        createEnrolledFactors({ accounts, sealer, clock: clock.milliseconds }),
      );
    });
    after(async () => {
      for (const store of stores) await store.close();
      stores = [];
      await course?.stop();
    });

    const nodeOf = (attempt: number) => nodes[attempt % NODES] ?? assert.fail();

    async function enrolledPerson() {
      people += 1;
      const account = accountNamed(`person-${people}`);
      await stores[0]?.accounts.create(account);
      const { ticket, secret } = await nodeOf(0).beginTotp(account, 'Example');
      const codeOf = () =>
        HOTP.generate({
          secret: Secret.fromBase32(secret.replaceAll(' ', '')),
          counter: Math.floor(clock.now / PERIOD),
        });
      assert.equal((await nodeOf(0).confirmTotp(account.id, ticket, codeOf())).outcome, 'enrolled');
      clock.advance(PERIOD);
      return { account, codeOf };
    }

    async function guesses(account: { id: string; generation: number }, codes: readonly string[]) {
      let compared = 0;
      const outcomes = await Promise.all(
        codes.map(async (code, index) => {
          const { counters } = stores[index % NODES] ?? assert.fail();
          const protection = createFactorProtection({ counters, limits: LIMITS });
          const network = `203.0.113.${index}`;
          const { outcome } = await protection.attempt(
            { account, method: 'totp', network, device: undefined },
            () => {
              compared += 1;
              return nodeOf(index).verifyTotp(account.id, code);
            },
          );
          return outcome;
        }),
      );
      return { compared, accepted: outcomes.filter((outcome) => outcome === 'accepted').length };
    }

    row(
      'G50',
      `${ATTEMPTS} wrong codes of an app at once, from as many networks`,
      '30 compared',
      async () => {
        const { account, codeOf } = await enrolledPerson();
        const wrong = String((Number(codeOf()) + 1) % 1_000_000).padStart(6, '0');
        const { compared, accepted } = await guesses(
          account,
          Array.from({ length: ATTEMPTS }, () => wrong),
        );
        assert.equal(accepted, 0);
        return `${compared} compared`;
      },
    );

    row('G51', `the right code of an app ${ATTEMPTS} times at once`, '1 accepted', async () => {
      const { account, codeOf } = await enrolledPerson();
      const code = codeOf();
      const accepted = await countTrue(ATTEMPTS, async () => {
        people += 1;
        return (await nodeOf(people).verifyTotp(account.id, code)) !== undefined;
      });
      return `${accepted} accepted`;
    });

    row('G52', 'a recovery code 100 times at once, with the others', '10 accepted, 0 left', async () => {
      const { account } = await enrolledPerson();
      const codes = (await nodeOf(0).replaceRecoveryCodes(account.id)) ?? [];
      const answers = await Promise.all(
        codes.flatMap((code) =>
          Array.from({ length: 10 }, (_, index) => nodeOf(index).useRecoveryCode(account.id, code)),
        ),
      );
      const left = (await stores[1]?.accounts.find(account.id))?.details?.factors?.recoveryCodes?.digests;
      return `${answers.filter(Boolean).length} accepted, ${left?.length} left`;
    });

    row('G53', 'a code while the app is replaced', 'the new app stays', async () => {
      const { account, codeOf } = await enrolledPerson();
      const { ticket, secret } = await nodeOf(1).beginTotp(account, 'Example');
      const first = HOTP.generate({
        secret: Secret.fromBase32(secret.replaceAll(' ', '')),
        counter: Math.floor(clock.now / PERIOD),
      });
      await Promise.all([
        nodeOf(1).confirmTotp(account.id, ticket, first),
        ...Array.from({ length: 20 }, (_, index) => nodeOf(index).verifyTotp(account.id, codeOf())),
      ]);
      clock.advance(PERIOD);
      assert.equal(await nodeOf(2).verifyTotp(account.id, codeOf()), undefined);
      return 'the new app stays';
    });
  });
}

describeCodes('SQLite', () => {
  const directory = mkdtempSync(join(tmpdir(), 'signet-codes-'));
  return Promise.resolve({
    address: `sqlite:${join(directory, 'signet.db')}`,
    stop: () => rmSync(directory, { recursive: true }),
  });
});

describeCodes('Redis', async (context) => {
  await needRedis(context);
  const server: RedisServer = await startRedis();
  return { address: `redis://127.0.0.1:${server.port}`, stop: () => server.stop() };
});
