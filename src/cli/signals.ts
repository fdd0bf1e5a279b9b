/**
 * Runs `stop` once on SIGTERM or SIGINT and leaves with its outcome; a second signal leaves at once.
 * @param stop told whether it may be patient: a supervisor waits (SIGTERM), a person at a terminal does not (SIGINT)
 * @returns `failed`: stops as a signal would, with exit code 1
 */
export function stopOnSignal(stop: (patient: boolean) => Promise<void>): { failed: () => void } {
  let stopping = false;
  const leave = (exitCode: number, patient: boolean): void => {
    if (stopping) process.exit(1);
    stopping = true;
    stop(patient).then(
      () => process.exit(exitCode),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => leave(0, true));
  process.on('SIGINT', () => leave(0, false));
  return { failed: () => leave(1, false) };
}
