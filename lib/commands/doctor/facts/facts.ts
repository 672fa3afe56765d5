import type { LockFailure } from '../../../distlock/answer.ts';
import type { ArbiterServer } from '../../../distlock/arbiter.ts';
import type { Sysctls } from '../../../lvs/sysctl-record.ts';
import type { CorosyncValues } from '../../../pacemaker/corosync.ts';
import type { DeviceVotes } from '../../../pacemaker/quorum-device.ts';
import type { ConfigLine } from '../../../postgres/config-tree.ts';
import type { ControlState } from '../../../postgres/control-data.ts';
import type { FailureKind } from '../../../postgres/failure.ts';
import type { HbaLine } from '../../../postgres/hba.ts';
import type { Fact } from '../../../system/fact.ts';
import type { LocalAddress } from '../../../system/network.ts';
import type { TcpAnswer } from '../../../system/tcp-check.ts';
import type { FORMAT } from '../assignment.ts';

/** All that one node can say of itself. It travels as JSON between nodes, and holds no secret. */
export interface NodeFacts {
  readonly format: typeof FORMAT;
  readonly hostName: string;
  /** As Pacemaker calls this node; not known where it does not run. */
  readonly clusterName: Fact<string>;
  /** Its wall clock when it began and when it ended, in milliseconds since 1970. */
  readonly clock: { readonly beganMs: number; readonly endedMs: number };
  readonly versions: Readonly<Record<Product, Fact<string>>>;
  /** Agents of the assignment that are not installed, such as `ocf:pha:pgsql`. */
  readonly missingAgents: readonly string[];
  readonly addresses: readonly LocalAddress[];
  /** The addresses of the cluster's nodes as this node knows them; none of a name that it does not know. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly vips: readonly VipFacts[];
  readonly corosync: CorosyncFacts;
  readonly secrets: readonly SecretFile[];
  readonly database: Fact<DatabaseFacts>;
  readonly balancers: readonly BalancerFacts[];
  /** Null where the database has no lock. */
  readonly arbiter: ArbiterFacts | null;
}

export const PRODUCTS = ['pha', 'build', 'nodejs', 'pacemaker', 'corosync', 'postgresql'] as const;

/** `build` is the digest of the installed agent: two builds may have the same version. */
export type Product = (typeof PRODUCTS)[number];

export interface VipFacts {
  readonly address: string;
  /** The device that has the address now; loopback does not count, real servers have it there. */
  readonly heldBy: string | null;
  /** Hardware addresses that answer to it on the network, this node's own not among them. */
  readonly answers: Fact<readonly string[]>;
}

export interface CorosyncFacts {
  readonly running: boolean;
  /** Of the running Corosync, else of its file. */
  readonly values: Fact<CorosyncValues>;
  readonly fileDigest: Fact<string>;
  readonly deviceVotes: Fact<DeviceVotes>;
}

export interface SecretFile {
  readonly kind: 'passfile' | 'sslkey' | 'config.ini';
  readonly path: string;
  /** Null when there is no such file. */
  readonly found: Fact<{ readonly mode: number; readonly ownerUid: number } | null>;
  readonly wanted: { readonly ownerName: string; readonly ownerUid: number };
}

export interface DatabaseFacts {
  readonly control: Fact<ControlFacts>;
  readonly server: ServerAnswer;
  /** What the files on disk say, which a server that runs may not have read yet. */
  readonly files: Fact<ConfigFiles>;
  readonly hba: Fact<{ readonly path: string; readonly lines: readonly HbaLine[] }>;
  readonly logins: readonly Login[];
  readonly spaces: readonly DiskSpace[];
}

export interface ControlFacts {
  readonly systemIdentifier: string;
  readonly state: ControlState;
  readonly dataChecksums: boolean;
  readonly walLogHints: boolean;
}

export type ServerAnswer =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'silent'; readonly failure: FailureKind; readonly reason: string }
  | { readonly kind: 'answers'; readonly server: ServerFacts };

