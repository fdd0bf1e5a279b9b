import type { Command } from 'commander';
import { dump } from 'js-yaml';
import { metadataContext } from '../clients/fields/shape.ts';
import { checkMetadata } from '../clients/metadata.ts';
import { sectorDocumentProblems } from '../clients/sector-check.ts';
import type { Config } from '../config/config.ts';
import { DEMO_CLIENTS } from '../config/demo.ts';
import { ConfigurationError } from '../config/errors.ts';
import { configJsonSchema } from '../config/json-schema.ts';
import type { DeclaredClient } from '../config/schema-apis.ts';
import { connectionProblems, connectionWarnings, loadCheckedConfig } from '../app/preflight.ts';
import { commandConfig, configSources } from './context.ts';
import { mailServerWarnings } from './mail-warnings.ts';
import { commandOutbound } from './outbound.ts';
import { printFacts, printJson, printLine, printWarning } from './output.ts';
import { type WarningLog, warnAboutSettings } from './start-warnings.ts';

/** `signet config`: the effective configuration of a server. */

export function register(program: Command): void {
  const config = program
    .command('config')
    .summary('check and print the configuration')
    .description('Checks and prints the configuration that results from file and environment.');
  config
    .command('check')
    .description(
      'Runs all checks that `signet serve` runs before it listens, and writes nothing. Reports every problem of the configuration,\n' +
        'the declared clients, the keys and the named files at once. Then connects to the store and the HSM, checks the\n' +
        'addresses to listen on, and fetches the sector_identifier_uri of clients, and signs in to the mail server.',
    )
    .option(
      '--offline',
      'do not connect to the store and the HSM, fetch nothing, and do not check the addresses to listen on',
    )
    .action(async ({ offline }: { offline?: boolean }, command: Command) => {
      const loaded = await loadCheckedConfig(configSources(command));
      const problems = offline ? [] : await connectionProblems(loaded);
      if (problems.length > 0) throw new ConfigurationError(problems);
      warnAboutSettings(ON_STANDARD_ERROR, loaded);
      if (!offline) {
        for (const warning of await connectionWarnings(loaded)) printWarning(warning);
        await warnAboutSectors(loaded);
        for (const warning of await mailServerWarnings(loaded)) printWarning(warning);
      }
      printLine('the configuration is valid');
      printFacts({
        mode: loaded.mode,
        issuer: loaded.issuer,
        listens: `${loaded.host}:${loaded.port}`,
        store: withoutPassword(loaded.store),
        keys: loaded.keys,
        mail: loaded.mail.server === undefined ? 'off' : withoutPassword(loaded.mail.server),
        apis: String(loaded.apis.length),
        clients: String(loaded.clients.length),
      });
    });
  config
    .command('print')
    .description('Prints the configuration with all defaults and without secrets.')
    .option('--json', 'print JSON instead of YAML')
    .action(({ json }: { json?: boolean }, command: Command) => {
      const {
        mode,
        samples: _samples,
        sourceFiles: _sourceFiles,
        ...printed
      } = withoutSecrets(commandConfig(command));
      if (json) printJson({ mode, ...printed });
      else process.stdout.write(`# The effective configuration, ${mode} mode\n${dump(printed)}`);
    });
  config
    .command('schema')
    .description('Prints the JSON Schema of signet.yaml, for editors.')
    .action(() => printJson(configJsonSchema()));
}

/** A start does not depend on documents elsewhere, so this is no problem of the configuration. */
async function warnAboutSectors(config: Config): Promise<void> {
  const outbound = commandOutbound(config);
  for (const client of config.clients.filter(({ sector_identifier_uri: uri }) => uri !== undefined)) {
    const { metadata } = checkMetadata(client, metadataContext(config));
    const problems = await sectorDocumentProblems(metadata, outbound);
    for (const problem of problems) printWarning(`clients.${client.client_id}.${problem}`);
  }
}

/** Writes the warnings of a server start to standard error. */
const ON_STANDARD_ERROR: WarningLog = {
  warn: ({ apis }, message) => printWarning(apis === undefined ? message : `${message} (${apis.join(', ')})`),
};

const REDACTED = '[redacted]';

function withoutSecrets(config: Config): Config {
  return {
    ...config,
    store: withoutPassword(config.store),
    ...(config.masterKey !== undefined && { masterKey: REDACTED }),
    mail: withoutMailPassword(config.mail),
    ...(config.hsm.pin !== undefined && { hsm: { ...config.hsm, pin: REDACTED } }),
    // `demo: true` adds these. A printed copy that is read back would declare them twice.
    apis: config.demo ? config.apis.slice(1) : config.apis,
    clients: (config.demo ? config.clients.slice(DEMO_CLIENTS.length) : config.clients).map(withoutSecret),
  };
}

/** The address of the server may have the password. */
function withoutMailPassword(mail: Config['mail']): Config['mail'] {
  const { server, password } = mail;
  return {
    ...mail,
    ...(server !== undefined && { server: withoutPassword(server) }),
    ...(password !== undefined && { password: REDACTED }),
  };
}

function withoutSecret(client: DeclaredClient): DeclaredClient {
  return client.client_secret === undefined ? client : { ...client, client_secret: REDACTED };
}

/** A store address contains passwords: of the user before the host, of the sentinels in the query. */
function withoutPassword(address: string): string {
  return address
    .replace(/(?<=:\/\/[^/?#:]*:)[^/?#]*(?=@)/, REDACTED)
    .replaceAll(/(?<=[?&][^=&]*password=)[^&]*/g, REDACTED);
}
