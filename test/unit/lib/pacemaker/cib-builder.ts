/** A CIB with defaults, so that a test shows only what matters to it. */
export interface CibParts {
  readonly root?: string;
  readonly crmConfig?: string;
  readonly nodes?: string;
  readonly resources?: string;
  readonly constraints?: string;
  /** `rsc_defaults` and whatever else follows. */
  readonly defaults?: string;
  readonly status?: string;
}

export const THREE_NODES =
  '<node id="1" uname="node1"/><node id="2" uname="node2"/><node id="3" uname="node3"/>';

export const cib = ({
  root = 'have-quorum="1" dc-uuid="1"',
  crmConfig = '',
  nodes = THREE_NODES,
  resources = '',
  constraints = '',
  defaults = '',
  status = '',
}: CibParts = {}): string => `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="5" num_updates="0"
  admin_epoch="0" ${root}>
  <configuration>
    <crm_config>${crmConfig}</crm_config>
    <nodes>${nodes}</nodes>
    <resources>${resources}</resources>
    <constraints>${constraints}</constraints>
    ${defaults}
  </configuration>
  <status>${status}</status>
</cib>`;

export const propertySet = (id: string, pairs: Readonly<Record<string, string>>, score?: number): string =>
  `<cluster_property_set id="${id}"${score === undefined ? '' : ` score="${score}"`}>${nvpairs(id, pairs)}</cluster_property_set>`;

export const instanceSet = (id: string, pairs: Readonly<Record<string, string>>): string =>
  `<instance_attributes id="${id}">${nvpairs(id, pairs)}</instance_attributes>`;

export const nodeState = (
  id: string,
  name: string,
  state: string,
  transient: Readonly<Record<string, string>> = {},
): string =>
  `<node_state id="${id}" uname="${name}" ${state}><transient_attributes id="${id}">${instanceSet(
    `status-${id}`,
    transient,
  )}</transient_attributes><lrm id="${id}"><lrm_resources/></lrm></node_state>`;

const nvpairs = (id: string, pairs: Readonly<Record<string, string>>): string =>
  Object.entries(pairs)
    .map(([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`)
    .join('');
