/** Ports that take their time: what a use case does not wait for is still under way when it is over. */

/** The same ports, each call slow; the calls that are under way, those that are done, and those begun beside another one. */
export function slowly<Ports extends object>(ports: Ports) {
  const underWay: string[] = [];
  const done: string[] = [];
  const beside: string[] = [];
  const slowPort = (port: object, name: string): object =>
    new Proxy(port, {
      get(target, property, receiver) {
        const method: unknown = Reflect.get(target, property, receiver);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          const call = `${name}.${String(property)}`;
          if (underWay.length > 0) beside.push(`${call} beside ${underWay.at(-1)}`);
          underWay.push(call);
          for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
          try {
            return await Reflect.apply(method, target, args);
          } finally {
            underWay.splice(underWay.indexOf(call), 1);
            done.push(call);
          }
        };
      },
    });
  const isPort = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const deps = new Proxy(ports, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      return isPort(value) && property !== 'policy' ? slowPort(value, String(property)) : value;
    },
  });
  return { deps, underWay, done, beside };
}
