#!/usr/bin/env node
/**
 * The `signet` command, on whatever Node there is from version 20: runs Signet itself where that is new enough, and otherwise hands
 * over to the Node that npm installed with it. Plain JavaScript, because an old Node cannot read anything else.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 24 || (major === 24 && minor >= 15)) await run();
else handOver(findNode() ?? refuse());

async function run() {
  endWithLauncher();
  await importHttpWithoutItsClient();
  // Also keeps the TypeScript without its types. Where the directory cannot be written, nothing is kept and nothing is said.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/signet', import.meta.url)));
  // A clone has the sources; a release has what they were compiled to.
  const sources = new URL('../src/main.ts', import.meta.url);
  const entry = existsSync(sources) ? sources : new URL('../dist/main.js', import.meta.url);
  const { main } = await import(entry.href);
  await main(process.argv);
}

/**
 * Whoever is the first to import `node:http` has all its exports read, and to read `WebSocket` loads the HTTP client behind `fetch`: an
 * eighth of the time that a start takes. So the first is somebody who finds it without; whoever uses `fetch` loads the client then.
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

/** Stops when the process that handed over was killed and could not pass that on. */
function endWithLauncher() {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}

function handOver(node) {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'];
  const forward = (signal) => {
    // A terminal sends Ctrl-C to both processes; a second one would stop the child before it has finished.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  child.on('error', refuse);
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of signals) process.removeListener(name, forward);
    process.kill(process.pid, signal);
  });
}

/** The pinned Node, an optional dependency with one package per platform. */
function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  try {
    return module.createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/bin/${binary}`);
  } catch {
    return undefined;
  }
}

function refuse() {
  process.stderr.write(
    `error: Signet needs Node 24.15 or newer and this is ${process.version}: run \`npm ci\` without --omit=optional, ` +
      'which brings the right one where there is a build for the platform, or install it from https://nodejs.org.\n',
  );
  process.exit(1);
}
