/** Which kind of node a lab has, as far as its options leave it open. */
import type { Backend } from './backend.ts';
import { LabError } from './failure.ts';
import { namespaceBackend } from './netns/backend.ts';
import { type BackendName, isGuest, type LabOptions } from './options.ts';
import { checkGuests, kernelHasIpvs } from './requirements.ts';
import { guestBackend, mixedBackend } from './uml/backend.ts';

export const backendOf = async (options: LabOptions, stateDir: string): Promise<Backend> => {
  const namespaces = await namespaceBackend(options.name, stateDir);
  if (options.backend === 'auto' || options.backend === 'namespaces') return namespaces;
  const guests = await guestBackend(options.name, stateDir);
  return mixedBackend(namespaces, guests, (node) => isGuest(options, node.name));
};

/** Namespaces wherever they will do: a guest's every process start costs fifteen times as much. */
const choose = async (options: LabOptions): Promise<BackendName> => {
  if (options.backend !== 'auto') return options.backend;
  return options.template !== 'muti_with_lvs' || (await kernelHasIpvs()) ? 'namespaces' : 'mixed';
};

/** Decides what was left open. @throws LabError if this machine cannot do it */
export const settle = async (options: LabOptions): Promise<LabOptions> => {
  const backend = await choose(options);
  if (backend === 'mixed' || backend === 'uml') await checkGuests();
  if (backend === 'namespaces' && options.template === 'muti_with_lvs' && !(await kernelHasIpvs()))
    throw new LabError('The kernel of this machine has no ip_vs; leave --backend out, or say mixed or uml.');
  const alone = backend === 'mixed' && options.directorNames.length === 0;
  return { ...options, backend, directorNames: alone ? ['lvs1'] : options.directorNames };
};
