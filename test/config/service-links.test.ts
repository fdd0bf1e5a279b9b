import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import { serviceLinks } from '../support/service-links.ts';

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration from the environment of a container platform', () => {
  it('ignores service links of Kubernetes and Docker', () => {
    const links = {
      ...serviceLinks('signet', '10.96.14.7', { http: 80 }),
      ...serviceLinks('signet-api', 'fd00::7', { http: 80, '': 443 }, 'udp'),
      ...serviceLinks('signet-management', '10.96.14.8', { metrics: 9000 }),
      ...serviceLinks('signet-store', '10.96.14.9', { file: 6379 }, 'sctp'),
      SIGNET_NAME: '/web/signet',
      SIGNET_ENV_NODE_ENV: 'production',
      SIGNET_REDIS_NAME: '/web/signet-redis',
      SIGNET_REDIS_ENV_REDIS_VERSION: '7.4',
      SIGNET_1_PORT: 'tcp://172.17.0.5:3000',
      SIGNET_1_NAME: '/app_web_1/signet_1',
    };
    assert.deepEqual(loadConfig({ env: links }), loadConfig({ env: {} }));
    const config = loadConfig({ env: { ...links, SIGNET_HOST: '::1', SIGNET_LOG_LEVEL: 'warn' } });
    assert.deepEqual([config.host, config.port, config.log.level], ['::1', 3000, 'warn']);
  });

  for (const [name, value, problem] of [
    ['SIGNET_PORT', 'abc', 'expected a number, got "abc"'],
    ['SIGNET_PORT', 'http://10.96.14.7:80', 'expected a number, got "http://10.96.14.7:80"'],
    ['SIGNET_PORT', 'tcp://signet:80', 'expected a number, got "tcp://signet:80"'],
    ['SIGNET_PORT', 'tcp://10.96.14.7', 'expected a number, got "tcp://10.96.14.7"'],
    ['SIGNET_HSOT', '10.96.14.7', 'unknown variable; did you mean SIGNET_HOST?'],
    ['SIGNET_MANAGMENT_PORT', '9000', 'unknown variable; did you mean SIGNET_MANAGEMENT_PORT?'],
    ['SIGNET_SERVICE_HOST', 'login.example.com', 'unknown variable'],
    ['SIGNET_SERVICE_PORT', 'http', 'unknown variable'],
    ['SIGNET_PORT_80_TCP', '80', 'unknown variable'],
    ['SIGNET_PORT_80_TCP_PROTO', 'http', 'unknown variable'],
    ['SIGNET_NAME', 'Signet', 'unknown variable'],
    ['SIGNET_ENV_ISSUER', 'https://login.example.com', 'unknown variable'],
  ] as const) {
    it(`reports ${name}=${value}, which is not a service link`, () => {
      const problems = problemsOf(() => loadConfig({ env: { [name]: value } }));
      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.startsWith(`${name}: ${problem.split(';')[0]}`), problems[0]);
      if (problem.includes(';')) assert.equal(problems[0], `${name}: ${problem}`);
    });
  }
});
