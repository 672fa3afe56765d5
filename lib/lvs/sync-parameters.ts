/** Of the director and of those that may be it next: what they say of the synchronisation of connections is the same. */
import { defineParameters } from '../../heartbeat-ocf/index.ts';

export const syncParameters = defineParameters({
  sync_interface: {
    type: 'name',
    default: 'eth0',
    check: (value) =>
      /^[A-Za-z0-9._-]{1,15}$/.test(value) ? undefined : 'is no name of a network interface; give one',
    shortdesc: 'Interface for the synchronisation',
    longdesc: 'Network interface over which sync_daemon sends and hears, by multicast.',
  },
  sync_id: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 255,
    shortdesc: 'Number of this synchronisation',
    longdesc: 'Directors with the same number belong together. 0: all that hear each other.',
  },
});
