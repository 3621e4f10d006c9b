import type { Type } from '@nestjs/common';
import { endpointOf, type EndpointOptions } from './endpoint.js';

/** One endpoint with its name in generated clients. */
export interface Operation {
  operationId: string;
  endpoint: EndpointOptions;
  /** The class of its handler. */
  controller: Type;
  method: string;
}

/** Every endpoint that these modules' controllers declare, in their order. */
export function operationsOf(modules: readonly Type[]): Operation[] {
  const controllers = modules.flatMap((one) => (Reflect.getMetadata('controllers', one) ?? []) as Type[]);
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

/**
 * `PostsController.showByCode` becomes `showPostByCode`; `.showMany` and `.list` use the plural `Posts`: the handler's
 * verb, then the resource. Where that does not read well, the endpoint sets its own name. Clients generate function names
 * from it, so it may not change within v1.
 */
export function operationIdOf(controller: string, method: string): string {
  const plural = controller.replace(/Controller$/, '');
  const [, verb = '', rest = ''] = /^([a-z]+)(.*)$/.exec(method) ?? [];
  const singular = plural.replace(/s$/, '');
  if (rest === 'Many') return `${verb}${plural}`;
  if (verb === 'list') return rest === '' ? `list${plural}` : `list${rest}Of${singular}`;
  return `${verb}${singular}${rest}`;
}
