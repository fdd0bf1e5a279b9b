import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, type JsonWebKey, randomUUID, sign } from 'node:crypto';
import { eventually } from '../support/eventually.ts';
import { answer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const RSA = publicKey.export({ format: 'jwk' });

/** DigestInfo of SHA-256 up to the digest (RFC 8017 §9.2). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** An RS256 signature raised to the power of e (RFC 8017 §9.2); with e = 1, the signature itself. */
function encodedMessage(data: string): Buffer {
  const end = Buffer.concat([Buffer.from([0]), DIGEST_INFO, hash('sha256', data, 'buffer')]);
  return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - 2 - end.length, 0xff), end]);
}

interface WeakKey {
  jwk: JsonWebKey;
  alg: string;
  /** A signature made without a private key. */
  forge: (data: string) => Buffer;
}

const IDENTITY = Buffer.from('01'.padEnd(64, '0'), 'hex');

const WEAK: Readonly<Record<string, WeakKey>> = {
  'RSA with e = 1': { jwk: { ...RSA, e: 'AQ' }, alg: 'RS256', forge: encodedMessage },
  // RFC 8032 §5.1.7: with A the neutral element, S = 0 and R the neutral element, the equation holds for every message.
  'Ed25519 of order 1': {
    jwk: { kty: 'OKP', crv: 'Ed25519', x: IDENTITY.toString('base64url') },
    alg: 'EdDSA',
    forge: () => Buffer.concat([IDENTITY, Buffer.alloc(32)]),
  },
};

describe('E: client keys that verify signatures made without a private key', () => {
  const stage = useStage({ clients: [] });
  const client = (id: string, keys: readonly JsonWebKey[]) => ({
    client_id: id,
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    response_types: [],
    scope: 'messages:read',
    jwks: { keys },
  });
  /** As an earlier version stored it. */
  async function store(id: string, keys: readonly JsonWebKey[]): Promise<void> {
    const { client_id: _id, ...metadata } = client(id, keys);
    const times = { createdAt: 1_800_000_000, updatedAt: 1_800_000_000 };
    await stage.store.clients.create({ id, instance: id, metadata, secrets: [], source: 'added', ...times });
  }
  async function ask(id: string, alg: string, signer: (data: string) => Buffer): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: id, sub: id, aud: stage.issuer, jti: randomUUID(), iat: now, exp: now + 60 };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const data = `${part({ alg })}.${part(claims)}`;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: `${data}.${signer(data).toString('base64url')}`,
    });
    return await answer(stage, await fetch(`${stage.issuer}/token`, { method: 'POST', body }));
  }

  for (const [what, { jwk, alg, forge }] of Object.entries(WEAK)) {
    row('E21', `${what}, at registration`, 'refused', async () => {
      const problems = await stage.operator.clients.add(client('weak', [jwk])).then(
        () => [],
        (error: { problems: string[] }) => error.problems,
      );
      assert.match(problems.join(), /^jwks\.keys\.0: /);
      return 'refused';
    });
    row('E21', `${what}, of a client that an earlier version stored`, '401 invalid_client', async () => {
      const id = randomUUID();
      await store(id, [jwk]);
      const seen = await ask(id, alg, forge);
      // The log of workers arrives with a delay.
      const warning = new RegExp(`"clientId":"${id}"[^\\n]*a key of the client is not used`);
      await eventually('the log warns', async () => warning.test(stage.logged));
      return seen;
    });
  }
  row('E21', 'a weak key beside a good one', '200, 401 invalid_client', async () => {
    const id = randomUUID();
    await store(id, [...Object.values(WEAK).map(({ jwk }) => jwk), RSA]);
    const good = await ask(id, 'RS256', (data) => sign('sha256', Buffer.from(data), privateKey));
    return `${good}, ${await ask(id, 'RS256', encodedMessage)}`;
  });
});
