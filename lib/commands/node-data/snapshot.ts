import type { PgsqlConfig } from '../../pgsql/config.ts';
import type { Installation } from '../../pgsql/installation.ts';
import type { Disk, PrimaryHistory } from '../../pgsql/snapshot.ts';
import type { SourceFacts } from '../../postgres/source.ts';
import type { Fact } from '../../system/fact.ts';
import type { Situation } from '../status/situation.ts';

/** PostgreSQL on this node. */
export type LocalServer =
  | { readonly state: 'stopped' }
  | {
      readonly state: 'running';
      /** `silent`: it does not say what it is. */
      readonly role: 'primary' | 'standby' | 'silent';
      readonly receives: boolean;
    };

/** What the commands that repair this node's data decide from. */
export interface NodeDataSnapshot {
  readonly situation: Situation;
  readonly installation: Installation;
  readonly config: PgsqlConfig;
  readonly server: LocalServer;
  readonly disk: Pick<
    Disk,
    'directory' | 'version' | 'control' | 'ownHistory' | 'recordAtFork' | 'incomplete'
  >;
  readonly primaryHistory: Fact<PrimaryHistory>;
  /** The primary, as the login sees it that copies from there. */
  readonly source: Fact<SourceFacts>;
}
