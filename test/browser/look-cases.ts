/**
 * Cases of how the page looks to axe, on the running stack: every view with everything open. All four forms, with all that a view
 * can show: `hostile-cases.ts`.
 */
import { expect, it } from 'vitest';
import type { Cases } from './cases.ts';
import { opened, section, violations } from './pages.ts';

/** Registers them. */
export function lookCases({ on }: Cases): void {
  it.concurrent.each([
    [360, 'dark'],
    [1600, 'light'],
  ] as const)('is accessible at %d px in %s', (width, colorScheme) =>
    on(async ({ members, openMember }) => {
      const page = await openMember(await members.stored, { width, colorScheme });
      await page.getByRole('button', { name: 'Show amounts' }).click();
      await section(page, 'Accounts').getByText('USD').first().waitFor();
      await section(page, 'The last refreshes').getByText('succeeded').waitFor();
      await opened(page);
      await page.getByText('MX shows CONNECTED').first().waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByRole('button', { name: 'Read the schedule' }).click();
      await section(page, 'Institutions').getByText('mxbank').waitFor();
      await page.getByText('members on the schedule').waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('link', { name: 'Try it' }).click();
      await page.getByRole('button', { name: 'A bank in maintenance' }).click();
      await section(page, 'What MX was asked').getByRole('row').nth(1).waitFor();
      await section(page, 'What goes wrong now').waitFor();
      await opened(page);
      await page.getByRole('button', { name: 'no-accounts' }).waitFor();
      expect(await violations(page)).toEqual([]);
    })(),
  );
}
