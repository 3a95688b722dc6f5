/** How settings that are texts are read: undefined for what cannot be used. */
import { readCallbackHost } from '../shared/domain/callback-url.ts';

/** A text that matches, as it is. */
export const matching =
  (pattern: RegExp) =>
  (input: string): string | undefined =>
    pattern.test(input) ? input : undefined;

/** True for a URL of this machine, where plain HTTP is accepted and MX's limits are not checked. */
export function isLoopback(url: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(url);
}

/** The origin of a base URL. Plain HTTP would send MX's API key unencrypted, so only a URL of this machine may use it. */
export function readBaseUrl(input: string): string | undefined {
  if (!URL.canParse(input)) return undefined;
  const url = new URL(input);
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return undefined;
  return url.protocol === 'https:' || isLoopback(url.origin) ? url.origin : undefined;
}

/** Host names with commas between them, each in the form that a callback's URL is compared with. */
export function readHosts(input: string): string | undefined {
  const hosts = input
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(readCallbackHost);
  return hosts.includes(null) ? undefined : [...new Set(hosts)].join(',');
}

/** Origins as browsers send them: scheme and host, perhaps a port, nothing behind it. */
export function readOrigins(input: string): string | undefined {
  if (input === '') return '';
  const origins = input.split(',').map((entry) => entry.trim());
  const known = origins.every((origin) => /^https:\/\/[^\s*]+$/.test(origin) && URL.canParse(origin));
  if (!known || origins.some((origin) => new URL(origin).origin !== origin)) return undefined;
  return [...new Set(origins)].join(',');
}

/** Ids of AWS with commas between them, such as `subnet-0a1b2c3d`. */
export const readIds =
  (kind: string) =>
  (input: string): string | undefined => {
    if (input === '') return '';
    const ids = input.split(',').map((entry) => entry.trim());
    return ids.every((id) => new RegExp(`^${kind}-[0-9a-f]{8,17}$`).test(id)) ? [...new Set(ids)].join(',') : undefined;
  };

/** ARNs of one service, as far as `resource`; empty for none. */
export const arnOrNone = (service: string, region: string, resource: string) =>
  matching(new RegExp(`^(arn:aws[a-z-]*:${service}:${region}:\\d{12}:${resource})?$`));

/** `name=value` with commas between them. AWS allows neither other characters nor names that begin with `aws:`. */
export function readTags(input: string): string | undefined {
  if (input === '') return '';
  const tags = input.split(',').map((entry) => entry.trim());
  const names = tags.map((tag) => tag.slice(0, tag.indexOf('=')).trim());
  const allowed = tags.every((tag) => /^[\p{L}\p{N} _.:/+@-]{1,128}=[\p{L}\p{N} _.:/=+@-]{0,256}$/u.test(tag));
  if (!allowed || new Set(names).size < names.length || names.some((name) => /^aws:/i.test(name))) return undefined;
  return tags.length <= MOST_TAGS ? tags.join(',') : undefined;
}

/** AWS takes 50 tags of a resource, of which the CDK writes up to three itself. */
export const MOST_TAGS = 40;

/** The longest address of a page: the description of an alarm, which has it, may have 1,024 characters. */
const MOST_URL = 500;

/** The address of a page that a browser opens and that anchors can be added to; empty for none. */
export function readPageUrl(input: string): string | undefined {
  if (input === '') return '';
  if (input.length > MOST_URL || !/^https:\/\/[^\s#@]+$/.test(input) || !URL.canParse(input)) return undefined;
  return input;
}