export interface ServerFacts {
  readonly versionNumber: number;
  readonly inRecovery: boolean;
  readonly settings: Readonly<Record<string, ServerSetting>>;
  readonly slots: readonly SlotFacts[];
  /** Settings of single roles and databases, such as `app: synchronous_commit=off`. */
  readonly overrides: readonly Override[];
  /** Lines of pg_hba.conf that the server cannot read. */
  readonly hbaErrors: readonly string[];
}

export interface ServerSetting {
  readonly value: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly pendingRestart: boolean;
}

export interface SlotFacts {
  readonly name: string;
  readonly active: boolean;
  readonly retainedBytes: number | null;
}

export interface Override {
  /** Empty for all roles, or all databases. */
  readonly role: string;
  readonly database: string;
  readonly setting: string;
  readonly value: string;
}

export interface ConfigFiles {
  readonly lines: readonly ConfigLine[];
  readonly problems: readonly string[];
  /** The agent's own file, whose settings are no foreign ones. */
  readonly agentFile: string;
}

/** The replication user's attempt to get in somewhere. */
export interface Login {
  /** A node, or undefined for the address that standbys use (master_ip). */
  readonly node: string | null;
  readonly host: string;
  /** `replication` as standbys do, `sql` as pg_rewind does. */
  readonly as: 'replication' | 'sql';
  readonly result:
    | {
        readonly kind: 'in' /** What pg_rewind needs and the user may not do. */;
        readonly lacks: readonly string[];
      }
    | { readonly kind: 'out'; readonly failure: FailureKind; readonly message: string };
}

export interface DiskSpace {
  readonly holds: 'data' | 'WAL';
  readonly path: string;
  readonly space: Fact<{ readonly freeBytes: number; readonly totalBytes: number }>;
}

/** The arbiter as one node reaches it. */
export interface ArbiterFacts {
  /** `node3:5439`; empty where the parameters do not say it. */
  readonly where: string;
  readonly lock: string;
  readonly answer:
    | LockFailure
    | ({
        readonly kind: 'answers';
        /** Who has the lock now; empty where nobody does. */
        readonly owner: string;
        readonly hasRowAlone: boolean;
        /** The system identifier of the database that the lock is of; empty: of none yet; null: there is no such row. */
        readonly database: string | null;
      } & ArbiterServer);
}

/** What a node could be to one balancer of reads: its director, and one of its servers. */
export interface BalancerFacts {
  readonly id: string;
  /** Whether ipvsadm is installed. */
  readonly hasTool: boolean;
  /** Whether the kernel has IPVS now. */
  readonly isLoaded: boolean;
  /** Modules that modprobe does not find, such as `ip_vs_wrr`. */
  readonly missingModules: readonly string[];
  /** Kernel settings of a director, as far as this kernel has them. */
  readonly settings: Sysctls;
  /** Addresses of the hosts that the parameters name; none of a name that this node does not know. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly commands: readonly CommandFacts[];
  /** Whether machines outside the cluster take connections from this node. */
  readonly outside: readonly { readonly host: string; readonly answer: TcpAnswer }[];
  /** What ocf:pha:lvsdr-realsvr takes care of; null where no resource does. */
  readonly acceptance: Fact<Acceptance> | null;
}

/** A command that the director runs as root. */
export interface CommandFacts {
  readonly kind: 'get' | 'check';
  /** As it is written, the first word. */
  readonly name: string;
  /** Null when there is none. */
  readonly found: {
    readonly path: string;
    readonly isExecutable: boolean;
    /** What others than root may put something else in the place of: the program itself, or a directory above. */
    readonly openTo: string | null;
  } | null;
}

/** How a machine accepts a virtual address. */
export interface Acceptance {
  readonly hasAddress: boolean;
  /** Settings under which the network learns of it. */
  readonly wrong: readonly { readonly name: string; readonly is: string; readonly wanted: string }[];
}
