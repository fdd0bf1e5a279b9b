import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { authorizationRequest, basic, WEB } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { longRow, row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const REQUESTS = LONG ? 1000 : 100;

/** Incompressible bytes. */
const LONGEST_STATE = randomBytes(1536).toString('base64url');

/** A store also grows by pages and internal tables: some kilobytes are noise. */
const PAGES = 64 * 1024;

describe('C: growth of the store by unauthenticated requests', () => {
  const stage = useStage({ limits: { enabled: false } });

  /** Bytes of the database after a checkpoint, or of the memory of Redis. */
  async function sizeOfStore(): Promise<number> {
    if (stage.storage === 'redis') {
      const redis = new Redis(stage.server.config.store);
      const [, used = ''] = /used_memory_dataset:(\d+)/.exec(await redis.info('memory')) ?? [];
      redis.disconnect();
      return Number(used);
    }
    const path = join(stage.server.directory, 'signet.db');
    const database = new DatabaseSync(path);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    return statSync(path).size + (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0);
  }

  async function growth(title: string, ask: (agent: UserAgent) => Promise<string>): Promise<string> {
    const agent = new UserAgent();
    await ask(agent);
    const before = await sizeOfStore();
    const answers = new Set<string>();
    for (let n = 0; n < REQUESTS; n += 10) {
      const some = await Promise.all(Array.from({ length: 10 }, () => ask(new UserAgent())));
      for (const each of some) answers.add(each);
    }
    const grown = (await sizeOfStore()) - before;
    const each = Math.round(grown / REQUESTS);
    figure(`${title}: ${each} bytes each on ${stage.storage}`);
    assert.ok(grown <= REQUESTS * 1000 + PAGES, `${grown} bytes for ${REQUESTS} requests`);
    return `${[...answers].join()}, at most 1 kB each`;
  }

  const ask = (parameters: Record<string, string>, headers?: Record<string, string>) => (agent: UserAgent) =>
    agent.get(authorizationRequest(stage.issuer, parameters).url, headers).then((it) => answer(stage, it));

  longRow('C16', `${REQUESTS} requests with the longest state`, '303 /interaction, at most 1 kB each', () =>
    growth('longest state', ask({ state: LONGEST_STATE })),
  );

  row(
    'C16',
    `${REQUESTS} with the longest value of every parameter`,
    '303 /interaction, at most 1 kB each',
    () =>
      growth(
        'longest of everything',
        ask({
          state: LONGEST_STATE,
          login_hint: 'l'.repeat(320),
          nonce: 'n'.repeat(512),
          ui_locales: 'u'.repeat(256),
          acr_values: 'a'.repeat(256),
        }),
      ),
  );

  row('C16', `${REQUESTS} with the cookie of an unknown session`, '303 /interaction, at most 1 kB each', () =>
    growth('unknown session', ask({}, { Cookie: `signet_session=${'x'.repeat(43)}` })),
  );

  row('C16', `${REQUESTS} that are cancelled`, '303 /authorize, at most 1 kB each', () =>
    growth('cancelled', async (agent) => {
      const { url, response } = await agent.follow(
        authorizationRequest(stage.issuer, { state: LONGEST_STATE }).url,
      );
      const [, path = ''] = /id="cancel" href="([^"]+)"/.exec(await response.text()) ?? [];
      return await answer(stage, await agent.get(new URL(path, url)));
    }),
  );

  row('C16', `${REQUESTS} from one pushed request`, '303 /interaction, at most 1 kB each', async () => {
    const { url } = authorizationRequest(stage.issuer, { state: LONGEST_STATE });
    const pushed = await fetch(`${stage.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: url.searchParams,
    });
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const query = new URLSearchParams({ client_id: WEB.id, request_uri }).toString();
    return await growth('pushed', (agent) =>
      agent.get(`${stage.issuer}/authorize?${query}`).then((it) => answer(stage, it)),
    );
  });

  row('F15', `${REQUESTS} sign-outs without a session`, '303 /logout, nothing', async () => {
    const before = await stage.records();
    const size = await sizeOfStore();
    const seen = await growth('sign-out', (agent) =>
      agent.get(`${stage.issuer}/logout?client_id=${WEB.id}`).then((it) => answer(stage, it)),
    );
    assert.deepEqual(await stage.recordsSince(before), []);
    if (stage.storage === 'sqlite') assert.equal(await sizeOfStore(), size);
    return `${seen.split(',')[0]}, nothing`;
  });
});
