import { parentPort, workerData } from 'node:worker_threads';
import { loadCryptoki } from './cryptoki.ts';
import { TokenProblem } from './find-token.ts';
import type { HsmFailure, HsmReply, HsmRequest, HsmThreadData } from './hsm-protocol.ts';
import { TokenSession } from './token-session.ts';

/**
 * The thread of one session, which executes one call after the other. A call of PKCS#11 blocks its thread for the time of a signature, or
 * for ever when the HSM hangs. On the event loop, or in libuv's pool, all other work would wait for it.
 */

const { binding, uri, pin } = workerData as HsmThreadData;

let session: TokenSession | undefined;

/** Loads the vendor's library with the first call, so that a missing library is reported as the failure of that call. */
function loadSession(): TokenSession {
  const cryptoki = loadCryptoki(binding);
  cryptoki.load(uri.modulePath);
  return new TokenSession(cryptoki, uri, pin);
}

parentPort?.on('message', ({ id, method, args }: HsmRequest) => {
  let reply: HsmReply;
  try {
    session ??= loadSession();
    const run = session[method] as (...args: readonly unknown[]) => unknown;
    reply = { id, result: run.apply(session, [...args]) };
  } catch (error) {
    reply = { id, failure: failureOf(error) };
  }
  parentPort?.postMessage(reply, []);
});

function failureOf(error: unknown): HsmFailure {
  if (!(error instanceof Error)) return { message: 'the library failed', kind: 'session' };
  return { message: error.message, kind: error instanceof TokenProblem ? 'problem' : 'session' };
}
