import { ClientError } from './errors.ts';
import { nearest } from '../config/nearest.ts';
import { APACHE_PRESETS } from './presets/apache.ts';
import { GO_PRESETS } from './presets/go.ts';
import { JAVA_PRESETS } from './presets/java.ts';
import { NODE_PRESETS } from './presets/node.ts';
import type { Preset } from './presets/preset.ts';
import { PYTHON_PRESETS } from './presets/python.ts';

export type { Preset };

/**
 * Presets: metadata and settings of well-known client software, by the name of its page in `docs/clients`. The interoperability
 * tests register their clients by these presets.
 */
export const PRESETS: ReadonlyMap<string, Preset> = new Map(
  Object.entries({
    ...APACHE_PRESETS,
    ...GO_PRESETS,
    ...JAVA_PRESETS,
    ...NODE_PRESETS,
    ...PYTHON_PRESETS,
  }).sort(([a], [b]) => a.localeCompare(b, 'en')),
);

/** @throws ClientError with the nearest name */
export function findPreset(name: string): Preset {
  const preset = PRESETS.get(name);
  if (preset !== undefined) return preset;
  const names = [...PRESETS.keys()];
  const close = nearest(name, names);
  const hint = close === undefined ? `the presets are ${names.join(', ')}` : `did you mean ${close}?`;
  throw new ClientError([`preset: there is no ${name}; ${hint}`]);
}

/**
 * The metadata of a preset.
 * @param appUrl address of the application; undefined when the redirect URIs are given one by one
 * @throws ClientError when the address is no URL, or ends in something else than a path
 */
export function presetMetadata(preset: Preset, appUrl: string | undefined): Record<string, unknown> {
  const { redirectPaths = [], postLogoutPaths = [] } = preset;
  if (appUrl === undefined) return { ...preset.metadata };
  const base = checkAppUrl(appUrl);
  return {
    redirect_uris: redirectPaths.map((path) => base + path),
    ...(postLogoutPaths.length > 0 && {
      post_logout_redirect_uris: postLogoutPaths.map((path) => base + path),
    }),
    ...preset.metadata,
  };
}

/** What a setting of a preset may name. */
export interface SettingValues {
  issuer: string;
  client_id: string | undefined;
  client_secret: string | undefined;
  app_url: string | undefined;
}

/** The settings of a preset with their values. A value that is unknown leaves its name in braces. */
export function fillSettings({ settings }: Preset, values: SettingValues): string[] {
  const known = new Map(Object.entries(values));
  return settings.map((line) =>
    line.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => known.get(name) ?? placeholder),
  );
}

/** @returns the address without a slash at its end */
function checkAppUrl(appUrl: string): string {
  const url = URL.parse(appUrl);
  if (url === null || url.search !== '' || url.hash !== '' || !/^https?:$/.test(url.protocol)) {
    throw new ClientError(['app-url: expected the address of the application, like https://app.example.com']);
  }
  return appUrl.replace(/\/$/, '');
}
