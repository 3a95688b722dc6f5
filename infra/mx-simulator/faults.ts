import type { MxAnswer } from './answers.ts';
import { errorAnswer } from './answers.ts';
import type { ArmedFault, Fault, FaultHow } from './fault.ts';
import type { RouteKind } from './route-match.ts';
import type { World } from './world.ts';

/** Puts a fault in the way of coming calls. */
export function armFault(world: World, fault: Fault): ArmedFault {
  // Never the id of one that was taken back: what still names that one must not meet another.
  const id = Math.max(world.lastFaultId, world.faults.at(-1)?.id ?? 0) + 1;
  world.lastFaultId = id;
  const armed: ArmedFault = { ...fault, id, left: fault.times === undefined ? 1 : fault.times };
  world.faults.push(armed);
  return armed;
}

/** The fault that hits this call, or null. One of its `left` calls is used up. */
export function takeFault(world: World, route: RouteKind, memberNames: readonly (string | null)[]): ArmedFault | null {
  if (world.faults.length === 0) return null;
  for (const fault of world.faults) {
    if (fault.left === 0) continue;
    if (fault.routes !== undefined && !fault.routes.includes(route)) continue;
    if (fault.member !== undefined && !memberNames.includes(fault.member)) continue;
    if (!world.random.faults.chance(fault.probability ?? 1)) continue;
    if (fault.left !== null) fault.left -= 1;
    return fault;
  }
  return null;
}

/** True when MX does what was asked although the caller does not get a good answer. */
export function takesEffect(fault: Fault): boolean {
  const { kind } = fault.how;
  return fault.effect === 'after' || kind === 'slow' || kind === 'slow-body' || kind === 'broken-body';
}

/** The answer that a hit call gets; `real` is what it would have got. */
export function faultAnswer(how: FaultHow, real: MxAnswer): MxAnswer {
  switch (how.kind) {
    case 'status':
      return statusAnswer(how);
    case 'slow':
      return { ...real, delayMs: how.delayMs };
    case 'slow-body':
      return { ...real, delayMs: how.delayMs, fault: 'slow-body' };
    default:
      return { ...real, fault: how.kind };
  }
}

function statusAnswer(how: FaultHow & { kind: 'status' }): MxAnswer {
  const json = errorAnswer(how.status, `The simulator was told to answer ${how.status}.`, how.type);
  const headers = how.retryAfter === undefined ? json.headers : { ...json.headers, 'retry-after': how.retryAfter };
  if (how.body === 'empty') return { status: how.status, headers, body: '' };
  if (how.body !== 'html') return { ...json, headers };
  const body = `<html><head><title>${how.status}</title></head><body><h1>${how.status}</h1><hr>gateway</body></html>`;
  return { status: how.status, headers: { ...headers, 'content-type': 'text/html' }, body };
}
