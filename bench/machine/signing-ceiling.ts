import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../ceiling.ts', import.meta.url));

/** RSA-2048 SHA-256 signatures a second, and for each second of processor time: the same on a core that nothing else uses. */
export interface SigningCeiling {
  rate: number;
  ratePerCpuSecond: number;
}

/**
 * Signatures on the server core: no server that signs one token per answer can be faster on it.
 * @param seconds how long to measure
 */
export async function measureSigningCeiling(
  core: number | undefined,
  seconds: number,
): Promise<SigningCeiling> {
  const command = [process.execPath, PROGRAM, `${seconds}`];
  const [file = '', ...args] = core === undefined ? command : ['taskset', '-c', `${core}`, ...command];
  const { stdout } = await promisify(execFile)(file, args, { timeout: (seconds + 10) * 1000 });
  const ceiling: SigningCeiling = JSON.parse(stdout);
  return ceiling;
}
