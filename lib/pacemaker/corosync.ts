/**
 * Corosync's settings by the names that corosync-cmapctl gives them: `totem.token`, `nodelist.node.0.name`. They are
 * texts, as they are written.
 */
export type CorosyncValues = Readonly<Record<string, string>>;

/** Reads corosync.conf(5): `name {`, `key: value`, `}`. Blocks of the list of nodes are numbered. Total. */
export function parseCorosyncConf(text: string): CorosyncValues {
  const values: Record<string, string> = {};
  const path: string[] = [];
  let nodes = 0;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const opened = /^(\w+)\s*\{$/.exec(line)?.[1];
    if (opened !== undefined) {
      const isNode = opened === 'node' && path.at(-1) === 'nodelist';
      path.push(isNode ? `node.${nodes}` : opened);
      if (isNode) nodes += 1;
    } else if (line === '}') {
      path.pop();
    } else {
      const [, key, value] = /^([\w.]+)\s*:\s*(.*)$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) values[[...path, key].join('.')] = value.trim();
    }
  }
  return values;
}

/** Reads what corosync-cmapctl prints of a running Corosync: `totem.token (u32) = 1000`. Total. */
export const parseCmap = (text: string): CorosyncValues =>
  Object.fromEntries(
    [...text.matchAll(/^(\S+) \(\w+\) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value.trim()]),
  );

export interface CorosyncNode {
  readonly name: string;
  readonly address: string;
}

/** In the order of the list. A node without a name is known by its address. */
export function corosyncNodes(values: CorosyncValues): readonly CorosyncNode[] {
  const indexes = Object.keys(values).flatMap(
    (key) => /^nodelist\.node\.(\d+)\.ring0_addr$/.exec(key)?.[1] ?? [],
  );
  return indexes
    .sort((a, b) => Number(a) - Number(b))
    .map((index) => {
      const address = values[`nodelist.node.${index}.ring0_addr`] ?? '';
      return { name: values[`nodelist.node.${index}.name`] ?? address, address };
    });
}

/** Since Corosync 3.1; before, 1000. */
const DEFAULT_TOKEN_MS = 3000;
const DEFAULT_COEFFICIENT_MS = 650;

/** How long a node may be silent before the others go on without it, with the addition for more than two nodes. */
export function tokenMs(values: CorosyncValues): number {
  const running = Number(values['runtime.config.totem.token']);
  if (running > 0) return running;
  const coefficient = Number(values['totem.token_coefficient'] ?? DEFAULT_COEFFICIENT_MS);
  return (
    (Number(values['totem.token']) || DEFAULT_TOKEN_MS) +
    Math.max(0, corosyncNodes(values).length - 2) * coefficient
  );
}

export const isOn = (values: CorosyncValues, name: string): boolean => Number(values[name] ?? 0) === 1;

/** With two_node, wait_for_all is on unless it is switched off (votequorum(5)). */
export const waitsForAll = (values: CorosyncValues): boolean =>
  values['quorum.wait_for_all'] === undefined
    ? isOn(values, 'quorum.two_node')
    : isOn(values, 'quorum.wait_for_all');
