/** A node of `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)`, as far as it is read here. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

export interface Explained {
  Plan: PlanNode;
  'Execution Time': number;
}

/** The work of a statement. */
export interface Work {
  /** Rows that it returned. */
  sent: number;
  /** Rows of tables and indexes that it read, including those that a filter dropped, in all loops. */
  read: number;
  /** Pages of 8 kB, in memory or not. */
  pages: number;
  milliseconds: number;
  /** Tables that it read from end to end. */
  sequential: string[];
}

/** A statement that its own time limit ended. */
export const stopped: Work = { sent: 0, read: Infinity, pages: 0, milliseconds: Infinity, sequential: [] };

export const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/**
 * The rows that one node reads from a table or an index. A bitmap's are counted at the index: the heap may stop at a limit,
 * but by then the whole index range has been read. Functions, lists of values and other nodes' results are no tables.
 */
function readBy(node: PlanNode): number {
  const loops = node['Actual Loops'];
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  switch (node['Node Type']) {
    case 'Seq Scan':
    case 'Sample Scan':
    case 'Tid Scan':
    case 'Tid Range Scan':
    case 'Index Scan':
    case 'Index Only Scan':
      return (node['Actual Rows'] + removed) * loops;
    case 'Bitmap Index Scan':
      return node['Actual Rows'] * loops;
    default:
      return 0;
  }
}

export function workOf({ Plan: root, 'Execution Time': milliseconds }: Explained): Work {
  const nodes = nodesOf(root);
  return {
    sent: root['Actual Rows'] * root['Actual Loops'],
    read: Math.round(nodes.reduce((sum, node) => sum + readBy(node), 0)),
    pages: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
    milliseconds,
    sequential: nodes.flatMap((node) =>
      node['Node Type'] === 'Seq Scan' && node['Relation Name'] ? [node['Relation Name']] : [],
    ),
  };
}
