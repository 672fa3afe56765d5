import type { RunStateSnapshot } from '../../../../../lib/commands/run-state/situation.ts';
import { clusterSituation } from '../../../../../lib/commands/status/situation.ts';
import type { MonInstance, MonRole } from '../../../../../lib/pacemaker/crm-mon.ts';
import { parseResourceTree } from '../../../../../lib/pacemaker/resource-tree.ts';
import { cib } from '../../pacemaker/cib-builder.ts';
import { HEALTHY, type SnapshotParts, snapshot } from '../status/builders.ts';

export interface RunStateParts extends SnapshotParts {
  readonly targetRole?: string;
  readonly resourceList?: readonly string[];
  readonly localServer?: number;
  /** Role of the write VIP. */
  readonly vip?: MonRole;
  readonly instance?: Partial<MonInstance>;
}

/** A healthy cluster with a write VIP, but for what the test says. */
export function runState(parts: RunStateParts = {}): RunStateSnapshot {
  const status = snapshot({ nodes: HEALTHY, ...parts });
  const { targetRole, vip = 'started' } = parts;
  const meta =
    targetRole === undefined
      ? ''
      : `<meta_attributes id="m"><nvpair id="m-r" name="target-role" value="${targetRole}"/></meta_attributes>`;
  const parsed = parseResourceTree(
    cib({
      resources: `<clone id="msPostgresql">${meta}<primitive id="pgsql"/></clone><primitive id="vip-master">${meta.replaceAll('"m', '"v')}</primitive>`,
      constraints: '<rsc_colocation id="c" rsc="vip-master" with-rsc="msPostgresql" score="INFINITY"/>',
    }),
  );
  if (!parsed.ok) throw new Error(parsed.reason);
  const instances = [
    ...status.mon.instances.map((instance) => ({ ...instance, ...parts.instance })),
    {
      resource: 'vip-master',
      role: vip,
      nodes: vip === 'stopped' ? [] : ['node1'],
      managed: true,
      blocked: false,
      failed: false,
    },
  ];
  const { resourceList, localServer } = parts;
  return Object.freeze({
    situation: clusterSituation({ ...status, mon: { ...status.mon, instances } }, status.resource),
    tree: parsed.tree,
    ...(resourceList === undefined ? {} : { resourceList }),
    ...(localServer === undefined ? {} : { localServer }),
  });
}
