import type { Type } from '@nestjs/common';
import { endpointOf, type EndpointOptions } from '../http/endpoint.js';
import { controllers } from '../rooms.js';
import { operationIdOf } from './operation-id.js';

/** One endpoint with its name in generated clients. */
export interface Operation {
  operationId: string;
  endpoint: EndpointOptions;
  /** The class of its handler. */
  controller: Type;
  method: string;
}

/** Every endpoint that a controller declares, in the order of the rooms. */
export function operations(): Operation[] {
  return controllers.flatMap((controller) =>
    Object.getOwnPropertyNames(controller.prototype).flatMap((method) => {
      const handler: unknown = Reflect.get(controller.prototype as object, method);
      const endpoint = typeof handler === 'function' ? endpointOf(handler) : undefined;
      if (!endpoint) return [];
      const operationId = endpoint.operationId ?? operationIdOf(controller.name, method);
      return { operationId, endpoint, controller, method };
    }),
  );
}

export function endpoints(): EndpointOptions[] {
  return operations().map(({ endpoint }) => endpoint);
}
