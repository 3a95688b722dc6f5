/** A log of what is written and sent, each step slow: one that is not waited for is missing, or begins too early. */
export function slowSteps() {
  const steps: string[] = [];
  let atWork = 0;
  const slow =
    <A extends readonly unknown[], R>(step: string, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      atWork += 1;
      if (atWork > 1) steps.push(`${step} begins too early`);
      for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
      try {
        return await act(...args);
      } finally {
        steps.push(step);
        atWork -= 1;
      }
    };
  return { steps, slow };
}
