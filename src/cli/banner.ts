import type { Config } from '../config/config.ts';
import { DEMO_ACCOUNT, DEMO_API } from '../config/demo.ts';

/** What `signet dev` prints: where to go, who to be, and two lines that work when pasted. */
export function banner(config: Config): string {
  const token =
    `curl -s ${config.issuer}/token -u demo-machine:demo-machine-secret` +
    ' -d grant_type=client_credentials -d scope=messages:read';
  const lines = [
    '',
    `  ${config.brand.name} is running`,
    '',
    `  Authorization server   ${config.issuer}`,
    `  Discovery              ${config.issuer}/.well-known/openid-configuration`,
  ];
  if (config.demo) {
    lines.push(
      `  Sample API             ${DEMO_API.audience}/messages`,
      '  Sample app             http://localhost:3002   <- open this in a browser',
      '',
      `  Sign in as             ${DEMO_ACCOUNT.username} / ${DEMO_ACCOUNT.password}`,
      '  Machine client         demo-machine / demo-machine-secret',
      '  Web client             demo-web / demo-web-secret',
      '',
      '  Get an access token:',
      `    ${token}`,
      '',
      '  Call the sample API with one:',
      `    curl -s ${DEMO_API.audience}/messages -H "Authorization: Bearer $(${token} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')"`,
      '',
      '  In another terminal: npm run demo',
    );
  }
  lines.push('', '  Stop with Ctrl-C', '', '');
  return lines.join('\n');
}
