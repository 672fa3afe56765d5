/**
 * Wait events in which the checkpointer has handled every reload before (ProcessCheckpointerInterrupts in checkpointer.c): it is the
 * checkpointer that has commits wait at all (sync_standbys_defined). None means that it computes, as it does in the midst of an
 * immediate checkpoint (one that a base backup asks for, say), through which it handles no reload.
 *
 * @param event wait_event of pg_stat_activity (10 and later)
 */
export const hasHandledReloads = (event: string | undefined): boolean =>
  event === 'CheckpointerMain' || event === 'CheckpointWriteDelay';
