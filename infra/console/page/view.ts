/** Which view an address shows. It names members; no amount and no setting of the page is in it. Pure. */

/** A view. */
export type View =
  | { readonly name: 'overview' }
  | { readonly name: 'try' }
  | { readonly name: 'member'; readonly user: string; readonly member: string };

/** The view of a fragment; one that is none shows the overview. */
export function viewOf(hash: string): View {
  const [, name = '', user = '', member = ''] = hash.split('/');
  if (name === 'try') return { name };
  const [readUser, readMember] = [decoded(user), decoded(member)];
  return name === 'member' && readUser !== '' && readMember !== ''
    ? { name, user: readUser, member: readMember }
    : { name: 'overview' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The address of a member's view. */
export const memberHash = (user: string, member: string): string =>
  `#/member/${encodeURIComponent(user)}/${encodeURIComponent(member)}`;
