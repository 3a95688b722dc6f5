/** Every point at which a function waits for the world, found by itself: role, request, before or after its effect. */
import type { OrderedFault } from './invocations.ts';

/** One point: how often a function reached it, and how often it crashed there. */
export interface AwaitPoint {
  passed: number;
  crashed: number;
  /** A few histories in which functions came by. */
  readonly seeds: number[];
}

/** The two points of one request of one role. */
export interface RequestPoints {
  readonly before: AwaitPoint;
  readonly after: AwaitPoint;
}

/** Where a function is to crash. */
export interface CrashAt {
  readonly role: string;
  readonly request: string;
  readonly when: 'before' | 'after';
}

/** All points seen so far, over all histories of a run. */
export interface AwaitPoints {
  of(role: string, request: string): RequestPoints;
  /** Sorted by name. */
  all(): readonly (AwaitPoint & CrashAt & { readonly name: string })[];
}

const MAX_SEEDS = 3;

/** Notes that a function came by in history `seed`. */
export function pass(point: AwaitPoint, seed: number): void {
  point.passed += 1;
  if (point.seeds.length < MAX_SEEDS && point.seeds.at(-1) !== seed) point.seeds.push(seed);
}

const newPoint = (): AwaitPoint => ({ passed: 0, crashed: 0, seeds: [] });

/** `follow-up: members.end after` */
export const nameOf = ({ role, request, when }: CrashAt): string => `${role}: ${request} ${when}`;

/** The way back from `nameOf`; null for a text that names no point. */
export function pointNamed(name: string): CrashAt | null {
  const [, role = '', request = '', when] = /^([\w-]+): (\S+) (before|after)$/.exec(name) ?? [];
  return when === 'before' || when === 'after' ? { role, request, when } : null;
}

/** The crash at a point, as a history is told to have it. */
export const orderedCrash = ({ role, request, when }: CrashAt): OrderedFault => ({
  role,
  request,
  kind: `crash ${when}`,
});

/** No points yet. */
export function createAwaitPoints(): AwaitPoints {
  const byRole = new Map<string, Map<string, RequestPoints>>();
  return {
    of(role, request) {
      let requests = byRole.get(role);
      if (requests === undefined) {
        requests = new Map();
        byRole.set(role, requests);
      }
      let points = requests.get(request);
      if (points === undefined) {
        points = { before: newPoint(), after: newPoint() };
        requests.set(request, points);
      }
      return points;
    },
    all: () =>
      [...byRole]
        .flatMap(([role, requests]) =>
          [...requests].flatMap(([request, points]) =>
            (['before', 'after'] as const).map((when) => {
              const at = { role, request, when };
              return { ...points[when], ...at, name: nameOf(at) };
            }),
          ),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
