/**
 * Breaks a command off inside one of its steps: the tools that it calls there wait for the signal, so that it never comes
 * too early or too late.
 */
import { basename, resolve } from 'node:path';
import type { ExecResult, Lab } from '../../lab/index.ts';

const PLACE = '/tmp/held';
const WRAPPER = `${PLACE}/wrapper`;
const CLUSTER_TOOLS = ['attrd_updater', 'cibadmin', 'crm_mon', 'crm_node', 'crm_resource', 'crm_simulate'];

/** In place of each tool: once the command has said the step, the one to be held waits until it is let go. */
const WRAPPER_TEXT = `#!/bin/sh
tool=$(basename "$0")
if [ -e ${PLACE}/hold-$tool ] && grep -qFf ${PLACE}/step ${PLACE}/said 2>/dev/null; then
  echo $$ >>${PLACE}/pids
  until [ -e ${PLACE}/go ]; do sleep 0.02; done
fi
exec ${PLACE}/real/$tool "$@"
`;

/** A killed command takes its tool along; one that is interrupted decides itself what becomes of it. */
const BREAK_OFF = `
  step=$1 signal=$2 until=$3 tools=$4; shift 4; cd ${PLACE}
  rm -f go said hold-*; : >pids; chmod 666 pids; printf '%s\\n' "$step" >step
  for tool in $tools; do touch hold-$tool; done
  PATH=${PLACE}/bin:$PATH "$@" 2>said & pid=$!
  until [ -s pids ] || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
  kill -$signal $pid
  [ $signal = INT ] || kill -9 $(cat pids) 2>/dev/null
  [ $until = end ] || touch go
  wait $pid; code=$?
  touch go; rm step; cat said >&2; exit $code`;

export type Signal = 'INT' | 'KILL';

export interface HeldTools {
  readonly node: string;
  /**
   * Starts a command, and sends it a signal when it has come to a step and to the first tool there, which then does its work.
   * @param tool the one to wait for instead, which the command ends itself when it is interrupted
   */
  breakOff(argv: readonly string[], step: string, signal: Signal, tool?: string): Promise<ExecResult>;
  /** Puts programs that are called by their full paths back in their places. */
  release(): Promise<void>;
}

/** Prepares a node. @param programs that are called by their full paths; of PostgreSQL, unless the path is given */
export const holdTools = async (
  lab: Lab,
  node: string,
  programs: readonly string[] = [],
): Promise<HeldTools> => {
  const paths = programs.map((name) => resolve(lab.binDirectory, name));
  const shell = (script: string, input = ''): Promise<ExecResult> =>
    lab.exec(node, ['sh', '-ec', script], { input });
  await shell(
    [
      `mkdir -p ${PLACE}/bin ${PLACE}/real; cat >${WRAPPER}; chmod 755 ${WRAPPER}`,
      ...CLUSTER_TOOLS.map(
        (name) => `ln -sf "$(command -v ${name})" ${PLACE}/real/; ln -sf ${WRAPPER} ${PLACE}/bin/${name}`,
      ),
      ...paths.map((path) => `cp ${path} ${PLACE}/real/; mount --bind ${WRAPPER} ${path}`),
    ].join('\n'),
    WRAPPER_TEXT,
  );
  return {
    node,
    breakOff: (argv, step, signal, tool) => {
      const until = tool === undefined ? 'signal' : 'end';
      const held = tool ?? [...CLUSTER_TOOLS, ...paths.map((path) => basename(path))].join(' ');
      const words = ['sh', '-c', BREAK_OFF, basename(WRAPPER), step, signal, until, held, ...argv];
      return lab.exec(node, words, { allowFailure: true, timeoutMs: 90_000 });
    },
    release: async () => {
      if (paths.length > 0) await shell(`umount --lazy ${paths.join(' ')}`);
    },
  };
};
