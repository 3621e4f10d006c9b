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
