import type { Rule } from '../rule.ts';
import { addressRules } from './address-rules.ts';
import { arbiterRules } from './arbiter-rules.ts';
import { clusterRules } from './cluster-rules.ts';
import { corosyncRules } from './corosync-rules.ts';
import { directorRules } from './director-rules.ts';
import { hbaRules } from './hba-rules.ts';
import { loginRules } from './login-rules.ts';
import { nodeRules } from './node-rules.ts';
import { readAddressRules } from './read-address-rules.ts';
import { realServerRules } from './real-server-rules.ts';
import { replicationRules } from './replication-rules.ts';
import { secretRules } from './secret-rules.ts';
import { settingRules } from './setting-rules.ts';
import { settingSetRules } from './setting-set-rules.ts';
import { spaceRules } from './space-rules.ts';

/** Every rule, in the order in which findings are shown within their group. */
export const RULES: readonly Rule[] = [
  ...clusterRules,
  ...corosyncRules,
  ...nodeRules,
  ...addressRules,
  ...readAddressRules,
  ...directorRules,
  ...realServerRules,
  ...settingRules,
  ...settingSetRules,
  ...replicationRules,
  ...arbiterRules,
  ...loginRules,
  ...hbaRules,
  ...secretRules,
  ...spaceRules,
];
