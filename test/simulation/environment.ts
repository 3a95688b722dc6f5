/**
 * Lets the modules in `functions/` wire themselves when they are imported, also without Vitest (`npm run simulate`): import
 * this file before them. Nothing that is named is ever connected to, because the simulation hands its own dependencies to
 * their route functions.
 */
import { placeholders } from '../placeholders.ts';

for (const [name, value] of Object.entries(placeholders)) process.env[name] ??= value;
