import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { checkDeclaredClients } from '../../src/clients/declared.ts';
import { CLIENT_METADATA } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { parseConfig } from '../../src/config/config.ts';
import { KNOWN_VARIABLES } from '../../src/config/env.ts';
import { PATHS } from '../../src/http/paths.ts';
import { readSettings as readApiSettings } from '../../src/resource-server/options.ts';
import { readSettings as readAppSettings } from '../../src/sample-app/options.ts';
import { OVERRIDES } from '../../src/oidc/overridden-members.ts';
import { enginePatches, patchesIn } from '../support/engine-patches.ts';
import {
  type Cell,
  codeBlocks,
  codeLines,
  codeSpans,
  headings,
  htmlAttributes,
  tableRows,
  tokensOf,
} from '../support/markdown.ts';
import { repositoryFiles } from '../support/repository-files.ts';
import { startTestServer } from '../support/server.ts';
import { allCommands, linesOfHelp, problemOfCall } from './signet-commands.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const pages = repositoryFiles(ROOT)
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: read(path) }));

/** The problems of all pages, each with its page. */
function problems(check: (text: string, path: string) => (string | undefined)[]): string[] {
  return pages.flatMap(({ path, text }) =>
    check(text, path).flatMap((problem) => (problem === undefined ? [] : [`${path}: ${problem}`])),
  );
}

/** The first code span of a cell. */
const codeOf = (cell: Cell | undefined): string => codeSpans(cell?.tokens ?? [])[0] ?? '';

describe('The documents', () => {
  it('have sequence diagrams that mermaid can parse', () => {
    // A semicolon ends a statement there.
    const messages = (text: string): string[] =>
      [...text.matchAll(/```mermaid\nsequenceDiagram\n([^]*?)```/g)].flatMap(([, body = '']) =>
        body.split('\n'),
      );
    assert.deepEqual(
      problems((text) => messages(text).filter((line) => line.includes(';'))),
      [],
    );
  });

  it('name npm scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const called = /\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g;
    assert.deepEqual(
      problems((text) =>
        codeLines(text).flatMap((line) =>
          [...line.matchAll(called)].map(([call, script, own]) =>
            Object.hasOwn(scripts, script ?? own ?? '') ? undefined : call,
          ),
        ),
      ),
      [],
    );
  });

  it('name the version of package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    assert.equal(/This is version (\d+\.\d+\.\d+)/.exec(read('README.md'))?.[1], version);
    const newest = headings(read('CHANGELOG.md')).find(
      ({ depth, text }) => depth === 2 && text !== '[Unreleased]',
    );
    assert.equal(/^\[(\S+)\]/.exec(newest?.text ?? '')?.[1], version);
  });

  it('name existing source files', () => {
    const files = repositoryFiles(ROOT).map((path) => `/${path}`);
    const isName = /^(?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:ts|eta|cjs|md)$/;
    assert.deepEqual(
      problems((text, path) =>
        path === 'CHANGELOG.md'
          ? []
          : codeSpans(text).filter(
              (code) => isName.test(code) && !files.some((file) => file.endsWith(`/${code}`)),
            ),
      ),
      [],
    );
  });

  it('call existing commands and options of signet', async () => {
    const commands = await allCommands();
    assert.deepEqual(
      problems((text) => codeLines(text).map((line) => problemOfCall(line, commands))),
      [],
    );
  });

  it('keep a generated password in a file, or show it, when they pipe it', async () => {
    const loses = (line: string): boolean =>
      /\|[^|]*--password-stdin/.test(line) && !/\|\s*tee\b[^|]*\|[^|]*--password-stdin/.test(line);
    assert.equal(loses('openssl rand -base64 24 | signet user add robot --password-stdin'), true);
    assert.deepEqual((await linesOfHelp()).filter(loses), []);
    assert.deepEqual(
      problems((text) => codeLines(text).filter(loses)),
      [],
    );
  });

  it('in the program, its help, call existing commands and options', async () => {
    const commands = await allCommands();
    const examples = (await linesOfHelp()).filter((line) => line.startsWith('  $ '));
    assert.ok(examples.length > 5);
    assert.deepEqual(
      examples.map((line) => problemOfCall(line, commands)).filter((problem) => problem !== undefined),
      [],
    );
  });

  it('describe every command', async () => {
    const commands = [...(await allCommands()).keys()].map((name) => `signet ${name}`);
    const described = codeLines(read('docs/command-line.md'));
    assert.deepEqual(
      commands.filter((command) => !described.includes(command)),
      [],
    );
  });

  it('name variables that a program reads', () => {
    const known = new Set<PropertyKey>(KNOWN_VARIABLES);
    const recorder = new Proxy<Record<string, undefined>>({}, { get: (_, name) => void known.add(name) });
    readApiSettings(recorder);
    readAppSettings(recorder);
    const misspelt = 'SIGNET_ISUER';
    assert.deepEqual(
      problems((text) =>
        [...text.matchAll(/\b(?:SIGNET|RESOURCE_SERVER|SAMPLE_APP)_[A-Z_]+\b/g)].map(([name]) =>
          known.has(name) || name === misspelt ? undefined : name,
        ),
      ),
      [],
    );
  });

  it('show configurations that the server accepts', () => {
    const orders = {
      audience: 'https://orders.example.com',
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
    };
    assert.deepEqual(
      problems((text) =>
        codeBlocks(text)
          .filter(({ language }) => language === 'yaml')
          .flatMap((fence) => {
            const shown = load(fence.text) as { hsm?: object; mail?: object };
            // Secrets come from the environment.
            const hsm = shown.hsm === undefined ? {} : { pin: 'secret', ...shown.hsm };
            const mail = shown.mail === undefined ? {} : { password: 'secret', ...shown.mail };
            const config = parseConfig({ apis: [orders], masterKey: 'secret', ...shown, hsm, mail });
            return checkDeclaredClients(config.clients, config).problems;
          }),
      ),
      [],
    );
  });
});

