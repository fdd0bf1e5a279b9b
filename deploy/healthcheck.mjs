/** For containers without a shell or curl: exit code 0 when `/readyz` on the management port says so. */
// Not a number when Kubernetes has made it from the name of a Service; Signet does not read it either then.
const [port] = /^\d+$/.exec(process.env.SIGNET_MANAGEMENT_PORT ?? '') ?? ['9000'];
const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2500) }).then(
  (response) => response.ok,
  () => false,
);
process.exitCode = ready ? 0 : 1;
