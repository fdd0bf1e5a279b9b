/** What a request is for: a label of the metrics and the log. Each is the name of the client metadata or document that asks for it. */
export type OutboundPurpose =
  | 'jwks_uri'
  | 'sector_identifier_uri'
  | 'request_uri'
  | 'logo_uri'
  | 'client_id_metadata_document'
  | 'backchannel_logout_uri';
