/**
 * Origins of the samples of a development server. The variables of the samples (docs/configuration.md) change them, and with them the demo's
 * API, clients and pages.
 */
export interface SampleOrigins {
  /** Of the sample API. Also its audience. */
  readonly api: string;
  /** Of the sample app. */
  readonly app: string;
}

export const DEFAULT_SAMPLES: SampleOrigins = { api: 'http://localhost:3001', app: 'http://localhost:3002' };

/** An invalid value is replaced by the default here: the sample reports it. */
export function sampleOrigins(env: Readonly<Record<string, string | undefined>>): SampleOrigins {
  const at = (port: string | undefined): string | undefined =>
    port !== undefined && /^[1-9]\d{0,4}$/.test(port) ? `http://localhost:${port}` : undefined;
  const app = env.SAMPLE_APP_URL === undefined ? undefined : URL.parse(env.SAMPLE_APP_URL)?.origin;
  return {
    api: env.RESOURCE_SERVER_AUDIENCE ?? at(env.RESOURCE_SERVER_PORT) ?? DEFAULT_SAMPLES.api,
    app: app ?? at(env.SAMPLE_APP_PORT) ?? DEFAULT_SAMPLES.app,
  };
}
