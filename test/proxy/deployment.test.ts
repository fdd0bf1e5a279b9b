import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll, mergeTag, CORE_SCHEMA } from 'js-yaml';
import { parseConfig } from '../../src/config/config.ts';
import { KNOWN_VARIABLES } from '../../src/config/env.ts';

/** Compares the deployment files with the source. */

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata?: { name: string };
  data?: Record<string, string>;
  resources?: string[];
}

describe('the deployment files', () => {
  const manifests = readdirSync(join(ROOT, 'deploy/kubernetes')).flatMap((name) =>
    loadAll(read(`deploy/kubernetes/${name}`)).map((document) => document as Manifest),
  );

  for (const path of [
    'docker-compose.yml',
    'deploy/kubernetes/deployment.yaml',
    'deploy/systemd/signet.service',
    'Dockerfile',
    'Procfile',
  ]) {
    it(`name only variables that exist in ${path}`, () => {
      const names = read(path).match(/\bSIGNET_[A-Z_]+\b/g) ?? [];
      assert.ok(names.length > 0);
      assert.deepEqual(
        names.filter((name) => !KNOWN_VARIABLES.includes(name)),
        [],
      );
    });
  }

  it('list every Kubernetes manifest, with its kind and name', () => {
    const kinds = manifests.map(({ kind }) => kind).sort();
    assert.deepEqual(kinds, [
      'ConfigMap',
      'Deployment',
      'Kustomization',
      'Namespace',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Secret',
      'Service',
    ]);
    const listed = manifests.find(({ kind }) => kind === 'Kustomization')?.resources ?? [];
    const files = readdirSync(join(ROOT, 'deploy/kubernetes')).filter((name) => !name.startsWith('kustom'));
    assert.deepEqual(listed.toSorted(), files.toSorted());
    for (const { kind, apiVersion, metadata } of manifests) {
      assert.ok(apiVersion !== undefined, kind);
      if (kind !== 'Kustomization') assert.equal(metadata?.name, 'signet', kind);
    }
  });

  const masterKey = Buffer.alloc(32).toString('base64');

  it('configure Kubernetes so that Signet starts in production', () => {
    const text = manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['signet.yaml'] ?? '';
    assert.equal(parseConfig({ ...(load(text) as object), masterKey }).mode, 'production');
  });

  it('configure Compose so that Signet starts in production', () => {
    const compose = load(read('docker-compose.yml'), { schema: CORE_SCHEMA.withTags(mergeTag) }) as {
      configs: { signet: { content: string } };
      services: Record<string, { environment: Record<string, string> }>;
    };
    const text = compose.configs.signet.content.replaceAll(/\$\{[^}]*\}/g, 'x'.repeat(64));
    const issuer = compose.services['signet-1']?.environment.SIGNET_ISSUER;
    const config = parseConfig({ ...(load(text) as object), issuer, keys: 'store', masterKey });
    assert.equal(config.mode, 'production');
    assert.equal(config.clients[0]?.client_id, 'sample-app');
  });
});
