#!/usr/bin/env node
/**
 * The `signet` command, for any Node from version 20: runs Signet itself where Node is new enough, and otherwise in a child process with
 * the Node that npm installed as an optional dependency. Plain JavaScript, because an old Node reads nothing else.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const BUNDLE = new URL('../node_modules/.cache/signet-bundle/', import.meta.url);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 24 || (major === 24 && minor >= 15)) await run();
else runWith(findNode() ?? failWithVersion());

async function run() {
  exitWithLauncher();
  await importHttpWithoutItsClient();
  // Also caches the JavaScript that the TypeScript was stripped to. Where the directory cannot be written, nothing is added to it.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/signet', import.meta.url)));
  // A clone has the sources, a release the compiled files.
  const sources = new URL('../src/', import.meta.url);
  const isClone = existsSync(sources);
  const directory = isClone ? sources : new URL('../dist/', import.meta.url);
  if (process.argv[2] === 'precompile') {
    const { precompile } = await import('./precompile.js');
    await precompile(directory, BUNDLE);
    return;
  }
  const { bundledEntry } = await import('./bundle.js');
  const bundled = isClone ? bundledEntry(sources, BUNDLE) : undefined;
  const { main } = await import(bundled ?? new URL(isClone ? 'main.ts' : 'main.js', directory).href);
  await main(process.argv);
}

/**
 * The first import of `node:http` reads all its exports, and the getter of `WebSocket` loads undici, the HTTP client behind `fetch`: 3 % of
 * the time of a start. So the first import happens without these getters. The first use of `fetch` loads undici.
 */
async function importHttpWithoutItsClient() {
  const http = process.getBuiltinModule('node:http');
  const lazy = ['WebSocket', 'CloseEvent', 'MessageEvent']
    .map((name) => [name, Object.getOwnPropertyDescriptor(http, name)])
    .filter(([, property]) => property?.get && property.configurable);
  for (const [name] of lazy) delete http[name];
  await import('node:http');
  for (const [name, property] of lazy) Object.defineProperty(http, name, property);
}

/** Stops when the launcher was killed and could not forward the signal. */
function exitWithLauncher() {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}

function runWith(node) {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'];
  const forward = (signal) => {
    // A terminal sends Ctrl-C to both processes. A second SIGINT would end the child before it has drained.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  child.on('error', failWithVersion);
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of signals) process.removeListener(name, forward);
    process.kill(process.pid, signal);
  });
}

/** The pinned Node: an optional dependency, one package for each platform. */
function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  try {
    return module.createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/bin/${binary}`);
  } catch {
    return undefined;
  }
}

function failWithVersion() {
  process.stderr.write(
    `error: Signet needs Node 24.15 or newer and this is ${process.version}: run \`npm ci\` without --omit=optional, ` +
      'which brings the right one where there is a build for the platform, or install it from https://nodejs.org.\n',
  );
  process.exit(1);
}
