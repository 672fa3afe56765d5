import { join } from 'node:path';
import {
  type ClusterConfig,
  checkOnThisMachine,
  clusterNodes,
  DATABASE_USER,
  definitionText,
  inLineOrder,
  type MachineProblem,
  observeFromAnywhere,
  parseConfigIni,
  TEMPLATE_FOLDER,
} from '../../config/index.ts';
import { readTextIfExists } from '../../system/files.ts';
import { findUser } from '../../system/os-user.ts';
import { readDefinition } from '../setup/definition-file.ts';
import type { DatabaseAssignment } from './assignment.ts';
import type { BalancerPart } from './balancer.ts';
import { CONFIG_INI } from './facts/secrets.ts';
import type { ConfigFinding, Vip } from './situation.ts';

/** The cluster that config.ini describes, as far as it can be read, and what is wrong with it. */
export interface PlannedCluster {
  readonly findings: readonly ConfigFinding[];
  readonly plan?: {
    readonly database: DatabaseAssignment;
    readonly nodes: readonly string[];
    readonly vips: readonly Vip[];
    readonly balancing: readonly BalancerPart[];
    readonly agents: readonly string[];
    readonly fenceAgents: readonly string[];
    readonly ocfRoot: string;
  };
}

/** Undefined when there is no such file. Throws when it cannot be read. */
export async function planFromConfig(path: string): Promise<PlannedCluster | undefined> {
  const text = readTextIfExists(path);
  if (text === undefined) return undefined;
  const parsed = parseConfigIni(text);
  const config = parsed.ok ? parsed.config : parsed.partial;
  const facts = await observeFromAnywhere(config, {
    configFile: path,
    templateFolders: [TEMPLATE_FOLDER],
    shell: 'pcs',
  });
  // Whether there is a template is the business of cls_setup, which may be given a definition instead.
  const check = checkOnThisMachine(config, { ...facts, template: config.values.pcs_template });
  const findings = inLineOrder<ConfigFinding>([
    ...(parsed.ok ? [] : parsed.problems).map(({ line, sentence }) => ({ ...ERROR, line, sentence })),
    ...check.problems.map(machineFinding),
    // Where the file is in its place, every node looks at its mode.
    ...(path === CONFIG_INI ? [] : check.warnings).map((problem) => ({
      ...WARNING,
      ...problem,
      fix: `chmod 600 ${path}`,
    })),
  ]);
  if (!parsed.ok) return { findings };
  const template = facts.template === undefined ? '' : (readTextIfExists(facts.template) ?? '');
  return {
    findings,
    plan: {
      database: databaseOf(config),
      nodes: clusterNodes(config),
      vips: vipsOf(config),
      balancing: balancingIn(template, config),
      agents: agentsIn(template),
      fenceAgents: config.values.fence_agent === '' ? [] : [config.values.fence_agent],
      ocfRoot: config.values.OCF_ROOT,
    },
  };
}

const ERROR = { severity: 'error' } as const;
const WARNING = { severity: 'warning' } as const;

/** Pacemaker needs no names that resolve here, and a node that is not reached is an error of its own. */
const machineFinding = ({ about, line, sentence }: MachineProblem): ConfigFinding =>
  about === 'unresolved-node'
    ? { ...WARNING, line, sentence, fix: 'write ADDRESS NAME into /etc/hosts, or correct the name' }
    : { ...ERROR, line, sentence };

/** Those that every template defines, and what this one defines besides, such as lvsdr. */
export const agentsIn = (template: string): readonly string[] => {
  const named = [...template.matchAll(/\bocf:([\w-]+):([\w-]+)/g)].map(
    ([, provider, type]) => `${provider}/${type}`,
  );
  return [...new Set(['pha/pgsql', 'heartbeat/IPaddr2', ...named])];
};

const passfile = (): string => join(findUser(DATABASE_USER)?.home ?? '/var/lib/postgresql', '.pgpass');

/** The resource as the templates make it. */
function databaseOf(config: ClusterConfig): DatabaseAssignment {
  const { values } = config;
  return {
    id: 'pgsql',
    provider: 'pha',
    parameters: {
      pgctl: values.pgsql_pgctl,
      pgdata: values.pgsql_pgdata,
      pgport: String(values.pgsql_pgport),
      pghost: values.pgsql_pghost,
      socketdir: values.pgsql_socketdir,
      rep_mode: values.pgsql_rep_mode,
      node_list: clusterNodes(config).join(' '),
      master_ip: values.writer_vip,
      repuser: values.pgsql_repuser,
      primary_conninfo_opt: `passfile=${passfile()}`,
      restore_command: values.pgsql_restore_command,
      ...lockOf(config),
      ...(values.pgsql_quorum_device ? { quorum_device: 'true' } : {}),
    },
  };
}

const lockOf = ({ values }: ClusterConfig): Readonly<Record<string, string>> =>
  values.pgsql_enable_distlock
    ? {
        enable_distlock: 'true',
        distlock_conninfo: values.pgsql_distlock_psql_cmd,
        distlock_lockname: `distlock:${values.pgsql_distlock_lockname}`,
        distlock_lease_seconds: '12',
        distlock_timeout_seconds: '15',
      }
    : {};

/** The balancers as the template makes them; none of one that cannot be filled, of which cls_setup tells. */
function balancingIn(template: string, config: ClusterConfig): readonly BalancerPart[] {
  const rendered = definitionText(config, { shell: 'pcs', template, passfile: passfile() });
  const definition = rendered.ok ? readDefinition(rendered.text) : undefined;
  if (!definition?.ok) return [];
  return definition.lines.flatMap(({ words }) => {
    const [resource, create, id, agent, ...options] = words;
    return resource === 'resource' && create === 'create' && id !== undefined && agent === 'ocf:pha:lvsdr'
      ? [{ id, type: 'lvsdr', parameters: parametersIn(options) }]
      : [];
  });
}

/** The first words of `pcs resource create` after the agent; operations and the like come after them. */
function parametersIn(options: readonly string[]): Readonly<Record<string, string>> {
  const end = options.findIndex((word) => !word.includes('='));
  return Object.fromEntries(
    options.slice(0, end < 0 ? options.length : end).map((word) => {
      const at = word.indexOf('=');
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

const vipsOf = ({ values }: ClusterConfig): readonly Vip[] =>
  (['writer_vip', 'reader_vip'] as const).map((name) => ({
    name,
    address: values[name],
    hasDevice: values.vip_nic !== '',
  }));
