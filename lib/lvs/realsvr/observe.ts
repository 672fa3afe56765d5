import type { Deadline } from '../../system/clock.ts';
import { factOr, mapFact } from '../../system/fact.ts';
import { observeInterfaces } from '../../system/interfaces.ts';
import { heldSysctls, readSysctls, SYSCTL_STATE_FILE } from '../sysctl.ts';
import { settingsToRead } from './arp.ts';
import type { RealServer } from './real-server.ts';
import type { RealServerSnapshot } from './snapshot.ts';

/** Reads, and changes nothing. `holder` is in whose name kernel settings are changed. */
export const observe = async (
  server: RealServer,
  holder: string,
  deadline: Deadline,
): Promise<RealServerSnapshot> => {
  const interfaces = await observeInterfaces(deadline);
  const names = factOr(
    mapFact(interfaces, (each) => each.map(({ name }) => name)),
    [],
  );
  return {
    interfaces,
    settings: readSysctls(settingsToRead(server, names)),
    held: heldSysctls(SYSCTL_STATE_FILE, holder),
  };
};
