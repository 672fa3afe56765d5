import { parseConfigIni } from '../../config/index.ts';
import { readTextIfExists } from '../../system/files.ts';
import type { RunStateSnapshot } from './situation.ts';

const CONFIG_FILE = '/etc/pha/config.ini';

/** RESOURCE_LIST as the installed config.ini has it; what is wrong with that file does not keep a cluster from stopping. */
export function readResourceList(
  file = CONFIG_FILE,
): Pick<RunStateSnapshot, 'resourceList' | 'configComplaint'> {
  try {
    const text = readTextIfExists(file);
    if (text === undefined) return {};
    const parsed = parseConfigIni(text);
    if (parsed.ok) {
      const { RESOURCE_LIST: list } = parsed.config.values;
      return list.length === 0 ? {} : { resourceList: list };
    }
    return {
      configComplaint: `RESOURCE_LIST of ${file} is not used, since the file has mistakes: ${parsed.problems[0]?.sentence}`,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { configComplaint: `RESOURCE_LIST of ${file} is not used: ${reason}` };
  }
}
