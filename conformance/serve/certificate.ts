import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/**
 * A self-signed certificate (RFC 5280) of a server for tests, so that a tester needs no other program. Browsers and the suite accept it as
 * they accept any self-signed one; programs trust it by `NODE_EXTRA_CA_CERTS` and the like.
 *
 * An RSA key, because the cipher suites of FAPI are those of RSA.
 */

export interface Certificate {
  /** PEM. */
  key: string;
  certificate: string;
}

const VALID_DAYS = 365;

const OID = {
  commonName: '550403',
  subjectAltName: '551d11',
  sha256WithRsaEncryption: '2a864886f70d01010b',
} as const;

/** @param host a DNS name */
export function makeCertificate(host: string, now: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm = sequence(oid(OID.sha256WithRsaEncryption), der(0x05));
  const name = sequence(set(sequence(oid(OID.commonName), der(0x0c, Buffer.from(host)))));
  const serial = randomBytes(16);
  // Positive, and not shortened by the encoding.
  serial[0] = 0x40 | (serial[0]! & 0x3f);
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name,
    sequence(time(now - 86_400_000), time(now + VALID_DAYS * 86_400_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(alternativeName(host))),
  );
  const certificate = sequence(signed, algorithm, bitString(sign('sha256', signed, privateKey)));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(certificate),
  };
}

function alternativeName(host: string): Buffer {
  return sequence(oid(OID.subjectAltName), der(0x04, sequence(der(0x82, Buffer.from(host)))));
}

/** A value with its tag and length (X.690 §8.1). */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...members: readonly Buffer[]): Buffer => der(0x30, ...members);
const set = (...members: readonly Buffer[]): Buffer => der(0x31, ...members);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes);

/** UTCTime, for years before 2050. @param at epoch milliseconds */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
