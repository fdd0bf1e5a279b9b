import assert from 'node:assert/strict';
import { errors, Provider } from 'oidc-provider';
import { restrictResponseModes } from '../../src/oidc/authorization/response-modes.ts';

type Allowed = (mode: string | undefined, type: string | undefined, fapiProfile?: string) => boolean;

describe('the response modes of a client', () => {
  const provider = new Provider('https://id.example');
  restrictResponseModes(provider);
  const { responseModeAllowed } = provider.Client.prototype as unknown as { responseModeAllowed: Allowed };
  const client = { responseTypes: ['code', 'code id_token'], responseModes: ['query', 'fragment', 'jwt'] };
  const isAllowed: Allowed = (...request) => responseModeAllowed.apply(client, request);

  it('are the registered ones', () => {
    assert.equal(isAllowed('query', 'code'), true);
    assert.equal(isAllowed('fragment', 'id_token code'), true);
    assert.throws(() => isAllowed('form_post', 'code'), errors.UnsupportedResponseMode);
    assert.throws(() => isAllowed('query', 'id_token'), errors.UnsupportedResponseType);
    const machine = { responseTypes: [], responseModes: ['query'] };
    assert.throws(() => responseModeAllowed.call(machine, 'query', 'code'), errors.InvalidRequest);
    // The engine reports that it is missing.
    assert.equal(isAllowed('query', undefined), true);
  });

  it('are also those of its FAPI profile, by the rule of the engine (FAPI 1.0 Advanced §5.2.2)', () => {
    // `invalid_request` in the engine, also for a mode that is not registered.
    assert.equal(isAllowed('query', 'code', '1.0 Final'), false);
    assert.equal(isAllowed('form_post', 'code', '1.0 Final'), false);
    assert.equal(isAllowed('jwt', 'code', '1.0 Final'), true);
    assert.equal(isAllowed('fragment', 'code id_token', '1.0 Final'), true);
    assert.equal(isAllowed('query', 'code', '2.0'), true);
  });
});
