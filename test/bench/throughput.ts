/** Refreshes per second through the local stack, as a ratio to bare requests through the same stack. */
import { type Running, refreshIdOf } from '../local/running.ts';

/** How many requests are under way at the same time. */
const AT_ONCE = 16;

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<number> {
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) await work(next++);
    }),
  );
  return (performance.now() - began) / 1000;
}

/** Measures both one after the other, twice, and takes the better of each: the first one warms the workers. */
export async function benchThroughput(running: Running, refreshes: number, say: (line: string) => void): Promise<void> {
  const health = async (): Promise<number> => {
    const seconds = await inParallel(refreshes, async () => {
      await running.call('GET', '/health');
    });
    return refreshes / seconds;
  };
  const refresh = async (): Promise<number> => {
    const members = Array.from({ length: refreshes }, () => running.addMember());
    const ends: Promise<unknown>[] = [];
    const began = performance.now();
    await inParallel(refreshes, async (index) => {
      const trigger = await running.call('POST', `${members[index]?.path}/check_balance`);
      ends.push(running.ended(refreshIdOf(trigger)));
    });
    await Promise.all(ends);
    return refreshes / ((performance.now() - began) / 1000);
  };
  const requests = Math.max(await health(), await health());
  const ended = Math.max(await refresh(), await refresh());
  say(
    `  requests answered: ${requests.toFixed(0)}/s; refreshes from trigger to stored balances: ${ended.toFixed(0)}/s`,
  );
  say(`  one refresh costs as much as ${(requests / ended).toFixed(1)} bare requests`);
}
