import * as v from 'valibot';
import type { Config } from '../../config/config.ts';
import type { Api } from '../../config/schema-apis.ts';
import { outboundSettings } from '../../outbound/outbound-parts.ts';
import { AUTHENTICATION } from './authentication.ts';
import { AUTHORIZATION } from './authorization.ts';
import { INFORMATION } from './information.ts';
import type { LocalizedMetadata } from './localized.ts';
import { LOGOUT } from './logout.ts';
import { PEOPLE } from './people.ts';
import { REQUEST_OBJECTS } from './request-objects.ts';
import { RESPONSES } from './responses.ts';
import { TOKENS } from './tokens.ts';

/** All members of client metadata, by the nouns in this folder, and what their rules (`../rules.ts`) depend on. */

export const FIELDS = {
  ...INFORMATION,
  ...AUTHORIZATION,
  ...AUTHENTICATION,
  ...REQUEST_OBJECTS,
  ...TOKENS,
  ...RESPONSES,
  ...LOGOUT,
  ...PEOPLE,
};

export const shape = v.strictObject(FIELDS);

/** The names of all members without a language, without `client_id` and `client_secret`. */
export const CLIENT_METADATA = Object.keys(FIELDS) as readonly (keyof typeof FIELDS)[];

/** Validated metadata with defaults. `client_id` is not part of it: see `Client.id`. */
export type ClientMetadata = v.InferOutput<typeof shape> & LocalizedMetadata;

/** The part of the configuration that validation depends on. */
export interface MetadataContext {
  apis: readonly Api[];
  mode: Config['mode'];
  signingAlgorithms: Config['signingAlgorithms'];
  /** Whether documents of clients are fetched over http, too; absent: over https only. */
  fetchesHttp?: boolean | undefined;
}

type MetadataConfig = Pick<Config, 'apis' | 'mode' | 'signingAlgorithms' | 'outbound' | 'profile'>;

export function metadataContext(config: MetadataConfig): MetadataContext {
  const { apis, mode, signingAlgorithms } = config;
  return { apis, mode, signingAlgorithms, fetchesHttp: outboundSettings(config).http };
}
