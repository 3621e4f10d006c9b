// The house's own rules for oxlint; plain JavaScript, so that it runs on whatever Node starts the linter.
import { readdirSync } from 'node:fs';

const says = 'expected a reason beside a failure that is dropped, but received none';

/** Values that tell nobody of the failure. */
const silent = new Set([
  'Identifier',
  'Literal',
  'TemplateLiteral',
  'MemberExpression',
  'ArrayExpression',
  'ObjectExpression',
  'UnaryExpression',
]);

function dropsFailure(handler) {
  if (handler?.type !== 'ArrowFunctionExpression' && handler?.type !== 'FunctionExpression') return false;
  if (handler.params.length > 0) return false;
  const { body } = handler;
  return body.type === 'BlockStatement' ? body.body.length === 0 : silent.has(body.type);
}

function statementOf(node) {
  let at = node;
  while (at.parent && !/Statement|Declaration$|PropertyDefinition|MethodDefinition/.test(at.type))
    at = at.parent;
  return at;
}

const noSilentCatch = {
  meta: {
    type: 'problem',
    docs: { description: 'What drops a failure says beside it why nothing is lost.' },
  },
  create(context) {
    const { sourceCode } = context;
    const hasReason = (node) => {
      const statement = statementOf(node);
      const [first, last] = [statement.loc.start.line, node.loc.end.line];
      return sourceCode
        .getAllComments()
        .some(
          ({ value, loc }) =>
            value.trim().length >= 10 && loc.end.line >= first - 1 && loc.start.line <= last,
        );
    };
    const check = (node) => {
      if (!hasReason(node)) context.report({ node, message: says });
    };
    return {
      CatchClause(node) {
        if (node.body.body.length === 0) check(node);
      },
      CallExpression(node) {
        const { callee, arguments: given } = node;
        if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
        const { name } = callee.property;
        if (name === 'catch' && dropsFailure(given[0])) check(node);
        else if (name === 'then' && dropsFailure(given[1])) check(node);
        else if (name === 'allSettled') {
          const outer = node.parent.type === 'AwaitExpression' ? node.parent.parent : node.parent;
          if (outer.type === 'ExpressionStatement') check(node);
        }
      },
    };
  },
};

const noStrayDoc = {
  meta: {
    type: 'suggestion',
    docs: { description: 'A doc comment is of what stands in the next line.' },
  },
  create(context) {
    const { sourceCode } = context;
    const lines = sourceCode.text.split('\n');
    const isStray = ({ type, value, loc }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      !/@(typedef|import)\b/.test(value) &&
      lines[loc.end.line - 1].slice(loc.end.column).trim() === '' &&
      /^\s*($|\/\*\*|[})\]])/.test(lines[loc.end.line] ?? '');
    return {
      Program() {
        for (const comment of sourceCode.getAllComments().filter(isStray))
          context.report({
            loc: comment.loc,
            message:
              'expected what this documents in the next line, but received none: a file is explained by //',
          });
      },
    };
  },
};

const firsts = new Map();

/** The room's file that reports for it, and whether it has a spec. */
function roomOf(folder) {
  const known = firsts.get(folder);
  if (known) return known;
  const files = readdirSync(folder, { recursive: true })
    .map((file) => String(file).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .toSorted();
  const room = {
    first: files.find((file) => !file.endsWith('.spec.ts')),
    hasSpec: files.some((file) => file.endsWith('.spec.ts')),
  };
  firsts.set(folder, room);
  return room;
}

const roomHasSpec = {
  meta: {
    type: 'problem',
    docs: { description: 'Each room of apps/ and libs/ has a spec, but for those that still lack one.' },
    schema: [{ type: 'object', properties: { without: { type: 'array', items: { type: 'string' } } } }],
  },
  create(context) {
    const [, root, name, file] =
      /^(.*\/)?((?:apps|libs)\/[^/]+\/src\/[^/]+)\/(.+)$/.exec(context.filename.replaceAll('\\', '/')) ?? [];
    return {
      Program(node) {
        if (name === undefined) return;
        const { first, hasSpec } = roomOf(`${root ?? ''}${name}`);
        if (file !== first) return;
        const isListed = (context.options[0]?.without ?? []).includes(name);
        if (!hasSpec && !isListed)
          context.report({ node, message: `expected a spec in ${name} but found none` });
        if (hasSpec && isListed)
          context.report({
            node,
            message: `${name} has a spec now: take it off the list of house/room-has-spec in .oxlintrc.json`,
          });
      },
    };
  },
};

export default {
  meta: { name: 'house' },
  rules: { 'no-silent-catch': noSilentCatch, 'no-stray-doc': noStrayDoc, 'room-has-spec': roomHasSpec },
};
