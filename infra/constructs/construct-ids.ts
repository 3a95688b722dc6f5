/** Construct ids of functions. CloudFormation's logical ids are made from them, and a changed one replaces the resource. */
import type { FunctionName } from '../../shared/lambda/environment.ts';

/** Functions that were renamed keep the name that they were first deployed under. */
const firstNames: Readonly<Partial<Record<FunctionName, string>>> = {
  'start-due': 'start-refresh',
  'run-schedule': 'scheduled-refresh',
};

/** The name that the function's construct ids are made from. */
export const firstNameOf = (functionName: FunctionName): string => firstNames[functionName] ?? functionName;

/** The function's construct id, which its logical ids begin with: `CheckBalance`. */
export const constructIdOf = (functionName: FunctionName): string =>
  firstNameOf(functionName).replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The name of the function whose construct id is `id`: `run-schedule` for `ScheduledRefresh`. */
export function functionNameOf(id: string): string {
  const first = id.replaceAll(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  const [renamed = first] = Object.entries(firstNames).find(([, name]) => name === first) ?? [];
  return renamed;
}
