import assert from 'node:assert/strict';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import { withClock } from '../support/clock.ts';
import { token } from '../support/flow.ts';
import { startTestServer, UNHURRIED_LIMITS } from '../support/server.ts';
import { auditEventsOf, loggedOf, responseOf, traceIdOf } from './engine-comparison.ts';
import { APIS, basicOf, client, CLIENTS, type Request, request, toEngine } from './introspection-parties.ts';

describe('the short path of introspection', () => {
  it('is closed to a client whose secret was guessed too often in a network', async () => {
    const limits = { ...UNHURRIED_LIMITS, wrongClientSecrets: 3 };
    const server = await startTestServer({ apis: [], clients: CLIENTS.slice(3), limits });
    try {
      await withClock(async () => {
        const ask = async (each: Request) => {
          const response = await fetch(`${server.issuer}/introspect`, { method: 'POST', ...each });
          return [response.status, response.headers.get('retry-after'), await response.text()] as const;
        };
        const right = request({ token: 'x' }, 'stranger');
        const wrong = request({ token: 'x' }, 'stranger', { Authorization: basicOf('stranger:wrong') });
        assert.equal((await ask(right))[0], 200);
        const statuses: number[] = [];
        for (let attempt = 0; attempt < 5; attempt += 1) statuses.push((await ask(wrong))[0]);
        assert.deepEqual(statuses.slice(0, 3), [401, 401, 401]);
        assert.equal(statuses.at(-1), 429);
        const [blocked, behind] = [await ask(right), await ask(toEngine(right))];
        assert.equal(blocked[0], 429);
        assert.deepEqual(blocked, behind);
        assert.equal((await ask(request({ token: 'x' }, 'orders-api')))[0], 200, 'another client');
      });
    } finally {
      await server.stop();
    }
  });

  it('answers 503 while the store does not answer, after one attempt', async () => {
    const server = await startTestServer({ signingAlgorithms: ['ES256'], apis: APIS, clients: CLIENTS });
    const grant = { grant_type: 'client_credentials' };
    const jwt = (await token(server.issuer, grant, client('machine'))).body.access_token;
    const original = Object.fromEntries(
      ['find', 'read'].map((name) => [name, Reflect.get(SqliteArtifacts.prototype, name) as unknown]),
    );
    let attempts = 0;
    const fail = () => {
      attempts += 1;
      return Promise.reject(new StoreUnavailableError('no answer'));
    };
    Object.assign(SqliteArtifacts.prototype, { find: fail, read: fail });
    try {
      for (const value of ['opaque', jwt]) {
        const plain = request({ token: value }, 'machine');
        for (const each of [plain, toEngine(plain)]) {
          attempts = 0;
          const response = await fetch(`${server.issuer}/introspect`, { method: 'POST', ...each });
          assert.equal(response.status, 503);
          assert.equal(response.headers.get('retry-after'), '1');
          assert.equal(JSON.parse((await responseOf(response)).text).error, 'temporarily_unavailable');
          assert.ok(loggedOf(server, traceIdOf(response)).some((line) => 'err' in line));
          if (each === plain) assert.equal(attempts, 1);
        }
      }
    } finally {
      Object.assign(SqliteArtifacts.prototype, original);
      await server.stop();
    }
  });
});

describe('a public client at the introspection endpoint', () => {
  const FAILURES: Record<string, [parameters: Record<string, string>, status: number, error: string]> = {
    'without a secret': [{ client_id: 'public', token: 'x' }, 401, 'invalid_client'],
    'with a secret': [{ client_id: 'public', client_secret: 'x', token: 'x' }, 401, 'invalid_client'],
    'with a JWT': [{ client_id: 'public', token: 'eyJhbGciOiJub25lIn0.e30.' }, 401, 'invalid_client'],
    'without a token': [{ client_id: 'public' }, 400, 'invalid_request'],
  };

  for (const [name, [parameters, status, error]] of Object.entries(FAILURES)) {
    it(`fails once, ${name}`, async () => {
      const server = await startTestServer({ apis: [], clients: CLIENTS.slice(3) });
      try {
        const body = new URLSearchParams(parameters);
        const response = await fetch(`${server.issuer}/introspect`, { method: 'POST', body });
        assert.equal(response.status, status);
        assert.equal(((await response.json()) as { error: string }).error, error);
        const traceId = traceIdOf(response);
        const failures = loggedOf(server, traceId).filter((line) => 'event' in line);
        assert.equal(failures.length, 1);
        await server.restart();
        const types = auditEventsOf(server, traceId).map((event) => Reflect.get(event, 'type') as unknown);
        assert.deepEqual(types, status === 401 ? ['client.authentication_failed'] : []);
      } finally {
        await server.stop();
      }
    });
  }
});
