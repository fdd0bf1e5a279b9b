/**
 * Runs `stop` once on SIGTERM or SIGINT and leaves with its outcome; a second signal leaves at once.
 * @returns `failed`: stops as a signal would, with exit code 1
 */
export function stopOnSignal(stop: () => Promise<void>): { failed: () => void } {
  let stopping = false;
  const leave = (exitCode: number): void => {
    if (stopping) process.exit(1);
    stopping = true;
    stop().then(
      () => process.exit(exitCode),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => leave(0));
  process.on('SIGINT', () => leave(0));
  return { failed: () => leave(1) };
}
