import { ROOT } from '../../system/as-user.ts';
import { wallClockMs } from '../../system/clock.ts';
import { writeFileAtomically } from '../../system/files.ts';

/** Each call of the agent leaves the time there; that it cannot be written must not make a call fail. */
export const beat = (path: string): string | undefined => {
  if (path === '') return undefined;
  try {
    writeFileAtomically(path, `${Math.floor(wallClockMs() / 1000)}\n`, { user: ROOT, mode: 0o644 });
    return undefined;
  } catch (error) {
    return `heartbeat_file: ${error instanceof Error ? error.message : String(error)}`;
  }
};
