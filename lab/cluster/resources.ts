/** How the lab writes a resource into a CIB. */
import type { LabOptions } from '../options.ts';
import { prefixLength } from '../topology.ts';
import { type Operation, renderOperations, vipOperations } from './operations.ts';
import { type Element, element, nvset } from './xml.ts';

/** Which agent a resource is of, and with which parameters. */
export interface AgentResource {
  readonly provider: string;
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
}

export const primitive = (
  id: string,
  resource: AgentResource,
  operations: readonly Operation[],
  meta: Readonly<Record<string, string | number>> = {},
): Element => {
  const children: Element[] = [];
  if (Object.keys(resource.params).length > 0) {
    children.push(nvset('instance_attributes', `${id}-params`, resource.params));
  }
  if (Object.keys(meta).length > 0) children.push(nvset('meta_attributes', `${id}-meta`, meta));
  children.push(renderOperations(id, operations));
  return element(
    'primitive',
    { id, class: 'ocf', provider: resource.provider, type: resource.type },
    children,
  );
};

export const vip = (
  id: string,
  address: string,
  meta: Readonly<Record<string, string | number>> = {},
): Element =>
  primitive(
    id,
    {
      provider: 'heartbeat',
      type: 'IPaddr2',
      params: { ip: address, cidr_netmask: String(prefixLength), nic: 'eth0' },
    },
    vipOperations,
    meta,
  );

export const clone = (id: string, meta: Readonly<Record<string, string | number>>, child: Element): Element =>
  element('clone', { id }, [nvset('meta_attributes', `${id}-meta`, meta), child]);

export const cloneMeta = (options: LabOptions): Record<string, string | number> => ({
  // The floor has nothing to learn from them, and they take time.
  notify: String(options.agent !== 'floor'),
  interleave: 'true',
  'clone-max': options.nodeNames.length,
  'clone-node-max': 1,
});
