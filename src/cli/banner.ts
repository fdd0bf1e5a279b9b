import { hasInbox, INBOX_PATH } from '../account-pages/development-inbox.ts';
import type { Config } from '../config/config.ts';
import { DEMO_ACCOUNT } from '../config/demo.ts';
import { issuerUrl } from '../config/issuer.ts';
import { DISCOVERY_PATHS, PATHS } from '../http/paths.ts';

/**
 * The output of `signet dev`: addresses, demo credentials, and commands to paste.
 * @param variables those that change an address or a port, as `NAME=value`
 */
export function banner(config: Config, variables: readonly string[] = []): string {
  const { samples } = config;
  const token =
    `curl -s ${issuerUrl(config.issuer, PATHS.token)} -u demo-machine:demo-machine-secret` +
    ' -d grant_type=client_credentials -d scope=messages:read';
  const lines = [
    '',
    `  ${config.brand.name} is running`,
    '',
    `  Authorization server   ${config.issuer}`,
    `  Discovery              ${issuerUrl(config.issuer, DISCOVERY_PATHS[0])}`,
  ];
  if (hasInbox(config)) lines.push(`  Mails                  ${issuerUrl(config.issuer, INBOX_PATH)}`);
  if (config.demo) {
    lines.push(
      `  Sample API             ${samples.api}/messages`,
      `  Sample app             ${samples.app}   <- open this in a browser`,
      '',
      `  Sign in as             ${DEMO_ACCOUNT.username} / ${DEMO_ACCOUNT.password}`,
      '  Machine client         demo-machine / demo-machine-secret',
      '  Web client             demo-web / demo-web-secret',
      '',
      '  Get an access token:',
      `    ${token}`,
      '',
      '  Call the sample API with one:',
      `    curl -s ${samples.api}/messages -H "Authorization: Bearer $(${token} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')"`,
      '',
      `  In another terminal: ${[...variables, 'npm run demo'].join(' ')}`,
    );
  }
  lines.push('', '  Stop with Ctrl-C', '', '');
  return lines.join('\n');
}
