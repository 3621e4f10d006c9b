import type { Type } from '@nestjs/common';
import { endpointOf, type EndpointOptions } from './endpoint.js';

/** One endpoint with its name in generated clients. */
export interface Operation {
  /** The handler's name: a verb and what it is done to. Clients generate function names from it, so it stays within v1. */
  operationId: string;
  endpoint: EndpointOptions;
  /** The class of its handler. */
  controller: Type;
}

/** Every endpoint that these modules' controllers declare, in their order. */
export function operationsOf(modules: readonly Type[]): Operation[] {
  const controllers = modules.flatMap((one) => (Reflect.getMetadata('controllers', one) ?? []) as Type[]);
  return controllers.flatMap((controller) =>
    Object.getOwnPropertyNames(controller.prototype).flatMap((operationId) => {
      const handler: unknown = Reflect.get(controller.prototype as object, operationId);
      const endpoint = typeof handler === 'function' ? endpointOf(handler) : undefined;
      return endpoint ? [{ operationId, endpoint, controller }] : [];
    }),
  );
}
