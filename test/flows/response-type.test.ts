import assert from 'node:assert/strict';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

describe('a response type other than code', () => {
  let server: TestServer;
  before(async () => void (server = await startTestServer()));
  after(() => server.stop());

  for (const type of ['id_token', 'code id_token', 'none', 'CODE']) {
    it(`is refused with the one that is supported: ${type}`, async () => {
      const { url } = authorizationRequest(server.issuer, { response_type: type });
      const location = new URL((await new UserAgent().get(url)).headers.get('location') ?? '');
      // In the fragment for the types of the implicit and hybrid flow (OAuth 2.0 Multiple Response Type Encoding Practices §3).
      const answer = new URLSearchParams(location.hash === '' ? location.search : location.hash.slice(1));
      assert.deepEqual(
        ['error', 'error_description', 'error_detail'].map((name) => answer.get(name)),
        [
          'unsupported_response_type',
          'response_type must be code',
          `response_type is "${type}"; set the response type of the application to code`,
        ],
      );
    });
  }
});
