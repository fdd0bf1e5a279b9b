import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { dump } from 'js-yaml';
import { type Preset, PRESETS, presetMetadata } from '../src/clients/presets.ts';
import { EXAMPLES, type InteropClient, type RequiredSetting } from '../test/interop/client.ts';
import { readClients } from '../test/interop/support/clients.ts';
import { readResults, type Result, type Results } from '../test/interop/support/results.ts';

/**
 * Generates `docs/clients` and the summary in README.md from what the interoperability tests run: the files of each client, its
 * preset, and the outcomes of the last recorded run. Run it after a change of those: `npx node docs/generate-client-pages.ts`.
 */

const ROOT = join(import.meta.dirname, '..');
const CLIENTS = 'test/interop/clients';

/** The marks around the summary in README.md. */
const BLOCK = /(?<=<!-- interop -->\n).*?(?=<!-- \/interop -->)/s;

/** Path in the repository → text. */
export async function generatePages(): Promise<Map<string, string>> {
  const clients = await readClients();
  const results = readResults();
  const pages = new Map(
    clients.map((client) => [`docs/clients/${client.name}.md`, clientPage(client, results[client.name])]),
  );
  pages.set('docs/clients/README.md', indexPage(clients, results));
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  pages.set(
    'README.md',
    readme.replace(BLOCK, () => `\n${summary(clients, results)}\n\n`),
  );
  return pages;
}

function indexPage(clients: readonly InteropClient[], results: Results): string {
  return document([
    '# Client software',
    generatedFrom(CLIENTS),
    paragraph(
      'Each page has what to paste on both sides, the versions that were run, and what may go wrong. The files on a page are those that',
      'the [interoperability tests](../../test/interop/README.md) run, with other addresses and credentials. [clients.md](../clients.md)',
      'describes clients in general. In a clone of the repository, `signet` means `npm run -s signet --`, and `npm start` runs a development',
      'server with the issuer `http://localhost:3000`.',
    ),
    outcomes(clients, results),
    paragraph(
      '*As documented* means that the client works with settings that its own documentation describes, and its page shows.',
      '*With a setting* means that Signet refuses the client without a setting of its own, which the page shows, and that the refusal says',
      'so; or that an API refuses every token without a setting in `signet.yaml`, which the page shows with the refusal.',
    ),
  ]);
}

function outcomes(clients: readonly InteropClient[], results: Results): string {
  return table(
    ['Client', 'From', 'Version', 'Last run', 'Outcome'],
    clients.map(({ name, title, toolchain }) => {
      const result = results[name];
      return [
        `[${title}](${name}.md)`,
        toolchain.ecosystem,
        versionOf(result),
        result?.date ?? '',
        result?.outcome ?? 'not run',
      ];
    }),
  );
}

/** For README.md: the clients of a kind in one line. */
function summary(clients: readonly InteropClient[], results: Results): string {
  const dates = clients.flatMap(({ name }) => results[name]?.date ?? []).sort();
  const wereRun = clients.filter(({ name }) => results[name] !== undefined);
  const notRun = clients.filter(({ name }) => results[name] === undefined);
  const link = ({ name }: InteropClient): string => `[${name}](docs/clients/${name}.md)`;
  const kinds = Map.groupBy(wereRun, ({ toolchain }) => toolchain.ecosystem);
  const lines = [...kinds].map(([ecosystem, members]) => [
    ecosystem,
    members.map((client) => `${link(client)} ${versionOf(results[client.name])}`).join(', '),
  ]);
  const sentences = [
    'These clients are run against Signet as their own documentation says, the last time on',
    `${dates.at(-1) ?? 'no day yet'}; some need one more setting ([outcomes](docs/clients/README.md)).`,
    'Each page has what to paste on both sides.',
    ...(notRun.length === 0 ? [] : [`Not run yet: ${notRun.map(link).join(', ')}.`]),
  ];
  return `${sentences.join(' ')}\n\n${table(['From', 'Client'], lines)}`;
}

/** Of the client itself. */
function versionOf(result: Result | undefined): string {
  return Object.values(result?.versions ?? {})[0] ?? '';
}

function clientPage(client: InteropClient, result: Result | undefined): string {
  const { title, about, documentation, files, setting, problems, name, toolchain } = client;
  const shown = files.filter((file) => !file.hidden);
  return document([
    `# ${title}`,
    generatedFrom(`${CLIENTS}/${name}`),
    `${about} [Documentation of the client](${documentation}).`,
    runNote(result),
    '## At Signet',
    ...registration(client),
    '## In the application',
    ...(toolchain.command === undefined ? [] : [fence('', toolchain.command)]),
    exampleNote(shown.map(({ path }) => readFile(name, path)).join('\n')),
    ...shown.flatMap(({ path, about }) => [
      `\`${path}\`: ${about}`,
      fence(languageOf(path), readFile(name, path)),
    ]),
    ...settingNote(client, setting),
    ...apiSettingNote(client),
    '## What may go wrong',
    table(
      ['You see', 'Cause', 'What to do'],
      problems.map(({ says, cause, fix }) => [says, cause, fix]),
    ),
    ...(result === undefined ? [] : ['## What was run', result.steps.map((step) => `- ${step}`).join('\n')]),
  ]);
}

function runNote(result: Result | undefined): string {
  if (result === undefined) return 'Not run yet.';
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  return `Run on ${result.date} with Signet ${result.signet}: ${versions.join(', ')}. Outcome: ${result.outcome}.`;
}

