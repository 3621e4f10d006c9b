import { endpointOf, type EndpointOptions } from '../http/endpoint.js';
import { controllers } from '../rooms.js';
import { operationIdOf } from './operation-id.js';

/** One endpoint under the name that generated clients call it by. */
export interface Operation {
  operationId: string;
  endpoint: EndpointOptions;
}

/** Every endpoint that a controller declares, in the order of the rooms. */
export function operations(): Operation[] {
  return controllers.flatMap(({ name: controller, prototype }: { name: string; prototype: object }) =>
    Object.getOwnPropertyNames(prototype).flatMap((method) => {
      const handler: unknown = Reflect.get(prototype, method);
      const endpoint = typeof handler === 'function' ? endpointOf(handler) : undefined;
      if (!endpoint) return [];
      return { operationId: endpoint.operationId ?? operationIdOf(controller, method), endpoint };
    }),
  );
}

export function endpoints(): EndpointOptions[] {
  return operations().map(({ endpoint }) => endpoint);
}
