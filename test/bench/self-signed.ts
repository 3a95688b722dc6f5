/** A certificate for this machine, made anew for each run, so that no key lies in the repository. */
import { generateKeyPairSync, sign } from 'node:crypto';

/** PEM texts. A client that trusts `cert` can reach `localhost` by TLS. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 86_400_000;

/** An element of DER: its tag, the length and the content (ITU-T X.690). */
function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const oid = (encoded: string): Buffer => der(0x06, hex(encoded));

/** Signed by its own key (ECDSA, P-256), good from yesterday to tomorrow (RFC 5280). */
export function selfSigned(now: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, 'localhost')))); // commonName
  const time = (at: number): Buffer => der(0x18, new Date(at).toISOString().replace(/[-:T]|\.\d+/g, ''));
  const names = sequence(der(0x82, 'localhost')); // a DNS name
  const basic = sequence(der(0x01, hex('ff'))); // a certificate that may stand by itself
  const toSign = sequence(
    der(0xa0, der(0x02, hex('02'))), // version 3
    der(0x02, hex('01')), // serial number
    algorithm,
    name,
    sequence(time(now - DAY_MS), time(now + DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid('551d13'), der(0x04, basic)), sequence(oid('551d11'), der(0x04, names)))),
  );
  const signature = sign('sha256', toSign, privateKey);
  const whole = sequence(toSign, algorithm, der(0x03, hex('00'), signature));
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
