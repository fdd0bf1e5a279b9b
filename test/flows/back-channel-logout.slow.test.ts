import { startTestServer } from '../support/server.ts';
import { describeBackChannelLogout } from './back-channel-cases.ts';

describe('Back-channel logout (OpenID Connect Back-Channel Logout 1.0)', () =>
  describeBackChannelLogout((input) => startTestServer(input)));
