/** Deleting at MX: the member, or the user with everything that MX has of it. MX cannot take either back. */
import type { MxDeletion } from '../domain/erasure-ports.ts';
import { Failure } from '../domain/failure.ts';
import { type MxClientOptions, memberPath, mxRequests } from './mx-request.ts';

/** Deletes with these credentials. MX answers 204, and 404 for what it does not have (any more). */
export function mxDeletion(options: MxClientOptions): MxDeletion {
  const request = mxRequests(options);

  async function remove(path: string, what: string): Promise<'deleted' | 'gone'> {
    try {
      await request('DELETE', path, what);
      return 'deleted';
    } catch (error) {
      if (error instanceof Failure && error.code === 'mx_not_found') return 'gone';
      throw error;
    }
  }

  return {
    deleteMember: (member) => remove(memberPath(member), 'delete member'),
    deleteUser: (userIdentifier) => remove(`/users/${encodeURIComponent(userIdentifier)}`, 'delete user'),
  };
}
