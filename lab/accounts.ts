/** Names of users and groups as numbers, from this machine's files, which every node shares. */
import { readFile } from 'node:fs/promises';
import { LabError } from './failure.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const field = async (file: string, name: string, index: number): Promise<string> => {
  const text = await readFile(file, 'utf8');
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  const value = line?.split(':')[index];
  if (value === undefined) throw new LabError(`${file} knows no "${name}": is its package installed?`);
  return value;
};

/** @param owner `user:group` */
export const resolveOwner = async (owner: string): Promise<Owner> => {
  const [user = '', group = user] = owner.split(':');
  return {
    uid: Number(await field('/etc/passwd', user, 2)),
    gid: Number(await field('/etc/group', group, 2)),
  };
};

export const homeOf = (user: string): Promise<string> => field('/etc/passwd', user, 5);
