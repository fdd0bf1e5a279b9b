import { isJsonObject } from '../../config/json-object.ts';
import { AccountError } from '../errors.ts';
import { jsonObject, textOf } from '../imports/json-values.ts';
import { parseForeignHash } from './foreign-hash.ts';

/**
 * Turns what other systems write into the text of `foreign-hash.ts`: Django and PHC strings, credentials of Keycloak, hashes of Auth0's import
 * format, hashes of Firebase. Every function throws an AccountError for a hash that cannot be verified later, with one sentence that
 * contains no part of the hash.
 */

/** A hash as one text: of Signet, Django, bcrypt, or in the PHC string format. */
export function hashFromText(text: string): string {
  return requireUsable(fromDjango(text) ?? fromPhc(text) ?? text);
}

const DJANGO_PBKDF2 = /^pbkdf2_(sha1|sha256)\$(\d+)\$([^$]+)\$([A-Za-z0-9+/=]+)$/;
const DJANGO_SCRYPT = /^scrypt\$(\d+)\$([^$]+)\$(\d+)\$(\d+)\$([A-Za-z0-9+/=]+)$/;

/** https://docs.djangoproject.com/en/5.2/topics/auth/passwords/: algorithm, costs, salt, hash. The salt is text, and used as such. */
function fromDjango(text: string): string | undefined {
  const [, digest, iterations, salt = '', hash = ''] = DJANGO_PBKDF2.exec(text) ?? [];
  if (digest !== undefined) return `$pbkdf2-${digest}$i=${iterations}$${base64(salt)}$${unpadded(hash)}`;
  const [, n, scryptSalt = '', r, p, scryptHash = ''] = DJANGO_SCRYPT.exec(text) ?? [];
  if (n !== undefined)
    return scryptText({ n: Number(n), r: Number(r), p: Number(p) }, base64(scryptSalt), unpadded(scryptHash));
  if (text.startsWith('bcrypt_sha256$')) return `$bcrypt-sha256-hex${text.slice('bcrypt_sha256$'.length)}`;
  if (text.startsWith('bcrypt$')) return text.slice('bcrypt$'.length);
  if (text.startsWith('argon2$')) return fromPhc(`$${text.slice('argon2$'.length)}`) ?? `$${text}`;
  return undefined;
}

const PHC_PBKDF2 =
  /^\$pbkdf2-(sha1|sha256|sha512)\$i=(\d+)(?:,l=\d+)?\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;
const PHC_ARGON2 =
  /^\$(argon2(?:id|i|d))\$v=19\$([mtp]=\d+,[mtp]=\d+,[mtp]=\d+)(?:,data=)?\$([^$]+)\$([^$]+)$/;

/** Without padding and lengths, and the parameters of argon2 in their order. */
function fromPhc(text: string): string | undefined {
  const [, digest, iterations, salt = '', hash = ''] = PHC_PBKDF2.exec(text) ?? [];
  if (digest !== undefined) return `$pbkdf2-${digest}$i=${iterations}$${unpadded(salt)}$${unpadded(hash)}`;
  const [, type, costs = '', argonSalt = '', argonHash = ''] = PHC_ARGON2.exec(text) ?? [];
  if (type === undefined) return undefined;
  const order = ['m', 't', 'p'].map((name) => new RegExp(`${name}=\\d+`).exec(costs)?.[0]).join();
  return `$${type}$v=19$${order}$${unpadded(argonSalt)}$${unpadded(argonHash)}`;
}

/** `credentials` of a user in a realm export: JSON texts `secretData` and `credentialData`. */
export function hashFromKeycloak(credential: Readonly<Record<string, unknown>>): string {
  const { value, salt } = keycloakData(credential.secretData);
  const { algorithm, hashIterations, additionalParameters } = keycloakData(credential.credentialData);
  const [bareSalt, bareHash] = [unpadded(textOf(salt)), unpadded(textOf(value))];
  const [, digest] = /^pbkdf2(?:-(sha256|sha512))?$/.exec(textOf(algorithm)) ?? [];
  const iterations = Number(hashIterations);
  if (algorithm === 'pbkdf2' || digest !== undefined)
    return requireUsable(`$pbkdf2-${digest ?? 'sha1'}$i=${iterations}$${bareSalt}$${bareHash}`);
  if (algorithm !== 'argon2') throw unknownHash(`Keycloak's algorithm ${JSON.stringify(algorithm ?? null)}`);
  const parameters = isJsonObject(additionalParameters) ? additionalParameters : {};
  const parameter = (name: string) => textOf([parameters[name]].flat()[0]);
  if (parameter('version') !== '1.3') throw unknownHash('argon2 of a version other than 1.3');
  const costs = `m=${parameter('memory')},t=${iterations},p=${parameter('parallelism')}`;
  return requireUsable(`$argon2${parameter('type')}$v=19$${costs}$${bareSalt}$${bareHash}`);
}

