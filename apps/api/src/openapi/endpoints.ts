import { endpointOf, type EndpointOptions } from '../http/endpoint.js';
import { controllers } from '../rooms.js';

/** Every endpoint that a controller declares, in the order of the rooms. */
export function endpoints(): EndpointOptions[] {
  return controllers.flatMap(({ prototype }: { prototype: object }) =>
    Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler: unknown = Reflect.get(prototype, name);
      return typeof handler === 'function' ? (endpointOf(handler) ?? []) : [];
    }),
  );
}
