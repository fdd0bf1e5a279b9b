/**
 * Runs `stop` on the first SIGTERM or SIGINT, then exits. A second signal exits at once.
 * @param stop `patient` is true for SIGTERM, which a supervisor sends, and false for SIGINT, which a person at a terminal sends
 * @returns `failed`: stops like SIGINT, with exit code 1
 */
export function stopOnSignal(stop: (patient: boolean) => Promise<void>): { failed: () => void } {
  let stopping = false;
  const exit = (exitCode: number, patient: boolean): void => {
    if (stopping) process.exit(1);
    stopping = true;
    stop(patient).then(
      () => process.exit(exitCode),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => exit(0, true));
  process.on('SIGINT', () => exit(0, false));
  return { failed: () => exit(1, false) };
}