function keycloakData(text: unknown): Record<string, unknown> {
  const data = jsonObject(text);
  if (data === undefined) throw unknownHash('a credential of Keycloak that is not JSON');
  return data;
}

/** `custom_password_hash` of Auth0's format for imports: bcrypt, argon2, pbkdf2 and scrypt. */
export function hashFromAuth0(custom: Readonly<Record<string, unknown>>): string {
  const { algorithm } = custom;
  const hash = isJsonObject(custom.hash) ? custom.hash : {};
  const value = textOf(hash.value);
  if (isJsonObject(custom.password) && !['utf8', undefined].includes(custom.password.encoding as string))
    throw unknownHash(`a password encoding other than utf8`);
  if (algorithm === 'bcrypt' || algorithm === 'argon2' || algorithm === 'pbkdf2') return hashFromText(value);
  if (algorithm !== 'scrypt') throw unknownHash(`Auth0's algorithm ${JSON.stringify(algorithm ?? null)}`);
  const salt = isJsonObject(custom.salt) ? custom.salt : {};
  const bytesOf = ({ encoding = 'utf8' }: Record<string, unknown>, text: string) => {
    if (typeof encoding !== 'string' || !Buffer.isEncoding(encoding))
      throw unknownHash(`a hash or salt in an encoding that is unknown`);
    return base64(Buffer.from(text, encoding));
  };
  const costs = {
    n: Number(custom.cost ?? 16_384),
    r: Number(custom.blockSize ?? 8),
    p: Number(custom.parallelization ?? 1),
  };
  return requireUsable(scryptText(costs, bytesOf(salt, textOf(salt.value)), bytesOf(hash, value)));
}

/** The project's parameters: Firebase console, Authentication, Users, "Password hash parameters". */
export interface FirebaseParameters {
  signerKey: Buffer;
  saltSeparator: Buffer;
  rounds: number;
  memCost: number;
}

const FIREBASE_VALUE = (name: string) => new RegExp(`${name}"?\\s*[:=]\\s*"?([A-Za-z0-9+/=_-]+)`);

/** @param text as the console shows it: `hash_config { algorithm: SCRYPT, base64_signer_key: …, … }`; JSON is accepted, too */
export function parseFirebaseParameters(text: string): FirebaseParameters {
  const read = (name: string): string => {
    const [, value] = FIREBASE_VALUE(name).exec(text) ?? [];
    if (value === undefined) throw new AccountError([`the parameters of Firebase lack ${name}`]);
    return value;
  };
  if (read('algorithm') !== 'SCRYPT')
    throw unknownHash("Firebase's parameters of an algorithm other than SCRYPT");
  return {
    signerKey: Buffer.from(read('base64_signer_key'), 'base64'),
    saltSeparator: Buffer.from(read('base64_salt_separator'), 'base64'),
    rounds: Number(read('rounds')),
    memCost: Number(read('mem_cost')),
  };
}

/** Firebase's hash is its signer key, encrypted with AES-CTR: their difference is the key stream, which depends on the password alone. */
export function hashFromFirebase(hash: string, salt: string, parameters: FirebaseParameters): string {
  const { signerKey, saltSeparator, rounds, memCost } = parameters;
  const encrypted = Buffer.from(hash, 'base64');
  if (encrypted.length !== signerKey.length)
    throw unknownHash('a hash that is not as long as the signer key');
  const stream = Buffer.from(encrypted.map((byte, index) => byte ^ (signerKey[index] ?? 0)));
  const fullSalt = Buffer.concat([Buffer.from(salt, 'base64'), saltSeparator]);
  return requireUsable(
    `$firebase-scrypt$ln=${memCost},r=${rounds},p=1$${base64(fullSalt)}$${base64(stream)}`,
  );
}

function scryptText({ n, r, p }: { n: number; r: number; p: number }, salt: string, hash: string): string {
  const ln = Math.log2(n);
  if (!Number.isInteger(ln)) throw unknownHash('scrypt with a cost that is no power of two');
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt}$${hash}`;
}

function requireUsable(text: string): string {
  const parsed = parseForeignHash(text);
  if (parsed === undefined) throw unknownHash('a password hash of an unknown format');
  if (parsed.problem !== undefined) throw new AccountError([`the password hash is ${parsed.problem}`]);
  return text;
}

function unknownHash(what: string): AccountError {
  return new AccountError([`the account has ${what}`]);
}

function base64(content: string | Buffer): string {
  return unpadded(Buffer.from(content as string).toString('base64'));
}

function unpadded(text: string): string {
  return text.replaceAll('=', '');
}
