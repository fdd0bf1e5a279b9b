import assert from 'node:assert/strict';
import { ClientError } from '../../src/clients/errors.ts';
import { ClientsFixture } from './fixture.ts';

const WEB = { redirect_uris: ['https://app.example/cb'] };

describe('Encrypted responses in the metadata of a client', () => {
  let fixture: ClientsFixture;
  before(async () => void (fixture = await ClientsFixture.open()));
  after(() => fixture.close());

  const ec = {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  };
  const other = {
    kty: 'EC',
    crv: 'P-256',
    x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
    y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
  };
  const encrypted = { id_token_encrypted_response_alg: 'ECDH-ES' };
  const NEEDS = 'id_token_encrypted_response_alg: ECDH-ES needs a key in jwks with use "enc" of the type EC';
  const problems = (members: object) =>
    fixture.clients.add({ ...WEB, ...members }).then(
      () => [],
      (error: unknown) => {
        assert.ok(error instanceof ClientError);
        return error.problems;
      },
    );

  const rows: [string, object, readonly (string | RegExp)[]][] = [
    ['a key for encryption', { ...encrypted, jwks: { keys: [{ ...ec, use: 'enc' }] } }, []],
    [
      'a key that names the algorithm',
      { ...encrypted, jwks: { keys: [{ ...ec, use: 'enc', alg: 'ECDH-ES' }] } },
      [],
    ],
    ['keys of both uses', { ...encrypted, jwks: { keys: [{ ...ec, use: 'enc' }, other] } }, []],
    ['no key', encrypted, [NEEDS]],
    ['a key without use', { ...encrypted, jwks: { keys: [ec] } }, [NEEDS]],
    ['a key for signatures', { ...encrypted, jwks: { keys: [{ ...ec, use: 'sig' }] } }, [NEEDS]],
    [
      'a key for another algorithm',
      { ...encrypted, jwks: { keys: [{ ...ec, use: 'enc', alg: 'ECDH-ES+A128KW' }] } },
      [NEEDS],
    ],
    [
      'a key of another type',
      { id_token_encrypted_response_alg: 'RSA-OAEP-256', jwks: { keys: [{ ...ec, use: 'enc' }] } },
      ['id_token_encrypted_response_alg: RSA-OAEP-256 needs a key in jwks with use "enc" of the type RSA'],
    ],
    [
      'one key for both uses',
      {
        ...encrypted,
        jwks: {
          keys: [
            { ...ec, use: 'enc' },
            { ...ec, kid: 'other' },
          ],
        },
      },
      ['jwks.keys.1: is the same key as another with another use; make one for each use'],
    ],
    [
      'key_ops beside use',
      { ...encrypted, jwks: { keys: [{ ...ec, use: 'enc', key_ops: ['deriveBits'] }] } },
      ['jwks.keys.0: has key_ops beside use "enc"; remove key_ops'],
    ],
    [
      'Ed25519 for encryption',
      {
        ...encrypted,
        jwks: {
          keys: [
            { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', use: 'enc' },
          ],
        },
      },
      ['jwks.keys.0: is not of a type that is supported for encryption: RSA, EC P-256, EC P-384, EC P-521'],
    ],
    ...(['dir', 'RSA1_5', 'A128KW', 'RSA-OAEP', 'ECDH-ES+A256KW'] as const).map(
      (alg): [string, object, string[]] => [
        `the algorithm ${alg}`,
        { id_token_encrypted_response_alg: alg, jwks: { keys: [{ ...ec, use: 'enc' }] } },
        ['id_token_encrypted_response_alg: must be RSA-OAEP-256 or ECDH-ES'],
      ],
    ),
    [
      'userinfo that is not signed',
      { userinfo_encrypted_response_alg: 'ECDH-ES', jwks: { keys: [{ ...ec, use: 'enc' }] } },
      [
        'userinfo_encrypted_response_alg: needs userinfo_signed_response_alg; what is encrypted is signed first',
      ],
    ],
    [
      'enc alone',
      { introspection_encrypted_response_enc: 'A256GCM' },
      ['introspection_encrypted_response_enc: needs introspection_encrypted_response_alg'],
    ],
    [
      'private_key_jwt with a key for encryption alone',
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...ec, use: 'enc' }] } },
      ['jwks: private_key_jwt needs a key for signatures; those given have use "enc"'],
    ],
    [
      'an algorithm for assertions of a client without them',
      { token_endpoint_auth_signing_alg: 'HS256' },
      [
        'token_endpoint_auth_signing_alg: is for private_key_jwt and client_secret_jwt, not for client_secret_basic; remove it',
      ],
    ],
    [
      'an algorithm of the other kind of assertion',
      { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: 'RS256' },
      ['token_endpoint_auth_signing_alg: must be HS256 with client_secret_jwt'],
    ],
  ];
  for (const [name, members, expected] of rows) {
    it(`with ${name}: ${expected.length === 0 ? 'accepted' : 'refused'}`, async () => {
      assert.deepEqual(await problems(members), expected);
    });
  }
});
