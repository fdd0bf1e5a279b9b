import { parentPort, workerData } from 'node:worker_threads';
import type { HsmAnswer, HsmFailure, HsmRequest, HsmThreadData } from './hsm-protocol.ts';
import { loadCryptoki } from './pkcs11-binding.ts';
import { Pkcs11Session } from './pkcs11-session.ts';
import { HsmProblem } from './pkcs11-token.ts';

/**
 * A thread with one session, which does one thing after the other. PKCS#11 blocks whoever calls it, for the time of a signature or, when
 * the HSM hangs, for ever: here nobody else waits for it, which on the event loop or in libuv's pool they would.
 */

const { binding, uri, pin } = workerData as HsmThreadData;

let opened: Pkcs11Session | undefined;

/** Loads the vendor's library with the first request, so that a library that is missing is an answer like others. */
function session(): Pkcs11Session {
  if (opened === undefined) {
    const cryptoki = loadCryptoki(binding);
    cryptoki.load(uri.modulePath);
    opened = new Pkcs11Session(cryptoki, uri, pin);
  }
  return opened;
}

parentPort?.on('message', ({ number, method, argument }: HsmRequest) => {
  let answer: HsmAnswer;
  try {
    const run = session()[method] as (...of: readonly unknown[]) => unknown;
    answer = { number, result: run.apply(opened, [...argument]) };
  } catch (error) {
    answer = { number, failure: describe(error) };
  }
  parentPort?.postMessage(answer, []);
});

function describe(error: unknown): HsmFailure {
  if (!(error instanceof Error)) return { message: 'it failed', kind: 'session' };
  return { message: error.message, kind: error instanceof HsmProblem ? 'problem' : 'session' };
}
