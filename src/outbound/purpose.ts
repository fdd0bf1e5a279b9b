/** What a request is for: a label of the metrics and the log. Each is the name of the client metadata or document that asks for it. */
export const OUTBOUND_PURPOSES = [
  'jwks_uri',
  'sector_identifier_uri',
  'request_uri',
  'logo_uri',
  'client_id_metadata_document',
  'backchannel_logout_uri',
] as const;

export type OutboundPurpose = (typeof OUTBOUND_PURPOSES)[number];
