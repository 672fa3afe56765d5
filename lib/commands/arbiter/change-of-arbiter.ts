/** When another arbiter or another lock may be named: neither knows who has the lock, nor who went on alone. */
export const WHEN_ALL_IS_WELL =
  'but only while the primary runs, its standby streams and both nodes reach the arbiter: another lock does not know who went on alone';
