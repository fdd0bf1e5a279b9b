import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_SCHEMA, load, loadAll, mergeTag } from 'js-yaml';

/** What the files that say how to run Signet tell their platforms, as far as the tests imitate those. */

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export type Variables = Record<string, string>;

export interface Image {
  env: Variables;
  /** Number, as the files have it. */
  uid: number;
  workingDirectory: string;
  entrypoint: string[];
  command: string[];
  healthcheck: string[];
}

/** What the last stage of the Dockerfile sets. */
export function readDockerfile(): Image {
  const text = read('Dockerfile').replaceAll('\\\n', ' ');
  const stage = text.slice(text.lastIndexOf('\nFROM '));
  const instruction = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(stage)?.[1] ?? '';
  const list = (json: string): string[] => JSON.parse(json) as string[];
  return {
    env: pairs(instruction('ENV').trim().split(/\s+/)),
    uid: Number(instruction('USER').split(':')[0]),
    workingDirectory: instruction('WORKDIR'),
    entrypoint: list(instruction('ENTRYPOINT')),
    command: list(instruction('CMD')),
    healthcheck: list(/CMD (\[.*\])/.exec(instruction('HEALTHCHECK'))?.[1] ?? '[]'),
  };
}

const pairs = (lines: readonly string[]): Variables =>
  Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

export interface ComposeService {
  environment: Variables;
  entrypoint?: string[];
  command?: string[];
  read_only: boolean;
  healthcheck?: { test: string[] };
  configs?: { source: string; target: string; uid: string; mode: number }[];
  secrets?: { source: string; uid: string; mode: number }[];
}

export interface Compose {
  services: Record<string, ComposeService>;
  configs: Record<string, { content: string }>;
}

/** @param variables of `.env` */
export function readCompose(variables: Variables): Compose {
  const text = read('docker-compose.yml').replaceAll(
    /\$\{([A-Z_]+)(?::-([^}]*))?[^}]*\}/g,
    (_, name: string, fallback?: string) => variables[name] ?? fallback ?? '',
  );
  return load(text, { schema: CORE_SCHEMA.withTags(mergeTag) }) as Compose;
}

export interface Pod {
  enableServiceLinks: boolean;
  securityContext: { runAsUser: number; runAsGroup: number; fsGroup: number };
  containers: [
    {
      args: string[];
      env: { name: string; value: string }[];
      ports: { name: string; containerPort: number }[];
      resources: { limits: { memory: string } };
      securityContext: { readOnlyRootFilesystem: boolean };
      startupProbe: Probe;
      readinessProbe: Probe;
      livenessProbe: Probe;
      volumeMounts: { name: string; mountPath: string }[];
    },
  ];
  volumes: { name: string; secret?: { defaultMode: number } }[];
}

interface Probe {
  httpGet: { path: string; port: string };
}

export interface Kubernetes {
  pod: Pod;
  configuration: Variables;
  secret: Variables;
  service: { name: string; ports: { name: string; port: number }[] };
}

export function readKubernetes(): Kubernetes {
  const manifests = readdirSync(join(ROOT, 'deploy/kubernetes')).flatMap((name) =>
    loadAll(read(`deploy/kubernetes/${name}`)).map((document) => document as Manifest),
  );
  const find = (kind: string): Manifest => {
    const found = manifests.find((manifest) => manifest.kind === kind);
    if (found === undefined) throw new Error(`no ${kind}`);
    return found;
  };
  const service = find('Service');
  return {
    pod: (find('Deployment').spec as { template: { spec: Pod } }).template.spec,
    configuration: find('ConfigMap').data ?? {},
    secret: find('Secret').stringData ?? {},
    service: {
      name: service.metadata.name,
      ports: (service.spec as { ports: { name: string; port: number }[] }).ports,
    },
  };
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec?: unknown;
  data?: Variables;
  stringData?: Variables;
}

/** The settings of `[Service]`, each with all its values. @param credentials takes the `#` from the lines about them */
export function readUnit(credentials: boolean): (name: string) => string[] {
  const text = read('deploy/systemd/signet.service');
  const lines = (credentials ? text.replaceAll(/^#(?=[A-Z]\w+=)/gm, '') : text).split('\n');
  return (name) =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
}

/** The command of the process type `web`. */
export function readProcfile(): string {
  return /^web: (.*)$/m.exec(read('Procfile'))?.[1] ?? '';
}
