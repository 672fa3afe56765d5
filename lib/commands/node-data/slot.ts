import { slotName } from '../../pgsql/replication.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';

/** The name of this node's replication slot; empty where there are none. */
export const slotOf = ({ parameters }: PgsqlResource, self: string): string =>
  parameters.replication_slot_name === '' ? '' : slotName(parameters.replication_slot_name, self);
