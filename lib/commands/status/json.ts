import { formatLsn16 } from '../../postgres/lsn.ts';
import { historyJson, stateJson } from '../distlock/render.ts';
import type { ArbiterRow } from './arbiter-row.ts';
import type { StatusReport } from './report.ts';

/** What `--json` prints. Positions are text as operators know them; a value that is not known is null. */
export const statusJson = ({
  cluster,
  resource,
  replInfo,
  nodes,
  arbiter,
  deviceVotes,
  balancers,
  problems,
}: StatusReport) => ({
  cluster,
  resource,
  replInfo:
    replInfo === null
      ? null
      : { node: replInfo.node, timeline: replInfo.timeline, xlog: formatLsn16(replInfo.end) },
  nodes,
  arbiter: arbiter === null ? null : arbiterJson(arbiter),
  deviceVotes,
  balancers,
  problems,
});

const arbiterJson = ({ where, lock, failure, state, alone, nodes, history }: ArbiterRow) => ({
  where,
  lock,
  failure,
  state: state === null ? null : stateJson(state),
  alone,
  nodes,
  history: historyJson(history),
});
