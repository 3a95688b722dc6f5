/** For processes that tests start: compiled modules are kept, so that the next one starts in half the time. */
import { join } from 'node:path';

/** The folder of Node's compile cache; several processes may use it at once. */
export const compileCache = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/compiled') };
