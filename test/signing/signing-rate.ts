/** Milliseconds of a measurement. */
const DURATION = 400;

/** @returns calls in a second */
export async function signingRate(run: () => unknown, concurrent: number): Promise<number> {
  const start = performance.now();
  let count = 0;
  const isOver = () => performance.now() - start > DURATION;
  await Promise.all(
    Array.from({ length: concurrent }, async () => {
      while (!isOver()) {
        await run();
        count += 1;
      }
    }),
  );
  return Math.round((1000 * count) / (performance.now() - start));
}
