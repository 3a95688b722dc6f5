/**
 * Settings that act in a function: setting, value → what is observed, on the way of production: synthesized template,
 * environment of the function, wiring, AWS's and MX's wire. Expectations are literal, and every value is another than
 * the default, so that a setting that does not arrive, or arrives in another's place, is seen.
 */
import { afterEach, expect, it } from 'vitest';
import { type BehaviourRow, behaviourRows } from './behaviour-rows.ts';
import { type Deployed, deploy } from './deployed.ts';

let deployed: Deployed;
afterEach(() => deployed.close());

it.each<BehaviourRow>(behaviourRows)(
  '$setting=$value: $what',
  async ({ setting, value, beside, observe, expected }) => {
    deployed = await deploy({ ...beside, [setting]: value });
    expect(await observe(deployed)).toEqual(expected);
  },
);