describe('ARCHITECTURE.md', () => {
  it('lists exactly the members of the engine that are replaced', () => {
    const listed = tableRows(read('ARCHITECTURE.md'), 'Replaced members').map(([member, instead, file]) => [
      codeOf(member),
      instead?.text,
      codeOf(file),
    ]);
    const registered = Object.entries(OVERRIDES).map(([member, { instead, by }]) => [member, instead, by]);
    assert.deepEqual(listed, registered);
    assert.deepEqual(enginePatches(ROOT), []);
  });

  it('is checked by a function that finds each way to replace a member', () => {
    for (const [text, members] of [
      ['provider.Client.find = async () => {};', ['Client.find']],
      ['const m = provider.Session.prototype as Model; m.save = function save() {};', ['Session.save']],
      ['const { Grant } = provider; provider.Grant.prototype.x = () => 1;', ['Grant.x']],
      ['const find = provider.Grant.find.bind(provider.Grant); ctx.body = () => 1;', []],
      ["function keep(model) { Object.defineProperty(model, 'P', {}); } keep(provider.Grant);", ['Grant.P']],
      ["Object.defineProperty(provider.Session, 'P', {});", ['Session.P']],
      ['engine.render = () => 1;', ['engine.render']],
    ] as const)
      assert.deepEqual(patchesIn(text), members, text);
  });
});

describe('README.md', () => {
  it('has the dark variant of every picture that it names', () => {
    const variants = htmlAttributes(read('README.md'), 'srcset');
    assert.ok(variants.length > 0);
    assert.deepEqual(
      variants.filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
  });

  it('has a map of src with exactly its folders', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${name}/`);
    const shown = tableRows(read('README.md'), 'Map of `src`').map(([folder]) => codeOf(folder));
    assert.deepEqual(new Set(shown), new Set(folders));
  });
});

describe('docs/clients.md', () => {
  const page = read('docs/clients.md');

  it('describes exactly the client metadata that is accepted', () => {
    const rows = tableRows(page, 'Metadata');
    const described = rows.flatMap(([names]) => codeSpans(names?.tokens ?? []));
    assert.deepEqual(new Set(described), new Set(['client_id', 'client_secret', ...CLIENT_METADATA]));
  });

  it('gives the defaults of the metadata', () => {
    const { metadata } = checkMetadata({}, { apis: [], mode: 'production', signingAlgorithms: ['RS256'] });
    const rows = new Map(tableRows(page, 'Metadata').map(([name, value]) => [codeOf(name), codeOf(value)]));
    for (const name of ['application_type', 'token_endpoint_auth_method', 'scope'] as const) {
      assert.equal(rows.get(name), metadata[name], name);
    }
    assert.deepEqual([rows.get('grant_types')], metadata.grant_types);
  });

  it('names every endpoint', () => {
    const named = new Set(codeSpans(page));
    assert.deepEqual(new Set(Object.values(PATHS)).difference(named), new Set());
  });
});

describe('docs/operations.md', () => {
  it('explains exactly the metrics of Signet', async () => {
    const server = await startTestServer();
    const response = await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`);
    const exposed = [...(await response.text()).matchAll(/^# HELP (signet_\w+)/gm)].map(([, name]) => name);
    await server.stop();
    const explained = tableRows(read('docs/operations.md'), 'Health and metrics')
      .map(([name]) => codeOf(name))
      .filter((name) => name.startsWith('signet_'));
    assert.deepEqual(new Set(explained), new Set(exposed));
  });
});

describe('The check of documented commands', () => {
  const wrong = [
    'signet usr add maria',
    'signet user ad maria',
    'signet serve --port 3000',
    '$ signet client add --nmae x',
    'cat token.txt | signet token check',
    'SIGNET_ISSUER=https://login.example.com signet confg check',
    'npm run -s signet -- user lst',
  ];
  for (const line of wrong) {
    it(`refuses ${line}`, async () =>
      assert.match(problemOfCall(line, await allCommands()) ?? '', /there is no/));
  }

  it('reads names in quotes as one word, and options of the program before the command', async () => {
    const line = 'signet --config /srv/signet.yaml client add --name "The -- Shop" --no-pkce < file';
    assert.equal(problemOfCall(line, await allCommands()), undefined);
  });
});

describe('test/support/README.md', () => {
  it('names every module', () => {
    const links = tokensOf(read('test/support/README.md')).flatMap((token) =>
      token.type === 'link' ? [String(token.href)] : [],
    );
    const modules = readdirSync(join(ROOT, 'test/support')).filter((name) => /(?<!\.test)\.ts$/.test(name));
    assert.deepEqual(new Set(modules).difference(new Set(links)), new Set());
  });
});
