import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_EVENTS } from '../../src/audit/events.ts';
import { GRANT_TYPE_NAMES } from '../../src/clients/grant-types.ts';
import { CLIENT_METADATA } from '../../src/clients/fields/shape.ts';
import { methodsOf } from '../../src/http/route.ts';
import type { Configuration } from 'oidc-provider';
import { mergeConfigurations } from '../../src/oidc/engine/engine-configuration.ts';
import { FEATURES } from '../../src/oidc/provider.ts';
import { engineRoutes } from '../support/engine-routes.ts';
import { tableRows } from '../support/markdown.ts';

describe('The list of features', () => {
  it('is the table of specifications in docs/clients.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8');
    const listed = tableRows(page, 'Specifications').map(([spec]) => spec?.text);
    const specs = FEATURES.flatMap(({ spec }) => spec);
    assert.ok(specs.every((spec) => spec !== ''));
    assert.deepEqual(new Set(listed), new Set(specs));
    assert.equal(listed.length, new Set(listed).size);
  });

  it('has each member of the client metadata in a feature', () => {
    const claimed = new Set(FEATURES.flatMap(({ clientMetadata = [] }) => clientMetadata));
    assert.deepEqual(claimed.symmetricDifference(new Set(CLIENT_METADATA)), new Set());
  });

  it('has each audit event of the protocol in a feature', () => {
    const protocol = /^(?:token|session|consent|keys|logout|client\.(?:authentication|registered))/;
    const events = Object.keys(AUDIT_EVENTS).filter((type) => protocol.test(type));
    const recorded = new Set<string>(FEATURES.flatMap(({ auditEvents = [] }) => auditEvents));
    assert.deepEqual(recorded.symmetricDifference(new Set(events)), new Set());
  });

  it('has a row for each route of the engine, and a route of the engine for each row without an answer', async () => {
    const { registered, rows } = await engineRoutes();
    const answered = new Map(
      rows.flatMap((row) => methodsOf(row).map((method) => [`${method} ${row.path}`, row] as const)),
    );
    // CORS is ours for every route.
    const endpoints = registered.filter(({ method }) => method !== 'OPTIONS');
    assert.ok(endpoints.length > 10);
    assert.deepEqual(
      endpoints.filter(({ method, path, name }) => answered.get(`${method} ${path}`)?.name !== name),
      [],
    );
    const known = new Set(registered.map(({ path, name }) => `${name} ${path}`));
    const byEngine = rows.filter((row) => (row.kind === 'page' ? row.show : row.answer) === undefined);
    assert.deepEqual(
      byEngine.map(({ name, path }) => `${name} ${path}`).filter((row) => !known.has(row)),
      [],
    );
  });

  it('registers the grant types that clients can have, and no other', async () => {
    const { grantTypes } = await engineRoutes();
    // The implicit grant has no request at the token endpoint.
    assert.deepEqual(new Set([...grantTypes, 'implicit']), new Set<string>(GRANT_TYPE_NAMES));
  });
});

describe('The configuration of the features', () => {
  it('is merged: lists are joined, objects are merged', () => {
    const scopes = [{ scopes: ['openid'] }, { scopes: ['offline_access'] }] as const;
    assert.deepEqual(mergeConfigurations(scopes), { scopes: ['openid', 'offline_access'] });
    const features: Configuration[] = [
      { features: { introspection: { enabled: true } } },
      { features: { revocation: { enabled: true } } },
    ];
    assert.deepEqual(mergeConfigurations(features), {
      features: { introspection: { enabled: true }, revocation: { enabled: true } },
    });
  });

  it('stops the start when two features set the same value', () => {
    const parts: Configuration[] = [
      { features: { introspection: { enabled: true } } },
      { features: { introspection: { enabled: false } } },
    ];
    assert.throws(() => mergeConfigurations(parts), {
      message: "two features set features.introspection.enabled of the engine's configuration",
    });
  });
});
