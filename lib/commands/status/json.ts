import { formatLsn16 } from '../../postgres/lsn.ts';
import type { StatusReport } from './report.ts';

/** What `--json` prints. Positions are text as operators know them; a value that is not known is null. */
export const statusJson = ({ cluster, resource, replInfo, nodes, balancers, problems }: StatusReport) => ({
  cluster,
  resource,
  replInfo:
    replInfo === null
      ? null
      : { node: replInfo.node, timeline: replInfo.timeline, xlog: formatLsn16(replInfo.end) },
  nodes,
  balancers,
  problems,
});
