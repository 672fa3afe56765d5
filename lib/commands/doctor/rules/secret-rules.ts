import { secretIn } from '../../../config/index.ts';
import { parseConninfo } from '../../../postgres/conninfo.ts';
import type { SecretFile } from '../facts/facts.ts';
import { byValue, type Finding, finding, on, type Rule } from '../rule.ts';
import { examined, isReplicated, type Situation } from '../situation.ts';

const GROUP = 'Secrets';

const filesOf = (situation: Situation, kind: SecretFile['kind']) =>
  examined(situation).flatMap(({ node, facts }) =>
    facts.secrets.filter((file) => file.kind === kind).map((file) => ({ node, file })),
  );

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

interface Flaw {
  readonly what: string;
  readonly path: string;
  readonly owner: string;
}

function flawOf({ path, found, wanted }: SecretFile): Flaw | undefined {
  const flaw = (what: string): Flaw => ({ what, path, owner: wanted.ownerName });
  if (!found.known) return flaw(`cannot be looked at (${found.reason})`);
  if (found.value === null) return undefined;
  const { mode, ownerUid } = found.value;
  // A key may be root's and readable for a group (PostgreSQL, "Client Certificates").
  if (ownerUid !== wanted.ownerUid && ownerUid !== 0)
    return flaw(`belongs to the user with the id ${ownerUid}`);
  return (mode & 0o077) === 0 ? undefined : flaw(`may be read by others (mode ${octal(mode)})`);
}

const modes = (
  kind: SecretFile['kind'],
  harm: string,
  severity: Finding['severity'],
  situation: Situation,
): readonly Finding[] =>
  byValue(
    filesOf(situation, kind).flatMap(({ node, file }) => {
      const flaw = flawOf(file);
      return flaw === undefined ? [] : [{ node, value: flaw }];
    }),
    ({ path, what }) => `${path} ${what}`,
  ).map(({ value: { path, what, owner }, nodes }) =>
    finding(
      severity,
      nodes,
      `${path} ${on(nodes)} ${what}: ${harm}`,
      `chown ${owner}: ${path} && chmod 600 ${path}   (${on(nodes)})`,
    ),
  );

const options = ({ resource }: Situation): ReadonlyMap<string, string> => {
  const parsed = parseConninfo(resource?.parameters.primary_conninfo_opt ?? '');
  return parsed.ok ? parsed.value : new Map();
};

const ARBITER_PARAMETERS = ['distlock_conninfo', 'distlock_lock_cmd', 'distlock_unlock_cmd'] as const;

export const secretRules: readonly Rule[] = [
  {
    id: 'passfile',
    group: GROUP,
    checks: "the password file is its owner's alone",
    find: (situation) => {
      if (filesOf(situation, 'passfile').length === 0 || !isReplicated(situation)) return undefined;
      const named = options(situation).get('passfile');
      const missing = filesOf(situation, 'passfile').filter(
        ({ file: { found } }) => found.known && found.value === null,
      );
      const nodes = missing.map(({ node }) => node);
      return [
        ...modes('passfile', 'PostgreSQL does not use it then, and no standby gets in', 'error', situation),
        ...(named === undefined || nodes.length === 0
          ? []
          : [
              finding(
                'warning',
                nodes,
                `${named} is not there ${on(nodes)}, and primary_conninfo_opt names it`,
                `${named} ${on(nodes)}: *:*:*:${situation.resource?.parameters.repuser}:PASSWORD   (owner ${situation.resource?.parameters.pgdba}, chmod 600)`,
              ),
            ]),
      ];
    },
  },
  {
    id: 'config-ini-mode',
    group: GROUP,
    checks: 'config.ini is for root alone',
    find: (situation) =>
      modes('config.ini', 'it may hold the password of the replication user', 'warning', situation),
  },
  {
    id: 'sslkey',
    group: GROUP,
    checks: 'the key for encrypted connections is for its owner alone',
    find: (situation) =>
      filesOf(situation, 'sslkey').length === 0
        ? undefined
        : modes('sslkey', 'PostgreSQL does not use it then, and no standby gets in', 'error', situation),
  },
  {
    id: 'password-in-cluster',
    group: GROUP,
    checks: 'no password stands in the definition of the cluster',
    find: (situation) => {
      const { resource, source } = situation;
      if (resource === undefined || source !== 'cluster') return undefined;
      const { id, parameters } = resource;
      return [
        ...(options(situation).has('password')
          ? [
              finding(
                'warning',
                [],
                `primary_conninfo_opt of ${id} holds a password: whoever may read the cluster's definition, and every backup of it, has it`,
                `write it into the .pgpass of ${parameters.pgdba} on every node (chmod 600), then: pcs resource update ${id} primary_conninfo_opt=passfile=PATH`,
              ),
            ]
          : []),
        ...(parameters.monitor_password === ''
          ? []
          : [
              finding(
                'warning',
                [],
                `monitor_password of ${id} stands in the cluster's definition: whoever may read it has the password`,
                `write it into the .pgpass of ${parameters.pgdba} on every node (chmod 600), then: pcs resource update ${id} monitor_password=`,
              ),
            ]),
        ...ARBITER_PARAMETERS.filter((name) => secretIn(parameters[name]) !== undefined).map((name) =>
          finding(
            'warning',
            [],
            `${name} of ${id} holds a password: whoever may read the cluster's definition, and every backup of it, has it`,
            `write it into a file for root alone on every node (/root/.pgpass, chmod 600), then: pcs resource update ${id} ${name}=...   (without it, and with passfile=PATH where the file is another one)`,
          ),
        ),
      ];
    },
  },
];