/** The command, its effect, and the same client in the configuration file. */
function registration({ name, addOptions = [], apis: declaredApis = [] }: InteropClient): string[] {
  // Without the member, each start logs a warning.
  const apis = declaredApis.map((api) => ({ ...api, introspectionClients: [] }));
  const preset = presetOf(name);
  if (preset.role === 'api') {
    const [scope = ''] = apis.flatMap(({ scopes }) => Object.keys(scopes));
    return [
      'It verifies access tokens and needs no client. Declare the API in `signet.yaml`, and restart the server:',
      fence('yaml', dump({ apis })),
      'A program that calls it is a client with its scopes:',
      fence('', `signet client add --id nightly-job --grant client_credentials --scope "${scope}"`),
      `\`${addCommand(name, [])}\` prints the lines for the settings of the API.`,
    ];
  }
  return [
    ...(apis.length === 0
      ? []
      : [
          'Declare the API in `signet.yaml`, and restart the server:',
          fence('yaml', dump({ apis })),
          'Then:',
        ]),
    fence('', addCommand(name, addOptions)),
    preset.metadata?.token_endpoint_auth_method === 'none'
      ? 'The command prints the client id and the lines for the settings. Instead of adding the client, you can declare it:'
      : 'The command prints the client id, the secret and the lines for the settings. Instead of adding the client, you can declare it, ' +
        'with a secret of your own (`openssl rand -base64 32`):',
    fence('yaml', dump({ ...(apis.length > 0 && { apis }), clients: [declared(name, addOptions)] })),
  ];
}

/** On the pages of sign-in and consent. */
const CLIENT_NAME = 'My App';

function addCommand(name: string, options: readonly string[]): string {
  const { redirectPaths, role, settings } = presetOf(name);
  const hasAddress = redirectPaths !== undefined || settings.some((line) => line.includes('{app_url}'));
  return [
    `signet client add --preset ${name}`,
    ...(hasAddress ? [`--app-url ${EXAMPLES.appUrl}`] : []),
    ...(role === 'api' ? [] : [`--name "${CLIENT_NAME}"`]),
    ...options.map((option) => (option.includes(' ') ? `"${option}"` : option)),
  ].join(' ');
}

function presetOf(name: string): Preset {
  const preset = PRESETS.get(name);
  if (preset === undefined) throw new Error(`there is no preset ${name}`);
  return preset;
}

/** The client as an entry of `clients`. */
function declared(name: string, addOptions: readonly string[]): Record<string, unknown> {
  const metadata = presetMetadata(presetOf(name), EXAMPLES.appUrl);
  const isPublic = metadata.token_endpoint_auth_method === 'none';
  const scope = addOptions[addOptions.indexOf('--scope') + 1];
  return {
    client_id: EXAMPLES.clientId,
    client_name: CLIENT_NAME,
    ...(!isPublic && { client_secret: `${EXAMPLES.clientSecret}-of-at-least-32-characters` }),
    ...metadata,
    ...(addOptions.includes('--scope') && { scope }),
  };
}

const MEANINGS: Record<keyof typeof EXAMPLES, string> = {
  issuer: 'the issuer of your Signet; `http://localhost:3000` on a development server',
  appUrl: 'the address of the application',
  clientId: 'the client id',
  clientSecret: 'the client secret: the printed or the declared one',
};

function exampleNote(text: string): string {
  const used = Object.entries(EXAMPLES).filter(([, example]) => text.includes(example));
  if (used.length === 0) return '';
  const named = used.map(([name, example]) => `\`${example}\` (${MEANINGS[name as keyof typeof MEANINGS]})`);
  return `Replace ${named.join(', ')}.`;
}

function settingNote(
  { name, addOptions = [] }: InteropClient,
  setting: RequiredSetting | undefined,
): string[] {
  if (setting === undefined) return [];
  const lines = Object.entries(setting.lines).flatMap(([path, lines]) =>
    lines.map((line) => `- \`${line.replace(/,$/, '')}\` in \`${path}\``),
  );
  const { refusal, instead } = setting;
  return [
    '## The setting that it needs',
    lines.join('\n'),
    `Without it, the application gets the error \`${refusal}\`.`,
    ...(instead === undefined
      ? []
      : [
          'If the application cannot be changed, register it with:',
          fence('', addCommand(name, [...addOptions, ...instead])),
        ]),
  ];
}

function apiSettingNote({ apiSetting, apis: [api] = [] }: InteropClient): string[] {
  if (apiSetting === undefined) return [];
  const { member, refusal } = apiSetting;
  return [
    '## The setting that it needs',
    `- \`${member}: ${String(api?.[member])}\` of the API in \`signet.yaml\``,
    `Without it, the application refuses every token: \`${refusal}\`.`,
  ];
}

function readFile(name: string, path: string): string {
  return readFileSync(join(ROOT, CLIENTS, name, 'files', path), 'utf8');
}

/** Not `yaml`, which on the pages of this repository is a configuration of Signet. */
const LANGUAGES: Readonly<Record<string, string>> = {
  '.mjs': 'js',
  '.js': 'js',
  '.html': 'html',
  '.py': 'python',
  '.toml': 'toml',
  '.go': 'go',
  '.java': 'java',
  '.yaml': 'yml',
  '.yml': 'yml',
  '.conf': 'apache',
  '.properties': 'properties',
  '.xml': 'xml',
  '.cfg': 'toml',
};

const languageOf = (path: string): string => LANGUAGES[extname(path)] ?? '';

function generatedFrom(path: string): string {
  return `<!-- Generated by docs/generate-client-pages.ts from ${path}: change that. -->`;
}

const fence = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
const paragraph = (...lines: readonly string[]): string => lines.join('\n');
const document = (parts: readonly string[]): string =>
  `${parts.filter((part) => part !== '').join('\n\n')}\n`;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return [headings, headings.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

if (import.meta.main) {
  for (const [path, text] of await generatePages()) {
    const file = join(ROOT, path);
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  }
}
