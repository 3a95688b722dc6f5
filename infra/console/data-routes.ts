/** The routes of the page's data, and how their input is read. */
import { badInput } from './problems.ts';

/** A GET's query, or a POST's body. */
export type Input = Readonly<Record<string, unknown>>;

/** What answers a route; its errors are told as problems. */
export type DataRoute = (input: Input) => Promise<unknown>;

/** The routes by method and path, such as `GET /data/running`. */
export type DataRoutes = Readonly<Record<string, DataRoute>>;

/** User and member of a route about one. @throws ConsoleProblem when one of them is missing. */
export function namesIn({ user, member }: Input): { readonly user: string; readonly member: string } {
  if (typeof user !== 'string' || typeof member !== 'string' || user === '' || member === '') {
    throw badInput('User and member need a guid or an own id each.');
  }
  return { user, member };
}
