import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { dump } from 'js-yaml';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type ClientCredentials, declaredClients } from '../plans/clients.ts';
import { type Person, USERNAME } from '../plans/people.ts';
import { planFile } from '../plans/plan-file.ts';
import type { Plan } from '../plans/plans.ts';
import { type Certificate, makeCertificate } from './certificate.ts';

/**
 * The directory of a server for tests: `signet.yaml`, keys, database, certificate, secrets, and a plan file for each plan. Secrets are made
 * when they are first needed and stay; configuration and plan files are written at each start.
 */

export interface SiteOptions {
  directory: string;
  /** Without a slash at the end. */
  issuer: string;
  /** Base address of the suite, without a slash at the end. */
  suite: string;
  /** File with the certificate of the suite, or of who issued it. One is made when it is absent. */
  suiteCertificate?: string | undefined;
  plans: readonly Plan[];
  /** Of the server behind the TLS listener. */
  port: number;
}

export interface Site {
  config: string;
  person: Person;
  certificate: Certificate;
  /** The certificates of both sides, which the server and the runner trust. */
  trustedFile: string;
  planFiles: readonly string[];
}

/** All requests come from one address. */
const MANY = 1_000_000;

export function prepareSite(options: SiteOptions): Site {
  const { directory, issuer, suite, plans, port } = options;
  mkdirSync(join(directory, 'plans'), { recursive: true, mode: 0o700 });
  const secrets = openSecrets(join(directory, 'secrets.json'));
  const person = { username: USERNAME, password: secrets.password };
  const context = { issuer, suite, person };
  const { clients } = secrets;
  const input: ConfigInput = {
    profile: 'conformance',
    issuer,
    port,
    store: `sqlite:${join(directory, 'signet.db')}`,
    keys: join(directory, 'keys'),
    signingAlgorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    management: { port: 0 },
    logout: { frontChannel: true, sessionManagement: true },
    trustedProxies: ['127.0.0.1'],
    limits: { authorizationRequests: MANY, signInForms: MANY, pushedRequests: MANY },
    registration: {
      scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
      perNetwork: MANY,
      overall: MANY,
    },
    clients: plans.flatMap((plan) => declaredClients(plan, suite, clients)),
  };
  const config = join(directory, 'signet.yaml');
  writePrivately(config, dump(input));
  const planFiles = plans.map((plan) => {
    const path = planPath(directory, plan);
    writePrivately(path, `${JSON.stringify(planFile(plan, context, clients), null, 2)}\n`);
    return path;
  });
  secrets.save();
  return { config, person, ...prepareCertificates(options), planFiles };
}

export function trustedPath(directory: string): string {
  return join(directory, 'trusted.pem');
}

export function planPath(directory: string, { name }: Plan): string {
  return join(directory, 'plans', `${name}.json`);
}

function prepareCertificates({ directory, issuer, suite, suiteCertificate }: SiteOptions): {
  certificate: Certificate;
  trustedFile: string;
} {
  const certificate = keepCertificate(directory, 'server', new URL(issuer).hostname);
  const trusted =
    suiteCertificate === undefined
      ? keepCertificate(directory, 'suite', new URL(suite).hostname).certificate
      : readFileSync(suiteCertificate, 'utf8');
  const trustedFile = trustedPath(directory);
  writePrivately(trustedFile, `${certificate.certificate}${trusted}`);
  return { certificate, trustedFile };
}

/** @param name of its files: `NAME.pem` and `NAME-key.pem` */
function keepCertificate(directory: string, name: string, host: string): Certificate {
  const certificateFile = join(directory, `${name}.pem`);
  const keyFile = join(directory, `${name}-key.pem`);
  const isUsable =
    existsSync(certificateFile) &&
    new X509Certificate(readFileSync(certificateFile)).checkHost(host) !== undefined;
  if (!isUsable) {
    const made = makeCertificate(host, Date.now());
    writePrivately(keyFile, made.key);
    writePrivately(certificateFile, made.certificate);
  }
  return { key: readFileSync(keyFile, 'utf8'), certificate: readFileSync(certificateFile, 'utf8') };
}

interface Secrets {
  password: string;
  clients: ClientCredentials;
  save(): void;
}

interface StoredSecrets {
  password: string;
  secrets: Record<string, string>;
  keys: Record<string, JWK>;
}

function openSecrets(path: string): Secrets {
  const stored: StoredSecrets = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as StoredSecrets)
    : { password: newSecret(), secrets: {}, keys: {} };
  const { password, secrets, keys } = stored;
  return {
    password,
    clients: {
      secretOf: (id) => (secrets[id] ??= newSecret()),
      keyOf: (id) => (keys[id] ??= newKey(id)),
    },
    save: () => writePrivately(path, `${JSON.stringify(stored, null, 2)}\n`),
  };
}

function newKey(kid: string): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}

/** 256 bits, which HS256 needs of a client secret (RFC 7518 §3.2). */
function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function writePrivately(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}
