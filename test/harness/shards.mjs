// @ts-nocheck -- PostgreSQL's parse tree has two hundred kinds of nodes, of which ten matter here.
// The ratchet of shards: every named statement that the tests hear names its shard by a parameter on every table that has
// shards, except those of test/setup/shardless-statements.txt, a list that only shrinks. A query's scope holds the names that
// it sees (`sources`: a 'sharded' table, 'given' rows made of parameters alone, or another 'query') and those whose shard is
// named (`bound`).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModule, parseSync } from 'libpg-query';
import { root } from '../../tools/dev/install.mjs';

await loadModule();
const migrations = join(root, 'libs/storage/src/database/migrations');
const schema = readdirSync(migrations).map((file) => readFileSync(join(migrations, file), 'utf8'));
const sharded = new Set(
  [...schema.join('\n').matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(\s+shard /g)].map(
    ([, table]) => table,
  ),
);

const fieldsOf = (node) => (node?.ColumnRef?.fields ?? []).map((field) => field.String?.sval ?? '*');

/** Conditions that hold together. */
const conditions = (node) =>
  node?.BoolExpr?.boolop === 'AND_EXPR' ? node.BoolExpr.args.flatMap(conditions) : [node ?? {}];

/** Whether an expression is made of parameters, constants, and columns of rows that were made of them. */
function isGiven(node, scope) {
  if (node?.ParamRef || node?.A_Const) return true;
  if (node?.TypeCast) return isGiven(node.TypeCast.arg, scope);
  if (node?.FuncCall) return (node.FuncCall.args ?? []).every((each) => isGiven(each, scope));
  const [table, column = table] = fieldsOf(node);
  if (table === undefined) return false;
  for (let at = scope; at; at = at.outer) {
    const { bound, sources } = at;
    const named = [...sources].filter(([name]) => table === column || name === table);
    const isBound = ([name, source]) =>
      source === 'given' || (column === 'shard' && (source === 'query' || bound.has(name)));
    if (named.length > 0) return table === 'shard' ? named.some(isBound) : named.every(isBound);
  }
  return false;
}

/** Adds what an entry of a FROM clause names to the scope; returns the conditions of its joins. */
function enter(node, scope) {
  const { JoinExpr: joined, RangeVar: table, RangeSubselect: select, RangeFunction: call } = node;
  if (joined)
    return [...enter(joined.larg, scope), ...enter(joined.rarg, scope), ...conditions(joined.quals)];
  const { sources, queries } = scope;
  const name = (table ?? select ?? call).alias?.aliasname ?? table?.relname;
  if (call) sources.set(name, isGiven(call.functions[0].List.items[0], scope) ? 'given' : 'query');
  else if (select || queries.has(table.relname)) sources.set(name, 'query');
  else if (sharded.has(table.relname)) sources.set(name, 'sharded');
  return [];
}

/** Takes `shard = something given` from the conditions until they tell nothing new. */
function bind(wanted, scope) {
  const tests = wanted.flatMap(({ A_Expr: test }) =>
    /^AEXPR_OP(_ANY)?$/.test(test?.kind) && test.name[0].String.sval === '=' ? [test] : [],
  );
  const equals = tests.flatMap(({ lexpr, rexpr }) => [
    [fieldsOf(lexpr), rexpr],
    [fieldsOf(rexpr), lexpr],
  ]);
  const ofShards = equals.filter(([fields]) => fields.at(-1) === 'shard');
  for (let before = -1; before < scope.bound.size;) {
    before = scope.bound.size;
    for (const [fields, value] of ofShards) {
      if (!isGiven(value, scope)) continue;
      for (const [name, source] of scope.sources)
        if (source === 'sharded' && (fields.length === 1 || fields[0] === name)) scope.bound.add(name);
    }
  }
}

function scopeOf(query, outer) {
  const made = (query.withClause?.ctes ?? []).map((cte) => cte.CommonTableExpr.ctename);
  const queries = new Set([...(outer?.queries ?? []), ...made]);
  const scope = { sources: new Map(), bound: new Set(), queries, outer };
  const target = query.relation && !query.selectStmt ? [{ RangeVar: query.relation }] : [];
  const from = [...target, ...(query.fromClause ?? []), ...(query.usingClause ?? [])];
  bind([...from.flatMap((each) => enter(each, scope)), ...conditions(query.whereClause)], scope);
  return scope;
}

/** Whether the rows that an INSERT makes have a given shard; `place` is where it stands among the columns. */
function makesGiven(select, place, outer) {
  if (select.op !== 'SETOP_NONE')
    return makesGiven(select.larg, place, outer) && makesGiven(select.rarg, place, outer);
  if (select.valuesLists) return select.valuesLists.every((row) => isGiven(row.List.items[place], outer));
  return isGiven(select.targetList[place]?.ResTarget.val, scopeOf(select, outer));
}

/** The tables of one query, without those that its subqueries name. */
function shardlessIn(query, scope) {
  const found = [...scope.sources].flatMap(([name, source]) =>
    source === 'sharded' && !scope.bound.has(name) ? [name] : [],
  );
  const { relation, cols = [], selectStmt } = query;
  if (!selectStmt || !sharded.has(relation.relname)) return found;
  const place = cols.findIndex((column) => column.ResTarget.name === 'shard');
  return makesGiven(selectStmt.SelectStmt, place, scope) ? found : [...found, relation.relname];
}

/** The names of tables that a statement reads or writes without a parameter that names their shard. */
export function shardless(sql) {
  const found = new Set();
  const look = (node, outer) => {
    if (node === null || typeof node !== 'object') return;
    const { SelectStmt, UpdateStmt, DeleteStmt, InsertStmt } = node;
    // The arms of a UNION are no nodes of their own.
    const query = SelectStmt ?? UpdateStmt ?? DeleteStmt ?? InsertStmt ?? (node.limitOption && node);
    const scope = query ? scopeOf(query, outer) : outer;
    if (query) for (const name of shardlessIn(query, scope)) found.add(name);
    for (const child of Object.values(query ?? node)) look(child, scope);
  };
  for (const { stmt } of parseSync(sql).stmts ?? []) look(stmt, null);
  return [...found];
}

/**
 * Judges what the processes of a run sent (hear-statements.mjs), name by name.
 *
 * @throws Error naming statements that lack a shard, and those of test/setup/shardless-statements.txt that lack none any more
 */
export function judgeStatements(file, allowList) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  const allowed = new Set(readFileSync(allowList, 'utf8').trimEnd().split('\n'));
  const heard = Map.groupBy(
    lines.map((line) => JSON.parse(line)),
    ({ name }) => name,
  );
  const faults = [...heard].flatMap(([name, statements]) => {
    const found = [...new Set(statements.flatMap(({ sql }) => shardless(sql)))];
    if (found.length > 0 === allowed.has(name)) return [];
    return found.length > 0
      ? `expected ${name} to name the shard by a parameter but received none for ${found.join(', ')}`
      : `expected ${name} no longer in ${allowList}, since it names its shards now`;
  });
  if (faults.length > 0) throw new Error(faults.sort().join('\n'));
}
