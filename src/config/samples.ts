/**
 * Where the samples of a development server are: their own variables (docs/configuration.md) move them, and the demo's API, clients and
 * pages follow.
 */
export interface SampleOrigins {
  /** Of the sample API; its audience, too. */
  readonly api: string;
  /** Of the sample app. */
  readonly app: string;
}

export const DEFAULT_SAMPLES: SampleOrigins = { api: 'http://localhost:3001', app: 'http://localhost:3002' };

/** What cannot be read is left at its default: the sample itself says what is wrong with it. */
export function sampleOrigins(env: Readonly<Record<string, string | undefined>>): SampleOrigins {
  const at = (port: string | undefined): string | undefined =>
    port !== undefined && /^[1-9]\d{0,4}$/.test(port) ? `http://localhost:${port}` : undefined;
  const app = env.SAMPLE_APP_URL === undefined ? undefined : URL.parse(env.SAMPLE_APP_URL)?.origin;
  return {
    api: env.RESOURCE_SERVER_AUDIENCE ?? at(env.RESOURCE_SERVER_PORT) ?? DEFAULT_SAMPLES.api,
    app: app ?? at(env.SAMPLE_APP_PORT) ?? DEFAULT_SAMPLES.app,
  };
}
