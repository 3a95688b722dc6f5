import { describe, expect, it } from 'vitest';
import { confirmed } from '../../../infra/operator/confirmed.ts';
import { fakeTerminal } from './fake-terminal.ts';

const ask = (confirm: (() => Promise<boolean>) | null, yes = false) =>
  confirmed('Change it?', yes, fakeTerminal({ confirm }).terminal);

const never = async (): Promise<boolean> => {
  throw new Error('nobody is asked');
};

describe('a yes', () => {
  it('is the flag’s, or an answer', async () => {
    await expect(ask(never, true)).resolves.toBeUndefined();
    await expect(ask(null, true)).resolves.toBeUndefined();
    await expect(ask(async () => true)).resolves.toBeUndefined();
  });

  it('is none after Ctrl-C', async () => {
    const { terminal, interrupt } = fakeTerminal({ confirm: never });
    interrupt();
    const refused = confirmed('Change it?', true, terminal);
    await expect(refused).rejects.toMatchObject({ exitCode: 130, message: 'Interrupted. Nothing was changed.' });
  });

  it.each<[string, (() => Promise<boolean>) | null, number, RegExp]>([
    ['no', async () => false, 5, /^Nothing was changed\.$/],
    ['nobody’s', null, 5, /^Change it\? There is no terminal to ask at: confirm with --yes\. Nothing was changed\.$/],
    ['Ctrl-C', () => Promise.reject(new DOMException('', 'AbortError')), 130, /^Interrupted\. Nothing was changed\.$/],
    ['an error', never, Number.NaN, /^nobody is asked$/],
  ])('is not %s', async (_what, confirm, exitCode, message) => {
    const error = await ask(confirm).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    if (!Number.isNaN(exitCode)) expect(error).toMatchObject({ exitCode });
  });
});
