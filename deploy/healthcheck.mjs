/** Health check for containers without a shell or curl: exit code 0 when `/readyz` on the management port answers 200. */
// Not a number when it is a service link of Kubernetes, which Signet ignores too.
const [port] = /^\d+$/.exec(process.env.SIGNET_MANAGEMENT_PORT ?? '') ?? ['9000'];
const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2500) }).then(
  (response) => response.ok,
  () => false,
);
process.exitCode = ready ? 0 : 1;
