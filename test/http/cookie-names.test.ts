import assert from 'node:assert/strict';
import { cookieNames } from '../../src/http/cookie-names.ts';

describe('the names of cookies', () => {
  it('of an issuer without a path never change: a browser would be signed out', () => {
    assert.deepEqual(cookieNames('https://login.example.com'), {
      session: '__Host-signet_session',
      device: '__Host-signet_device',
      enrolment: '__Host-signet_enrolment',
      browserState: '__Host-signet_browser_state',
      interaction: '__Secure-signet_interaction',
      resume: '__Secure-signet_resume',
      request: '__Secure-signet_request',
      returnLink: '__Secure-signet_way_back',
      done: '__Secure-signet_done',
      logout: '__Secure-signet_logout',
    });
    assert.deepEqual(cookieNames('http://localhost:3000'), {
      session: 'signet_session',
      device: 'signet_device',
      enrolment: 'signet_enrolment',
      browserState: 'signet_browser_state',
      interaction: 'signet_interaction',
      resume: 'signet_resume',
      request: 'signet_request',
      returnLink: 'signet_way_back',
      done: 'signet_done',
      logout: 'signet_logout',
    });
  });

  it('of an issuer with a path have its tag, which never changes either', () => {
    assert.deepEqual(cookieNames('https://example.com/auth'), {
      session: '__Host-signet_session_7c26e313',
      device: '__Host-signet_device_7c26e313',
      enrolment: '__Host-signet_enrolment_7c26e313',
      browserState: '__Host-signet_browser_state_7c26e313',
      interaction: '__Secure-signet_interaction_7c26e313',
      resume: '__Secure-signet_resume_7c26e313',
      request: '__Secure-signet_request_7c26e313',
      returnLink: '__Secure-signet_way_back_7c26e313',
      done: '__Secure-signet_done_7c26e313',
      logout: '__Secure-signet_logout_7c26e313',
    });
    assert.equal(cookieNames('http://localhost:3000/auth').session, 'signet_session_00a5d4a9');
  });

  it('of two issuers on one host are all different', () => {
    const names = ['https://example.com', 'https://example.com/auth', 'https://example.com/sso'].flatMap(
      (issuer) => Object.values(cookieNames(issuer)),
    );
    assert.equal(new Set(names).size, names.length);
  });
});
