/** Cases of who may use the console, on the running stack. */
import { expect, it } from 'vitest';
import type { Cases } from './cases.ts';
import { section } from './pages.ts';
import { startStubApi } from './stub-api.ts';

/** Registers them. */
export function safetyCases({ on }: Cases): void {
  it.concurrent(
    'takes the token out of the address, and keeps it',
    on(async ({ served, open }) => {
      const page = await open(served.address);
      await section(page, 'Runs now').getByText(/runs/).last().waitFor();
      expect(page.url()).not.toContain('token');
      await page.reload();
      await section(page, 'Runs now').getByText(/runs/).last().waitFor();
      const stranger = await open(served.address.split('#')[0] ?? '');
      await section(stranger, 'Runs now').getByText('This page does not have the token').waitFor();
    }),
  );

  it.concurrent(
    'is closed to pages of other origins',
    on(async ({ served, open, faults }) => {
      const foreign = await startStubApi({ status: 200, headers: { 'content-type': 'text/html' } });
      const willing = await startStubApi({ status: 200 });
      try {
        const page = await open(foreign.url);
        const target = served.address.split('#')[0];
        const read = (path: string, options: string): Promise<unknown> =>
          page.evaluate(`fetch(${JSON.stringify(`${target}${path}`)}, ${options}).then((r) => r.type, (e) => e.name)`);
        expect(await read('data/running', '{}')).toBe('TypeError');
        // Not even that there was an answer: Cross-Origin-Resource-Policy.
        expect(await read('data/refresh', '{ method: "POST", mode: "no-cors", body: "{}" }')).toBe('TypeError');
        const { status } = await fetch(`${target}data/refresh`, { method: 'POST', headers: { origin: foreign.url } });
        expect(status).toBe(403);
        // The canary: this browser blocks such a read by itself too, where no server of ours refuses.
        expect(await page.evaluate(`fetch(${JSON.stringify(willing.url)}).then((r) => r.type, (e) => e.name)`)).toBe(
          'TypeError',
        );
        expect(
          await page.evaluate(`fetch(${JSON.stringify(willing.url)}, { mode: "no-cors" }).then((r) => r.type)`),
        ).toBe('opaque');
        // This page may ask others.
        faults.length = 0;
      } finally {
        await foreign.close();
        await willing.close();
      }
    }),
  );
}
